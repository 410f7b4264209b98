"""What a store keeps of contacts: looking them up, and changing what is known of them. Every method is one transaction.

Whoever changes a contact holds all their conversations, so that no turn writes meanwhile, and the inbox is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from turnkeeper.model.contacts import ContactHead, ContactPlace, WholeContact
from turnkeeper.model.ids import BotId, ContactId, ConversationId, ConversationKey, WorkspaceId
from turnkeeper.model.inbox import InboxRow
from turnkeeper.store.runs import Wake

ContactKey = tuple[WorkspaceId, ContactId]
FactName = tuple[BotId, str]


class ErasedContact(NamedTuple):
    """What erasing a contact came to: how many conversations, and who is to be told that their turn has ended."""

    conversations: int
    wakes: Sequence[Wake]


class ContactRows(Protocol):
    """What scripts read and write of contacts inside one open transaction."""

    async def conversations_of(self, contacts: Sequence[ContactKey]) -> list[ConversationKey]:
        """All of them, in order."""

    async def name_contact(self, contact: ContactKey, name: str | None) -> bool:
        """False: there is no such contact."""

    async def join_contact(self, loser: ContactKey, winner: ContactId) -> None:
        """Give a contact the addresses of another, what is known of it and what it consented to; and its name, where it
        has none. The other is no more."""

    async def part_contact(self, key: ConversationKey, whole: ContactId, part: ContactId) -> None:
        """Give a new contact a conversation's addresses, and what was learned in it. What was withdrawn holds for
        both."""


class ContactRecords(Protocol):
    """The part of the store that knows contacts."""

    async def contacts_page(
        self, workspace_id: WorkspaceId, tag: str | None, after: ContactPlace | None, limit: int
    ) -> list[ContactHead]:
        """Contacts, those first with whom something was said last; `tag`: only those that a bot calls so."""

    async def search_contacts(self, workspace_id: WorkspaceId, words: str, limit: int) -> list[InboxRow]:
        """Conversations of contacts with that name or number, the newest first; the last word may be a beginning."""

    async def rows_of_contacts(self, workspace_id: WorkspaceId, contacts: Sequence[ContactId]) -> list[InboxRow]:
        """What the inbox has of them, the newest first."""

    async def whole_contact(self, workspace_id: WorkspaceId, contact_id: ContactId) -> WholeContact | None:
        """One with all that belongs to them."""

    async def rename_contact(self, workspace_id: WorkspaceId, contact_id: ContactId, name: str | None) -> bool:
        """What they are called from now on; False: there is no such contact."""

    async def put_facts(
        self, workspace_id: WorkspaceId, contact_id: ContactId, facts: Mapping[FactName, bytes | None], now: float
    ) -> bool:
        """What a colleague knows of them, as JSON; None forgets. False: there is no such contact."""

    async def merge_contacts(self, workspace_id: WorkspaceId, loser: ContactId, winner: ContactId) -> bool:
        """They are one person: conversations stay apart, and are the winner's. Where both know something, the newer
        counts; what either has withdrawn stays so. False: one of them is not there."""

    async def split_contact(
        self, workspace_id: WorkspaceId, contact_id: ContactId, conversation_id: ConversationId, now: float
    ) -> ContactId | None:
        """Whoever writes in that conversation is somebody else, with what was learned in it. None: it is not theirs, or
        the only one that they have."""

    async def erase_contact(self, workspace_id: WorkspaceId, contact_id: ContactId, now: float) -> ErasedContact | None:
        """Erase what was said, learned and kept of them, in every conversation; states, times, ids and what they have
        withdrawn stay. None: there is no such contact."""
