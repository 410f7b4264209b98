"""Erasing what bots that keep nothing have answered: beside the turns, on nobody's way, and again if a worker died."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from turnkeeper.engine.clock import Clock
from turnkeeper.engine.withdrawing import Withdrawing
from turnkeeper.model.errors import MediaError, StoreError
from turnkeeper.store.erasing import Erasures

_log = structlog.get_logger("turnkeeper.erasing")
EVERY = 10.0
"""Seconds until somebody looks for what nobody told of: what a dead worker left, what a status settled."""
SCRUB_EVERY = 600.0
_BATCH = 100
_PAUSE = 0.05


class Erasing:
    """Sweeps what is marked. `forget`: deletes files that nobody needs any more, some at a time; how many."""

    def __init__(
        self,
        store: Erasures,
        clock: Clock,
        forget: Callable[[], Awaitable[int]],
        withdrawing: Withdrawing | None = None,
    ) -> None:
        self._store = store
        self._withdrawing = withdrawing
        self._clock = clock
        self._forget = forget
        self._woken = asyncio.Event()
        self._unscrubbed = False
        self._scrub_at = 0.0

    def soon(self) -> None:
        """A turn has ended: look now."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled. What cannot be done now is done at another time."""
        try:
            await self._run()
        finally:
            if self._withdrawing is not None:
                self._withdrawing.stop()

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            try:
                full = await self.sweep()
                await self._scrub()
            except (StoreError, MediaError, OSError) as error:
                _log.warning("cannot erase now", error=str(error))
                full = False
                await asyncio.sleep(1.0)
            if full:
                await asyncio.sleep(_PAUSE)
                continue
            try:
                async with asyncio.timeout(EVERY):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def sweep(self) -> bool:
        """Erase what is due; whether there may be more."""
        due = await self._store.erasures(self._clock.now(), _BATCH)
        for key in due:
            erased = await self._store.erase(key, self._clock.now())
            self._unscrubbed = True
            if self._withdrawing is not None and erased.channel_id is not None:
                self._withdrawing.begin(key.workspace_id, erased.channel_id, erased.sources)
        forgotten = await self._forget()
        return max(len(due), forgotten) >= _BATCH

    async def _scrub(self) -> None:
        """Not after each turn: it makes the others wait for a moment."""
        if self._unscrubbed and self._clock.now() >= self._scrub_at and await self._store.scrub():
            self._unscrubbed = False
            self._scrub_at = self._clock.now() + SCRUB_EVERY
