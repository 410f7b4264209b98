"""An event loop in a thread of its own: bots that block theirs must not stop a transaction in the middle.

What such a transaction has locked would hold up every machine's accepts. It costs two hops between threads an
operation, so whoever runs no bots does without.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class OwnThread:
    """Runs coroutines in its loop for callers in another."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start a loop of the caller's kind."""
        self._loop = type(asyncio.get_running_loop())()
        self._thread = threading.Thread(target=self._loop.run_forever, name="postgres", daemon=True)
        self._thread.start()

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run there, wait here."""
        if self._loop is None:
            return await work
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def close(self) -> None:
        """Stop the loop; nothing may be under way any more."""
        loop, thread = self._loop, self._thread
        self._loop = self._thread = None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            await asyncio.to_thread(thread.join)
            loop.close()


def called_here(callback: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """A callback that other threads may call; it runs in the loop of whoever made it."""
    loop = asyncio.get_running_loop()

    def call(payload: bytes) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(callback, payload)

    return call
