"""A turn with what stands around it, the session that it found, and turns that wait to be run again."""

from dataclasses import replace as replaced

import msgspec
from msgspec.structs import replace

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import World, words
from turnkeeper.model.conversation import SessionRow
from turnkeeper.model.ids import ConversationKey, WorkspaceId
from turnkeeper.model.media import MediaRow
from turnkeeper.model.policy import OwnerWords
from turnkeeper.model.traces import Rehearsal
from turnkeeper.store.base import ClaimedTurn
from turnkeeper.store.traces import FORGOTTEN, GAVE_UP
from turnkeeper.testing.events import ADA, channel, text

SHOP = WorkspaceId("default")
CAFE = WorkspaceId("cafe")
TESTED = replaced(channel(), owner=OwnerWords(testers=frozenset({f"phone:{ADA}"}), erases="forget me"))


async def answered(w: World, heard: str, *replies: str, state: bytes = b"{}", stage: str | None = None) -> ClaimedTurn:
    await w.hear(heard)
    turn = await w.turn()
    session = SessionRow(*turn.run.key, state, stage, saved_at=w.now)
    await w.deliver(await w.commit(turn, *replies, session=session, trace=f"heard {heard}"))
    return turn


async def test_a_turn_has_the_session_that_it_found(world: OpenWorld) -> None:
    async with world() as w:
        first = await answered(w, "one", "1", state=b'{"n":1}', stage="asking")
        at = w.now
        await answered(w, "two", "2")
        await answered(w, "three", "3")
        key = first.run.key
        found = [await w.store.traced_turn(key, no) for no in (1, 2, 3)]
        assert all(found)
        befores = [each.before for each in found if each is not None]
        assert befores == [None, SessionRow(*key, b'{"n":1}', "asking", b"[]", at), None]
        newest = await w.store.traced_turn(key)
        assert newest == found[2]
        assert newest is not None
        assert (newest.newest, newest.whole.turn.trace, words(newest.whole.events)) == (3, "heard three", ["three"])


async def test_what_no_turn_answers_is_told_with_the_turn_before_it(world: OpenWorld) -> None:
    async with world() as w:
        await answered(w, "one", "1")
        turn = await answered(w, "two", "2")
        key = turn.run.key
        await w.store.set_mode(key, "human", w.now)
        await w.hear("anybody?")
        await w.store.set_mode(key, "bot", w.now)
        await answered(w, "three", "3")
        beside = {no: await w.store.traced_turn(key, no) for no in (1, 2, 3)}
        told = {no: words(each.beside) for no, each in beside.items() if each is not None}
        assert told == {1: [], 2: ["anybody?"], 3: []}


async def test_a_file_that_was_not_taken_is_told(world: OpenWorld) -> None:
    async with world() as w:
        turn = await answered(w, "one", "1")
        row = MediaRow(SHOP, w.channel.id, "id:1", turn.run.key.id, 1, "refused", w.now, reason="too_large")
        await w.store.note_media(row)
        await w.store.note_media(replace(row, source="id:2", state="kept", key="k"))
        found = await w.store.traced_turn(turn.run.key, 1)
        assert found is not None
        assert found.refused == [row]


async def test_another_workspace_sees_nothing_of_it(world: OpenWorld) -> None:
    async with world() as w:
        turn = await answered(w, "one", "1")
        theirs = ConversationKey(CAFE, turn.run.key.id)
        assert await w.store.traced_turn(theirs) is None
        assert await w.store.turns_of(theirs, None, 10) == []
        assert await w.store.history_until(theirs, 10, w.now) == []
        assert await w.store.traced_turn(turn.run.key, 9) is None


async def test_turns_are_listed_the_newest_first(world: OpenWorld) -> None:
    async with world() as w:
        key, *_ = [(await answered(w, str(number), "ok")).run.key for number in range(1, 5)]
        assert [each.no for each in await w.store.turns_of(key, None, 3)] == [4, 3, 2]
        assert [each.no for each in await w.store.turns_of(key, 2, 3)] == [1]


async def test_the_history_as_it_was_at_an_instant(world: OpenWorld) -> None:
    async with world() as w:
        await answered(w, "one", "1")
        until = w.now
        w.now += 60
        turn = await answered(w, "two", "2")
        told = await w.store.history_until(turn.run.key, 10, until)
        assert [line.text for line in told] == ["one", "1"]
        assert [line.text for line in await w.store.history_until(turn.run.key, 1, until)] == ["1"]


async def test_what_a_turn_found_is_erased_with_its_words(world: OpenWorld) -> None:
    async with world(TESTED) as w:
        await answered(w, "one", "1", state=b'{"n":1}')
        turn = await answered(w, "two", "2")
        found = await w.store.traced_turn(turn.run.key, 2)
        assert found is not None
        assert found.before is not None
        await w.hear("forget me")
        found = await w.store.traced_turn(turn.run.key, 2)
        assert found is not None
        assert found.before is None


def asked(w: World, id_: str, workspace_id: WorkspaceId = SHOP) -> Rehearsal:
    wanted = msgspec.json.encode({"models": "asked"}).decode()
    return Rehearsal(workspace_id, id_, ConversationKey(SHOP, "c").id, 1, wanted, "u1", w.now)  # type: ignore[arg-type]


async def test_a_rehearsal_goes_with_the_words_that_it_was_run_on(world: OpenWorld) -> None:
    """Erased by the contact, and by retention."""
    async with world(TESTED) as w:
        key = (await answered(w, "one", "1")).run.key
        for id_ in ("a", "b"):
            await w.store.ask_rehearsal(replace(asked(w, id_), conversation_id=key.id), 3, w.now - 600)
            assert await w.store.rehearsal(SHOP, id_) is not None
            if id_ == "a":
                await w.hear("forget me")
            else:
                await w.store.retain(w.now + 1, 100)
            assert await w.store.rehearsal(SHOP, id_) is None


async def test_rehearsals_are_taken_in_order_each_once(world: OpenWorld) -> None:
    async with world() as w:
        for id_ in ("a", "b", "c"):
            assert await w.store.ask_rehearsal(asked(w, id_), 3, w.now - 600)
            w.now += 1
        assert not await w.store.ask_rehearsal(asked(w, "d"), 3, w.now - 600)
        assert await w.store.ask_rehearsal(asked(w, "e", CAFE), 3, w.now - 600)
        taken = [await w.store.take_rehearsal(w.now, w.now - 60) for _ in range(5)]
        assert [each.id if each else None for each in taken] == ["a", "b", "c", "e", None]
        first = taken[0]
        assert first is not None
        assert (first.state, first.began_at) == ("running", w.now)
        done = replace(first, state="done", progress="", ended_at=w.now, result=b"{}")
        await w.store.tell_rehearsal(done)
        assert await w.store.rehearsal(SHOP, "a") == done
        assert await w.store.rehearsal(CAFE, "a") is None
        assert await w.store.ask_rehearsal(asked(w, "d"), 3, w.now - 600)


async def test_a_rehearsal_that_nobody_ends_fails_and_an_old_one_is_forgotten(world: OpenWorld) -> None:
    async with world() as w:
        await w.store.ask_rehearsal(asked(w, "a"), 3, w.now - 600)
        taken = await w.store.take_rehearsal(w.now, w.now - 60)
        assert taken is not None
        w.now += 60
        assert await w.store.take_rehearsal(w.now, w.now - 60) is None
        found = await w.store.rehearsal(SHOP, "a")
        assert found is not None
        assert (found.state, found.progress) == ("failed", GAVE_UP)
        await w.store.tell_rehearsal(replace(taken, state="done", result=b"{}"))
        assert (await w.store.rehearsal(SHOP, "a")) == found
        w.now += FORGOTTEN
        await w.store.ask_rehearsal(asked(w, "b"), 3, w.now - 600)
        await w.store.take_rehearsal(w.now, w.now - 60)
        assert await w.store.rehearsal(SHOP, "a") is None


async def test_what_the_contact_wrote_as_text_is_there(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(text("hi", at=w.now))
        turn = await w.turn()
        found = await w.store.traced_turn(turn.run.key)
        assert found is not None
        assert (found.whole.turn.state, found.before) == ("running", None)
