"""What is known of a turn's conversation and contact, for a rehearsal: it reads, and keeps nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from turnkeeper.model.agents import Spent, Summary
from turnkeeper.model.consent import Consent
from turnkeeper.model.conversation import Conversation, TurnRow
from turnkeeper.model.ids import BotId
from turnkeeper.model.payments import PaymentFound, PaymentRow
from turnkeeper.rules import consent
from turnkeeper.store.base import Store
from turnkeeper.store.payments import PaymentTold


class RehearsedRecords:
    """The Records of a turn that is run again. `facts`: what was known of the contact then; None: today's count."""

    def __init__(
        self, conversation: Conversation, turn: TurnRow, store: Store, facts: Mapping[str, Any] | None = None
    ) -> None:
        self._conversation = conversation
        self._turn = turn
        self._store = store
        self._facts = facts
        self.payments = RehearsedPayments(conversation, turn, store)

    async def name(self) -> str | None:
        """What the provider called the contact when they wrote first."""
        return await self._store.contact_name(self._conversation.workspace_id, self._conversation.contact_id)

    async def facts(self) -> dict[str, Any]:
        """What the bot knows of the contact."""
        if self._facts is not None:
            return dict(self._facts)
        of = self._conversation
        found = await self._store.facts(of.workspace_id, of.contact_id, BotId(self._turn.bot_id))
        return {fact.name: msgspec.json.decode(fact.value) for fact in found}

    async def consents(self) -> Sequence[Consent]:
        """What the contact has agreed to, and taken back."""
        of = self._conversation
        return consent.whole(await self._store.consents(of.workspace_id, of.contact_id), of)

    async def summary(self) -> Summary | None:
        """The conversation's, unless it tells of what came after the turn."""
        found = await self._store.summary(self._conversation.key)
        return found if found is not None and found.up_to <= self._turn.started_at else None

    async def keep_summary(self, text: str, up_to: float, before: float | None) -> bool:  # noqa: ARG002 - the port's
        """Nothing is kept."""
        return False

    async def spend(self, spent: Spent) -> None:
        """Nothing is counted."""

    async def spent_today(self) -> Spent:
        """Nothing: a rehearsal is not held back by what the conversation took."""
        return Spent()


class RehearsedPayments:
    """The payments that there were before the turn; nothing is asked for, and nothing found."""

    def __init__(self, conversation: Conversation, turn: TurnRow, store: Store) -> None:
        self._key = conversation.key
        self._turn = turn
        self._store = store

    async def all(self) -> list[PaymentRow]:
        """Of the whole conversation, the newest first."""
        found = await self._store.payments_of(self._key)
        return [row for row in found if row.created_at < self._turn.started_at]

    async def opened(self, row: PaymentRow) -> PaymentRow:
        """As if it were kept."""
        return replace(row, state="open")

    async def found(self, provider: str, what: PaymentFound, *, own: bool = False) -> PaymentTold:  # noqa: ARG002
        """Nothing is known of it."""
        return PaymentTold(None)

    async def failed(self, payment_id: str, reason: str) -> None:
        """Nothing is kept."""

    async def void(self, payment_id: str) -> None:
        """Nothing is taken back."""
