"""What is kept of a turn's conversation and contact beyond the session, as the turn may see it: nothing else's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from turnkeeper.engine.clock import Clock
from turnkeeper.engine.patience import until_stored
from turnkeeper.engine.payments import TurnPayments
from turnkeeper.model.agents import Spent, Summary, day_of
from turnkeeper.model.consent import Consent
from turnkeeper.model.ids import BotId
from turnkeeper.rules import consent
from turnkeeper.store.base import ClaimedTurn, Store


class TurnRecords:
    """The Records of one attempt of one turn; they wait while the store is away. Good after the turn too."""

    def __init__(self, claimed: ClaimedTurn, store: Store, clock: Clock) -> None:
        self._key = claimed.run.key
        self._conversation = claimed.conversation
        self._contact_id = claimed.conversation.contact_id
        self._bot_id = BotId(claimed.channel.bot_id)
        self._store = store
        self._clock = clock
        self._keeps_nothing = claimed.channel.turns.erases
        self._facts: dict[str, Any] | None = None
        self.payments = TurnPayments(claimed, store, clock)
        self._consents: Sequence[Consent] | None = None

    async def name(self) -> str | None:
        """What the provider called the contact when they wrote first."""
        return await until_stored(
            lambda: self._store.contact_name(self._key.workspace_id, self._contact_id), self._clock
        )

    async def facts(self) -> dict[str, Any]:
        """What this bot knew of the contact when the turn first asked, by name."""
        if self._facts is None:
            found = await until_stored(
                lambda: self._store.facts(self._key.workspace_id, self._contact_id, self._bot_id), self._clock
            )
            self._facts = {fact.name: msgspec.json.decode(fact.value) for fact in found}
        return dict(self._facts)

    async def consents(self) -> Sequence[Consent]:
        """What the contact had agreed to, and taken back, when the turn first asked."""
        if self._consents is None:
            found = await until_stored(
                lambda: self._store.consents(self._key.workspace_id, self._contact_id), self._clock
            )
            self._consents = consent.whole(found, self._conversation)
        return self._consents

    async def summary(self) -> Summary | None:
        """What was said long ago, in few words; an empty one: the conversation was erased then."""
        return await until_stored(lambda: self._store.summary(self._key), self._clock)

    async def keep_summary(self, text: str, up_to: float, before: float | None) -> bool:
        """Replace the summary that reached up to `before`; False: somebody else did, or none is to be kept."""
        if self._keeps_nothing:
            return False
        told = text.encode("utf-8", "replace").decode("utf-8")
        summary = Summary(self._key.workspace_id, self._key.id, told, up_to, self._clock.now())
        return await until_stored(lambda: self._store.keep_summary(summary, before), self._clock)

    async def spend(self, spent: Spent) -> None:
        """Count what models took outside any step; rather twice than never, where the store's answer is lost."""
        day = day_of(self._clock.now())
        await until_stored(lambda: self._store.add_spend(self._key, day, spent), self._clock)

    async def spent_today(self) -> Spent:
        """What the conversation has taken of models since midnight, UTC."""
        day = day_of(self._clock.now())
        return await until_stored(lambda: self._store.spent(self._key, day), self._clock)
