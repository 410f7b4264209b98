"""Attempts: what a turn has done and what it is told anew, by interrupts, corrections, other code and other workers."""

from dataclasses import replace

import msgspec
import pytest

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import LEASE, W1, W2, words
from turnkeeper.model.errors import Fenced
from turnkeeper.model.outbound import NotSent
from turnkeeper.model.policy import SendPolicy
from turnkeeper.testing.events import TURNS, channel, deleted, edited, status, text

QUEUE = channel(turns=replace(TURNS, overlap="queue"))


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

    async def test_an_effect_that_ends_while_the_next_turn_runs_is_told_to_the_one_after(
        self, world: OpenWorld
    ) -> None:
        async with world() as w:
            await w.hear("book it")
            cut_off = await w.turn()
            await w.begin(cut_off, "book")
            await w.mode("human")
            await w.mode("bot")
            await w.hear("and?")
            knows_it_began = await w.turn()
            assert knows_it_began.session is not None
            given = knows_it_began.session.carried
            assert [c["done"] for c in msgspec.json.decode(given)] == [False]
            await w.finish(cut_off, "book", b'"yes"', effect=True)
            await w.deliver(await w.commit(knows_it_began, "a moment", given=given))
            await w.hear("well?")
            knows_the_result = await w.turn()
            assert knows_the_result.session is not None
            assert [c["result"] for c in msgspec.json.decode(knows_the_result.session.carried)] == ["yes"]
            await w.deliver(await w.commit(knows_the_result, "done", given=knows_the_result.session.carried))
            await w.hear("thanks")
            after = await w.turn()
            assert after.session is not None
            assert msgspec.json.decode(after.session.carried) == []

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

    async def test_two_things_said_at_once_are_each_sent_once(self, world: OpenWorld) -> None:
        """A status settles the first before its sender can; the second is then its own sender's, not the first's."""
        async with world() as w:
            await w.hear("hi")
            turn = await w.turn()
            one = await w.say_now(turn, "one")
            assert one.send is not None
            await w.report(status("sent", id="x", tracker=w.tracker(one.send)))
            two = await w.say_now(turn, "two", occurrence=2)
            assert two.send is not None
            assert (await w.record(one.send, in_turn=True)).send is None
            await w.record(two.send, in_turn=True)
            await w.commit(turn)
            assert w.sent == ["one", "two"]
            assert await w.states() == {"answered": 1}

    async def test_words_whose_answer_was_lost_are_still_ours_to_send(self, world: OpenWorld) -> None:
        async with world(channel(sends=SendPolicy(on_unknown="never_resend"))) as w:
            await w.hear("hi")
            turn = await w.turn()
            lost = await w.say_now(turn, "one", "two")
            again = await w.say_now(turn, "one", "two")
            assert again == lost
            assert again.send is not None
            while again.send is not None:
                again = await w.record(again.send, in_turn=True)
            assert (await w.say_now(turn, "one", "two")).send is None
            await w.commit(turn)
            assert w.sent == ["one", "two"]
            assert await w.states() == {"answered": 1}

    async def test_words_that_another_call_sends_are_not_sent_again(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            turn = await w.turn()
            one = await w.say_now(turn, "one")
            assert one.send is not None
            said_at = w.now
            await w.say_now(turn, "two", occurrence=2)
            w.now += 1
            assert (await w.record(one.send, in_turn=True)).send is not None, "two goes on from there"
            w.now = said_at
            assert (await w.say_now(turn, "two", occurrence=2)).send is None

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


async def test_vitals_tell_of_live_workers_and_of_what_has_waited_longest(world: OpenWorld) -> None:
    async with world() as w:
        assert (await w.store.vitals(w.now, w.now - LEASE))[:2] == (2, 0)
        await w.hear("hello")
        due = (await w.conversation()).due_at
        assert due is not None
        assert (await w.store.vitals(due - 0.1, due)).oldest_due_at is None
        vitals = await w.store.vitals(due + 7, w.now + LEASE)
        assert (vitals.workers, vitals.due, vitals.oldest_due_at) == (0, 1, due)
