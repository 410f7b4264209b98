"""Whom not to ask for a while: a provider, or one of its models, that failed several times in a row.

What is known is one small value a name. After the hold one call tries; the others wait for what becomes of it.
"""

from __future__ import annotations

from typing import NamedTuple

HOLD = 30.0
"""Seconds for which nobody asks one that is down."""
MODEL_FAILURES = 3
PROVIDER_FAILURES = 5
"""More than for a model: one model of a provider may be down while the others answer."""
_LONGEST_HOLD = 300.0
"""Seconds, whatever a Retry-After says."""


class Health(NamedTuple):
    """How one fares: failures in a row, and until when it is left alone (unix seconds)."""

    failures: int = 0
    held_until: float = 0.0


WELL = Health()


def is_held(health: Health, now: float) -> bool:
    """Whether it is not to be asked now. Nobody is held for longer than that: then the clock was set back."""
    return now < health.held_until <= now + _LONGEST_HOLD


def tried(health: Health, now: float, *, most: int) -> Health:
    """It is asked now. After a hold that is a trial: until it has ended, nobody else asks."""
    return health._replace(held_until=now + HOLD) if health.failures >= most else health


def failed(health: Health, now: float, *, most: int) -> Health:
    """It did not work: held once that is the `most`-th time in a row."""
    failures = health.failures + 1
    return Health(failures, max(health.held_until, now + HOLD) if failures >= most else health.held_until)


def busy(health: Health, now: float, retry_after: float) -> Health:
    """It asked to be left alone for so many seconds."""
    return health._replace(held_until=max(health.held_until, now + min(max(retry_after, 0.0), _LONGEST_HOLD)))
