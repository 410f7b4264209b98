"""A word that asks for silence is an answer where the bot offered it itself."""

from typing import Any

import pytest
from msgspec.structs import replace as changed

from tests.contracts.conftest import OpenWorld
from tests.contracts.test_window import commit, sent
from tests.contracts.world import World
from turnkeeper.model.contents import Buttons, Choice, List, Template, Text
from turnkeeper.model.events import Inbound
from turnkeeper.testing.events import chosen, text

ASKED = Buttons("Go on?", ("Go on", "Stop"))
LISTED = List("What now?", "Choose", {"": ("Parar", "Seguir")})  # type: ignore[arg-type]
NUMBERED = Text("1. Go on\n2. Unsubscribe", choices=(Choice("a", "Go on"), Choice("b", "Unsubscribe")))
AD = Template("sale", "en")


def pressed(title: str, reply_to: str | None) -> Inbound:
    return chosen("x", title, reply_to=reply_to)


CASES: list[tuple[str, Any, Inbound, bool]] = [
    ("the bot's own button", ASKED, pressed("Stop", "out.1"), False),
    ("of a message that is not named", ASKED, pressed("Stop", None), False),
    ("typed as it stands there", ASKED, text("stop!"), False),
    ("a row of a list, typed", LISTED, text("PARAR"), False),
    ("a numbered line, typed", NUMBERED, text("unsubscribe"), False),
    ("another word for it", ASKED, text("unsubscribe"), True),
    ("nothing was offered", Text("Go on?"), text("stop"), True),
    ("a template's button", AD, pressed("Stop promotions", "out.1"), True),
    ("of somebody else's message", Text("hi"), pressed("Stop", "theirs.1"), True),
]


@pytest.mark.parametrize(("label", "said", "event", "stops"), CASES, ids=[row[0] for row in CASES])
async def test_whether_it_stops(world: OpenWorld, label: str, said: Any, event: Inbound, stops: bool) -> None:
    async with world() as w:
        await asked(w, said)
        await w.hear(event)
        assert bool((await w.conversation()).opted_out) is stops
        assert ((await w.conversation()).turn_at is None) is stops


async def asked(w: World, *said: Any) -> None:
    await w.hear("hi")
    await sent(w, await commit(w, await w.turn(), *said))
    w.now += 10


async def test_what_was_offered_before_the_last_answer_or_yesterday_is_over(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w, ASKED)
        await asked(w, Text("Fine."))
        await w.hear("stop")
        assert (await w.conversation()).opted_out
        await w.hear("START")
        await w.until_idle()
        await asked(w, ASKED)
        w.now += 86_400
        await w.hear("stop")
        assert (await w.conversation()).opted_out


async def test_a_press_counts_however_late(world: OpenWorld) -> None:
    async with world() as w:
        await asked(w, ASKED)
        await asked(w, Text("Fine."))
        w.now += 5 * 86_400
        await w.hear(changed(pressed("Stop", "out.1"), timestamp=int(w.now)))
        assert not (await w.conversation()).opted_out
