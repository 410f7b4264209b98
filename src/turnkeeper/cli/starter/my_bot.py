"""A bot to start from: it greets once, then repeats what it was told."""

from turnkeeper import Bot, Turn

bot = Bot("assistant")


@bot.stage("welcome", first=True)
async def welcome(turn: Turn) -> None:
    """The first turn with somebody."""
    await turn.reply("Hello! Write something, in as many messages as you like.")
    turn.stage = "listening"


@bot.stage("listening")
async def listening(turn: Turn) -> None:
    """Every turn after it. `turn.text` holds all messages of the turn, one a line."""
    # A step's result is stored: after a crash it is not computed again.
    answer = await turn.step("think", think, turn.text)
    await turn.reply(answer)


async def think(text: str) -> str:
    """Put your model, your database or your rules here."""
    return f"You wrote:\n\n> {text}"
