"""Meta's two rate limits as token buckets. Times are passed in; nothing here reads a clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PAIR_BURST: Final = 45
PAIR_PER_SECOND: Final = 1 / 6


@dataclass(slots=True)
class Bucket:
    """`burst` at once, then `per_second`: what a burst took is borrowed from later allowance."""

    burst: float
    per_second: float
    left: float
    at: float

    @classmethod
    def full(cls, burst: float, per_second: float, now: float) -> Bucket:
        return cls(burst, per_second, burst, now)

    def take(self, now: float) -> bool:
        """True if one more is allowed; then it is counted."""
        self.left = min(self.burst, self.left + max(0.0, now - self.at) * self.per_second)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True
