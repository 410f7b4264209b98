"""While the database is away, what needs it waits; what is no longer ours is given up at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from turnkeeper.engine.clock import Clock
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.rules.retry import backoff

T = TypeVar("T")
_log = structlog.get_logger("turnkeeper.store")
_LONGEST = 5.0


async def until_stored(write: Callable[[], Awaitable[T]], clock: Clock) -> T:
    """Repeat a write (or a read) until the store takes or refuses it. Every such write may be repeated safely."""
    failures = 0
    while True:
        try:
            return await write()
        except StoreUnavailable as error:
            failures += 1
            if failures == 1:
                _log.warning("the store is away; waiting for it", error=str(error))
            await asyncio.sleep(backoff(failures, jitter=clock.monotonic() % 1.0, base=0.05, cap=_LONGEST))
