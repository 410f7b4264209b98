"""Turns: whose they are, how they end and are tried again; a worker may die at every moment."""

import asyncio
from dataclasses import replace

import pytest

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import W1, W2, words
from turnkeeper.model.conversation import SessionRow
from turnkeeper.model.errors import Fenced
from turnkeeper.model.ids import WorkerId
from turnkeeper.model.outbound import NotSent
from turnkeeper.store.base import ClaimedTurn
from turnkeeper.testing.events import TURNS, channel, deleted, edited, text

BOB = "15551230002"
QUEUE = channel(turns=replace(TURNS, overlap="queue"))


async def test_a_turn_is_claimed_by_one_worker_only(world: OpenWorld) -> None:
    async with world() as w:
        for of in range(50):
            await w.hear(text("hi", of=str(of)))
        w.now += 4
        shares = await asyncio.gather(*(w.claim(worker, limit=10) for worker in (W1, W2) * 5))
        keys = [claimed.run.key for share in shares for claimed in share]
        assert len(keys) == len(set(keys)) == 50


async def test_what_is_due_longest_is_claimed_first(world: OpenWorld) -> None:
    async with world() as w:
        for of in ("c", "a", "b"):
            await w.hear(text("hi", of=of))
            w.now += 1
        w.now += 10
        claimed = [claim.conversation.addresses for _ in range(3) for claim in await w.claim(limit=1)]
        assert claimed == ["phone:c", "phone:a", "phone:b"]


async def test_a_worker_that_is_not_registered_or_dead_claims_nothing(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        w.now += 4
        assert await w.claim(WorkerId("nobody")) == []
        await w.die()
        assert await w.claim(W1) == []
        assert len(await w.claim(W2)) == 1


class TestFencing:
    """Every write carries owner and epoch; whoever lost the conversation changes nothing."""

    @pytest.mark.parametrize("how", ["interrupted", "taken over", "dead", "released", "another epoch"])
    async def test_a_worker_that_lost_its_turn_changes_nothing(self, world: OpenWorld, how: str) -> None:
        async with world() as w:
            await w.hear("one")
            turn = await w.turn()
            if how == "interrupted":
                assert [wake.fenced for wake in (await w.hear("two")).wakes] == [W1]
            elif how == "taken over":
                wake = await w.mode("human")
                assert wake is not None
                assert wake.fenced == W1
            elif how == "dead":
                await w.die()
            elif how == "released":
                await w.store.release(turn.run, w.now)
            else:
                await w.store.release(turn.run, w.now)
                await w.turn()
            before = await w.conversation()
            for write in (
                w.commit(turn, "lost"),
                w.put_off(turn, 1),
                w.begin(turn, "charge"),
                w.finish(turn, "ask", b"1"),
                w.say_now(turn, "lost"),
                w.store.release(turn.run, w.now),
            ):
                with pytest.raises(Fenced):
                    await write
            assert await w.conversation() == before
            assert "lost" not in str(await w.moments())

    async def test_one_fenced_commit_does_not_take_its_neighbours_with_it(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("one", text("two", of=BOB))
            w.now += 4
            lost, kept = await w.claim()
            assert isinstance(lost, ClaimedTurn)
            assert isinstance(kept, ClaimedTurn)
            await w.store.set_mode(lost.run.key, "human", w.now)
            results = await asyncio.gather(w.commit(lost, "a"), w.commit(kept, "b"), return_exceptions=True)
            assert isinstance(results[0], Fenced)
            assert await w.states() == {"person": 1, "running": 1}


class TestCase06And07Beats:
    async def test_a_beat_releases_what_the_worker_owns_but_does_not_run(self, world: OpenWorld) -> None:
        """The answer to its claim was lost."""
        async with world() as w:
            await w.hear("hi")
            lost = await w.turn()
            assert (await w.beat(W1, [])).released == 1
            again = await w.turn(W2)
            assert (again.turn.no, again.turn.attempt, words(again.events)) == (lost.turn.no, 1, ["hi"])

    async def test_a_beat_leaves_what_the_worker_runs(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi", text("hi", of=BOB))
            w.now += 4
            mine, lost = [claimed.run.key for claimed in await w.claim()]
            assert (await w.beat(W1, [mine])).released == 1
            (again,) = await w.claim(W2)
            assert again.run.key == lost

    async def test_a_beat_asks_for_nothing_while_a_claim_is_under_way(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            turn = await w.turn()
            assert (await w.beat(W1, None)).released == 0
            await w.commit(turn, "hello")

    async def test_the_dead_are_reaped_after_one_lease_and_not_before(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            turn = await w.turn()
            await w.beat(W1, [turn.run.key])
            w.now += 2.9
            assert (await w.beat(W2, reap=True)).released == 0
            w.now += 0.2
            assert (await w.beat(W2, reap=False)).released == 0
            assert (await w.beat(W2, reap=True)).released == 1
            assert not (await w.beat(W1, [turn.run.key])).alive
            assert words((await w.turn(W2)).events) == ["hi"]

    async def test_a_worker_signs_off_and_leaves_nothing_behind(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            await w.turn()
            assert await w.store.retire(W1, w.now) == 1
            assert not (await w.beat(W1)).alive
            await w.turn(W2)

    async def test_a_turn_that_takes_its_workers_down_is_claimed_five_times(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("boom")
            for n in range(5):
                victim = WorkerId(f"victim{n}")
                await w.store.register(victim, w.now)
                assert not (await w.turn(victim)).exhausted
                await w.die()
            last = await w.turn(W2)
            assert last.exhausted
            await w.deliver(await w.commit(last, "sorry", failed=True, trace="it kills"))
            assert await w.states() == {"failed": 1}
            assert w.sent == ["sorry"]
            await w.hear("and now?")
            await w.until_idle(W2)
            assert await w.states() == {"failed": 1, "answered": 1}

    async def test_handing_over_on_purpose_is_no_crash(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            for _ in range(8):
                turn = await w.turn()
                assert await w.store.release(turn.run, w.now) == w.now
            assert not (await w.turn()).exhausted


class TestCase08Commits:
    async def test_case_08_a_commit_whose_answer_was_lost_can_be_repeated(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            turn = await w.turn()
            ending = w.ending(turn, "one", "two")
            first = await w.store.commit(ending)
            again = await w.store.commit(ending)
            assert first.send is not None
            assert again.send is not None
            assert again.send.row == first.send.row
            await w.deliver(again)
            assert w.sent == ["one", "two"]
            assert await w.states() == {"answered": 1}

    async def test_case_08_both_at_once(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            ending = w.ending(await w.turn(), "one")
            first, again = await asyncio.gather(w.store.commit(ending), w.store.commit(ending))
            assert first.send is not None
            assert again.send is not None
            assert (await w.conversation()).out_last == 1

    async def test_case_08_a_silent_commit_repeated(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            ending = w.ending(await w.turn())
            assert await w.store.commit(ending) == await w.store.commit(ending)
            assert await w.states() == {"no_reply": 1}

    async def test_case_08_a_repeat_after_someone_else_took_over_sends_nothing(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            ending = w.ending(await w.turn(), "one")
            await w.store.commit(ending)
            await w.die()
            assert (await w.store.commit(ending)).send is None
            assert (await w.conversation()).out_last == 1

    async def test_case_08_a_late_commit_of_a_turn_that_another_committed_is_refused(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            late = await w.turn()
            await w.die()
            await w.deliver(await w.commit(await w.turn(W2), "mine"))
            with pytest.raises(Fenced):
                await w.commit(late, "mine too")
            assert w.sent == ["mine"]

    async def test_case_08_only_a_running_turn_commits(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            turn = await w.turn()
            await w.put_off(turn, 5)
            with pytest.raises(Fenced):
                await w.commit(turn, "too late")

    async def test_a_commit_keeps_the_session(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            turn = await w.turn()
            assert turn.session is None
            key = turn.run.key
            session = SessionRow(key.workspace_id, key.id, b'{"n":1}', "asked", b"[]", w.now)
            await w.deliver(await w.commit(turn, "hello", session=session))
            await w.hear("again")
            assert (await w.turn()).session == session

    async def test_the_bots_last_words_still_go_when_it_hands_over(self, world: OpenWorld) -> None:
        async with world(QUEUE) as w:
            await w.hear("a person please")
            turn = await w.turn()
            await w.hear("hello?")
            await w.deliver(await w.commit(turn, "I am calling someone", handover="asked for"))
            assert w.sent == ["I am calling someone"]
            assert await w.states() == {"answered": 1, "person": 1}
            assert (await w.conversation()).mode == "human"


class TestCase09TwoTimes:
    async def test_a_new_message_never_pulls_a_sends_backoff_forward(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            dispatch = await w.commit(await w.turn(), "one", "two")
            assert dispatch.send is not None
            due = (await w.record(dispatch.send, NotSent("busy"), backoff=60)).due_at
            assert due == w.now + 60
            await w.hear("are you there?")
            assert await w.store.next_due() == due

    async def test_a_new_message_does_not_delay_parts_on_their_way(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            dispatch = await w.commit(await w.turn(), "one", "two")
            taken = await w.hear("and")
            assert all(wake.fenced is None for wake in taken.wakes)
            await w.deliver(dispatch)
            assert w.sent == ["one", "two"]
            assert words((await w.turn()).events) == ["and"]

    async def test_no_turn_starts_while_rows_are_unsent(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            dispatch = await w.commit(await w.turn(), "one")
            await w.hear("and")
            assert dispatch.send is not None
            await w.record(dispatch.send, NotSent("busy"), backoff=60)
            w.now += 30
            assert await w.claim() == []
            await w.deliver(await w.record(await w.send()))
            assert words((await w.turn()).events) == ["and"]

    @pytest.mark.parametrize("messages", [1, 2, 3])
    async def test_new_messages_never_pull_a_retry_forward(self, world: OpenWorld, messages: int) -> None:
        async with world() as w:
            await w.hear("one")
            due = await w.put_off(await w.turn(), 10)
            assert due == w.now + 10
            for n in range(messages):
                await w.hear(f"more {n}")
            assert await w.store.next_due() == due
            turn = await w.turn()
            assert (turn.turn.no, turn.turn.attempt, len(turn.events)) == (1, 2, 1 + messages)

    async def test_an_edit_or_deletion_never_pulls_a_retry_forward(self, world: OpenWorld) -> None:
        async with world() as w:
            one, two = text("one"), text("two")
            await w.hear(one, two)
            due = await w.put_off(await w.turn(), 10)
            await w.hear(edited(one, "ONE"))
            assert await w.store.next_due() == due
            await w.hear(deleted(two))
            assert await w.store.next_due() == due
            assert words((await w.turn()).events) == ["ONE"]


class TestRetries:
    async def test_a_turn_that_raised_is_tried_again_as_a_new_attempt(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            turn = await w.turn()
            assert turn.conversation.failures == 0
            await w.put_off(turn, 2)
            assert await w.states() == {"running": 1}
            again = await w.turn()
            assert (again.turn.attempt, again.conversation.failures, again.turn.trace) == (2, 1, "a trace")
            await w.put_off(again, 2)
            assert (await w.turn()).conversation.failures == 2

    async def test_the_next_message_is_answered_after_a_turn_that_failed(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            await w.deliver(await w.commit(await w.turn(), "sorry", failed=True, trace="boom"))
            await w.hear("again")
            turn = await w.turn()
            assert turn.conversation.failures == 0
            await w.deliver(await w.commit(turn, "hello"))
            assert await w.states() == {"failed": 1, "answered": 1}
            assert ("failed", "turn 1") in await w.moments()


async def test_a_channel_that_left_the_configuration_is_looked_at_again_later(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        w.directory.remove(w.channel)
        await w.until_due()
        assert await w.claim() == []
        due = await w.store.next_due()
        assert due == w.now + 60
        w.directory.put(w.channel)
        await w.until_idle()
        assert w.sent == ["re: hi"]
