"""What a store tells of what was said outside any turn, by the key under which it was said (engine.speaking)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from turnkeeper.model.conversation import OutboundRow
from turnkeeper.model.ids import ChannelId, ConversationKey, WorkspaceId


class Spoken(NamedTuple):
    """Where it was said, and its rows in the order of sending; none where retention has forgotten them."""

    key: ConversationKey
    rows: Sequence[OutboundRow]


class SpokenRecords(Protocol):
    """The part of the store that is needed to follow what was said outside a turn."""

    async def spoken(self, workspace_id: WorkspaceId, channel_id: ChannelId, known_as: str) -> Spoken | None:
        """What was said on a channel under a key; None: nothing is known of it."""
