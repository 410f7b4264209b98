"""The conversations that one transaction has in hand: locked once, changed in memory, saved once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from turnkeeper.model.conversation import Conversation, TurnState
from turnkeeper.model.errors import Fenced
from turnkeeper.model.ids import ChannelId, ConversationKey, WorkspaceId
from turnkeeper.model.policy import Channel, Directory
from turnkeeper.rules.due import settle_due
from turnkeeper.rules.pacing import Bucket
from turnkeeper.store.rows import ChannelKey, Rows
from turnkeeper.store.runs import Run
from turnkeeper.store.transactions.announcing import Announcer


class Desk:
    """Conversations by key; `put` keeps the stored due time in step, `save` writes what changed."""

    def __init__(self, rows: Rows, directory: Directory) -> None:
        self.rows = rows
        self.directory = directory
        self.announcer = Announcer(directory)
        self._held: dict[ConversationKey, Conversation] = {}
        self._changed: set[ConversationKey] = set()
        self._paused: set[ChannelKey] | None = None
        self._buckets: dict[ChannelKey, Bucket] | None = None
        self._drawn: set[ChannelKey] = set()

    async def lock(self, keys: Iterable[ConversationKey]) -> None:
        """Take conversations in hand; call it once, with all of them."""
        self.hold((await self.rows.lock(keys)).values())

    def hold(self, conversations: Iterable[Conversation]) -> None:
        """Take in hand what is locked already."""
        for conversation in conversations:
            self._held[conversation.key] = conversation

    def get(self, key: ConversationKey) -> Conversation | None:
        """The conversation as it stands now, or None if there is none."""
        return self._held.get(key)

    def __getitem__(self, key: ConversationKey) -> Conversation:
        return self._held[key]

    def held(self) -> Collection[Conversation]:
        """All of them."""
        return self._held.values()

    def put(self, conversation: Conversation) -> Conversation:
        """Remember a change."""
        settled = settle_due(conversation)
        before = self._held.get(settled.key)
        if before is not None and (before.mode != settled.mode or before.opted_out != settled.opted_out):
            self.announcer.moved(before, settled)
        self._held[settled.key] = settled
        self._changed.add(settled.key)
        return settled

    def owned(self, run: Run) -> Conversation:
        """The conversation, if the run still holds it; raises Fenced."""
        conversation = self._held.get(run.key)
        if conversation is None or conversation.owner != run.worker_id or conversation.epoch != run.epoch:
            raise Fenced(f"conversation {run.key.id} is no longer held by {run.worker_id} at epoch {run.epoch}")
        return conversation

    def running(self, run: Run, turn_no: int) -> Conversation:
        """The conversation, if the run still holds it and runs this turn; raises Fenced."""
        conversation = self.owned(run)
        if conversation.turn_state != TurnState.RUNNING or conversation.turn_no != turn_no:
            raise Fenced(f"turn {turn_no} of {run.key.id} is not running any more")
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

    async def bucket(self, conversation: Conversation) -> Bucket:
        """What the conversation's channel has sent. The first call locks those of all channels at hand."""
        if self._buckets is None:
            self._buckets = await self.rows.buckets(sorted({_channel(each) for each in self._paced()}))
        return self._buckets[_channel(conversation)]

    def _paced(self) -> Iterator[Conversation]:
        for conversation in self._held.values():
            channel = self.channel(conversation)
            if channel is not None and channel.sends.is_paced:
                yield conversation

    def draw(self, conversation: Conversation, bucket: Bucket) -> None:
        """Remember what is left."""
        if self._buckets is not None:
            self._buckets[_channel(conversation)] = bucket
            self._drawn.add(_channel(conversation))

    async def save(self) -> None:
        """Write the conversations and buckets that changed."""
        if self._buckets and self._drawn:
            await self.rows.save_buckets({key: self._buckets[key] for key in sorted(self._drawn)})
            self._drawn.clear()
        if self._changed:
            changed = sorted(self._changed)
            self._changed.clear()
            await self.rows.save([self._held[key] for key in changed])
            await self.announcer.write(self.rows)
            await self._mark([self._held[key] for key in changed])

    async def _mark(self, changed: Iterable[Conversation]) -> None:
        """Where the bot keeps nothing, look what may be erased once the conversation is let go."""
        let_go = [each for each in changed if each.owner is None and each.turn_state == TurnState.NONE]
        left = [each.key for each in let_go if self._keeps_nothing(each)]
        if left:
            await self.rows.mark_erasures(left)

    def _keeps_nothing(self, conversation: Conversation) -> bool:
        channel = self.channel(conversation)
        return channel is not None and channel.turns.erases


def _channel(conversation: Conversation) -> ChannelKey:
    return (conversation.workspace_id, conversation.channel_id)
