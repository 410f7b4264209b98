"""Accepting: each event once, whoever brings it again; what a contact may and may not start."""

import asyncio
from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import T0, W1, World, words
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.policy import RateLimit
from turnkeeper.store.base import Arrival, Intake, Stray
from turnkeeper.testing.events import ADA, SENDS, TURNS, channel, event, text, unnumbered

BOB = "15551230002"


async def test_a_message_waits_until_the_contact_is_quiet_and_is_answered_once(world: OpenWorld) -> None:
    async with world() as w:
        taken = await w.hear("one")
        assert (taken.accepted, taken.duplicates) == (1, 0)
        assert [wake.due_at for wake in taken.wakes] == [w.now + 4]
        w.now += 3
        await w.hear("two")
        assert await w.claim() == []
        turn = await w.turn()
        assert w.now == T0 + 3 + 4
        assert words(turn.events) == ["one", "two"]
        assert await w.states() == {"running": 2}
        await w.deliver(await w.commit(turn, "both"))
        assert w.sent == ["both"]
        assert await w.states() == {"answered": 2}
        assert await w.store.next_due() is None


async def test_max_wait_ends_the_wait_of_someone_who_never_stops(world: OpenWorld) -> None:
    async with world() as w:
        began = w.now
        for _ in range(5):
            await w.hear("and")
            w.now += 3.5
        assert await w.store.next_due() == began + 15


class TestDuplicates:
    async def test_in_one_webhook(self, world: OpenWorld) -> None:
        async with world() as w:
            taken = await w.hear(text("hi", id="m1"), text("hi", id="m1"))
            assert (taken.accepted, taken.duplicates) == (1, 1)
            assert (await w.ledger()).duplicates == 1

    async def test_in_two_webhooks(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear(text("hi", id="m1"))
            taken = await w.hear(text("hi", id="m1"))
            assert (taken.accepted, taken.duplicates) == (0, 1)
            assert await w.states() == {"waiting": 1}

    async def test_at_once(self, world: OpenWorld) -> None:
        async with world() as w:
            taken = await asyncio.gather(*(w.hear(text("hi", id="m1")) for _ in range(20)))
            assert sum(t.accepted for t in taken) == 1
            assert sum(t.duplicates for t in taken) == 19
            assert (await w.ledger()).duplicates == 19

    async def test_in_a_mixed_webhook_the_new_neighbours_are_taken(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear(text("one", id="m1"))
            taken = await w.hear(text("one", id="m1"), text("two", id="m2"), text("three", of=BOB, id="m3"))
            assert (taken.accepted, taken.duplicates) == (2, 1)

    async def test_across_conversations(self, world: OpenWorld) -> None:
        """A person's second address makes no second message of it."""
        async with world() as w:
            await w.hear(text("hi", id="m1"))
            taken = await w.hear(text("hi", of=BOB, id="m1"))
            assert (taken.accepted, taken.duplicates) == (0, 1)

    async def test_another_channel_is_another_message(self, world: OpenWorld) -> None:
        shop, desk = channel("shop"), channel("desk")
        async with world(shop, desk) as w:
            await w.hear(text("hi", id="m1"))
            assert (await w.hear(text("hi", id="m1"), channel=desk)).accepted == 1

    async def test_another_workspace_is_another_message(self, world: OpenWorld) -> None:
        ours, theirs = channel(), channel(workspace="theirs")
        async with world(ours, theirs) as w:
            await w.hear(text("hi", id="m1"))
            assert (await w.hear(text("hi", id="m1"), channel=theirs)).accepted == 1
            assert {c.workspace_id for c in await w.store.recent(10)} == {"default", "theirs"}

    async def test_of_answered_messages_start_nothing(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear(text("hi", id="m1"))
            await w.answer("hello")
            await w.hear(text("hi", id="m1"))
            assert await w.store.next_due() is None
            assert await w.states() == {"answered": 1}


async def test_case_01_a_duplicate_takes_no_number_and_leaves_nobody_claimed_for_nothing(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(text("hi", id="m1"))
        turn = await w.turn()
        await w.hear(text("hi", id="m1"))
        before = await w.conversation()
        assert (before.in_last, before.owner, before.epoch) == (1, W1, turn.run.epoch)
        await w.deliver(await w.commit(turn, "hello"))
        after = await w.conversation()
        assert (after.owner, after.due_at) == (None, None)


async def test_case_01_more_came_means_that_an_event_waits(world: OpenWorld) -> None:
    async with world(channel(turns=replace(TURNS, overlap="queue"))) as w:
        await w.hear("one")
        turn = await w.turn()
        await w.hear("two")
        due = await w.deliver(await w.commit(turn, "re: one"))
        assert due == w.now + 4
        assert words((await w.turn()).events) == ["two"]


class TestCase02WithoutIds:
    async def test_the_same_words_within_the_window_are_one_message(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear(unnumbered("ok"))
            w.now += 14.9
            assert (await w.hear(unnumbered("ok"))).duplicates == 1

    async def test_tomorrows_ok_is_a_new_message(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear(unnumbered("ok"))
            w.now += 15
            assert (await w.hear(unnumbered("ok"))).accepted == 1
            w.now += 86_400
            assert (await w.hear(unnumbered("ok"))).accepted == 1

    async def test_redeliveries_do_not_prolong_the_window(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear(unnumbered("ok"))
            w.now += 10
            assert (await w.hear(unnumbered("ok"))).duplicates == 1
            w.now += 10
            assert (await w.hear(unnumbered("ok"))).accepted == 1

    async def test_within_one_webhook_and_at_once(self, world: OpenWorld) -> None:
        async with world() as w:
            taken = await asyncio.gather(*(w.hear(unnumbered("ok"), unnumbered("ok")) for _ in range(5)))
            assert sum(t.accepted for t in taken) == 1

    async def test_other_words_are_another_message(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear(unnumbered("ok"))
            assert (await w.hear(unnumbered("ok?"), unnumbered("ok", of=BOB))).accepted == 2


async def test_a_bad_intake_does_not_take_its_neighbours_with_it(world: OpenWorld) -> None:
    """They share a commit; the bad one alone is refused."""
    async with world() as w:
        bad = Intake([Arrival(w.channel, text("bad", addresses=(b"\xff",)), w.now)])  # type: ignore[arg-type]
        results = await asyncio.gather(
            w.hear("before"), w.store.take(bad), w.hear(text("after", of=BOB)), return_exceptions=True
        )
        assert isinstance(results[1], Exception)
        assert not isinstance(results[0], BaseException)
        assert not isinstance(results[2], BaseException)
        assert await w.states() == {"waiting": 2}


async def test_an_intake_is_taken_whole_or_not_at_all(world: OpenWorld) -> None:
    async with world() as w:
        half = Intake(
            [
                Arrival(w.channel, text("good", id="m1"), w.now),
                Arrival(w.channel, text("bad", addresses=(b"\xff",)), w.now),  # type: ignore[arg-type]
            ]
        )
        with pytest.raises(Exception):  # noqa: B017 - whatever it is, it is told
            await w.store.take(half)
        assert await w.states() == {}
        assert (await w.hear(text("good", id="m1"))).accepted == 1


async def test_an_event_that_names_nobody_is_kept_beside_the_mailboxes(world: OpenWorld) -> None:
    """A provider's complaint about the account is no contact's; its neighbours are taken."""
    async with world() as w:
        complaint = changed(event("error", "the account was restricted", id="e1"), addresses=())
        await w.hear("hi", complaint)
        await w.hear(complaint)
        assert await w.states() == {"waiting": 1, "ignored": 1}
        assert (await w.ledger()).duplicates == 1


async def test_strays_are_counted_once(world: OpenWorld) -> None:
    async with world() as w:
        stray = Stray(WorkspaceId("default"), "shop", "unreadable", "no type", "s1", b"{}", w.now)
        other = Stray(WorkspaceId("default"), "", "ignored", "not ours", "s2", b"{}", w.now)
        assert (await w.store.take(Intake(strays=[stray, other]))).duplicates == 0
        assert (await w.store.take(Intake(strays=[stray]))).duplicates == 1
        assert await w.states() == {"unreadable": 1, "ignored": 1}
        assert (await w.ledger()).duplicates == 1


class TestCase04OptOut:
    async def test_stop_acts_before_every_other_rule(self, world: OpenWorld) -> None:
        """Stale, over the limit, in the middle of a turn that is not to be disturbed."""
        turns = replace(TURNS, overlap="drop", rate_limit=RateLimit(1, 60.0))
        async with world(channel(turns=turns)) as w:
            await w.hear("hi")
            turn = await w.turn()
            await w.hear(text("STOP", at=w.now - 100_000))
            assert (await w.conversation()).opted_out
            assert await w.states() == {"dropped: opted_out": 2}
            with pytest.raises(Exception, match="no longer"):
                await w.commit(turn, "hello")

    async def test_stop_is_confirmed_once_and_then_there_is_silence(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("stop")
            await w.hear("stop", "are you there?")
            await w.until_idle()
            assert w.sent == [TURNS.opt_out_notice]
            assert await w.states() == {"dropped: opted_out": 3}

    async def test_start_undoes_it(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("stop")
            await w.hear("start")
            await w.until_idle()
            await w.hear("hi")
            await w.until_idle()
            assert w.sent == [TURNS.opt_out_notice, TURNS.opt_in_notice, "re: hi"]

    async def test_stop_cancels_what_is_queued(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            dispatch = await w.commit(await w.turn(), "one", "two")
            await w.hear("stop")
            assert dispatch.send is not None
            await w.deliver(await w.record(dispatch.send))
            await w.until_idle()
            assert w.sent == ["one", TURNS.opt_out_notice]


async def test_case_04_a_message_that_is_dropped_never_interrupts(world: OpenWorld) -> None:
    async with world(channel(turns=replace(TURNS, overlap="drop"))) as w:
        await w.hear("one")
        turn = await w.turn()
        taken = await w.hear("two")
        assert all(wake.fenced is None for wake in taken.wakes)
        await w.deliver(await w.commit(turn, "re: one"))
        assert await w.states() == {"answered": 1, "dropped: overlapped": 1}
        assert await w.store.next_due() is None


class TestNotices:
    async def test_rate_limited_messages_are_told_once_a_window(self, world: OpenWorld) -> None:
        async with world(channel(turns=replace(TURNS, rate_limit=RateLimit(2, 60.0)))) as w:
            await w.hear("1", "2", "3", "4", "5")
            assert await w.states() == {"waiting": 2, "dropped: rate_limited": 3}
            await w.until_idle()
            assert w.sent == [TURNS.rate_notice, "re: 1 2"]
            w.now += 61
            await w.hear("6", "7", "8", "9")
            await w.until_idle()
            assert w.sent[2:] == [TURNS.rate_notice, "re: 6 7"]

    async def test_stale_messages_are_told_once_and_not_answered(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear(text("old", at=w.now - 86_500), text("old too", at=w.now - 86_400.5 - 1))
            await w.until_idle()
            assert w.sent == [TURNS.stale_notice]
            assert await w.states() == {"dropped: stale": 2}

    async def test_stale_messages_are_not_told_where_the_window_is_closed(self, world: OpenWorld) -> None:
        async with world(channel(sends=replace(SENDS, window=86_400.0))) as w:
            await w.hear(text("old", at=w.now - 86_500))
            assert await w.store.next_due() is None
            assert await w.states() == {"dropped: stale": 1}

    async def test_an_empty_notice_is_not_sent(self, world: OpenWorld) -> None:
        async with world(channel(turns=replace(TURNS, stale_notice=""))) as w:
            await w.hear(text("old", at=w.now - 86_500))
            assert await w.store.next_due() is None

    async def test_a_notice_in_the_middle_of_a_turn_goes_first_and_both_settle(self, world: OpenWorld) -> None:
        turns = replace(TURNS, rate_limit=RateLimit(1, 60.0), overlap="queue")
        async with world(channel(turns=turns)) as w:
            await w.hear("one")
            turn = await w.turn()
            await w.hear("two")
            await w.deliver(await w.commit(turn, "re: one"))
            assert w.sent == [TURNS.rate_notice, "re: one"]
            assert await w.states() == {"answered": 1, "dropped: rate_limited": 1}

    async def test_a_bot_that_stays_silent_beside_a_notice_ends_its_events(self, world: OpenWorld) -> None:
        turns = replace(TURNS, rate_limit=RateLimit(1, 60.0), overlap="queue")
        async with world(channel(turns=turns)) as w:
            await w.hear("one")
            turn = await w.turn()
            await w.hear("two")
            await w.deliver(await w.commit(turn))
            assert w.sent == [TURNS.rate_notice]
            assert await w.states() == {"no_reply": 1, "dropped: rate_limited": 1}


async def test_events_that_say_nothing_start_no_turn(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(event("reaction"), event("system"), event("call"))
        assert await w.store.next_due() is None
        assert await w.states() == {"no_reply": 3}


async def test_typing_pushes_the_turn_back_and_starts_none(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(event("typing"))
        assert await w.store.next_due() is None
        await w.hear("well,")
        w.now += 3
        await w.hear(event("typing"))
        assert await w.store.next_due() == w.now + 4
        await w.until_idle()
        assert w.sent == ["re: well,"]


async def test_a_turn_takes_exactly_one_message_where_the_bot_does_not_gather(world: OpenWorld) -> None:
    async with world(channel(turns=replace(TURNS, gather=False))) as w:
        await w.hear("one", "two")
        await w.hear("three")
        await w.until_idle()
        assert w.sent == ["re: one", "re: two", "re: three"]
        assert await w.states() == {"answered": 3}


async def test_two_processes_accept_the_same_message_once(two_stores) -> None:  # type: ignore[no-untyped-def]
    async with two_stores() as (w, other):
        again = World(other, w.directory, w.channel)
        everyone = [(w if n % 2 else again).hear(text("hi", id=f"m{n // 4}")) for n in range(40)]
        taken = await asyncio.gather(*everyone)
        assert sum(t.accepted for t in taken) == 10
        assert (await w.ledger()).duplicates == 30
        assert await w.states() == {"waiting": 10}
        assert (await w.conversation(ADA)).in_last == 10
