"""How long somebody who does not answer is told again what happened."""

from __future__ import annotations

from turnkeeper.rules.retry import backoff

GIVES_UP = 3 * 86_400.0
"""Seconds after which what could not be told is given up, and the next is told."""
_BASE = 2.0
_CAP = 6 * 3600.0


def again_at(*, created_at: float, tries: int, now: float, jitter: float) -> float | None:
    """When to tell it again after `tries` failed tries (from 1); None: never. `jitter` in [0, 1)."""
    if now - created_at >= GIVES_UP:
        return None
    return now + backoff(tries, jitter=jitter, base=_BASE, cap=_CAP)
