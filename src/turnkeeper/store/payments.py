"""What a store keeps of payments: asked for by turns, told of by providers, and looked after until they are settled.

Every method is one transaction. A payment is written before its provider is asked, so whatever is told finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from turnkeeper.model.ids import ConversationId, ConversationKey, WorkspaceId
from turnkeeper.model.payments import PaymentFound, PaymentNews, PaymentRow
from turnkeeper.store.runs import Run, Wake

UNKNOWN = "payment not known here"
NO_CHANNEL = "its channel is not configured any more"
FOUND_HERE = "found by its turn"
"""Why an event is running that no claim has given to its turn: the turn asked, and knows it. It ends with the turn's
commit; a turn that is cut off or given up leaves it to the next one."""


class Within(NamedTuple):
    """The turn that asked a provider. What it found is an event that ends with that very turn, as long as it runs.

    `own`: the turn did it itself (took a link back, paid money back), so that only money that came is an event.
    """

    run: Run
    turn_no: int
    own: bool = False


class PaymentTold(NamedTuple):
    """What became of something that was found: the payment as it is now (None: there is none), what was new of it to
    its conversation, and who is to be woken. `misfit`: why it did not count."""

    row: PaymentRow | None
    news: Sequence[PaymentNews] = ()
    wakes: Sequence[Wake] = ()
    misfit: str | None = None


class PaymentRows(Protocol):
    """What scripts read and write of payments inside one open transaction. A payment is written with its conversation
    locked."""

    async def find_payment(self, provider: str, found: PaymentFound) -> PaymentRow | None:
        """By our reference, else the link's id, else that of what was paid."""

    async def lock_payment(self, workspace_id: WorkspaceId, payment_id: str) -> PaymentRow | None: ...
    async def put_payment(self, row: PaymentRow) -> None:
        """Insert or replace."""

    async def void_payments(self, turns: Sequence[tuple[WorkspaceId, ConversationId, int]], now: float) -> None:
        """Nobody is to pay any more what these turns asked for; looked at, at once."""

    async def look_at_payment(self, row: PaymentRow, at: float | None) -> None:
        """Set when its provider is asked next, where it is not settled and `look_at` is still the row's."""

    async def due_payments(self, now: float, limit: int, until: float) -> list[PaymentRow]:
        """Take those to be looked at now; nobody else is given them before `until`."""

    async def blank_payments(self, key: ConversationKey) -> None:
        """Forget what settled payments were for, and their addresses."""


class PaymentRecords(Protocol):
    """The part of the store that keeps payments."""

    async def open_payment(self, run: Run, row: PaymentRow) -> PaymentRow:
        """Keep a payment of a running turn, before its provider is asked; the one that is there if it was kept
        before. Raises Fenced."""

    async def payment_found(
        self, provider: str, found: PaymentFound, now: float, within: Within | None = None
    ) -> PaymentTold:
        """Apply what a provider tells, and put what is new of it into the conversation's mailbox; may be repeated."""

    async def payment_failed(
        self, key: ConversationKey, payment_id: str, reason: str, now: float, run: Run | None = None
    ) -> PaymentRow | None:
        """The provider gave no link, and never will; nothing changes for a payment that has one. `run`: whose turn was
        told so; without, nothing changes either while the turn that asked for it is not over, which may ask again."""

    async def void_payment(self, key: ConversationKey, payment_id: str, now: float) -> None:
        """Nobody is to pay it any more: it is looked at, at once, and its link is taken back."""

    async def payment_looked(self, row: PaymentRow, again_at: float | None) -> None:
        """When the provider of a payment that was due is asked next; nothing for one that is settled, or that somebody
        wants looked at sooner since it was taken."""

    async def payments_due(self, now: float, limit: int, until: float) -> list[PaymentRow]:
        """Payments whose provider is to be asked now; nobody else is given them before `until`."""

    async def payments_of(self, key: ConversationKey) -> list[PaymentRow]:
        """A conversation's, the newest first."""

    async def payments(
        self, workspace_id: WorkspaceId | None, limit: int, states: Sequence[str] = ()
    ) -> list[PaymentRow]:
        """The newest of a workspace, or of all; `states`: only those in one of them."""

    async def payment(self, payment_id: str) -> PaymentRow | None:
        """By our id, else by the provider's for the link or the charge."""
