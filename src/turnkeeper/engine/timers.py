"""The timers that a turn leaves, as the rows in which they wait."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from turnkeeper.engine.answer import Later
from turnkeeper.model.conversation import TimerRow
from turnkeeper.model.events import Inbound
from turnkeeper.store.base import ClaimedTurn

_encode = msgspec.json.Encoder().encode


def timer_rows(claimed: ClaimedTurn, timers: Sequence[Later], now: float) -> list[TimerRow]:
    """Raises what a name that is no text, or data that cannot be JSON, raises."""
    return [_row(claimed, place, later, now) for place, later in enumerate(timers)]


def _row(claimed: ClaimedTurn, place: int, later: Later, now: float) -> TimerRow:
    key = claimed.run.key
    name = later.name.encode("utf-8", "replace").decode("utf-8")
    known_as = f"{claimed.turn.no}.{place}" if later.id is None else later.id
    due_at = now + later.seconds if later.at is None else later.at
    too_late_at = None if later.late is None else due_at + later.late
    details: dict[str, object] = {"name": name, "data": later.data}
    if later.id is not None:
        details["due_at"] = due_at
    if too_late_at is not None:
        details["too_late_at"] = too_late_at
    event = Inbound(
        kind="timer",
        addresses=tuple(claimed.conversation.addresses.split("\n")),
        dedup_key=f"timer:{key.id}:{known_as}",
        details=details,
    )
    return TimerRow(
        key.workspace_id,
        key.id,
        known_as,
        claimed.channel.id,
        due_at,
        later.follow_up,
        _encode(event),
        name,
        too_late_at,
    )
