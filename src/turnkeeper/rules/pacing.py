"""How fast a channel sends: one bucket for the number, one for each pair of number and contact.

The number's bucket gives each call an instant of its own, evenly spaced, so no window of time ever holds more than
its share. An instant is given when the row is marked, at most `AHEAD` seconds before it: a slow commit does not
bunch the calls. Rows for which there is none so near wait in line: each is told when to ask again. A place in line
is a promise of nothing; so whatever becomes of a row that waits, no call is made too early for it.
"""

from __future__ import annotations

from typing import NamedTuple

from turnkeeper.model.conversation import OutboundRow
from turnkeeper.model.policy import RateLimit

AHEAD = 0.25
"""Seconds before its call at which a row may be marked."""
LEAD = 0.1
"""Seconds before its place in line at which a row asks; the rest of AHEAD is for those that come in between."""
GRACE = 0.05
"""Seconds by which a call may miss its instant: one that is later would crowd those of other instants."""
IDLE_GRACE = 0.5
"""Seconds for a call that had nothing to wait for."""
_SPACING = 1.02
"""Calls are this much further apart than the limit asks for, so that with GRACE any second holds within 5 %."""


class Bucket(NamedTuple):
    """A number's state. `tat`: the next instant to be given to a call; `tail`: the next place in line."""

    tat: float = 0.0
    tail: float = 0.0


class Slot(NamedTuple):
    """What a row was given: the instant `at` of its call if it `goes`, else its place in line."""

    goes: bool
    at: float
    bucket: Bucket


def slot(bucket: Bucket, per_second: float, *, waited: bool, now: float) -> Slot:
    """Ask the number's bucket. `waited`: the row has had its place in line; a new one stands behind all that have."""
    interval = _SPACING / per_second
    next_at = max(bucket.tat, now)
    someone_waits = bucket.tail - next_at > interval / 2
    if next_at <= now + AHEAD and (waited or not someone_waits):
        return Slot(True, next_at, Bucket(next_at + interval, bucket.tail))
    place = max(next_at, bucket.tail)
    return Slot(False, place, Bucket(bucket.tat, place + interval))


def slowed(bucket: Bucket, until: float) -> Bucket:
    """The provider says that the number is too fast: no call before an instant."""
    return bucket._replace(tat=max(bucket.tat, until))


def is_late(row: OutboundRow, now: float) -> bool:
    """Whether a paced call has missed its instant. One for which nothing had to be waited for crowds nobody yet: it
    may be later, and the more so the more often it was tried, so that a slow store never keeps it from leaving."""
    if row.call_at is None or row.sending_at is None:
        return False
    return now - row.call_at > (GRACE if row.call_at > row.sending_at else IDLE_GRACE * row.tries)


def pair_free_at(limit: RateLimit, tat: float | None) -> float:
    """When the pair takes its next message."""
    return (tat or 0.0) - _borrowed(limit)


def pair_slowed(limit: RateLimit, tat: float | None, until: float) -> float:
    """The pair's `tat` once the provider refused: nothing is left to borrow, and no message before an instant."""
    return max(tat or 0.0, until + _borrowed(limit))


def _borrowed(limit: RateLimit) -> float:
    return limit.per - limit.per / limit.count
