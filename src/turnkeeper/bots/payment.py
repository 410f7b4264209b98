"""A payment as a bot's author sees it, and what may go wrong with one.

BotError
├── PaymentRefused          the provider will not do it: `remedy` says who has to do something
└── PaymentUnavailable      let it rise: the turn is tried again, and finds what was begun
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from turnkeeper.model.errors import BotError
from turnkeeper.model.events import Inbound
from turnkeeper.model.payments import Money, PaymentRow
from turnkeeper.text.money import shown


class PaymentRefused(BotError):
    """The provider will not do it, asked like this: `code` for the bot, `reason` for the operator, and `remedy`, who
    has to do something (`author`, `operator`, `give_up`: nobody can)."""

    def __init__(self, code: str, reason: str, remedy: str = "give_up") -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
        self.remedy = remedy


class PaymentUnavailable(BotError):
    """The provider does not answer now. The turn is tried again, and finds what was begun."""


@dataclass(frozen=True, slots=True)
class Payment:
    """Something that was asked for. `state`: opening, open, failed, expired, cancelled, paid, part_refunded, refunded.

    `refunded` is in the smallest unit, instants are unix seconds.
    """

    id: str
    name: str
    state: str
    money: Money
    url: str | None
    expires_at: float | None
    paid_at: float | None
    refunded: int
    live: bool
    reason: str | None

    @property
    def shown(self) -> str:
        """The amount as people read it: ₹1,500.00."""
        return shown(self.money)

    @property
    def is_paid(self) -> bool:
        """Whether the money is ours, at least a part of it."""
        return self.state in ("paid", "part_refunded")

    @property
    def is_open(self) -> bool:
        """Whether it can still be paid."""
        return self.state in ("opening", "open")


class PaymentEvent(NamedTuple):
    """What a payment told in this turn. `news`: paid, attempt_failed, expired, cancelled, part_refunded, refunded."""

    name: str
    news: str
    money: Money
    id: str
    reason: str | None = None


def payment_of(row: PaymentRow) -> Payment:
    """A payment as an author sees it."""
    return Payment(
        row.id,
        row.name,
        row.state,
        row.money,
        row.url,
        row.expires_at,
        row.paid_at,
        row.refunded,
        row.live,
        row.reason,
    )


def payments_in(events: Sequence[Inbound]) -> tuple[PaymentEvent, ...]:
    """What payments told, of the events of a turn."""
    return tuple(_told(event.details) for event in events if event.kind == "payment" and event.details is not None)


def _told(details: dict[str, Any]) -> PaymentEvent:
    money = Money(int(details.get("amount", 0)), str(details.get("currency", "")))
    name, news, id_ = (str(details.get(part, "")) for part in ("name", "news", "payment"))
    return PaymentEvent(name, news, money, id_, details.get("reason"))
