"""Work that one process does as long as its task is its own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from turnkeeper.store.workers import Sole

HOLD_EVERY = 3.0
"""Seconds between two questions whether it is still so; after 15 without one, another process may have it."""


async def while_ours(sole: Sole, work: Coroutine[Any, Any, None]) -> bool:
    """Do the work until it ends or the task is another's, then let go; whether it ended. Raises what it raises."""
    working = asyncio.ensure_future(work)
    holding = asyncio.ensure_future(_held(sole))
    try:
        await asyncio.wait({working, holding}, return_when=asyncio.FIRST_COMPLETED)
        ended = working.done()
    finally:
        for each in (working, holding):
            each.cancel()
        await asyncio.gather(working, holding, return_exceptions=True)
        await sole.release()
    if not working.cancelled():
        working.result()
    return ended


async def _held(sole: Sole) -> None:
    """Until it is not."""
    while await sole.holds():  # noqa: ASYNC110 - the answer is the database's
        await asyncio.sleep(HOLD_EVERY)
