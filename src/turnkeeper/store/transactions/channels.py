"""Stopping and resuming a channel's sends; a stopped channel's conversations are never due for sending."""

from __future__ import annotations

from turnkeeper.model.ids import ChannelId, WorkspaceId
from turnkeeper.store.rows import Rows


async def pause_channel(rows: Rows, workspace_id: WorkspaceId, channel_id: ChannelId, reason: str, now: float) -> bool:
    """Stop; False if it was stopped already."""
    if not await rows.pause(workspace_id, channel_id, reason, now):
        return False
    await rows.hold_channel(workspace_id, channel_id)
    return True


async def resume_channel(rows: Rows, workspace_id: WorkspaceId, channel_id: ChannelId, now: float) -> bool:
    """Send again, in order; False if it was not stopped."""
    if not await rows.resume(workspace_id, channel_id):
        return False
    await rows.free_channel(workspace_id, channel_id, now)
    return True
