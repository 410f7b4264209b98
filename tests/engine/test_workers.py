"""Workers that die, pause, drain, lose an answer or block: nothing is lost, nothing is sent by who lost its lease."""

import asyncio
import contextlib
import dataclasses
import functools
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.bots import Scripted, said
from tests.engine.rig import CONFIG, LEASE, SENDS, Hold, Shop, now, shop
from turnkeeper.channels.base import HttpReply
from turnkeeper.channels.registry import find
from turnkeeper.engine.answer import Answer, Later, Work
from turnkeeper.engine.clock import SystemClock
from turnkeeper.engine.lease import HeartThread, Lease
from turnkeeper.engine.wakeups import LocalWakeups
from turnkeeper.engine.worker import Worker
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.ids import DEFAULT_WORKSPACE, BotId, ChannelId, WorkerId
from turnkeeper.model.policy import Channel
from turnkeeper.store.base import Arrival, Intake
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.store.workers import Beat
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.events import TURNS, Channels, text
from turnkeeper.testing.virtual_time import VirtualClock


async def echo(work: Work) -> str:
    return f"answer to {said(work)}"


async def named(place: Shop) -> str:
    """Which worker has the conversation now."""
    return str((await place.conversation()).owner).split(".")[0]


# Losing the lease


def frozen(place: Shop, name: str, hold: Hold) -> None:
    """From now on nothing of the worker's reaches the store, as when its machine is paused."""

    async def wait(call: Any) -> Any:
        await hold.here()
        return await call()

    for operation in ("beat", "claim", "next_due", "fire_timers", "register"):
        place.hooks[name, operation] = [wait] * 100


@in_virtual_time
async def test_a_worker_that_was_paused_between_the_mark_and_the_call_sends_nothing() -> None:
    async with shop(Scripted(echo), workers=2) as place:
        await asyncio.sleep(LEASE * 2)
        marked, asleep = Hold(), Hold()

        async def paused(call: Any) -> Any:
            dispatch = await call()
            await marked.here()
            return dispatch

        for name in ("w1", "w2"):
            place.hooks[name, "commit"] = [paused]
        await place.hear("hi")
        await marked.reached.wait()
        loser = await named(place)
        place.hooks[{"w1": "w2", "w2": "w1"}[loser], "commit"] = []
        frozen(place, loser, asleep)
        await asyncio.sleep(LEASE * 4)
        marked.go.set()
        await asyncio.sleep(1)
        assert [told.by for told in place.told if told.by == loser] == []
        asleep.go.set()
        await place.rests()
        assert place.texts == ["answer to hi"]
        assert await place.states() == {"answered": 1}


@in_virtual_time
async def test_a_worker_that_was_paused_in_a_turn_commits_nothing() -> None:
    thinking, asleep = Hold(), Hold()

    async def body(work: Work) -> str:
        if not thinking.reached.is_set():
            await thinking.here()
            return "from the dead"
        return "from the living"

    async with shop(Scripted(body), workers=2) as place:
        await asyncio.sleep(LEASE * 2)
        await place.hear("hi")
        await thinking.reached.wait()
        loser = await named(place)
        frozen(place, loser, asleep)
        await asyncio.sleep(LEASE * 4)
        thinking.go.set()
        await asyncio.sleep(1)
        asleep.go.set()
        await place.rests()
        assert place.texts == ["from the living"]


@in_virtual_time
async def test_a_worker_that_was_declared_dead_is_born_again_and_works_on() -> None:
    asleep = Hold()
    async with shop(Scripted(echo), workers=2) as place:
        await asyncio.sleep(LEASE * 2)
        first = place.workers["w1"].worker_id
        frozen(place, "w1", asleep)
        await asyncio.sleep(LEASE * 3)
        place.hooks.clear()
        asleep.go.set()
        await asyncio.sleep(LEASE)
        assert place.workers["w1"].worker_id != first
        place.kill("w2")
        await place.hear("hi")
        await place.rests()
        assert [told.by for told in place.told] == ["w1"]


@in_virtual_time
async def test_what_a_reborn_worker_ran_is_stopped() -> None:
    stopped: list[str] = []
    asleep = Hold()

    async def body(work: Work) -> str:
        try:
            await asyncio.sleep(100 if work.attempt == 1 and not stopped else 0)
        except asyncio.CancelledError:
            stopped.append("stopped")
            raise
        return "answer"

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await asyncio.sleep(5)
        place.hooks["w1", "beat"] = [lambda _: asyncio.sleep(0, Beat(False, 0, place.clock.now()))]
        await asyncio.sleep(LEASE)
        assert stopped == ["stopped"]
        asleep.go.set()
        await place.work("w2")
        await place.rests()
        assert place.texts == ["answer"]


# Leases


@pytest.mark.parametrize(
    "label, beats, at, holds, may_reap",
    [
        ("new", [], 0.0, True, False),
        ("not confirmed for most of a lease", [], 2.2, False, False),
        ("confirmed a moment ago", [1.0, 2.0], 2.5, True, False),
        ("one unbroken lease", [1.0, 2.0, 3.0], 3.1, True, True),
        ("after a pause it must wait for another lease", [1.0, 2.0, 9.0, 10.0], 10.1, True, False),
        ("and then it may again", [1.0, 2.0, 9.0, 10.0, 11.0, 12.0], 12.1, True, True),
        ("silent since", [1.0, 2.0, 3.0], 7.0, False, False),
    ],
)
@in_virtual_time
async def test_how_long_a_lease_is_trusted(
    label: str, beats: list[float], at: float, holds: bool, may_reap: bool
) -> None:
    lease = Lease(VirtualClock(), 3.0)
    for beat in beats:
        await asyncio.sleep(beat - now())
        lease.confirm(now())
    await asyncio.sleep(at - now())
    assert (lease.holds(), lease.may_reap()) == (holds, may_reap)


@in_virtual_time
async def test_a_new_identity_starts_a_lease_of_its_own() -> None:
    names = iter("abc")
    lease = Lease(VirtualClock(), 3.0, lambda: next(names))
    for _ in range(4):
        await asyncio.sleep(1)
        lease.confirm(now())
    assert lease.may_reap()
    assert lease.renew() == WorkerId("b")
    assert (lease.holds(), lease.may_reap()) == (True, False)


@in_virtual_time
async def test_nobody_is_reaped_by_a_worker_that_has_just_begun() -> None:
    thinking = Hold()

    async def body(work: Work) -> str:
        if not thinking.reached.is_set():
            await thinking.here()
        return f"answer in claim {work.attempt}"

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await thinking.reached.wait()
        owner = (await place.conversation()).owner
        place.kill()
        born_at = now()
        await place.work("w2")
        while (await place.conversation()).owner == owner:
            await asyncio.sleep(0.05)
        assert LEASE <= now() - born_at <= LEASE + 1.5


@in_virtual_time
async def test_a_heart_goes_on_whatever_happens_to_a_beat() -> None:
    async def breaks(_: Any) -> None:
        raise ValueError("a mistake of ours")

    async with shop(Scripted(echo)) as place:
        place.hooks["w1", "beat"] = [breaks]
        await asyncio.sleep(LEASE * 3)
        await place.hear("hi")
        await place.rests()
        assert place.texts == ["answer to hi"]


class Quiet:
    """A holder that only counts its beats."""

    def __init__(self) -> None:
        self.beats = threading.Event()

    def held(self) -> None:
        return None

    def reborn(self, worker_id: WorkerId) -> None: ...

    def beaten(self, beat: Beat) -> None:  # noqa: ARG002
        self.beats.set()


async def test_a_heart_waits_for_a_store_that_is_away_at_the_start(tmp_path: Path) -> None:
    tries: list[str] = []

    def make_store() -> SqliteStore:
        tries.append("try")
        path = tmp_path / ("nowhere/shop.db" if len(tries) < 3 else "shop.db")
        return SqliteStore(path, Channels())

    async with contextlib.AsyncExitStack() as stack:
        store = SqliteStore(tmp_path / "shop.db", Channels())
        await store.open()
        stack.push_async_callback(store.close)
        await store.migrate()
        clock, holder = SystemClock(), Quiet()
        lease = Lease(clock, 0.1)
        await store.register(lease.worker_id, clock.now())
        heart = HeartThread(make_store, lease, holder, clock)
        heart.start()
        assert await asyncio.to_thread(holder.beats.wait, 5.0)
        await heart.stop()
    assert len(tries) == 3


# Lost answers


@in_virtual_time
async def test_a_claim_whose_answer_was_lost_is_released_by_the_heartbeat() -> None:
    async with shop(Scripted(echo)) as place:
        await place.hear("hi")

        async def lost_once_it_claims(call: Any) -> Any:
            if await call():
                raise StoreUnavailable("the answer was lost")
            place.hooks["w1", "claim"].insert(0, lost_once_it_claims)
            return []

        place.hooks["w1", "claim"] = [lost_once_it_claims]
        await place.rests(60.0)
        assert place.texts == ["answer to hi"]
        assert place.told[0].at < 12.0
        assert await place.states() == {"answered": 1}


@in_virtual_time
async def test_what_is_being_run_is_never_released_by_the_heartbeat() -> None:
    runs = []

    async def body(work: Work) -> str:
        runs.append(now())
        await asyncio.sleep(100)
        return "answer"

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await place.rests()
        assert len(runs) == 1


# Many at once


@in_virtual_time
async def test_timers_of_one_moment_fire_in_that_moment_however_many() -> None:
    async def body(work: Work) -> Answer:
        if said(work) == "timer":
            return Answer(["time is up"])
        return Answer(timers=[Later(100.0 - now(), "alarm")])

    async with shop(Scripted(body)) as place:
        for person in range(900):
            await place.hear("hi", of=f"1555{person:07}")
        await asyncio.sleep(98.0 - now())
        assert place.told == []
        await asyncio.sleep(6.0)
        assert len(place.told) == 900
        assert max(told.at for told in place.told) < 102.5


@in_virtual_time
async def test_a_worker_takes_no_more_than_it_has_room_for_and_starves_nobody() -> None:
    at_once: list[int] = []
    inside = 0

    async def body(work: Work) -> str:
        nonlocal inside
        inside += 1
        at_once.append(inside)
        await asyncio.sleep(1)
        inside -= 1
        return "answer"

    async with shop(Scripted(body)) as place:
        place.workers["w1"]._capacity = 3
        people = [f"1555123{number:04}" for number in range(10)]
        for person in people:
            await place.hear("hi", of=person)
        for person in people:
            await place.rests(of=person)
        assert max(at_once) == 3
        assert len(place.told) == 10


# Real time: the heart has a thread of its own


class Phone:
    """A provider that takes everything."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def play(self, calls: Any, *, timeout: float) -> Any:  # noqa: ARG002
        try:
            call = next(calls)
            while True:
                self.taken.append(call.json.get("text", {}).get("body", "typing"))
                call = calls.send(HttpReply(200, b'{"messages": [{"id": "out"}]}'))
        except StopIteration as done:
            return done.value


class Reaper:
    """Another machine, which takes everything from workers that are silent for a lease."""

    def __init__(self, make_store: Callable[[], SqliteStore]) -> None:
        self._make_store = make_store
        self.freed = 0

    async def reap(self, seconds: float) -> None:
        store, clock = self._make_store(), SystemClock()
        await store.open()
        await store.register(WorkerId("reaper"), clock.now())
        over = clock.monotonic() + seconds
        while clock.monotonic() < over:
            beat = await store.beat(WorkerId("reaper"), now=clock.now(), lease=0.4, holding=frozenset(), reap=True)
            self.freed += beat.released
            await asyncio.sleep(0.05)
        await store.close()


async def test_a_bot_that_blocks_the_loop_keeps_its_conversation(tmp_path: Path) -> None:
    """A lease of 0.4 s, a bot that sleeps for 0.9 s: without a thread the other worker would take over."""
    attempts: list[int] = []

    async def body(work: Work) -> str:
        attempts.append(work.attempt)
        time.sleep(0.9)
        return "answer"

    turns = dataclasses.replace(TURNS, quiet=0.01)
    channel = Channel(DEFAULT_WORKSPACE, ChannelId("shop"), "whatsapp_cloud", BotId("b"), turns, SENDS, CONFIG)
    directory = Channels(channel)
    make_store = functools.partial(SqliteStore, tmp_path / "shop.db", directory)
    store = make_store()
    await store.open()
    await store.migrate()
    clock, phone, line = SystemClock(), Phone(), LocalWakeups()
    adapters: Any = {"whatsapp_cloud": find("whatsapp_cloud").adapter}
    worker = Worker(store, adapters, {"b": Scripted(body)}, phone, line, clock, lease=0.4, make_heart_store=make_store)
    await worker.start()
    identity = worker.worker_id
    taken = await store.take(Intake([Arrival(channel, text("hi", at=clock.now()), clock.now())]))
    other = Reaper(make_store)
    reaping = asyncio.create_task(asyncio.to_thread(asyncio.run, other.reap(1.1)))
    line.publish(taken.wakes)
    await reaping
    await worker.drain(1.0)
    await store.close()
    assert attempts == [1]
    assert other.freed == 0
    assert worker.worker_id == identity
    assert phone.taken == ["typing", "answer"]
