"""The provider's window as a bot sees it: until when it may say anything but a template."""

from __future__ import annotations

import math
from collections.abc import Callable


class Window:
    """For how long the contact may be sent anything; a channel without a window is always open."""

    def __init__(self, open_until: float, now: Callable[[], float]) -> None:
        self._open_until = open_until
        self._now = now

    @property
    def is_open(self) -> bool:
        """Whether anything but a template may be sent now."""
        return self._now() < self._open_until

    @property
    def closes_at(self) -> float | None:
        """Unix seconds; None where the channel has no window, or where nobody ever wrote (it is closed then)."""
        return self._open_until if math.isfinite(self._open_until) else None

    @property
    def seconds_left(self) -> float:
        """0 once it is closed, infinity where there is none."""
        return max(0.0, self._open_until - self._now())
