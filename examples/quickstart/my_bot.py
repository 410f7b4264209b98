"""A small shop's bot: it looks an order up, remembers it, changes it once, and asks again after a day's silence."""

from dataclasses import dataclass

from turnkeeper import Bot, Turn

bot = Bot("assistant")
ORDERS = {"1001": "two lamps", "1002": "a desk"}
DAY = 86_400.0


@dataclass
class Order:
    """What is known of an order."""

    number: str
    goods: str


@bot.stage("welcome", first=True)
async def welcome(turn: Turn) -> None:
    """Ask for the order's number until there is one."""
    order = await turn.step("find_order", find_order, turn.text)
    if order is None:
        await turn.reply("Hello! Which order is it about? Its number has four digits.")
        return
    turn.state["order"] = order.number
    turn.stage = "order"
    await turn.reply(f"**Found it:** {order.goods}. Write **cancel** to cancel the order.")
    turn.after(DAY / 2, "still_there")


@bot.stage("order")
async def about_order(turn: Turn) -> None:
    """Everything about one order."""
    number = turn.state["order"]
    if any(timer.name == "still_there" for timer in turn.timers):
        await turn.reply(f"Can I do anything else about order {number}?")
    elif "person" in turn.text.lower():
        await turn.reply("One of us will write to you here.")
        turn.handover(f"wants a person about order {number}")
    elif "cancel" in turn.text.lower():
        await turn.say_now("One moment …")
        receipt = await turn.step("cancel", cancel, number, effect=True)
        await turn.reply(f"Order {number} is cancelled, receipt {receipt}.")
        turn.stage = "welcome"
    else:
        await turn.reply(f"Order {number} is on its way.")


async def find_order(text: str) -> Order | None:
    """Your database goes here."""
    return next((Order(number, goods) for number, goods in ORDERS.items() if number in text), None)


async def cancel(number: str, key: str) -> str:
    """Your shop's API goes here: give it the key, and it cancels once however often it is asked."""
    return f"{number}-{key[-4:]}"
