"""An evening with Kaiwa, for its tests: Ana, who writes to it, where she pays, and the models that are asked."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import dinners
from kaiwa import bot
from msgspec.structs import replace

from turnkeeper.config import load
from turnkeeper.model.events import Inbound
from turnkeeper.model.llm import ModelChoice
from turnkeeper.testing.agents import thinking
from turnkeeper.testing.conversation import Person, conversation
from turnkeeper.testing.events import event
from turnkeeper.testing.models import ScriptedModel
from turnkeeper.testing.payments import Till

SETTINGS = load(Path(__file__).with_name("turnkeeper.toml"), secrets=False).bots["kaiwa"]
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
CONFIRMED, REMINDER, FEEDBACK = "[template seat_confirmed]", "[template dinner_tomorrow]", "[template how_was_it]"
WISH = json.dumps({"dinner": "supper-2027-01-23", "seats": 2, "dietary": ["vegan"]})


class Evening(NamedTuple):
    """Ana, who writes to Kaiwa, where she pays, and the two models that are asked."""

    ana: Person
    till: Till
    azure: ScriptedModel
    claude: ScriptedModel


@asynccontextmanager
async def evening(*azure: object, claude: tuple[object, ...] = ()) -> AsyncIterator[Evening]:
    """What each model says, line by line."""
    first, second, till = ScriptedModel(*azure), ScriptedModel(*claude), Till()
    models = thinking((ModelChoice("azure", "gpt"), first), (ModelChoice("claude", "haiku", tools=False), second))
    async with conversation(till.sells_for(bot.with_thinking(models)), turns=SETTINGS.turns, name="Ana") as ana:
        till.tells(ana)
        yield Evening(ana, till, first, second)


async def books(ana: Person) -> None:
    """All of the way to the link, by taps; it costs no question to a model."""
    await ana.says("hi")
    for title in ("Book a seat", "Sat 16 Jan, 19:30", "2", "Vegan", "Pay ₹3,000.00"):
        await ana.taps(title)


def bookings() -> list[tuple[str, int]]:
    """State and seats of all that was booked."""
    with dinners.bookings() as db:
        return db.execute("select state, seats from booking order by rowid").fetchall()


def times(ana: Person, words: str) -> int:
    """How many messages say so."""
    return sum(words in each for each in ana.heard)


def outside(kind: str, data: dict[str, object]) -> Inbound:
    """What another system tells."""
    return replace(event("api"), details={"type": kind, "id": "1", "data": data})


def held() -> str:
    """The id of the only booking."""
    with dinners.bookings() as db:
        return str(db.execute("select id from booking").fetchone()[0])


def parameters(ana: Person) -> list[str]:
    """What the last template was given."""
    (body,) = ana.received[-1]["template"]["components"]
    return [each["text"] for each in body["parameters"]]
