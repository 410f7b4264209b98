"""Accounts that are logged out and come back: sends wait, somebody looks, and what was missed is answered."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from tests.engine.bots import Scripted, said
from tests.engine.gateway import SCAN, WORKS, Accountable
from tests.engine.rig import Provider, Shop, shop
from turnkeeper.channels.base import HttpCall, HttpReply
from turnkeeper.engine.accounts import LEASE, Accounts
from turnkeeper.engine.answer import Work
from turnkeeper.model.events import Ignored, Received, SessionStatus
from turnkeeper.model.outbound import NotSent
from turnkeeper.rules.account import LOOK_EVERY, OVERLAP
from turnkeeper.store.base import Intake, SessionReport, Taken
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.events import TURNS, text

UNREACHED = NotSent("the provider is away")


async def echo(work: Work) -> str:
    return f"answer to {said(work)}"


class Publishing:
    """The line from whoever looks to the workers."""

    def __init__(self, place: Shop) -> None:
        self.publish = place.publish

    async def start(self, on_wakes: object) -> None: ...
    async def close(self) -> None: ...


@asynccontextmanager
async def looked_after(*, looking: bool = True) -> AsyncIterator[tuple[Shop, Accountable]]:
    adapter = Accountable()
    async with shop(Scripted(echo), replace(TURNS, stale_after=600.0), adapter=adapter) as place:
        task = asyncio.create_task(accounts(place, adapter).run())
        if not looking:
            task.cancel()
        yield place, adapter
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def accounts(place: Shop, adapter: Accountable) -> Accounts:
    kinds = {"whatsapp_cloud": adapter}
    provider = Provider(place, "looking")
    return Accounts(place.store, kinds, [place.channel], provider, Publishing(place), place.clock)


async def told(place: Shop, status: SessionStatus) -> None:
    """A webhook tells of the session."""
    await place.store.take(Intake(sessions=[SessionReport(place.channel, status, place.clock.now())]))


async def reasons(place: Shop) -> list[str]:
    return [reason for _, _, reason, _ in await place.store.paused_channels()]


def not_working(_: HttpCall) -> HttpReply:
    return HttpReply(422, json.dumps({"status": "SCAN_QR_CODE"}).encode())


@in_virtual_time
async def test_a_send_that_meets_a_lost_session_stops_the_channel_until_it_is_back() -> None:
    async with looked_after() as (place, adapter):
        adapter.sessions = [SCAN, SCAN, WORKS]

        async def refused(call: HttpCall) -> HttpReply:
            return not_working(call)

        place.on_send.append(refused)
        await place.hear("hi")
        await asyncio.sleep(6)
        assert await reasons(place) == ["session SCAN_QR_CODE: Scan the code."]
        await place.hear("still there?")
        await asyncio.sleep(2 * LOOK_EVERY)
        assert (len(place.called), place.texts) == (1, [])
        await asyncio.sleep(LOOK_EVERY + 2)
        await place.rests()
        assert await reasons(place) == []
        assert place.texts == ["answer to hi", "answer to still there?"]
        assert len(place.called) == 3


@in_virtual_time
async def test_what_was_missed_is_answered_and_what_was_heard_is_not_answered_again() -> None:
    async with looked_after() as (place, adapter):
        await told(place, WORKS)
        heard = text("heard", at=place.clock.now())
        await place.hear(heard)
        seen_at = place.clock.now()
        await asyncio.sleep(60)
        await told(place, SCAN)
        await asyncio.sleep(10)
        missing: list[Received] = [heard, text("missed", at=place.clock.now()), Ignored(reason="a story")]
        adapter.missing = [UNREACHED, missing]
        await told(place, WORKS)
        await asyncio.sleep(LOOK_EVERY + 10)
        await place.rests()
        assert place.texts == ["answer to heard", "answer to missed"]
        assert adapter.read_from == [seen_at - OVERLAP] * 2
        ledger = await place.ledger()
        assert (ledger.states["answered"], ledger.duplicates) == (2, 1)


@in_virtual_time
async def test_one_event_that_cannot_be_kept_does_not_hold_up_the_others() -> None:
    async with looked_after() as (place, adapter):
        await told(place, SCAN)
        take = place.store.take

        async def poisoned(intake: Intake) -> Taken:
            if any(arrival.event.text == "poison" for arrival in intake.arrivals):
                raise ValueError("as told")
            return await take(intake)

        place.store.take = poisoned  # type: ignore[method-assign]
        adapter.missing = [[text(said, at=place.clock.now()) for said in ("one", "poison", "two")]]
        await told(place, WORKS)
        await asyncio.sleep(10)
        ledger = await place.ledger()
        assert (ledger.states["answered"], ledger.states["unreadable"]) == (2, 1)


@in_virtual_time
async def test_what_is_older_than_the_bot_wants_is_not_answered() -> None:
    async with looked_after() as (place, adapter):
        adapter.sessions = [SCAN]
        await place.hear("hi")
        await asyncio.sleep(10)
        await told(place, SCAN)
        adapter.missing = [[text("too late", at=place.clock.now())]]
        await asyncio.sleep(place.channel.turns.stale_after + 60)
        adapter.sessions = [WORKS]
        await told(place, WORKS)
        await asyncio.sleep(10)
        assert (await place.ledger()).dropped == {"stale": 1}
        assert "answer to too late" not in place.texts


@in_virtual_time
async def test_a_provider_that_cannot_be_asked_is_asked_again_and_nothing_changes_meanwhile() -> None:
    async with looked_after() as (place, adapter):
        await told(place, SCAN)
        adapter.sessions = [UNREACHED, WORKS]
        await asyncio.sleep(2 * LOOK_EVERY - 1)
        assert len(adapter.looked) == 1
        assert await reasons(place) == ["session SCAN_QR_CODE: Scan the code."]
        await asyncio.sleep(5)
        assert await reasons(place) == []


@in_virtual_time
async def test_one_that_dies_while_it_reads_is_followed_by_another() -> None:
    async with looked_after(looking=False) as (place, adapter):
        await told(place, SCAN)
        await asyncio.sleep(1)
        await told(place, WORKS)
        state = await place.store.accounts_due([("default", "shop")], place.clock.now(), place.clock.now() + LEASE)
        assert len(state) == 1  # taken by one that is never heard of again
        adapter.missing = [[text("missed", at=place.clock.now())]]
        other = accounts(place, adapter)
        assert await other.look() == 0
        await asyncio.sleep(LEASE)
        assert await other.look() == 1
        await asyncio.sleep(10)
        assert place.texts == ["answer to missed"]


@in_virtual_time
async def test_after_a_while_without_the_store_it_is_read_what_came() -> None:
    async with looked_after(looking=False) as (place, adapter):
        await place.store.been_away([("default", "shop")], place.clock.now(), place.clock.now())
        looking = accounts(place, adapter)
        assert await looking.look() == 0
        await asyncio.sleep(25)
        assert await looking.look() == 1
        assert len(adapter.read_from) == 1
