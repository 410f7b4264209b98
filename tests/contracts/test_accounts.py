"""Accounts that may be logged out: their channels' sends wait and go on, and what was missed is read by one worker."""

import asyncio

import pytest

from tests.contracts.conftest import OpenWorld
from tests.contracts.test_sends import first_send
from tests.contracts.world import World
from turnkeeper.model.account import AccountState
from turnkeeper.model.events import SessionStatus
from turnkeeper.model.outbound import NotSent, Rejected
from turnkeeper.rules.account import LOOK_EVERY
from turnkeeper.store.base import Intake, SessionReport, Stray

SCAN = "Scan the code with the phone."


def status(word: str, at: float | None = None) -> SessionStatus:
    mend = SCAN if word == "SCAN_QR_CODE" else ""
    return SessionStatus(status=word, works=word == "WORKING", timestamp=None if at is None else int(at), mend=mend)


async def told(w: World, word: str, at: float | None = None) -> None:
    """A webhook that tells of the session; `at`: the provider's instant."""
    known = status(word, at)
    counted = Stray(w.channel.workspace_id, w.channel.id, "ignored", f"session {word}", f"{word}{at}", b"{}", w.now)
    await w.store.take(Intake(strays=[counted], sessions=[SessionReport(w.channel, known, w.now)]))


async def reasons(w: World) -> list[str]:
    return [reason for _, _, reason, _ in await w.store.paused_channels()]


async def due(w: World, lease: float = 60.0) -> list[AccountState]:
    return await w.store.accounts_due([(w.channel.workspace_id, w.channel.id)], w.now, w.now + lease)


class TestWaiting:
    async def test_the_queue_waits_until_the_session_works_and_drains_in_order(self, world: OpenWorld) -> None:
        async with world() as w:
            send = await first_send(w, "one", "two", "three")
            await told(w, "SCAN_QR_CODE", w.now)
            assert await reasons(w) == [f"session SCAN_QR_CODE: {SCAN}"]
            assert (await w.record(send, NotSent("not connected", None, None, "session", "SCAN_QR_CODE"))).send is None
            await w.hear("anybody?", "hello?")
            assert await w.store.next_due() is None
            w.now += 3600
            assert await w.claim() == []
            await told(w, "WORKING", w.now)
            assert await reasons(w) == []
            await w.until_idle()
            assert w.sent == ["one", "two", "three", "re: anybody? hello?"]
            assert await w.states() == {"answered": 3, "ignored": 2}

    async def test_what_backs_off_is_not_due_any_more(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.record(await first_send(w, "one"), NotSent("busy"), backoff=30)
            assert await w.store.next_due() == w.now + 30
            await told(w, "FAILED", w.now)
            assert await w.store.next_due() is None

    async def test_a_send_that_met_a_lost_session_is_tried_as_soon_as_it_is_back(self, world: OpenWorld) -> None:
        async with world() as w:
            send = await first_send(w, "one")
            dispatch = await w.record(send, NotSent("lost", None, None, "session", "FAILED"), backoff=300)
            assert (dispatch.send, dispatch.due_at) == (None, w.now + 1)
            await told(w, "FAILED", w.now)
            w.now += 2
            await told(w, "WORKING", w.now)
            assert await w.store.next_due() == w.now
            await w.deliver(await w.record(await w.send()))
            assert w.sent == ["one"]

    async def test_the_newest_word_for_it_is_shown_since_it_stopped(self, world: OpenWorld) -> None:
        async with world() as w:
            since = w.now
            for word in ("STARTING", "SCAN_QR_CODE", "SCAN_QR_CODE", "FAILED"):
                await told(w, word, w.now)
                w.now += 10
            ((_, _, reason, paused_at),) = await w.store.paused_channels()
            assert (reason, paused_at) == ("session FAILED", since)

    async def test_news_that_come_late_or_twice_change_nothing(self, world: OpenWorld) -> None:
        async with world() as w:
            began = w.now
            await told(w, "WORKING", began + 30)
            await told(w, "SCAN_QR_CODE", began + 10)
            await told(w, "STARTING", began + 30)
            assert await reasons(w) == []
            await told(w, "FAILED", began + 60)
            await told(w, "WORKING", began + 30)
            await told(w, "FAILED", began + 60)
            assert await reasons(w) == ["session FAILED"]
            assert (await w.ledger()).duplicates == 2

    async def test_a_pause_of_another_kind_is_not_ended(self, world: OpenWorld) -> None:
        async with world() as w:
            key = (w.channel.workspace_id, w.channel.id)
            await w.store.pause_channel(*key, "stopped by hand", w.now)
            await told(w, "FAILED", w.now)
            await told(w, "WORKING", w.now + 1)
            assert await reasons(w) == ["stopped by hand"]
            assert await w.store.resume_channel(*key, w.now)
            send = await first_send(w, "one")
            await w.record(send, Rejected("401", "the key is wrong", "stop_channel"))
            await told(w, "FAILED", w.now + 2)
            await told(w, "WORKING", w.now + 3)
            assert await reasons(w) == ["401: the key is wrong"]

    async def test_a_pause_by_hand_replaces_the_accounts_own(self, world: OpenWorld) -> None:
        async with world() as w:
            key = (w.channel.workspace_id, w.channel.id)
            await told(w, "FAILED", w.now)
            w.now += 5
            assert await w.store.pause_channel(*key, "stopped by hand", w.now)
            assert await w.store.paused_channels() == [(*key, "stopped by hand", w.now)]
            await told(w, "WORKING", w.now + 1)
            assert await reasons(w) == ["stopped by hand"]


class TestMissed:
    async def test_after_a_loss_it_is_read_from_the_last_event_by_one_worker(self, world: OpenWorld) -> None:
        async with world() as w:
            await told(w, "WORKING", w.now)
            await w.hear("hi")
            seen = w.now
            await w.answer("hello")
            w.now += 40
            await told(w, "FAILED", w.now)
            assert await due(w) == []
            w.now += 10
            await told(w, "WORKING", w.now)
            await w.hear("I wrote before")
            (state,) = await due(w)
            assert (state.status, state.works, state.since_at) == ("WORKING", True, seen)
            assert await due(w) == []
            await w.store.looked_at(state, None)
            w.now += 3600
            assert await due(w) == []

    async def test_a_worker_that_dies_while_reading_is_followed_by_another(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            seen = w.now
            await told(w, "FAILED", w.now)
            await told(w, "WORKING", w.now + 1)
            (first,) = await due(w)
            w.now += 60
            (second,) = await due(w)
            assert first.since_at == second.since_at == seen
            await w.store.looked_at(first, None)
            w.now += 60
            (third,) = await due(w)
            await w.store.looked_at(third, None)
            w.now += 60
            assert await due(w) == []

    async def test_what_is_missed_while_it_is_read_is_read_too(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hi")
            seen = w.now
            await told(w, "FAILED", w.now)
            await told(w, "WORKING", w.now + 1)
            (state,) = await due(w)
            await told(w, "FAILED", w.now + 2)
            await told(w, "WORKING", w.now + 3)
            await w.store.looked_at(state, None)
            (again,) = await due(w)
            assert again.since_at == seen

    async def test_an_account_that_stays_away_is_looked_at_now_and_then(self, world: OpenWorld) -> None:
        async with world() as w:
            await told(w, "SCAN_QR_CODE", w.now)
            w.now += LOOK_EVERY - 1
            assert await due(w) == []
            w.now += 1
            (state,) = await due(w)
            assert not state.works

    async def test_after_an_absence_of_ours_known_channels_are_read_and_new_ones_are_not(
        self, world: OpenWorld
    ) -> None:
        async with world() as w:
            key = (w.channel.workspace_id, w.channel.id)
            await w.store.been_away([key], w.now, w.now)
            assert await due(w) == []
            await w.hear("hi")
            seen = w.now
            await w.answer("hello")
            w.now += 1000
            back = w.now
            await w.hear("first to be heard again")
            w.now += 1
            await w.store.been_away([key], back, w.now)
            (state,) = await due(w)
            assert state.since_at == seen

    async def test_timers_and_other_channels_tell_nothing_of_what_was_heard(self, world: OpenWorld) -> None:
        async with world() as w:
            key = (w.channel.workspace_id, w.channel.id)
            await w.store.been_away([key], w.now, w.now)
            await w.hear("hi")
            seen = w.now
            turn = await w.turn()
            await w.deliver(await w.commit(turn, "hello", timers=[w.timer(turn, 60)]))
            w.now += 60
            await w.fire()
            await w.until_idle()
            w.now += 60
            await w.store.been_away([key], w.now, w.now)
            (state,) = await due(w)
            assert state.since_at == seen


async def test_two_machines_look_once(two_stores: object) -> None:
    async with two_stores() as (w, other):  # type: ignore[operator]
        await told(w, "FAILED", w.now)
        w.now += LOOK_EVERY
        key = (w.channel.workspace_id, w.channel.id)
        found = await asyncio.gather(
            *(store.accounts_due([key], w.now, w.now + 60) for store in (w.store, other) for _ in range(4))
        )
        assert sum(map(len, found)) == 1


@pytest.mark.parametrize("word", ["FAILED", "WORKING"])
async def test_machines_that_hear_it_at_once_agree(two_stores: object, word: str) -> None:
    async with two_stores() as (w, other):  # type: ignore[operator]
        before = "WORKING" if word == "FAILED" else "FAILED"
        await told(w, before, w.now)
        reports = [SessionReport(w.channel, status(each, w.now + n), w.now) for n, each in ((1, before), (2, word))]
        await asyncio.gather(*(s.take(Intake(sessions=[r])) for s in (w.store, other) for r in reports))
        assert await reasons(w) == (["session FAILED"] if word == "FAILED" else [])
