"""What the commands on escalations do: which conversations need a person, and giving one back."""

from __future__ import annotations

from typing import Any

from turnkeeper.app.database import existing
from turnkeeper.app.people import Named, NotThere, conversation_of
from turnkeeper.config import Settings
from turnkeeper.model.conversation import Mode
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.subscriptions import Escalation
from turnkeeper.store.base import Store


async def listed(settings: Settings, workspace: str, limit: int) -> list[dict[str, Any]]:
    """Those that are not closed, the oldest first, for JSON. Raises StoreError."""
    async with existing(settings) as store:
        return [await _told(store, each) for each in await store.escalations(WorkspaceId(workspace), limit)]


async def close(settings: Settings, named: Named, now: float) -> dict[str, Any]:
    """Give a conversation back to the bot. Raises NotThere, ConfigurationError, StoreError."""
    async with existing(settings) as store:
        found = await conversation_of(store, settings, named)
        escalation = await store.escalation(found.key)
        if escalation is None or escalation.closed_at is not None:
            raise NotThere(
                f"nobody is wanted in the conversation {found.id}: `turnkeeper escalation list` shows where."
            )
        await store.set_mode(found.key, Mode.BOT, now)
        after = await store.escalation(found.key)
        assert after is not None, "it was there a moment ago"
        return await _told(store, after)


async def _told(store: Store, escalation: Escalation) -> dict[str, Any]:
    conversation = await store.conversation(escalation.key)
    addresses = conversation.addresses.split("\n") if conversation is not None else []
    return {
        "conversation": escalation.conversation_id,
        "channel": conversation.channel_id if conversation is not None else None,
        "addresses": addresses,
        "state": escalation.state,
        "reason": escalation.reason,
        "turn": escalation.turn_no,
        "opened_at": escalation.opened_at,
        "taken_at": escalation.taken_at,
        "closed_at": escalation.closed_at,
    }
