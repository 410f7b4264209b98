"""What is found out about events while their turn runs: kept at once, and by nobody who has lost the conversation."""

from dataclasses import replace as replaced

import msgspec
import pytest

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import W2, World
from turnkeeper.model.errors import Fenced
from turnkeeper.model.events import Inbound, Media, with_heard
from turnkeeper.model.policy import OwnerWords
from turnkeeper.model.voice import Spoken, Transcript
from turnkeeper.store.base import ClaimedTurn, Retold
from turnkeeper.testing.events import ADA, channel, event, text

TESTED = replaced(channel(), owner=OwnerWords(testers=frozenset({f"phone:{ADA}"}), erases="forget me"))
TRANSCRIPT = Transcript("a nul \x00 and ”quotes”", 4.0, (Spoken("a nul \x00", 0.0, 2.0, "Ada"),), "en", "cloud")


def note(**more: str) -> Inbound:
    return msgspec.structs.replace(event("voice", **more), media=Media(id="m1"))  # type: ignore[arg-type]


def retold(turn: ClaimedTurn, *said: str) -> list[Retold]:
    """The turn's first events with what they say."""
    told = []
    for row, words in zip(turn.events, said, strict=False):
        inbound = with_heard(msgspec.json.decode(row.body, type=Inbound), 1.0, heard=words, transcript=TRANSCRIPT)
        told.append(Retold(row.seq, row.body, msgspec.json.encode(inbound)))
    return told


async def history(w: World) -> list[tuple[str, str]]:
    return [(line.text, line.kind) for line in await w.store.history((await w.conversation()).key, 10)]


async def test_what_was_heard_is_kept_at_once(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(note(id="v1"), note(said="look", id="v2"), "and a text")
        turn = await w.turn()
        told = retold(turn, "one", "two")
        await w.store.retell(turn.run, turn.turn.no, told)
        await w.store.retell(turn.run, turn.turn.no, told)  # its answer was lost
        assert await history(w) == [("one", "voice"), ("look\ntwo", "voice"), ("and a text", "text")]
        found = await w.store.quoted(turn.run.key, w.channel.id, ["v1"])
        assert (found["v1"].text, found["v1"].kind) == ("one", "voice")
        await w.die()
        again = await w.turn(W2)
        assert [msgspec.json.decode(row.body, type=Inbound).transcript for row in again.events] == [
            TRANSCRIPT, TRANSCRIPT, None,
        ]  # fmt: skip


async def test_who_has_lost_the_conversation_keeps_nothing(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(note())
        turn = await w.turn()
        await w.die()
        await w.turn(W2)
        with pytest.raises(Fenced):
            await w.store.retell(turn.run, turn.turn.no, retold(turn, "late"))
        assert await history(w) == [("[voice]", "voice")]


async def test_a_turn_that_is_over_is_told_nothing(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(note())
        turn = await w.turn()
        dispatch = await w.commit(turn, "hello")
        assert dispatch.send is not None, "it is still held"
        with pytest.raises(Fenced):
            await w.store.retell(turn.run, turn.turn.no, retold(turn, "late"))
        assert (await history(w))[0] == ("[voice]", "voice")


async def test_what_was_erased_meanwhile_stays_so(world: OpenWorld) -> None:
    async with world(TESTED) as w:
        await w.hear(note())
        turn = await w.turn()
        await w.hear("forget me")
        with pytest.raises(Fenced):
            await w.store.retell(turn.run, turn.turn.no, retold(turn, "what was said"))
        assert await history(w) == []


async def test_what_has_changed_since_stays_as_it_is(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(note(), note())
        turn = await w.turn()
        first, second = retold(turn, "one", "two")
        await w.store.retell(turn.run, turn.turn.no, [first._replace(before=b"{}"), second])
        assert await history(w) == [("[voice]", "voice"), ("two", "voice")]


async def test_an_edit_of_what_was_written_under_it_leaves_what_was_said(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(note(said="a caption", id="v1"))
        turn = await w.turn()
        await w.store.retell(turn.run, turn.turn.no, retold(turn, "the words"))
        edit = msgspec.structs.replace(text("another caption"), kind="edited", target_message_id="v1")
        await w.hear(edit)
        assert await history(w) == [("another caption\nthe words", "voice")]
