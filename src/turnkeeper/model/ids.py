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


def conversation_id_for(workspace_id: str, channel_id: str, address: str) -> ConversationId:
    """The id of the conversation that starts with this address.

    Derived, so that two processes that meet a new contact at once agree on the row (100 bits).
    """
    return ConversationId("c" + _digest(workspace_id, channel_id, address))


def contact_id_for(workspace_id: str, channel_id: str, address: str) -> ContactId:
    """The id of the contact first seen under this address."""
    return ContactId("p" + _digest("contact", workspace_id, channel_id, address))


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


def _digest(*parts: str) -> str:
    hashed = blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=13)
    return hashed.hexdigest()[:25]
