"""How many messages a number sends in any 24 hours, counted in quarters of an hour.

What was sent in a quarter counts until the whole of it is a day old, so that no 24 hours hold more than the cap:
the price is that room comes back up to 15 minutes late.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from turnkeeper.model.conversation import OutboundRow

DAY = 86_400.0
QUARTER = 900.0
_CAPPED = "daily cap"
_ASKED_APART = 1.0
"""Seconds over which those that wait for the same room ask for it, who has waited longest first."""

Spent = dict[int, int]
"""How many were sent, by the number of the quarter."""

_decode = msgspec.json.Decoder(dict[int, int]).decode
_encode = msgspec.json.Encoder().encode


def read(spent: bytes) -> Spent:
    """What was sent, as it is kept."""
    return _decode(spent) if spent else {}


def counted(spent: Spent, at: float) -> bytes:
    """With one more message at an instant, and without what is over a day old then."""
    quarter = int(at // QUARTER)
    kept = {each: count for each, count in spent.items() if _room_at(each) > at}
    return _encode({**kept, quarter: kept.get(quarter, 0) + 1})


def given_back(spent: Spent, at: float) -> bytes:
    """Without one that was counted at an instant and never left."""
    quarter = int(at // QUARTER)
    return _encode({each: count - (each == quarter) for each, count in spent.items() if count > (each == quarter)})


def room(spent: Spent, cap: int, now: float) -> int:
    """How many more may be sent now."""
    return cap - sum(count for quarter, count in spent.items() if _room_at(quarter) > now)


def next_room_at(spent: Spent, cap: int, now: float) -> float:
    """When there is room for one (again)."""
    left = room(spent, cap, now)
    for quarter in sorted(spent):
        if left > 0:
            break
        if (at := _room_at(quarter)) > now:
            left, now = left + spent[quarter], at
    return now


def delayed(row: OutboundRow, cap: int, room_at: float, now: float) -> OutboundRow:
    """A row that waits for room, shown with its time. It does not grow old by that: the wait is our choice."""
    waited = min(max(room_at - row.created_at, 0.0), 2 * DAY)
    until = room_at + _ASKED_APART * (1.0 - waited / (2 * DAY))
    goes_at = datetime.fromtimestamp(until, UTC)
    reason = f"{_CAPPED} of {cap} reached: goes at {goes_at:%Y-%m-%d %H:%M} UTC or later"
    return replace(row, hold_until=until, expires_at=row.expires_at + until - now, reason=reason)


def over(row: OutboundRow) -> OutboundRow:
    """A row that has found room."""
    return replace(row, reason=None) if row.reason is not None and row.reason.startswith(_CAPPED) else row


def _room_at(quarter: int) -> float:
    """When what was sent in a quarter does not count any more."""
    return (quarter + 1) * QUARTER + DAY
