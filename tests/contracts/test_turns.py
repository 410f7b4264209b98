"""Turns: whose they are, what they take, how they end; a worker may die at every moment."""

import asyncio
from dataclasses import replace

import msgspec
import pytest

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import W1, W2, words
from turnkeeper.model.conversation import SessionRow
from turnkeeper.model.errors import Fenced
from turnkeeper.model.ids import WorkerId
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
        from turnkeeper.model.outbound import NotSent

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
        from turnkeeper.model.outbound import NotSent

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


class TestCase10Effects:
    async def test_an_effect_begins_once_whatever_the_attempt(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("book it")
            turn = await w.turn()
            assert await w.begin(turn, "book") is None
            began = await w.begin(turn, "book")
            assert began is not None
            assert (began.arguments, began.result) == ("args", None)
            await w.finish(turn, "book", b'"yes"', effect=True)
            await w.put_off(turn, 1)
            again = await w.turn()
            assert again.turn.attempt == 2
            assert [(s.name, s.result) for s in again.steps] == [("book", b'"yes"')]
            known = await w.begin(again, "book")
            assert known is not None
            assert known.result == b'"yes"'

    async def test_after_an_effect_a_message_belongs_to_the_next_turn(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("book it")
            turn = await w.turn()
            await w.begin(turn, "book")
            taken = await w.hear("no, wait")
            assert all(wake.fenced is None for wake in taken.wakes)
            await w.deliver(await w.commit(turn, "booked"))
            assert words((await w.turn()).events) == ["no, wait"]

    async def test_an_effect_does_not_begin_once_a_newer_message_waits(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("book it")
            turn = await w.turn()
            await w.hear("no, wait")
            with pytest.raises(Fenced):
                await w.begin(turn, "book")

    @pytest.mark.parametrize("finished", ["before", "after", "never"])
    async def test_a_cancelled_turn_leaves_its_effects_in_the_session(self, world: OpenWorld, finished: str) -> None:
        async with world() as w:
            await w.hear("book it")
            turn = await w.turn()
            await w.begin(turn, "book")
            if finished == "before":
                await w.finish(turn, "book", b'"yes"', effect=True)
            await w.mode("human")
            if finished == "after":
                await w.finish(turn, "book", b'"yes"', effect=True)
            await w.mode("bot")
            await w.hear("and?")
            next_turn = await w.turn()
            assert next_turn.session is not None
            (carried,) = msgspec.json.decode(next_turn.session.carried)
            done = finished != "never"
            assert (carried["name"], carried["done"], carried["result"]) == ("book", done, "yes" if done else None)

    async def test_a_failed_turn_leaves_its_effects_in_the_session(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("book it")
            turn = await w.turn()
            await w.begin(turn, "book")
            await w.finish(turn, "book", b'"yes"', effect=True)
            await w.deliver(await w.commit(turn, "sorry", failed=True))
            await w.hear("and?")
            next_turn = await w.turn()
            assert next_turn.session is not None
            assert [c["name"] for c in msgspec.json.decode(next_turn.session.carried)] == ["book"]

    async def test_what_is_said_now_goes_before_the_reply_and_only_once(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            turn = await w.turn()
            dispatch = await w.say_now(turn, "one moment")
            assert dispatch.send is not None
            assert (await w.record(dispatch.send, in_turn=True)).send is None
            assert (await w.conversation()).owner == W1
            assert (await w.say_now(turn, "one moment")).send is None
            taken = await w.hear("hello?")
            assert all(wake.fenced is None for wake in taken.wakes)
            assert (await w.states())["running"] == 1
            await w.deliver(await w.commit(turn, "done"))
            assert w.sent == ["one moment", "done"]
            assert await w.states() == {"answered": 1, "waiting": 1}

    async def test_what_was_said_now_is_the_answer_of_a_turn_without_another(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            turn = await w.turn()
            dispatch = await w.say_now(turn, "that was it")
            assert dispatch.send is not None
            await w.record(dispatch.send, in_turn=True)
            await w.commit(turn)
            assert await w.states() == {"answered": 1}

    async def test_what_was_said_now_and_not_sent_yet_is_waited_for(self, world: OpenWorld) -> None:
        from turnkeeper.model.outbound import NotSent

        async with world() as w:
            await w.hear("hi")
            turn = await w.turn()
            dispatch = await w.say_now(turn, "one moment")
            assert dispatch.send is not None
            assert (await w.record(dispatch.send, NotSent("busy"), backoff=5, in_turn=True)).send is None
            await w.commit(turn, "done")
            assert await w.states() == {"running": 1}
            await w.deliver(await w.record(await w.send()))
            assert w.sent == ["one moment", "done"]
            assert await w.states() == {"answered": 1}

    async def test_an_effect_alone_is_no_answer(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("book it")
            turn = await w.turn()
            await w.begin(turn, "book")
            await w.finish(turn, "book", b"1", effect=True)
            await w.commit(turn)
            assert await w.states() == {"no_reply": 1}


class TestSteps:
    async def test_whoever_takes_over_gets_the_same_events_and_the_stored_results(self, world: OpenWorld) -> None:
        async with world(QUEUE) as w:
            await w.hear("one", "two")
            turn = await w.turn()
            await w.finish(turn, "ask", b'"42"')
            await w.hear("three")
            await w.die()
            again = await w.turn(W2)
            assert (again.turn.no, again.turn.attempt) == (1, 1)
            assert words(again.events) == ["one", "two"]
            assert [(s.name, s.result) for s in again.steps] == [("ask", b'"42"')]
            await w.deliver(await w.commit(again, "both"))
            assert words((await w.turn(W2)).events) == ["three"]

    async def test_a_new_attempt_computes_again(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("one")
            turn = await w.turn()
            await w.finish(turn, "ask", b'"42"')
            await w.hear("two")
            again = await w.turn()
            assert (again.turn.attempt, list(again.steps)) == (2, [])

    async def test_a_stored_result_is_not_replaced(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("one")
            turn = await w.turn()
            await w.finish(turn, "ask", b"1")
            await w.finish(turn, "ask", b"2")
            await w.store.release(turn.run, w.now)
            assert [s.result for s in (await w.turn()).steps] == [b"1"]


class TestCase11Interrupts:
    async def test_an_interrupt_starts_a_new_attempt_with_all_messages(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("one")
            await w.turn()
            await w.hear("two")
            turn = await w.turn()
            assert (turn.turn.no, turn.turn.attempt, words(turn.events)) == (1, 2, ["one", "two"])
            await w.deliver(await w.commit(turn, "both"))
            assert await w.states() == {"answered": 2}

    async def test_no_interrupt_once_max_wait_since_the_first_message_has_passed(self, world: OpenWorld) -> None:
        async with world() as w:
            began = w.now
            await w.hear("one")
            turn = await w.turn()
            w.now = began + 14.9
            assert [wake.fenced for wake in (await w.hear("two")).wakes] == [W1]
            turn = await w.turn()
            assert w.now == began + 15
            assert all(wake.fenced is None for wake in (await w.hear("three")).wakes)
            await w.deliver(await w.commit(turn, "re: one two"))
            assert words((await w.turn()).events) == ["three"]

    async def test_gather_false_implies_queue(self, world: OpenWorld) -> None:
        async with world(channel(turns=replace(TURNS, gather=False, overlap="interrupt"))) as w:
            await w.hear("one")
            turn = await w.turn()
            assert all(wake.fenced is None for wake in (await w.hear("two")).wakes)
            await w.deliver(await w.commit(turn, "re: one"))
            assert words((await w.turn()).events) == ["two"]

    async def test_a_bot_that_is_set_to_queue_meanwhile_still_finishes_what_was_interrupted(
        self, world: OpenWorld
    ) -> None:
        async with world() as w:
            one = text("one")
            await w.hear(one)
            await w.turn()
            await w.hear("two")
            await w.hear(deleted(one))
            w.directory.put(QUEUE)
            assert words((await w.turn()).events) == ["two"]


class TestCase13Corrections:
    async def test_an_edit_of_a_waiting_message_changes_it_and_waits_on(self, world: OpenWorld) -> None:
        async with world() as w:
            one = text("tomorow")
            await w.hear(one)
            w.now += 3
            await w.hear(edited(one, "tomorrow"))
            assert await w.store.next_due() == w.now + 4
            await w.until_idle()
            assert w.sent == ["re: tomorrow"]
            assert await w.states() == {"answered": 1, "no_reply": 1}

    async def test_an_edit_before_the_commit_interrupts(self, world: OpenWorld) -> None:
        async with world() as w:
            one = text("tomorow")
            await w.hear(one)
            await w.turn()
            assert [wake.fenced for wake in (await w.hear(edited(one, "tomorrow"))).wakes] == [W1]
            turn = await w.turn()
            assert (turn.turn.attempt, words(turn.events)) == (2, ["tomorrow"])

    @pytest.mark.parametrize("correct", [lambda one: edited(one, "no"), deleted])
    async def test_after_the_commit_it_changes_nothing(self, world: OpenWorld, correct) -> None:  # type: ignore[no-untyped-def]
        async with world() as w:
            one = text("yes")
            await w.hear(one)
            dispatch = await w.commit(await w.turn(), "fine")
            await w.hear(correct(one))
            await w.deliver(dispatch)
            assert await w.states() == {"answered": 1, "no_reply": 1}
            assert await w.store.next_due() is None

    async def test_after_an_effect_it_changes_nothing(self, world: OpenWorld) -> None:
        async with world() as w:
            one = text("yes")
            await w.hear(one)
            turn = await w.turn()
            await w.begin(turn, "book")
            await w.hear(deleted(one))
            await w.deliver(await w.commit(turn, "booked"))
            assert await w.states() == {"answered": 1, "no_reply": 1}

    @pytest.mark.parametrize("running", [False, True])
    async def test_a_message_deleted_alone_starts_no_turn(self, world: OpenWorld, running: bool) -> None:
        async with world() as w:
            one = text("oops")
            await w.hear(one)
            if running:
                await w.turn()
            await w.hear(deleted(one))
            assert await w.store.next_due() is None
            assert await w.states() == {"dropped: deleted": 1, "no_reply": 1}
            await w.hear("hi")
            await w.until_idle()
            assert w.sent == ["re: hi"]

    @pytest.mark.parametrize("running", [False, True])
    async def test_with_one_deleted_the_others_are_answered(self, world: OpenWorld, running: bool) -> None:
        async with world() as w:
            one = text("oops")
            await w.hear(one, "hi")
            if running:
                await w.turn()
            await w.hear(deleted(one))
            await w.until_idle()
            assert w.sent == ["re: hi"]

    async def test_a_correction_of_nothing_we_know_ends_as_no_reply(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear(edited(text("never seen"), "x"), deleted(text("never seen")))
            assert await w.store.next_due() is None
            assert await w.states() == {"no_reply": 2}


class TestCase14Versions:
    async def test_other_code_starts_a_new_attempt(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            turn = await w.turn(version="v1")
            await w.finish(turn, "ask", b"1")
            await w.begin(turn, "book")
            await w.die()
            again = await w.turn(W2, version="v2")
            assert (again.turn.no, again.turn.attempt, again.turn.bot_version) == (1, 2, "v2")
            assert [(s.name, s.effect) for s in again.steps] == [("book", True)]

    async def test_the_same_code_resumes_its_attempt(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            await w.turn(version="v1")
            await w.die()
            assert (await w.turn(W2, version="v1")).turn.attempt == 1


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
