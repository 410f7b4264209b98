"""Contacts as people look at them: who they are, and where they write from."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from turnkeeper.model.conversation import AddressRow, Conversation
from turnkeeper.model.ids import ContactId, ConversationId, WorkspaceId


class ContactRow(msgspec.Struct, frozen=True):
    """A contact. `name`: what the provider called them, or a colleague does. Field order is column order."""

    workspace_id: WorkspaceId
    id: ContactId
    name: str | None
    created_at: float


class ContactPlace(NamedTuple):
    """Where a page of contacts ended: their newest conversation, and when something was said in it."""

    last_at: float
    conversation_id: ConversationId


class ContactHead(NamedTuple):
    """A contact in a list, by what their newest conversation tells."""

    id: ContactId
    place: ContactPlace


class WholeContact(NamedTuple):
    """A contact with every address and every conversation of theirs."""

    row: ContactRow
    addresses: list[AddressRow]
    conversations: list[Conversation]
