"""Sending: in order, each once unless its fate was unknown; what waits, what goes on, what is given up."""

import asyncio
from dataclasses import replace

import pytest

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import W1, W2, World
from turnkeeper.model.outbound import Accepted, NotSent, Rejected, Unknown
from turnkeeper.model.policy import Channel
from turnkeeper.store.base import ClaimedSend
from turnkeeper.testing.events import SENDS, TURNS, channel, status, text

BOB = "15551230002"


def sending(**sends: object) -> Channel:
    return channel(sends=replace(SENDS, **sends))  # type: ignore[arg-type]


async def first_send(w: World, *replies: str) -> ClaimedSend:
    """A turn committed, its first row marked."""
    await w.hear("hi")
    dispatch = await w.commit(await w.turn(), *replies)
    assert dispatch.send is not None
    return dispatch.send


async def test_rows_are_sent_in_order_and_settle_their_turn_with_the_last(world: OpenWorld) -> None:
    async with world() as w:
        send = await first_send(w, "one", "two", "three")
        dispatch = await w.record(send)
        assert await w.states() == {"running": 1}
        await w.deliver(dispatch)
        assert w.sent == ["one", "two", "three"]
        assert await w.states() == {"answered": 1}
        after = await w.conversation()
        assert (after.owner, after.unsent, after.out_done, after.due_at) == (None, 0, 3, None)


class TestNotSent:
    async def test_it_keeps_its_place_and_later_rows_wait_behind_it(self, world: OpenWorld) -> None:
        async with world() as w:
            send = await first_send(w, "one", "two")
            dispatch = await w.record(send, NotSent("busy"), backoff=7)
            assert (dispatch.send, dispatch.due_at) == (None, w.now + 7)
            assert (await w.conversation()).owner is None
            again = await w.send(W2)
            assert (again.row.seq, again.row.tries, again.row.failures) == (1, 2, 1)
            await w.deliver(await w.record(again))
            assert w.sent == ["one", "two"]

    async def test_the_providers_wait_counts_before_ours(self, world: OpenWorld) -> None:
        async with world() as w:
            send = await first_send(w, "one")
            assert (await w.record(send, NotSent("slow down", retry_after=42), backoff=1)).due_at == w.now + 42

    async def test_it_is_given_up_after_its_limit_and_later_rows_go_on(self, world: OpenWorld) -> None:
        async with world() as w:
            send = await first_send(w, "one", "two")
            await w.record(send, NotSent("not now", limit=2))
            dispatch = await w.record(await w.send(), NotSent("not now", limit=2))
            await w.deliver(dispatch)
            assert w.sent == ["two"]
            assert await w.states() == {"failed": 1}

    async def test_rows_older_than_reply_expires_expire(self, world: OpenWorld) -> None:
        async with world(channel(turns=replace(TURNS, reply_expires=100.0))) as w:
            send = await first_send(w, "one", "two")
            assert (await w.record(send, NotSent("busy"), backoff=500)).due_at == w.now + 100
            await w.until_due()
            assert await w.claim() == []
            assert await w.states() == {"failed": 1}
            assert [kind for kind, _ in await w.moments()].count("expired") == 2
            await w.hear("still there?")
            await w.until_idle()
            assert await w.states() == {"failed": 1, "answered": 1}


class TestCase15:
    async def test_a_sending_row_is_unknown_only_after_the_sends_own_limit(self, world: OpenWorld) -> None:
        async with world(sending(send_limit=20.0, unknown_wait=30.0)) as w:
            await first_send(w, "one")
            began = w.now
            await w.die()
            assert await w.claim(W2) == []
            assert await w.store.next_due() == began + 20
            w.now = began + 20
            assert await w.claim(W2) == []
            assert await w.store.next_due() == began + 50
            again = await w.send(W2)
            assert (again.row.tries, again.row.failures) == (2, 0)

    async def test_the_outcome_counts_whoever_owns_the_conversation(self, world: OpenWorld) -> None:
        async with world() as w:
            send = await first_send(w, "one", "two")
            await w.die()
            assert await w.claim(W2) == []
            dispatch = await w.record(send)
            assert (dispatch.send, dispatch.due_at) == (None, w.now)
            await w.deliver(await w.record(await w.send(W2)))
            assert w.sent == ["one", "two"]
            assert await w.states() == {"answered": 1}

    async def test_an_outcome_is_stored_once(self, world: OpenWorld) -> None:
        """Its answer was lost: the row that was marked then is still this run's to send."""
        async with world() as w:
            send = await first_send(w, "one", "two")
            first = await w.record(send, Accepted("a"))
            again = await w.record(send, Accepted("a"))
            assert first.send is not None
            assert again.send is not None
            assert again.send.row == first.send.row
            assert (await w.conversation()).unsent == 1
            await w.deliver(again)
            assert await w.states() == {"answered": 1}

    async def test_a_repeated_failure_counts_once(self, world: OpenWorld) -> None:
        async with world() as w:
            send = await first_send(w, "one")
            first = await w.record(send, NotSent("busy"), backoff=7)
            again = await w.record(send, NotSent("busy"), backoff=9)
            assert again.due_at == first.due_at == w.now + 7
            assert (await w.send()).row.failures == 1

    async def test_two_reports_of_one_outcome_at_once(self, world: OpenWorld) -> None:
        async with world() as w:
            send = await first_send(w, "one", "two")
            first, again = await asyncio.gather(w.record(send, Accepted("a")), w.record(send, Accepted("a")))
            assert first.send is not None
            assert again.send is not None
            assert first.send.row == again.send.row
            assert (await w.conversation()).unsent == 1

    async def test_the_outcome_of_an_earlier_try_does_not_touch_the_next(self, world: OpenWorld) -> None:
        async with world(sending(send_limit=20.0, on_unknown="resend_once")) as w:
            send = await first_send(w, "one")
            await w.record(send, Unknown("no answer"))
            again = await w.send()
            assert again.row.tries == 2
            await w.record(send, Rejected("131026", "not there"))
            assert await w.states() == {"running": 1}
            await w.deliver(await w.record(again))
            assert await w.states() == {"answered": 1}

    async def test_a_late_success_of_an_earlier_try_counts(self, world: OpenWorld) -> None:
        async with world() as w:
            send = await first_send(w, "one")
            await w.record(send, Unknown("no answer"))
            await w.record(send, Accepted("late"))
            assert await w.states() == {"answered": 1}
            assert await w.store.next_due() is None


class TestUnknown:
    async def test_it_is_waited_for_with_later_rows_behind_it_and_then_sent_again_once(self, world: OpenWorld) -> None:
        async with world() as w:
            send = await first_send(w, "one", "two")
            assert (await w.record(send, Unknown("no answer"))).due_at == w.now + 30
            await w.hear("hello?")
            w.now += 29
            assert await w.claim() == []
            again = await w.send()
            assert (again.row.seq, again.row.tries) == (1, 2)
            dispatch = await w.record(again, Unknown("no answer"))
            assert dispatch.send is None
            last = await w.send()
            assert last.row.seq == 2
            await w.deliver(await w.record(last))
            assert await w.states() == {"failed": 1, "waiting": 1}

    async def test_its_echo_settles_it_and_the_rest_goes_at_once(self, world: OpenWorld) -> None:
        async with world() as w:
            send = await first_send(w, "one", "two")
            await w.record(send, Unknown("no answer"))
            w.now += 5
            taken = await w.report(status("sent", id="x", tracker=w.tracker(send)))
            assert [wake.due_at for wake in taken.wakes] == [w.now]
            await w.deliver(await w.record(await w.send()))
            assert w.sent == ["two"]
            assert await w.states() == {"answered": 1}

    async def test_it_is_never_sent_again_where_the_channel_cannot_tell(self, world: OpenWorld) -> None:
        async with world(sending(on_unknown="never_resend")) as w:
            send = await first_send(w, "one", "two")
            await w.deliver(await w.record(send, Unknown("no answer")))
            assert w.sent == ["two"]
            assert await w.states() == {"failed": 1}
            assert ("unknown", "one") in await w.moments()

    async def test_case_03_the_wait_lasts_as_long_as_the_outage_did(self, world: OpenWorld) -> None:
        async with world() as w:
            await first_send(w, "one")
            await w.die()
            w.now += 200
            assert await w.claim(W2) == []
            due = await w.store.next_due()
            assert due == pytest.approx(w.now + 203.1)

    async def test_case_03_but_at_most_ten_minutes(self, world: OpenWorld) -> None:
        async with world() as w:
            await first_send(w, "one")
            await w.die()
            w.now += 5_000
            assert await w.claim(W2) == []
            assert await w.store.next_due() == w.now + 600

    async def test_a_person_who_took_over_forbids_the_resend(self, world: OpenWorld) -> None:
        async with world() as w:
            send = await first_send(w, "one", "two")
            await w.record(send, Unknown("no answer"))
            await w.mode("human")
            await w.until_due()
            assert await w.claim() == []
            assert await w.states() == {"person": 1}
            assert (await w.conversation()).unsent == 0


class TestRejected:
    async def test_case_16_it_is_shown_with_its_reason_and_later_rows_go_on(self, world: OpenWorld) -> None:
        async with world() as w:
            send = await first_send(w, "one", "two")
            await w.deliver(await w.record(send, Rejected("131047", "outside the 24 hours", "use_template")))
            assert w.sent == ["two"]
            assert await w.states() == {"failed": 1}
            moments = await w.store.moments((await w.conversation()).key, 100)
            assert [m.detail for m in moments if m.kind == "failed" and m.text == "one"] == ["outside the 24 hours"]

    async def test_case_16_the_next_message_is_answered(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.deliver(await w.record(await first_send(w, "one"), Rejected("1", "no")))
            await w.hear("again")
            await w.until_idle()
            assert await w.states() == {"failed": 1, "answered": 1}


class TestCase17Pauses:
    async def test_a_paused_channels_conversations_have_no_time_to_be_sent_at(self, world: OpenWorld) -> None:
        async with world() as w:
            send = await first_send(w, "one", "two")
            await w.record(send, NotSent("busy"))
            assert await w.store.pause_channel(w.channel.workspace_id, w.channel.id, "token", w.now)
            assert not await w.store.pause_channel(w.channel.workspace_id, w.channel.id, "again", w.now)
            assert await w.store.next_due() is None
            assert await w.store.paused_channels() == [(w.channel.workspace_id, w.channel.id, "token", w.now)]

    async def test_resuming_sends_in_order(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.store.pause_channel(w.channel.workspace_id, w.channel.id, "token", w.now)
            await w.hear("hi")
            assert (await w.commit(await w.turn(), "one", "two")).send is None
            await w.hear(text("hi", of=BOB))
            assert (await w.commit(await w.turn(), "three")).send is None
            assert await w.store.next_due() is None
            w.now += 500
            assert await w.store.resume_channel(w.channel.workspace_id, w.channel.id, w.now)
            assert not await w.store.resume_channel(w.channel.workspace_id, w.channel.id, w.now)
            await w.until_idle()
            assert sorted(w.sent) == ["one", "three", "two"]
            assert w.sent.index("one") < w.sent.index("two")
            assert await w.states() == {"answered": 2}

    async def test_turns_go_on_meanwhile_and_a_backlog_fills_no_claim(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.store.pause_channel(w.channel.workspace_id, w.channel.id, "token", w.now)
            for n in range(8):
                await w.hear(text("hi", of=str(n)))
                await w.commit(await w.turn(), "hello")
            await w.hear(text("hi", of="9"))
            w.now += 4
            (claimed,) = await w.claim(limit=2)
            assert claimed.conversation.addresses == "phone:9"

    async def test_a_dead_token_pauses_the_channel_and_the_row_keeps_its_place(self, world: OpenWorld) -> None:
        async with world() as w:
            send = await first_send(w, "one", "two")
            await w.hear(text("hi", of=BOB))
            other = await w.turn()
            dispatch = await w.record(send, Rejected("190", "token expired", "stop_channel"))
            assert (dispatch.send, dispatch.due_at) == (None, None)
            ((_, _, reason, since),) = await w.store.paused_channels()
            assert (reason, since) == ("190: token expired", w.now)
            assert (await w.commit(other, "three")).send is None
            assert await w.store.next_due() is None
            await w.store.resume_channel(w.channel.workspace_id, w.channel.id, w.now)
            await w.until_idle()
            assert w.sent.index("one") < w.sent.index("two")
            assert len(w.sent) == 3
            assert await w.states() == {"answered": 2}

    async def test_a_worker_that_dies_leaves_the_pause_alone(self, world: OpenWorld) -> None:
        async with world() as w:
            await first_send(w, "one")
            await w.store.pause_channel(w.channel.workspace_id, w.channel.id, "token", w.now)
            await w.die()
            assert await w.store.next_due() is None
            await w.store.resume_channel(w.channel.workspace_id, w.channel.id, w.now)
            assert await w.claim(W2) == []
            assert await w.store.next_due() is not None

    async def test_another_channel_is_not_paused(self, world: OpenWorld) -> None:
        desk = channel("desk")
        async with world(channel("shop"), desk) as w:
            await w.store.pause_channel(desk.workspace_id, desk.id, "token", w.now)
            await w.hear("hi")
            await w.until_idle()
            assert w.sent == ["re: hi"]


async def test_rows_of_a_channel_that_left_the_configuration_wait_for_it(world: OpenWorld) -> None:
    async with world() as w:
        await w.record(await first_send(w, "one"), NotSent("busy"))
        w.directory.remove(w.channel)
        await w.until_due()
        assert await w.claim() == []
        assert await w.store.next_due() == w.now + 60
        w.directory.put(w.channel)
        await w.until_idle()
        assert w.sent == ["one"]


async def test_a_dead_workers_queue_is_sent_by_another(world: OpenWorld) -> None:
    async with world() as w:
        dispatch = await w.record(await first_send(w, "one", "two", "three"))
        assert dispatch.send is not None
        await w.record(dispatch.send)
        await w.die()
        w.now += 100
        while (due := await w.store.next_due()) is not None:
            w.now = max(w.now, due)
            for claimed in await w.claim(W2):
                assert isinstance(claimed, ClaimedSend)
                await w.deliver(await w.record(claimed))
        assert w.sent == ["one", "two", "three"]
        assert await w.states() == {"answered": 1}


async def test_many_outcomes_in_one_commit(world: OpenWorld) -> None:
    async with world() as w:
        sends = []
        for n in range(20):
            await w.hear(text("hi", of=str(n)))
        w.now += 4
        for turn in await w.claim(W1):
            dispatch = await w.commit(turn, "one", "two")  # type: ignore[arg-type]
            assert dispatch.send is not None
            sends.append(dispatch.send)
        dispatches = await asyncio.gather(*(w.record(send) for send in sends))
        await asyncio.gather(*(w.deliver(dispatch) for dispatch in dispatches))
        assert await w.states() == {"answered": 20}
        assert sorted(w.sent) == ["one"] * 20 + ["two"] * 20
