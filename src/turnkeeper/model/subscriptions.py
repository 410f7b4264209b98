"""What others are told of what happens here: our own events, on their way out.

Struct field order is column order; instants are unix seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import msgspec

from turnkeeper.model.ids import ConversationId, ConversationKey, WorkspaceId

EVENTS: Final = (
    "message.received",
    "message.answered",
    "turn.failed",
    "delivery.failed",
    "conversation.escalated",
    "conversation.handed_over",
    "conversation.returned",
    "contact.opted_out",
    "contact.opted_in",
    "payment.paid",
    "payment.attempt_failed",
    "payment.failed",
    "payment.expired",
    "payment.cancelled",
    "payment.part_refunded",
    "payment.refunded",
)
"""All that may be told."""


class Announcement(msgspec.Struct, frozen=True):
    """One of our events on its way to one subscription; of a conversation they go in the order of `seq`, and one that
    fails for now holds those behind it back. `body` is JSON, and gone once it is settled; `due_at` None: another one is
    before it, or it is settled."""

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

    @property
    def key(self) -> ConversationKey:
        """The conversation's."""
        return ConversationKey(self.workspace_id, self.conversation_id)


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who wants to know of which events. `texts`: what people write is told, too."""

    workspace_id: WorkspaceId
    name: str
    kind: Literal["webhook", "email", "chat"]
    events: tuple[str, ...]
    texts: bool = False


class Subscriptions(Protocol):
    """Where they are looked up."""

    def wanting(self, workspace_id: WorkspaceId, event: str) -> tuple[Subscription, ...]:
        """Whoever wants to know of an event."""


class Escalation(msgspec.Struct, frozen=True):
    """That a conversation needs a person: `open` until one answers, then `taken`, and `closed` when it is given back.
    One a conversation: the newest."""

    workspace_id: WorkspaceId
    conversation_id: ConversationId
    state: str
    reason: str
    turn_no: int
    opened_at: float
    taken_at: float | None = None
    closed_at: float | None = None

    @property
    def key(self) -> ConversationKey:
        """The conversation's."""
        return ConversationKey(self.workspace_id, self.conversation_id)


def meant(patterns: Iterable[str]) -> tuple[str, ...]:
    """The events that some patterns name (`payment.*`, `*`), in the order of EVENTS; raises ValueError, with the
    pattern, for one that names none."""
    found: set[str] = set()
    for pattern in patterns:
        prefix = pattern.removesuffix("*")
        named = [each for each in EVENTS if each == pattern or (prefix != pattern and each.startswith(prefix))]
        if not named or (prefix != pattern and prefix and not prefix.endswith(".")):
            raise ValueError(pattern)
        found.update(named)
    return tuple(each for each in EVENTS if each in found)
