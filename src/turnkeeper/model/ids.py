"""Typed ids: a conversation's id cannot be passed where a channel's is wanted."""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple, NewType

WorkspaceId = NewType("WorkspaceId", str)
ChannelId = NewType("ChannelId", str)
ContactId = NewType("ContactId", str)
ConversationId = NewType("ConversationId", str)
WorkerId = NewType("WorkerId", str)
BotId = NewType("BotId", str)

DEFAULT_WORKSPACE = WorkspaceId("default")


class ConversationKey(NamedTuple):
    """What leads every key of a conversation's rows."""

    workspace_id: WorkspaceId
    id: ConversationId


class OutboundKey(NamedTuple):
    """One message to send: its conversation and its place in that conversation's outbox."""

    workspace_id: WorkspaceId
    conversation_id: ConversationId
    seq: int


def conversation_id_for(workspace_id: str, channel_id: str, address: str, since: float) -> ConversationId:
    """The id of the conversation that starts with this address at `since` (unix seconds).

    Begins with the time: the rows of conversations that begin together lie together, so that a batch of new
    ones changes a few pages of the database and not a page for each.
    """
    return ConversationId(f"c{_moment(since)}{_digest(workspace_id, channel_id, address)}")


def contact_id_for(workspace_id: str, channel_id: str, address: str, since: float) -> ContactId:
    """The id of the contact first seen under this address at `since`."""
    return ContactId(f"p{_moment(since)}{_digest('contact', workspace_id, channel_id, address)}")


def tracker_for(key: OutboundKey) -> str:
    """What travels with a send and comes back in its statuses (Cloud API: `biz_opaque_callback_data`)."""
    return f"tk1|{key.workspace_id}|{key.conversation_id}|{key.seq}"


def read_tracker(tracker: str | None) -> OutboundKey | None:
    """The row that a tracker names; None for one that is not ours."""
    parts = tracker.split("|") if tracker else []
    if len(parts) != 4 or parts[0] != "tk1" or not parts[3].isascii() or not parts[3].isdigit():
        return None
    if len(parts[3]) > 12:
        return None
    return OutboundKey(WorkspaceId(parts[1]), ConversationId(parts[2]), int(parts[3]))


def _moment(at: float) -> str:
    """Eleven hexadecimal digits: milliseconds, enough until the year 2527."""
    return f"{max(0, int(at * 1000)):011x}"


def _digest(*parts: str) -> str:
    """Sixteen hexadecimal digits (64 bits, within one millisecond)."""
    return blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
