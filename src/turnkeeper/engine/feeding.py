"""Feeding the inbox: every process notes what it has committed, one worker of all machines makes the rows anew.

Both are a moment late and never wait for each other, nor does anybody who answers wait for them. What a process had not
noted when it was killed is found by looking at what was said lately; conversations from before there was an inbox come
last, a few at a time.
"""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

import structlog

from turnkeeper.engine.clock import Clock
from turnkeeper.engine.solely import while_ours
from turnkeeper.model.errors import StoreError
from turnkeeper.store.feeding import InboxFeeding
from turnkeeper.store.workers import Sole

_log = structlog.get_logger("turnkeeper.inbox")
TASK: Final = "inbox"
EVERY: Final = 0.1
"""Seconds between two looks for what has changed."""
BATCH: Final = 50
"""Conversations that are fed in one transaction: on SQLite others wait for it."""
LATELY: Final = 600.0
"""How far back is looked for what nobody noted, in seconds."""
_LATELY_MOST: Final = 2000
_MISSED_MOST: Final = 1_000_000
"""The same, where nobody has fed for longer."""
_SWEEP_EVERY: Final = 60.0
_LAPSE_EVERY: Final = 1.0
_FILL: Final = 50
_FILL_EVERY: Final = 0.05
"""Seconds between two goes through old conversations: others want the database too."""
_BREATH: Final = 0.005
_LEAVES: Final = 7
"""So many times as long as a go took, nothing is done: accepting and turns come first."""
_LATE: Final = 20.0
"""Seconds for which the list may stay behind like that; then turns have half of the time."""
_TRY_EVERY: Final = 10.0


class FeedStore(InboxFeeding, Protocol):
    """What this needs of the store."""

    async def sole(self, task: str) -> Sole | None:
        """Be the only process that does a task."""


async def note_changes(store: FeedStore, clock: Clock, every: float = EVERY) -> None:
    """For ever: write which conversations this process has committed something to."""
    while True:
        await asyncio.sleep(every)
        if not store.changes:
            continue
        try:
            await store.flush_changes(clock.now())
        except StoreError as error:
            _log.warning("cannot note what has changed", error=str(error))
            await asyncio.sleep(1.0)


class Feeder:
    """Makes the inbox's rows, whenever that is this process's task. `keep`: for how many seconds words are kept."""

    def __init__(self, store: FeedStore, clock: Clock, *, keep: float, every: float = EVERY) -> None:
        self._store = store
        self._clock = clock
        self._keep = keep
        self._every = every
        self._sweep_at = self._lapse_at = self._fill_at = 0.0

    async def run(self) -> None:
        """Feed for ever."""
        while True:
            try:
                sole = await self._store.sole(TASK)
                if sole is not None:
                    await while_ours(sole, self._feeding())
            except StoreError as error:
                _log.warning("cannot feed the inbox", error=str(error))
            except Exception:  # noqa: BLE001 - whoever feeds no more would leave every list as it is
                _log.exception("feeding the inbox ended with an error of our own")
            await asyncio.sleep(_TRY_EVERY)

    async def _feeding(self) -> None:
        self._sweep_at = self._lapse_at = self._fill_at = 0.0
        await self._catch_up(self._clock.now())
        loop = asyncio.get_running_loop()
        kept_up_at = loop.time()
        while True:
            began = loop.time()
            pause = await self.feed()
            ended = loop.time()
            if pause != _BREATH:
                kept_up_at = ended
            leaves = _LEAVES if ended - kept_up_at < _LATE else 1
            await asyncio.sleep(max(pause, leaves * (ended - began)))

    async def _catch_up(self, now: float) -> None:
        """All was down, or a release served that feeds nothing: what was said meanwhile, nobody has noted."""
        until = await self._store.fed_until()
        if until is not None and until < now - LATELY:
            await self._store.note_lately(until - LATELY, now, _MISSED_MOST)

    async def feed(self) -> float:
        """One go; after how many seconds to go on. Raises StoreError."""
        now = self._clock.now()
        if now >= self._sweep_at:
            self._sweep_at = now + _SWEEP_EVERY
            await self._store.note_lately(now - LATELY, now, _LATELY_MOST)
            await self._store.forget_previews(now - self._keep, _LATELY_MOST)
        if now >= self._lapse_at:
            self._lapse_at = now + _LAPSE_EVERY
            await self._store.note_lapsed(now, BATCH)
        if await self._store.feed_inbox(BATCH, now):
            return _BREATH
        if now >= self._fill_at:
            if await self._store.backfill(now, _FILL):
                return _FILL_EVERY
            self._fill_at = now + _SWEEP_EVERY
        return self._every
