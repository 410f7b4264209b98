"""What others are told of what happens here: our own events, on their way out.

Struct field order is column order; instants are unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import msgspec

from turnkeeper.model.ids import ConversationId, WorkspaceId


class Announcement(msgspec.Struct, frozen=True):
    """One of our events on its way to one subscription; of a conversation they go in the order of `seq`, and one that
    fails for now holds those behind it back. `body` is JSON."""

    workspace_id: WorkspaceId
    subscription: str
    conversation_id: ConversationId
    seq: int
    event: str
    body: bytes
    created_at: float
    due_at: float | None
    tries: int = 0
    state: Literal["waiting", "sent", "failed"] = "waiting"
    settled_at: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who wants to know of which events; `events` may end in `.*`."""

    workspace_id: WorkspaceId
    name: str
    kind: Literal["webhook", "email", "chat"]
    events: tuple[str, ...]


class Subscriptions(Protocol):
    """Where they are looked up."""

    def wanting(self, workspace_id: WorkspaceId, event: str) -> tuple[Subscription, ...]:
        """Whoever wants to know of an event."""


class Escalation(msgspec.Struct, frozen=True):
    """That a conversation needs a person: `open` until one takes it over, then `taken`, and `closed` when it is given
    back. One a conversation: the newest."""

    workspace_id: WorkspaceId
    conversation_id: ConversationId
    state: str
    reason: str
    turn_no: int
    opened_at: float
    taken_at: float | None = None
    closed_at: float | None = None
