"""The conversations that one transaction has in hand: locked once, changed in memory, saved once."""

from __future__ import annotations

from collections.abc import Iterable

from turnkeeper.model.conversation import Conversation
from turnkeeper.model.errors import Fenced
from turnkeeper.model.ids import ChannelId, ConversationKey, WorkspaceId
from turnkeeper.model.policy import Channel, Directory
from turnkeeper.rules.mailbox import settle_due
from turnkeeper.store.base import Run
from turnkeeper.store.rows import Rows


class Desk:
    """Conversations by key; `put` keeps the stored due time in step, `save` writes what changed."""

    def __init__(self, rows: Rows, directory: Directory) -> None:
        self.rows = rows
        self.directory = directory
        self._held: dict[ConversationKey, Conversation] = {}
        self._changed: set[ConversationKey] = set()
        self._paused: set[tuple[WorkspaceId, ChannelId]] | None = None

    async def lock(self, keys: Iterable[ConversationKey]) -> None:
        """Take conversations in hand; call it once, with all of them."""
        self._held.update(await self.rows.lock(keys))

    def hold(self, conversations: Iterable[Conversation]) -> None:
        """Take in hand what is locked already."""
        for conversation in conversations:
            self._held[conversation.key] = conversation

    def get(self, key: ConversationKey) -> Conversation | None:
        """The conversation as it stands now, or None if there is none."""
        return self._held.get(key)

    def __getitem__(self, key: ConversationKey) -> Conversation:
        return self._held[key]

    def put(self, conversation: Conversation) -> Conversation:
        """Remember a change."""
        settled = settle_due(conversation)
        self._held[settled.key] = settled
        self._changed.add(settled.key)
        return settled

    def owned(self, run: Run) -> Conversation:
        """The conversation, if the run still holds it; raises Fenced."""
        conversation = self._held.get(run.key)
        if conversation is None or conversation.owner != run.worker_id or conversation.epoch != run.epoch:
            raise Fenced(f"conversation {run.key.id} is no longer held by {run.worker_id} at epoch {run.epoch}")
        return conversation

    def is_owned(self, run: Run) -> bool:
        """Whether the run still holds it."""
        conversation = self._held.get(run.key)
        return conversation is not None and (conversation.owner, conversation.epoch) == (run.worker_id, run.epoch)

    def channel(self, conversation: Conversation) -> Channel | None:
        """The conversation's channel, or None if it is not configured any more."""
        return self.directory.channel(conversation.workspace_id, conversation.channel_id)

    async def is_paused(self, conversation: Conversation) -> bool:
        """Whether the conversation's channel is stopped."""
        if self._paused is None:
            self._paused = await self.rows.paused()
        return (conversation.workspace_id, conversation.channel_id) in self._paused

    def paused_now(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> None:
        """Remember a channel that this transaction stopped."""
        self._paused = (self._paused or set()) | {(workspace_id, channel_id)}

    async def save(self) -> None:
        """Write the conversations that changed."""
        if self._changed:
            changed = sorted(self._changed)
            self._changed.clear()
            await self.rows.save([self._held[key] for key in changed])
