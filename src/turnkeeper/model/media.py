"""What is known of files: those kept, where each came from, and under which ids providers know them.

Struct field order is column order. Instants are unix seconds.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

import msgspec

from turnkeeper.model.events import Media
from turnkeeper.model.ids import ChannelId, ConversationId, WorkspaceId


class FileRow(msgspec.Struct, frozen=True):
    """One kept file. `key` is the SHA-256 of its bytes (hex); `needed_at`: when it was last put to use.

    `leaving_at`: since when it is being deleted; whoever needs it then has to wait until it is gone.
    """

    workspace_id: WorkspaceId
    key: str
    mime: str
    size: int
    filename: str
    needed_at: float
    leaving_at: float | None = None


class MediaRow(msgspec.Struct, frozen=True):
    """Where a file came from and what became of it.

    `source` is `id:` and the provider's media id (`message:` and the message's where there is none), `made:` with
    the conversation's id and the key, or `link:` and a digest. A refused one has a `reason` (one word, counted in the
    ledger) and a `detail`.
    """

    workspace_id: WorkspaceId
    channel_id: ChannelId
    source: str
    conversation_id: ConversationId
    turn_no: int
    state: Literal["kept", "refused"]
    at: float
    key: str | None = None
    filename: str | None = None
    reason: str | None = None
    detail: str | None = None


class UploadRow(msgspec.Struct, frozen=True):
    """A file that a provider knows as `external_id` until `valid_until`."""

    workspace_id: WorkspaceId
    channel_id: ChannelId
    key: str
    mime: str
    external_id: str
    valid_until: float


class KeptFile(msgspec.Struct, frozen=True):
    """A file that is kept, as a step's result and in a bot's hands. `size` in bytes."""

    key: str
    mime: str
    size: int
    filename: str


def source_of(media: Media, message_id: str | None) -> str:
    """A file is known by the provider's id; one that has none by its message, or by all that is said of it."""
    if media.id:
        return f"id:{media.id}"
    return f"message:{message_id}" if message_id else f"said:{sha256(msgspec.json.encode(media)).hexdigest()}"


def made_source(conversation_id: str, key: str) -> str:
    """Where a file comes from that was made here, for one conversation."""
    return f"made:{conversation_id}:{key}"
