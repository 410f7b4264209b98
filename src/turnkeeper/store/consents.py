"""What a store keeps of people's consent: one record for each contact and purpose, the newest word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from turnkeeper.model.consent import Consent
from turnkeeper.model.ids import ChannelId, ContactId, ConversationId, ConversationKey, WorkspaceId

ContactKey = tuple[WorkspaceId, ContactId]


class ConsentRows(Protocol):
    """What scripts read and write of it inside one open transaction."""

    async def consents(self, contacts: Iterable[ContactKey]) -> dict[ContactKey, list[Consent]]:
        """All records of some contacts, by purpose; nothing for those who have none."""

    async def put_consents(self, rows: Sequence[Consent]) -> None:
        """Insert, or replace what is not newer."""

    async def join_consents(self, losers: Sequence[ContactKey], winner: ContactId) -> None:
        """Give a contact the records of others that turned out to be the same person: what was withdrawn counts."""

    async def template_category(
        self, workspace_id: WorkspaceId, channel_id: ChannelId, name: str, language: str
    ) -> str | None:
        """What the provider filed a template under; None: unknown."""

    async def answers_contact(self, turn: tuple[WorkspaceId, ConversationId, int]) -> bool:
        """Whether anything that a contact did is among a turn's events."""


class ConsentRecords(Protocol):
    """The part of the store that keeps consent."""

    async def consents(self, workspace_id: WorkspaceId, contact_id: ContactId) -> list[Consent]:
        """A contact's records, by purpose."""

    async def set_consent(
        self, key: ConversationKey, purpose: str, granted: bool, source: str, now: float
    ) -> Consent | None:
        """Note what a contact wants, told in a conversation; None for one that is not there. Giving EVERYTHING ends
        the conversation's silence too."""
