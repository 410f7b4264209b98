"""Timers as people see them: what is to come, and what they take back. Every method is one transaction."""

from __future__ import annotations

from typing import Protocol

import msgspec

from turnkeeper.model.conversation import TimerRow
from turnkeeper.model.ids import ChannelId, ConversationKey, WorkspaceId


def told_name(name: str) -> bytes:
    """How a timer's event tells its name. A release that had no column for it left it there alone, and the column
    empty."""
    return b'"details":{"name":' + msgspec.json.encode(name)


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
