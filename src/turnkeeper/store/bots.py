"""What a store tells of how a bot fares."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from turnkeeper.model.ids import BotId, ConversationId, WorkspaceId


class FailedTurn(NamedTuple):
    """A turn that was given up."""

    conversation_id: ConversationId
    no: int
    started_at: float


class BotRecords(Protocol):
    """The part of the store that looks back at bots."""

    async def failed_turns(self, workspace_id: WorkspaceId, bot_id: BotId, limit: int) -> list[FailedTurn]:
        """The bot's turns that failed, the newest first."""
