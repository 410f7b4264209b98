"""A worker lives by its heartbeat. The lease is the worker's, so it costs the same for one turn or ten thousand.

The heart has its own thread and its own connection to the store, so that a bot that blocks the event loop does
not cost the worker its conversations. Before anything is sent, the lease is checked on the monotonic clock.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from secrets import token_hex
from typing import Protocol

import structlog

from turnkeeper.engine.clock import Clock
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.ids import ConversationKey, WorkerId
from turnkeeper.store.base import Store
from turnkeeper.store.workers import Beat

_log = structlog.get_logger("turnkeeper.lease")
BEATS_PER_LEASE = 3
_SAFE = 0.7
"""The part of a lease after which a worker trusts it no longer."""


class Holder(Protocol):
    """The worker, as its heart sees it. Called from the heart's thread."""

    def held(self) -> frozenset[ConversationKey] | None:
        """What the worker runs; None while that cannot be told, or need not be. It claims nothing until `beaten`."""

    def reborn(self, worker_id: WorkerId) -> None:
        """The old identity was declared dead: stop everything that ran under it."""

    def beaten(self, beat: Beat | None) -> None:
        """A beat is over; None: it did not go through."""


class Lease:
    """The identity of a worker, and how long it can be trusted."""

    def __init__(self, clock: Clock, length: float, name: Callable[[], str] = lambda: token_hex(8)) -> None:
        self._clock = clock
        self._name = name
        self.length = length
        self.worker_id = WorkerId(name())
        self._confirmed_at = clock.monotonic()
        self._unbroken_since = clock.monotonic()

    def confirm(self, asked_at: float) -> None:
        """The store knew this worker alive at `asked_at` (monotonic)."""
        if asked_at - self._confirmed_at > self.length:
            self._unbroken_since = asked_at
        self._confirmed_at = asked_at

    def holds(self) -> bool:
        """Whether nobody can have taken over yet."""
        return self._clock.monotonic() - self._confirmed_at < self.length * _SAFE

    async def trusted(self, worker_id: WorkerId) -> bool:
        """Wait until a beat tells whether an identity still stands; at once while the lease is fresh."""
        while worker_id == self.worker_id and not self.holds():  # noqa: ASYNC110 - the heart may beat in a thread
            await asyncio.sleep(self.length / 20)
        return worker_id == self.worker_id

    def may_reap(self) -> bool:
        """A worker judges others only after one unbroken lease of its own."""
        now = self._clock.monotonic()
        return now - self._confirmed_at <= self.length and now - self._unbroken_since >= self.length

    def renew(self) -> WorkerId:
        """A new identity; the old one's claims are fenced off."""
        self.worker_id = WorkerId(self._name())
        self._confirmed_at = self._unbroken_since = self._clock.monotonic()
        return self.worker_id


class Heart:
    """Beats `BEATS_PER_LEASE` times a lease until it is stopped."""

    def __init__(self, store: Store, lease: Lease, holder: Holder, clock: Clock) -> None:
        self._store = store
        self._lease = lease
        self._holder = holder
        self._clock = clock

    async def run(self) -> None:
        """Beat for ever."""
        while True:
            await self.beat()
            await asyncio.sleep(self._lease.length / BEATS_PER_LEASE)

    async def beat(self) -> None:
        """One beat; the store being away is survived."""
        beat = None
        try:
            beat = await self._asked()
        except StoreUnavailable as error:
            _log.warning("heartbeat failed", error=str(error))
        except Exception:  # noqa: BLE001 - a worker whose heart stops would claim nothing for ever after
            _log.exception("heartbeat ended with an error of our own")
        finally:
            self._holder.beaten(beat)

    async def _asked(self) -> Beat:
        asked_at = self._clock.monotonic()
        now = self._clock.now()
        lease = self._lease
        beat = await self._store.beat(
            lease.worker_id,
            now=now,
            lease=lease.length,
            holding=self._holder.held(),
            reap=lease.may_reap(),
        )
        if beat.clock != now:
            self._clock.follow(beat.clock, now + (self._clock.monotonic() - asked_at) / 2)
        if beat.alive:
            lease.confirm(asked_at)
        else:
            self._holder.reborn(lease.renew())
            await self._store.register(lease.worker_id, now)
            _log.warning("worker was declared dead and goes on under a new id", worker=lease.worker_id)
        return beat


class HeartThread:
    """The heart on a loop of its own; `make_store` opens a store for that loop."""

    def __init__(self, make_store: Callable[[], Store], lease: Lease, holder: Holder, clock: Clock) -> None:
        self._make_store = make_store
        self._lease = lease
        self._holder = holder
        self._clock = clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._main, name="heart", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def _main(self) -> None:
        asyncio.run(self._beat_until_stopped())

    async def _beat_until_stopped(self) -> None:
        store = await self._opened()
        if store is None:
            return
        heart = Heart(store, self._lease, self._holder, self._clock)
        beating = asyncio.create_task(heart.run())
        try:
            await asyncio.to_thread(self._stop.wait)
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            await store.close()

    async def _opened(self) -> Store | None:
        """A store of the heart's own, however long the database is away; None when stopped first."""
        while not self._stop.is_set():
            store = self._make_store()
            try:
                await store.open()
            except StoreUnavailable as error:
                _log.warning("the heart waits for the store", error=str(error))
                await asyncio.sleep(self._lease.length / BEATS_PER_LEASE)
            else:
                return store
        return None

    async def stop(self) -> None:
        """Stop, and wait for the beat under way."""
        self._stop.set()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join)
