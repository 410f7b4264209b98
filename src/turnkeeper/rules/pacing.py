"""How fast a channel sends: one bucket for the number, one for each pair of number and contact.

The number's bucket gives each call an instant of its own, evenly spaced, so no window of time ever holds more than
its share. An instant is given when the row is marked, at most `AHEAD` seconds before it: a slow commit does not
bunch the calls. Rows for which there is none so near wait in line: each is told when to ask again. A place in line
is a promise of nothing; so whatever becomes of a row that waits, no call is made too early for it.

A number that should look like a person's makes pauses, each of its own length, and may have a cap for the day
(rules.daily_cap): what is over it waits outside the line, until there is room.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

from turnkeeper.model.conversation import OutboundRow
from turnkeeper.model.policy import RateLimit, SendPolicy
from turnkeeper.rules import daily_cap

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
    """A number's state. `tat`: the next instant to be given to a call; `tail`: the next place in line; `spent`: what
    was sent in a day, where that has a cap."""

    tat: float = 0.0
    tail: float = 0.0
    spent: bytes = b""


class Slot(NamedTuple):
    """What a row was given: the instant `at` of its call if it `goes`, else its place in line, or, if it is `capped`,
    when there is room for the day."""

    goes: bool
    at: float
    bucket: Bucket
    capped: bool = False


def gap(policy: SendPolicy, row: OutboundRow) -> float:
    """Seconds from a row's call to the next of the number; a row's own pause is always the same."""
    rate = 0.0 if policy.per_second is None else _SPACING / policy.per_second
    if not policy.human_pause:
        return rate
    drawn = blake2b(f"{row.workspace_id}\0{row.conversation_id}\0{row.seq}".encode(), digest_size=4).digest()
    return max(rate, policy.human_pause * (0.5 + int.from_bytes(drawn, "big") / 2**32))


def slot(bucket: Bucket, gap: float, *, waited: bool, now: float, cap: int | None = None) -> Slot:
    """Ask the number's bucket. `waited`: the row has had its place in line; a new one stands behind all that have."""
    next_at = max(bucket.tat, now)
    ahead = bucket.tail - next_at
    goes = next_at <= now + AHEAD and (waited or ahead <= gap / 4)
    place = max(next_at, bucket.tail)
    if cap is not None:
        spent = daily_cap.read(bucket.spent)
        room = daily_cap.room(spent, cap, now)
        if room <= 0:
            return Slot(False, daily_cap.next_room_at(spent, cap, now), bucket, capped=True)
        if goes:
            bucket = bucket._replace(spent=daily_cap.counted(spent, next_at))
        elif ahead >= room * gap:  # the line is as long as the room: see what is left when it is through
            return Slot(False, place, bucket)
    if goes:
        return Slot(True, next_at, bucket._replace(tat=next_at + gap))
    return Slot(False, place, bucket._replace(tail=place + gap))


def unspent(bucket: Bucket, row: OutboundRow) -> Bucket:
    """A marked row's message never left: it does not count for the day."""
    at = row.call_at if row.call_at is not None else row.sending_at
    if not bucket.spent or at is None:
        return bucket
    return bucket._replace(spent=daily_cap.given_back(daily_cap.read(bucket.spent), at))


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
