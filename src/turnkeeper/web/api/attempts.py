"""How often something may be tried, by whoever is named: in this process's memory, so a restart forgets it, and each
machine counts for itself."""

from __future__ import annotations

from collections.abc import Callable

from turnkeeper.model.policy import RateLimit
from turnkeeper.rules.rate_limit import admit

_MOST_NAMES = 10_000


class Attempts:
    """Tries under one limit. `now` gives unix seconds."""

    def __init__(self, limit: RateLimit, now: Callable[[], float]) -> None:
        self._limit = limit
        self._now = now
        self._tats: dict[str, float] = {}

    def take(self, name: str) -> bool:
        """Count a try; False: it is one too many."""
        now = self._now()
        admitted, tat = admit(self._limit, tat=self._tats.get(name), now=now)
        if not admitted:
            return False
        if len(self._tats) >= _MOST_NAMES:  # whoever has tried most is remembered: a crowd of names hides nobody
            self._tats = {each: until for each, until in self._tats.items() if until > now}
            if len(self._tats) >= _MOST_NAMES:
                self._tats = dict(sorted(self._tats.items(), key=lambda each: each[1])[_MOST_NAMES // 2 :])
        self._tats[name] = tat or now
        return True

    def forget(self, name: str) -> None:
        """Whoever it is may try as often as at first."""
        self._tats.pop(name, None)
