"""Timers as people see them: what is to come, and what they take back. Every method is one transaction."""

from __future__ import annotations

from typing import Protocol

from turnkeeper.model.conversation import TimerRow
from turnkeeper.model.ids import ChannelId, ConversationKey, WorkspaceId


class TimerRecords(Protocol):
    """The part of the store that shows timers; those that have fired are events."""

    async def timers(
        self, workspace_id: WorkspaceId, limit: int, channel_id: ChannelId | None = None
    ) -> list[TimerRow]:
        """The next timers of a workspace or a channel, the first to be due first."""

    async def timers_of(self, key: ConversationKey, limit: int) -> list[TimerRow]:
        """The next timers of a conversation, the first to be due first."""

    async def cancel_timers(self, key: ConversationKey, name: str | None = None) -> int:
        """Take back a conversation's timers of a name, or all; how many there were. One that is firing at this
        moment fires."""
