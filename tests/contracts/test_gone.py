"""People who cannot be reached any more, albums, and choices that came by a key: the same in every store."""

from dataclasses import replace

import msgspec
import pytest
from msgspec.structs import replace as changed

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import W2, World, words
from turnkeeper.model.contents import Buttons, Content
from turnkeeper.model.errors import Fenced
from turnkeeper.model.events import Choice, Inbound
from turnkeeper.model.outbound import Accepted, Rejected
from turnkeeper.store.base import Dispatch
from turnkeeper.testing.events import TURNS, channel, event, text

BLOCKED = Rejected("403", "the person blocked us", "unreachable")
ONE_BY_ONE = channel(turns=replace(TURNS, gather=False))


def gone(kind: str = "unreachable") -> Inbound:
    return changed(event("system"), details={"type": kind, "status": "kicked"})


def photo(n: int, album: str | None = "a") -> Inbound:
    return changed(event("image", f"photo {n}"), album=album)


async def test_what_waits_for_somebody_who_blocked_us_ends(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        turn = await w.turn()
        await w.hear("are you there?")
        await w.hear(gone())
        conversation = await w.conversation()
        assert (conversation.owner, conversation.due_at, conversation.turn_at) == (None, None, None)
        assert await w.states() == {"no_reply": 1, "dropped: unreachable": 2}
        with pytest.raises(Fenced):
            await w.commit(turn, "hello")


async def test_what_was_about_to_be_sent_is_not(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        dispatch = await w.commit(await w.turn(), "one", "two", "three")
        assert dispatch.send is not None
        await w.hear(gone())
        dispatch = await w.record(dispatch.send, BLOCKED)
        assert dispatch.send is None
        assert (await w.conversation()).unsent == 0
        assert await w.store.next_due() is None


async def test_whoever_writes_again_is_back(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi", gone(), gone("reachable"))
        assert await w.store.next_due() is None
        await w.hear("back again")
        await w.answer("welcome")
        assert w.sent == ["welcome"]


async def test_a_reminder_is_for_nobody_then(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        turn = await w.turn()
        timers = [w.timer(turn, 60, follow_up=True, name="nudge"), w.timer(turn, 90, name="order")]
        await w.deliver(await w.commit(turn, "hello", timers=timers))
        await w.hear(gone())
        w.now += 100
        await w.fire()
        assert words((await w.turn()).events) == ["order"]


async def test_a_refusal_of_the_person_ends_the_rows_behind(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        turn = await w.turn()
        timers = [w.timer(turn, 60, follow_up=True)]
        dispatch = await w.commit(turn, "one", "two", "three", timers=timers)
        assert dispatch.send is not None
        dispatch = await w.record(dispatch.send, BLOCKED)
        assert dispatch == Dispatch(None)
        assert await w.states() == {"failed": 1}
        w.now += 100
        assert await w.fire() == []
        await w.hear("back again")
        await w.answer("welcome")
        assert w.sent == ["welcome"]


async def test_any_other_refusal_ends_only_its_row(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        dispatch = await w.commit(await w.turn(), "one", "two")
        assert dispatch.send is not None
        await w.deliver(await w.record(dispatch.send, Rejected("400", "no", "never_again")))
        assert w.sent == ["two"]


# Albums.


async def test_an_album_is_one_turn_where_each_message_has_its_own(world: OpenWorld) -> None:
    async with world(ONE_BY_ONE) as w:
        await w.hear(photo(1))
        began = w.now
        w.now += 0.4
        await w.hear(photo(2))
        w.now += 0.4
        await w.hear(photo(3))
        turn = await w.turn()
        assert words(turn.events) == ["photo 1", "photo 2", "photo 3"]
        assert turn.run.key == (await w.conversation()).key
        assert w.now - began == pytest.approx(1.8, abs=0.001)


async def test_an_album_waits_also_where_nothing_does(world: OpenWorld) -> None:
    async with world(channel(turns=replace(TURNS, quiet=0.0))) as w:
        await w.hear(photo(1))
        w.now += 0.5
        await w.hear(photo(2))
        assert words((await w.turn()).events) == ["photo 1", "photo 2"]


async def test_what_stands_beside_an_album_has_a_turn_of_its_own(world: OpenWorld) -> None:
    async with world(ONE_BY_ONE) as w:
        await w.hear("look", photo(1), photo(2), "nice?", photo(3, "b"))
        turns = []
        for _ in range(4):
            turn = await w.turn()
            turns.append(words(turn.events))
            await w.deliver(await w.commit(turn, "ok"))
        assert turns == [["look"], ["photo 1", "photo 2"], ["nice?"], ["photo 3"]]


async def test_the_rest_of_an_album_is_waited_for_whatever_comes_between(world: OpenWorld) -> None:
    async with world(ONE_BY_ONE) as w:
        await w.hear("look")
        turn = await w.turn()
        await w.hear(photo(1))
        w.now += 0.3
        await w.hear(photo(2))
        w.now += 0.3
        await w.hear("nice?")
        await w.deliver(await w.commit(turn, "ok"))
        began = w.now
        assert words((await w.turn()).events) == ["photo 1", "photo 2"]
        assert w.now - began == pytest.approx(0.7, abs=0.001)


# Choices by a key.

LONG = tuple(Choice(f"{day}-" + "x" * 99, day) for day in ("Monday", "Tuesday"))


async def asked(w: World, *said: Content) -> None:
    await w.hear("hi")
    contents = [msgspec.json.encode(content) for content in said]
    dispatch = await w.store.commit(replace(w.ending(await w.turn()), contents=contents))
    while dispatch.send is not None:
        dispatch = await w.record(dispatch.send, Accepted(f"out.{dispatch.send.row.seq}"))


def pressed(key: str) -> Inbound:
    return changed(event("button_reply", "Tuesday"), choice=Choice(key, "Tuesday"))


@pytest.mark.parametrize(
    "label, key, expected",
    [
        ("a key", "~#1.1", LONG[1]),
        ("of no row", "~#9.1", Choice("~#9.1", "Tuesday")),
        ("of no place", "~#1.7", Choice("~#1.7", "Tuesday")),
        ("an id", "tuesday", Choice("tuesday", "Tuesday")),
    ],
)
async def test_a_choice_by_a_key_is_the_one_that_was_offered(
    world: OpenWorld, label: str, key: str, expected: Choice
) -> None:
    async with world() as w:
        await asked(w, Buttons("Which day?", LONG))
        await w.hear(text("hm"), pressed(key))
        turn = await w.turn()
        assert [msgspec.json.decode(each.body, type=Inbound).choice for each in turn.events] == [None, expected]
        await w.die()
        resumed = await w.turn(W2)
        assert [each.body for each in resumed.events] == [each.body for each in turn.events]
