"""Events from outside: what another system of the operator's tells of a contact, as it stands in a mailbox.

In the mailbox it is an Inbound of kind `api` with a `type` among its details; a nudge of the owner's has none.
"""

from __future__ import annotations

from typing import Any

import msgspec

from turnkeeper.model.events import Inbound

TYPE = r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$(?!\n)"
"""What a type looks like: `order.paid`. A `$` alone lets a line's end pass."""
RESERVED = ("payment", "timer", "session")
"""What types of others do not begin with: the engine's own events do."""


class OutsideEvent(msgspec.Struct, frozen=True, kw_only=True):
    """`source`: who told it; `id`: theirs, by which it counts once; `data`: any JSON. `stage`, `sequence`: what it is
    to start; `escalate`: why a person is to go on."""

    type: str
    id: str
    data: Any = None
    source: str = ""
    stage: str | None = None
    sequence: str | None = None
    escalate: str | None = None


def inbound(event: OutsideEvent, address: str, at: int | None = None) -> Inbound:
    """The event for a contact's mailbox. `at`: when it happened, unix seconds."""
    told = {name: value for name, value in msgspec.structs.asdict(event).items() if value is not None}
    return Inbound(
        kind="api",
        addresses=(address,),
        dedup_key=f"api:{event.source}:{event.id}",
        timestamp=at,
        details=told,
    )


def outside(event: Inbound) -> OutsideEvent | None:
    """What was told from outside; None for any other event."""
    details = event.details or {}
    if event.kind != "api" or not isinstance(details.get("type"), str):
        return None
    try:
        return msgspec.convert(details, OutsideEvent)
    except msgspec.ValidationError:
        return None


def line(event: OutsideEvent) -> str:
    """The event as whoever reads words only is told: `[order.paid] {"total": 3}`."""
    if event.data is None:
        return f"[{event.type}]"
    return f"[{event.type}] {msgspec.json.encode(event.data).decode('utf-8', 'replace')}"
