"""Forgetting what bots that keep nothing have answered: which conversations, up to where, and what is freed by it.

A conversation is marked in the transaction that lets it go; whoever sweeps takes the mark. So nothing is looked for,
and what a dead worker left is found by the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec

from turnkeeper.model.conversation import Conversation
from turnkeeper.model.ids import BotId, ChannelId, ContactId, ConversationId, ConversationKey, WorkspaceId

TRACE = "kept nothing"
"""What is left of an erased turn's trace."""
NO_EVENT = b'{"kind":"system"}'
NO_CONTENT = b'{"type":"text","body":""}'


class Erasure(msgspec.Struct, frozen=True):
    """Up to which event, row and turn a conversation is erased; `due_at`: when to look for more, None: once it moves.

    The field order is the column order.
    """

    workspace_id: WorkspaceId
    conversation_id: ConversationId
    events_to: int = 0
    rows_to: int = 0
    turns_to: int = 0
    due_at: float | None = None

    @property
    def key(self) -> ConversationKey:
        """The conversation's."""
        return ConversationKey(self.workspace_id, self.conversation_id)


class Erased(NamedTuple):
    """What one look came to. `turns`: how many were erased; `freed`: files that nobody needs any more; `sources`: where
    erased files came from, as MediaRow has it."""

    turns: int = 0
    freed: int = 0
    channel_id: ChannelId | None = None
    sources: Sequence[str] = ()


class KeptMedia(NamedTuple):
    """Where a kept file of a turn that is over came from. `needed_at`: the file's, None if it is gone; `ended_at`: when
    the last of the turns that are over ended; `newest`: the conversation's newest turn."""

    channel_id: ChannelId
    source: str
    key: str
    needed_at: float | None
    ended_at: float | None
    newest: int


class ErasingRows(Protocol):
    """What erasing reads and writes inside one open transaction. Ranges are from after the first to the second."""

    async def mark_erasures(self, keys: Sequence[ConversationKey]) -> None:
        """Something may be to be erased in these, at once."""

    async def due_erasures(self, now: float, limit: int) -> list[ConversationKey]: ...
    async def take_erasure(self, key: ConversationKey) -> tuple[Erasure, Conversation] | None:
        """The mark, locked, and the conversation as it is after that; None: somebody else has it, or there is none."""

    async def put_erasure(self, row: Erasure) -> None: ...
    async def erase_events(self, key: ConversationKey, after: int, to: int, awaited_since: float) -> int | None:
        """The first that is left: it is open, or about a message that has not come, and newer than that."""

    async def erase_outbound(self, key: ConversationKey, after: int, to: int, over: int) -> int | None:
        """The first that is left: it is not settled, or of a turn after `over`."""

    async def erase_turns(self, key: ConversationKey, after: int, to: int) -> None:
        """Traces, and the steps of all turns up to the last."""

    async def erase_memory(self, key: ConversationKey, contact_id: ContactId, bot_id: BotId, now: float) -> None:
        """Facts and summary."""

    async def erase_session(self, key: ConversationKey, to: float) -> float | None:
        """A session that was saved by then; when the one was saved that is left."""

    async def kept_media(self, key: ConversationKey, to: int) -> list[KeptMedia]: ...
    async def move_media(self, key: ConversationKey, source: KeptMedia) -> None:
        """It is the newest turn's now."""

    async def drop_media(self, key: ConversationKey, sources: Sequence[KeptMedia], to: int) -> None:
        """Forget where files came from, and what is told of refused ones but that they were."""

    async def free_files(self, workspace_id: WorkspaceId, keys: Sequence[str], before: float) -> list[str]:
        """Need no longer what nobody else has kept, nor needed since; those."""


class Erasures(Protocol):
    """The part of the store that forgets. Every method but `scrub` is one transaction."""

    async def erasures(self, now: float, limit: int) -> list[ConversationKey]:
        """Conversations in which something may be to be erased, the longest waiting first."""

    async def erase(self, key: ConversationKey, now: float) -> Erased:
        """Erase what has ended for good in a conversation whose bot keeps nothing; may be repeated.

        Words, results and memory go; states, times, ids and dedup keys stay. What is open waits for its end, and while
        a person has the conversation all of it does."""

    async def scrub(self) -> bool:
        """Leave nothing of what was erased in logs of the database's own that we can empty; False: not now."""
