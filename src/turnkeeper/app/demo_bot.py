"""The bot of `turnkeeper demo`: it thinks for a moment, then says what it was told."""

import asyncio

from turnkeeper import Bot, Turn

bot = Bot("assistant")
_THINKING = 1.5


@bot.stage("listening", first=True)
async def listening(turn: Turn) -> None:
    """Answer all messages of the turn at once."""
    await turn.reply(await turn.step("think", think, turn.text))


async def think(text: str) -> str:
    """Stand in for a model: slow, and its result is worth keeping."""
    await asyncio.sleep(_THINKING)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) <= 1:
        return f"You wrote **{''.join(lines) or 'nothing that I can read'}**."
    told = "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
    return f"You wrote **{len(lines)} messages**, and this is the one answer to them:\n\n{told}"
