"""Timers as the command line shows and cancels them."""

from __future__ import annotations

from typing import Any

import msgspec

from turnkeeper.app.database import existing
from turnkeeper.app.people import Named, conversation_of
from turnkeeper.config import Settings
from turnkeeper.model.conversation import TimerRow
from turnkeeper.model.events import Inbound
from turnkeeper.model.ids import ChannelId, WorkspaceId


async def listed(settings: Settings, named: Named | None, workspace: str, limit: int) -> list[dict[str, Any]]:
    """The next timers, for JSON: of a conversation, of a channel, or of the workspace.

    Raises NotThere, ConfigurationError, StoreError.
    """
    async with existing(settings) as store:
        channel = None if named is None else next((each for each in settings.channels if each.id == named.what), None)
        if named is None:
            rows = await store.timers(WorkspaceId(workspace), limit)
        elif channel is not None and named.address is None:
            rows = await store.timers(channel.workspace_id, limit, ChannelId(channel.id))
        else:
            rows = await store.timers_of((await conversation_of(store, settings, named)).key, limit)
        return [_told(row) for row in rows]


async def cancel(settings: Settings, named: Named, name: str | None) -> int:
    """Take back a conversation's timers of a name, or all; how many there were. Raises as `listed`."""
    async with existing(settings) as store:
        return await store.cancel_timers((await conversation_of(store, settings, named)).key, name)


def _told(row: TimerRow) -> dict[str, Any]:
    details = msgspec.json.decode(row.body, type=Inbound).details or {}
    return {
        "name": row.name or details.get("name", ""),
        "due_at": row.due_at,
        "too_late_at": row.too_late_at,
        "follow_up": row.follow_up,
        "channel": row.channel_id,
        "conversation": row.conversation_id,
        "data": details.get("data"),
    }
