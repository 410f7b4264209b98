"""Money that a contact is asked for, and what became of it.

Amounts are whole numbers of the currency's smallest unit (50000 is 500.00 rupees). A payment's state only moves
forward (rules.payments); nothing about cards is kept. Struct field order is column order, instants are unix seconds.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from turnkeeper.model.ids import ChannelId, ConversationId, ConversationKey, WorkspaceId

PaymentState = Literal["opening", "open", "failed", "expired", "cancelled", "paid", "part_refunded", "refunded"]
"""`opening`: the provider is being asked for a link; `failed`: it gave none. An attempt to pay that fails leaves the
payment `open`: its link still works."""
PaymentNews = Literal["paid", "attempt_failed", "failed", "expired", "cancelled", "part_refunded", "refunded"]
"""What a mailbox is told of a payment."""


class Money(NamedTuple):
    """An amount in the currency's smallest unit; `currency` is ISO 4217, in capitals."""

    amount: int
    currency: str


class PaymentRow(msgspec.Struct, frozen=True):
    """One payment that was asked for.

    `id` is the idempotency key of the step that asked for it, and our reference at the provider: it is written before
    the provider is asked, so that whatever the provider tells finds it. `name`: the bot's word for it; `provider`:
    the table's name in the configuration; `external_id`: the link's id; `charge_id`: the id of what was paid.
    `look_at`: when the provider is asked next what became of it; None: no more. `reason`: what went wrong, in words
    for the operator. `void_at`: since then nobody is to pay any more, for the turn that asked for it was given up.
    """

    workspace_id: WorkspaceId
    id: str
    conversation_id: ConversationId
    channel_id: ChannelId
    turn_no: int
    name: str
    provider: str
    live: bool
    amount: int
    currency: str
    description: str
    state: str
    created_at: float
    changed_at: float
    expires_at: float | None = None
    look_at: float | None = None
    external_id: str | None = None
    url: str | None = None
    charge_id: str | None = None
    paid_at: float | None = None
    refunded: int = 0
    reason: str | None = None
    void_at: float | None = None

    @property
    def key(self) -> ConversationKey:
        """The conversation that it belongs to."""
        return ConversationKey(self.workspace_id, self.conversation_id)

    @property
    def money(self) -> Money:
        """What was asked for."""
        return Money(self.amount, self.currency)

    @property
    def is_settled(self) -> bool:
        """Whether nobody can pay any more: it was paid, or it is over."""
        return self.state not in ("opening", "open")


class PaymentOrder(NamedTuple):
    """What a provider is asked for: a link that takes `money` until `expires_at` (unix seconds; None: the provider's
    own limit). `reference` is the payment's id."""

    reference: str
    money: Money
    description: str
    expires_at: float | None = None
    return_url: str = ""


class PaymentFound(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says of a payment, in a webhook or asked.

    `reference` is our id where the provider echoes it, `external_id` the link's, `charge_id` what was paid (refunds
    name it; of a failed attempt, the attempt); `money`: what was asked for, and once it is paid what was taken;
    `refunded`: what went back so far, in all; `at`: unix seconds, as far as it is told. One reference may come under
    a second link's `external_id`, which nobody was ever shown.
    """

    news: PaymentNews | Literal["open"]
    live: bool
    reference: str | None = None
    external_id: str | None = None
    charge_id: str | None = None
    money: Money | None = None
    refunded: int | None = None
    url: str | None = None
    at: float | None = None
    reason: str | None = None
    event_id: str | None = None
    expires_at: float | None = None


class PaymentIgnored(NamedTuple):
    """A webhook that changes no payment, and why; `alert`: somebody of the team should know of it."""

    reason: str
    event_id: str | None = None
    alert: bool = False
