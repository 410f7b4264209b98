"""What colleagues do at conversations: who has one, notes, handovers, who looks at it, and ready replies.

Whoever changes what colleagues see of a conversation saves it too, so that the change is told like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from turnkeeper.model.colleagues import Answering, CannedReply, Colleague, Doing, Handover, Note, Watching
from turnkeeper.model.conversation import Conversation, Mode
from turnkeeper.model.ids import ConversationKey, WorkspaceId
from turnkeeper.store.runs import Wake

MOST_CANNED = 500
"""Ready replies of a workspace."""


class Taking(NamedTuple):
    """A colleague takes a conversation over, or pauses it. `until`: when the bot answers again by itself; `confirmed`:
    also from a colleague who has it."""

    colleague: Colleague
    mode: Mode
    now: float
    until: float | None = None
    confirmed: bool = False


class Outcome(NamedTuple):
    """What came of it. `held`: who has it, where it was not given; `wake`: who is to be told, where it was."""

    conversation: Conversation
    held: Answering | None = None
    wake: Wake | None = None


class ColleagueRows(Protocol):
    """What is read and written of it inside one open transaction, which holds the conversations concerned."""

    async def add_handovers(self, rows: Sequence[Handover]) -> None:
        """Append; their `seq` is given to them here. Whoever had the conversation has it no more."""

    async def answering(self, key: ConversationKey) -> Answering | None: ...
    async def put_answering(self, row: Answering) -> None:
        """Insert or replace."""

    async def add_note(self, row: Note) -> Note:
        """Append, with a `seq` of its own; the one that is there where it was added before."""

    async def drop_note(self, key: ConversationKey, seq: int, author_id: str | None) -> bool:
        """Forget one, of that author where one is named."""

    async def watching(self, key: ConversationKey, user_id: str) -> Watching | None: ...
    async def put_watching(self, row: Watching, forgotten: float) -> None:
        """Insert or replace; those of the conversation from before an instant are forgotten. Who has the conversation
        was there at that time."""

    async def drop_watching(self, key: ConversationKey, user_id: str) -> bool: ...


class ColleagueRecords(Protocol):
    """The part of the store that colleagues work with."""

    async def take_over(self, key: ConversationKey, taking: Taking) -> Outcome | None:
        """Have the bot stand back. None for an unknown conversation."""

    async def add_note(self, note: Note) -> Note | None:
        """Keep a note, once under its `known_as`; None for an unknown conversation."""

    async def drop_note(self, key: ConversationKey, seq: int, author_id: str | None) -> bool:
        """Forget a note; with an author only if it is theirs."""

    async def watch(self, key: ConversationKey, colleague: Colleague, doing: Doing | None, now: float) -> bool:
        """Somebody has it on the screen; `doing` None: no more. False for an unknown conversation."""

    async def watchers(self, key: ConversationKey, since: float) -> list[Watching]:
        """Who was there since an instant, by name."""

    async def canned_replies(self, workspace_id: WorkspaceId) -> list[CannedReply]:
        """A workspace's, by shortcut and language."""

    async def put_canned_reply(self, row: CannedReply) -> bool:
        """Insert or replace by `id`; False where another one has its shortcut in that language, or where there are
        too many."""

    async def drop_canned_reply(self, workspace_id: WorkspaceId, known_as: str) -> bool: ...
