"""What people mean, as models understand it: questions are answered, wishes become values. Nothing is booked here."""

from datetime import datetime
from typing import Any

import dinners
from dinners import MOST_SEATS, ZONE
from pydantic import BaseModel, Field

from turnkeeper import Money, Turn, tool
from turnkeeper.text.money import shown

GUIDE = """\
You are the host of Kaiwa, where strangers in Bengaluru have dinner at one table. You answer questions on WhatsApp.

- Be warm and brief: at most three sentences, in the person's own language.
- What is on, prices, seats, policies and referral codes you know from your tools, and from nowhere else. If you have \
no tools, or they do not tell, say that you do not know, and that a person can help.
- You cannot book, take money or change a booking, so never say that you did. Below your answer stand buttons for that.
- You read the last messages, each after who said it. Answer everything that the contact has said since the last \
answer, together; where they correct themselves, only their last word counts."""

READING = """\
Somebody is booking seats at a dinner, and was asked: {asked} Today is {today}. The dinners, each after its id:
{dinners}"""


class State(BaseModel):
    """What is remembered of a person. `booking`: the seats that are held or theirs."""

    dinner: str | None = None
    seats: int | None = Field(default=None, ge=1, le=MOST_SEATS)
    dietary: list[str] | None = None
    referral: str | None = None
    booking: str | None = None


class Wish(BaseModel):
    """What somebody wants who books seats at a dinner."""

    dinner: str | None = Field(default=None, description="The id of the dinner that they mean.")
    seats: int | None = Field(default=None, ge=1, le=MOST_SEATS, description="For how many people.")
    dietary: list[str] | None = Field(default=None, description='Diets, allergies, as "vegan"; [] if they say: none.')
    referral: str | None = Field(default=None, description="A referral code.")
    asks: bool = Field(default=False, description="Whether they ask a question that these values do not answer.")


async def answer_to(turn: Turn[State]) -> str:
    """The answer to what they ask, from the last ten messages. Raises ModelsFailed."""
    said = "\n".join(f"{line.role}: {line.text}" for line in await turn.history(10))
    return await turn.ask(said, system=GUIDE, tools=[get_upcoming_dinners, get_policies, validate_referral_code])


async def read(turn: Turn[State], asked: str) -> bool:
    """Take what they write into the state; whether they ask something besides."""
    words = "\n".join(message.text for message in turn.messages if message.text and message.choice is None)
    if not words:
        return False
    on = dinners.upcoming(turn.began_at)
    listed = "\n".join(f"{each.id}: {each.title}, {each.day}, {each.area}" for each in on)
    today = f"{datetime.fromtimestamp(turn.began_at, ZONE):%A, %d %B}"
    instructions = READING.format(asked=asked, today=today, dinners=listed)
    found = (await turn.extract(Wish, words, instructions=instructions)).partial
    if found.get("dinner") in [each.id for each in on]:
        turn.state.dinner = found["dinner"]
    for name in ("seats", "dietary", "referral"):
        if found.get(name) is not None:
            setattr(turn.state, name, found[name])
    return bool(found.get("asks"))


@tool
async def get_upcoming_dinners(turn: Turn[State]) -> list[dict[str, Any]]:
    """The dinners of the next weeks: what, when, where, the price of a seat, and how many seats are left."""
    return [
        {
            "title": each.title,
            "when": each.day,
            "where": f"{each.venue}, {each.area}",
            "price": shown(Money(each.price, "INR")),
            "seats_left": dinners.free(each.id),
        }
        for each in dinners.upcoming(turn.began_at)
    ]


@tool
async def get_policies() -> dict[str, str]:
    """What holds at every dinner: cancellation, guests, diets and allergies, drinks."""
    policies: dict[str, str] = dinners.DATA["policies"]
    return policies


@tool
async def validate_referral_code(code: str) -> str:
    """Whether a referral code counts, and what it takes off.

    code: As the person wrote it.
    """
    off = dinners.per_cent_off(code)
    return f"It takes {off} % off the price." if off else "There is no such code."
