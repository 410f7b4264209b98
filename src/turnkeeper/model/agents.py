"""What is kept for agents beyond a session: facts, summaries, prompts, what was spent.

Struct field order is column order. Instants are unix seconds, days are UTC dates (`2026-11-20`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, NamedTuple

import msgspec

from turnkeeper.model.ids import BotId, ContactId, ConversationId, WorkspaceId

PromptState = Literal["draft", "published", "retired"]


class Spent(NamedTuple):
    """What models took: tokens, and millionths of a US dollar as far as prices are known."""

    tokens: int = 0
    micros: int = 0


def day_of(at: float) -> str:
    """The day of an instant, UTC: `2026-11-20`."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


class Fact(msgspec.Struct, frozen=True):
    """Something known of a contact, as JSON. `bot_id`: whose knowledge it is; `conversation_id`: where it was said.

    Names that begin with `_` are the program's own (a backend's user id): kept and erased like the others, not told
    to models.
    """

    workspace_id: WorkspaceId
    contact_id: ContactId
    bot_id: BotId
    name: str
    value: bytes
    conversation_id: ConversationId
    turn_no: int
    at: float


class Summary(msgspec.Struct, frozen=True):
    """What was said in a conversation up to an instant, in few words. Empty: it was erased then."""

    workspace_id: WorkspaceId
    conversation_id: ConversationId
    text: str
    up_to: float
    made_at: float


class PromptVersion(msgspec.Struct, frozen=True):
    """One version of a bot's prompt; of a bot at most one is published. `version` counts from 1."""

    workspace_id: WorkspaceId
    bot_id: BotId
    version: int
    text: str
    state: PromptState
    created_at: float
    published_at: float | None = None
    note: str = ""
