"""What a store does with simulated conversations besides what it does with all: time passes, and they are cleared.

Nothing here touches a conversation of a real channel, whoever asks.
"""

from __future__ import annotations

from typing import Final, Protocol

from turnkeeper.model.conversation import Conversation
from turnkeeper.model.ids import ConversationKey, WorkspaceId
from turnkeeper.store.runs import Wake

MOST: Final = 100
"""Simulated conversations that are listed."""
SHIFTED: Final = {
    "event": ("received_at", "settled_at"),
    "outbound": (
        "created_at", "expires_at", "hold_until", "sending_at", "settled_at", "accepted_at", "sent_at", "delivered_at",
        "read_at", "call_at",
    ),
    "turn": ("started_at", "committed_at"),
    "step": ("began_at", "done_at"),
    "session_before": ("saved_at",),
    "timer": ("due_at", "too_late_at"),
    "handover": ("at",),
    "summary": ("up_to", "made_at"),
}  # fmt: skip
"""The instants of a conversation's rows, by table."""
OF_CONVERSATION: Final = (
    "event", "outbound", "turn", "step", "session", "session_before", "timer", "media", "summary", "spend", "erasure",
    "payment", "announcement", "escalation", "change", "inbox", "inbox_tag", "search_entry", "answering", "note",
    "handover", "watching", "rehearsal", "address",
)  # fmt: skip
"""The tables whose rows go with a conversation."""


class SimulatingRows(Protocol):
    """What a transaction's script writes of them."""

    async def shift(self, key: ConversationKey, seconds: float) -> None:
        """Move what is SHIFTED back by so many seconds."""

    async def clear(self, conversation: Conversation) -> None:
        """Delete all rows of a conversation and its contact."""


class SimulatingRecords(Protocol):
    """The part of the store that the simulator needs."""

    async def simulated(self, workspace_id: WorkspaceId) -> list[Conversation]:
        """The simulated conversations of a workspace, the newest first."""

    async def let_time_pass(self, key: ConversationKey, seconds: float, now: float) -> Wake | None:
        """Move all that is known of a simulated conversation back by so many seconds, as if these had passed. None: it
        is none, or the bot is at work."""

    async def clear_simulated(self, key: ConversationKey) -> bool:
        """Delete a simulated conversation and its contact; False: it is none."""
