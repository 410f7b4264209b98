"""An event loop whose clock is virtual and whose order is seeded: hours pass at once, a seed repeats exactly.

Nothing is slept through: when every task waits, the clock jumps to the next timer. Which of several ready
callbacks runs first is drawn from the seed, so that different seeds try different interleavings.
"""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
START = 1_800_000_000.0
"""Unix seconds at which virtual time begins (2027-01-15)."""


class Deadlock(Exception):
    """Every task waits and no timer is set."""


class _VirtualSelector(selectors.SelectSelector):
    """Never waits for real: instead of sleeping, the loop's clock is moved."""

    loop: VirtualTimeLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if self.loop.threads:
            return super().select(0.05)
        if timeout is None:
            if ready := super().select(0.5):
                return ready
            raise Deadlock("every task waits and no timer is set")
        self.loop.advance(timeout)
        return []


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """The loop; `time()` starts at 0 and jumps."""

    def __init__(self, seed: int | None = None) -> None:
        """`seed` None keeps asyncio's own order."""
        selector = _VirtualSelector()
        self._now = 0.0
        self.threads = 0
        self._rng = None if seed is None else random.Random(seed)
        super().__init__(selector)
        selector.loop = self
        self._clock_resolution = 1e-9

    def time(self) -> float:
        """Virtual seconds since the loop began."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        self._now += seconds

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """Threads take real time; the virtual clock stands still meanwhile."""
        self.threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._thread_ended)
        return future

    def _thread_ended(self, _: object) -> None:
        self.threads -= 1

    def _run_once(self) -> None:
        ready = self._ready  # type: ignore[attr-defined]
        if self._rng is not None and len(ready) > 1:
            shuffled = list(ready)
            self._rng.shuffle(shuffled)
            ready.clear()
            ready.extend(shuffled)
        super()._run_once()  # type: ignore[misc]


class VirtualClock:
    """The Clock of the running loop; `skew` in seconds ahead of everyone else's."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None, skew: float = 0.0) -> None:
        self._loop = loop
        self._skew = skew

    def now(self) -> float:
        """Unix seconds."""
        return START + self.monotonic() + self._skew

    def monotonic(self) -> float:
        """Seconds since the loop began."""
        return (self._loop or asyncio.get_running_loop()).time()

    def follow(self, database: float, here: float) -> None:
        """Move to the database's clock."""
        self._skew += database - here


def run(main: Coroutine[Any, Any, T], seed: int | None = None) -> T:
    """Run a coroutine to its end in virtual time."""
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(seed)) as runner:
        return runner.run(main)
