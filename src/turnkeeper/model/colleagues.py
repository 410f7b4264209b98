"""What colleagues do at one conversation: who answers it, notes, handovers, who looks at it, and ready replies.

Struct field order is column order; instants are unix seconds.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from turnkeeper.model.ids import ConversationId, ConversationKey, WorkspaceId

Doing = Literal["viewing", "typing"]
Mover = Literal["bot", "operator", "phone", "outside", "timer"]
"""Who handed a conversation over: a bot, a colleague, the business's own phone, another system, or time."""


class Colleague(NamedTuple):
    """Who is signed in. `id` is theirs for good, `name` as they are called now."""

    id: str
    name: str


class Answering(msgspec.Struct, frozen=True):
    """Which colleague has a conversation that people answer. `active_at`: when they were last there."""

    workspace_id: WorkspaceId
    conversation_id: ConversationId
    user_id: str
    name: str
    since_at: float
    active_at: float


class Note(msgspec.Struct, frozen=True):
    """Words to colleagues, which the contact never sees. `known_as`: what makes it the same one when it is repeated."""

    workspace_id: WorkspaceId
    conversation_id: ConversationId
    seq: int
    known_as: str
    at: float
    author_id: str
    author: str
    text: str

    @property
    def key(self) -> ConversationKey:
        """The conversation's."""
        return ConversationKey(self.workspace_id, self.conversation_id)


class Handover(msgspec.Struct, frozen=True):
    """That somebody else answers from then on. `until`: for how long, where that was said; `name`: of the colleague
    who did it; `reason`: in words, where there is one."""

    workspace_id: WorkspaceId
    conversation_id: ConversationId
    seq: int
    at: float
    mode: str
    until: float | None
    by: str
    name: str
    reason: str


class Watching(msgspec.Struct, frozen=True):
    """A colleague who has a conversation on the screen, as of `at`."""

    workspace_id: WorkspaceId
    conversation_id: ConversationId
    user_id: str
    name: str
    doing: str
    at: float


class CannedReply(msgspec.Struct, frozen=True):
    """Words that a team has ready. `shortcut`: what is typed to find it; `language`: as in `id`, or empty for any."""

    workspace_id: WorkspaceId
    id: str
    shortcut: str
    language: str
    text: str
    changed_at: float
    changed_by: str
