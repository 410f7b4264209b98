"""When conversations are due, in slots, so that ten thousand waits are a few hundred wake-ups."""

from __future__ import annotations

import heapq
import math

SLOT = 0.002
"""Seconds; due times are rounded up to whole slots."""


class DueTimes:
    """Instants to come, each slot once."""

    def __init__(self) -> None:
        self._at: list[float] = []
        self._slots: set[int] = set()

    @property
    def first(self) -> float:
        """The next one; infinity if there is none."""
        return self._at[0] if self._at else math.inf

    def put(self, due_at: float) -> bool:
        """Remember an instant; whether none before it was known."""
        slot = math.ceil(due_at / SLOT)
        if slot in self._slots:
            return False
        self._slots.add(slot)
        heapq.heappush(self._at, slot * SLOT)
        return self._at[0] == slot * SLOT

    def drop(self, now: float) -> None:
        """Forget those that have come."""
        while self._at and self._at[0] <= now:
            self._slots.discard(round(heapq.heappop(self._at) / SLOT))
