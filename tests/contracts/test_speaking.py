"""What is said outside any turn: made once under its key, sent in order with everything else."""

from collections.abc import Sequence

import pytest

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import World
from turnkeeper.channels.registry import find
from turnkeeper.engine.clock import SystemClock
from turnkeeper.engine.speaking import CannotSay, Speaker, Speech
from turnkeeper.model.contents import Reply, Template
from turnkeeper.store.runs import Wake
from turnkeeper.testing.events import ADA


class WorldsClock(SystemClock):
    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def now(self) -> float:
        return self._world.now


def speaker(w: World, woken: list[Wake] | None = None) -> Speaker:
    adapters = {"whatsapp_cloud": find("whatsapp_cloud").adapter}
    return Speaker(w.store, adapters, WorldsClock(w), None if woken is None else woken.extend)


async def say(w: World, *replies: Reply, known_as: str = "1", of: str = ADA, takes_over: bool = False) -> Speech:
    return await speaker(w).say(w.channel, f"phone:{of}", replies, known_as=known_as, takes_over=takes_over, by="tests")


def states(speech: Speech) -> Sequence[tuple[int, str]]:
    return [(row.n, row.state) for row in speech.rows]


async def test_a_conversation_is_made_for_whom_nobody_knows_yet(world: OpenWorld) -> None:
    async with world() as w:
        speech = await say(w, "**hello**")
        assert speech.is_new
        assert states(speech) == [(0, "queued")]
        await w.until_idle()
        assert w.sent == ["*hello*"]
        assert await w.states() == {"person": 1}
        spoken = await speaker(w).spoken(w.channel, "1")
        assert spoken is not None
        assert [row.state for row in spoken.rows] == ["accepted"]


async def test_the_bot_goes_on_unless_it_takes_over(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        await say(w, "by the way")
        assert (await w.conversation()).mode == "bot"
        await say(w, "I do this", known_as="2", takes_over=True)
        assert (await w.conversation()).mode == "human"


async def test_what_is_repeated_is_said_once(world: OpenWorld) -> None:
    async with world() as w:
        first, again = await say(w, "one"), await say(w, "one")
        assert (first.is_new, again.is_new) == (True, False)
        assert [row.key for row in first.rows] == [row.key for row in again.rows]
        await w.until_idle()
        assert w.sent == ["one"]


async def test_several_messages_and_long_ones_keep_their_order(world: OpenWorld) -> None:
    async with world() as w:
        speech = await say(w, "a" * 3000 + "\n\n" + "b" * 3000, "c")
        await say(w, "later", known_as="2")
        assert [row.n for row in speech.rows] == [0, 1, 2]
        await w.until_idle()
        assert [text[0] for text in w.sent] == ["a", "b", "c", "l"]


async def test_the_history_shows_a_persons_words_once(world: OpenWorld) -> None:
    async with world() as w:
        await say(w, "one", "two")
        await w.until_idle()
        lines = await w.store.history((await w.conversation()).key, 10)
        assert [(line.role, line.text) for line in lines] == [("person", "one\n\ntwo")]


@pytest.mark.parametrize(
    ("label", "reply", "why"),
    [
        ("nothing", "  ", "nothing to say"),
        ("a template that is none", Template("Not A Name", "en"), "a template's name"),
    ],
)
async def test_what_would_fail_is_not_put_into_the_outbox(world: OpenWorld, label: str, reply: Reply, why: str) -> None:
    async with world() as w:
        with pytest.raises(CannotSay, match=why):
            await say(w, reply)
        assert await w.store.next_due() is None, label


async def test_workers_are_woken(world: OpenWorld) -> None:
    async with world() as w:
        woken: list[Wake] = []
        said = await speaker(w, woken).say(w.channel, f"phone:{ADA}", ["hi"], known_as="1")
        assert [(wake.conversation_id, wake.due_at) for wake in woken] == [(said.key.id, w.now)]


async def test_nothing_is_known_of_what_was_never_said(world: OpenWorld) -> None:
    async with world() as w:
        await say(w, "one")
        assert await speaker(w).spoken(w.channel, "2") is None
