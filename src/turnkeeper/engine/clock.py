"""The only clock: everything that decides is told the time."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Time for the engine, real or virtual."""

    def now(self) -> float:
        """Unix seconds, UTC, as the database sees them."""

    def monotonic(self) -> float:
        """Seconds that only ever grow."""

    def follow(self, database: float, here: float) -> None:
        """The database's clock showed `database` when this one showed `here`."""


class SystemClock:
    """The machine's clock, moved to the database's at each heartbeat."""

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> float:
        return time.time() + self._offset

    def monotonic(self) -> float:
        return time.monotonic()

    def follow(self, database: float, here: float) -> None:
        self._offset += database - here
