"""Work that a turn leaves and nobody waits for: it holds up neither the next turn nor a stop, and may be lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from turnkeeper.engine.watching import Watch
from turnkeeper.store.base import ClaimedTurn

_log = structlog.get_logger("turnkeeper.turns")
AT_ONCE = 20
WAITING = 1000
"""How many more wait for their turn; what comes after those is dropped."""
LIMIT = 120.0
"""Seconds for one."""

Work = Callable[[], Awaitable[None]]


class Afterwards:
    """Runs what turns leave, in the background."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._room = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped = False

    def begin(self, claimed: ClaimedTurn, works: Sequence[Work]) -> None:
        """Take over what a turn left."""
        for work in () if self._stopped else works:
            if len(self._tasks) >= AT_ONCE + WAITING:
                _log.warning("too much is left to be done after turns: dropped", channel=claimed.channel.id)
                return
            task = asyncio.create_task(self._run(claimed, work))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, claimed: ClaimedTurn, work: Work) -> None:
        async with self._room:
            try:
                async with asyncio.timeout(LIMIT):
                    await work()
            except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever this raises is the bot's
                _log.warning(
                    "work after a turn raised",
                    channel=claimed.channel.id,
                    conversation=claimed.run.key.id,
                    turn=claimed.turn.no,
                    error=type(error).__name__,
                )
                self._watch.raised(claimed.channel, error)

    def stop(self) -> None:
        """Cancel what is under way and what waits, and begin nothing more."""
        self._stopped = True
        for task in list(self._tasks):
            task.cancel()
