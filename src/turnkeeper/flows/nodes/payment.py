"""A payment: its link, and waiting for what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Final

from turnkeeper.flows.effects import AskPayment
from turnkeeper.flows.model import FAILED, NEXT, Texts
from turnkeeper.flows.nodes.base import Leave, Move, NodeData, Spot, Stay, marks_in
from turnkeeper.flows.nodes.delay import LONGEST
from turnkeeper.flows.nodes.set import worth
from turnkeeper.flows.signals import Failed, PaymentTold, Replied, Signal
from turnkeeper.flows.values import names_in, number, written
from turnkeeper.model.payments import Money

if TYPE_CHECKING:
    from turnkeeper.flows.problems import Checking

EXPIRED: Final = "expired"
_MOST: Final = 10**15
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


class PaymentNode(NodeData, frozen=True):
    """Asks for `amount` (whole numbers of the currency's smallest unit: 50000 is 500.00 rupees) and says `text` with
    the link in it (`{{payment_url}}`). On by `next` once it is paid, by `expired` or `failed` where it is not.

    What the person writes meanwhile has the payment looked at: paid, it goes on, else they are answered with
    `waiting`. The payment itself is never taken from their words.

    `currency`: INR, IDR, USD; `description`: what it is for; `expires_in`: seconds; `provider`: of several, by name.
    """

    TYPE: ClassVar[str] = "payment"
    TITLE: ClassVar[str] = "Payment"
    WAITS: ClassVar[bool] = True

    amount: Any
    currency: str
    description: Texts
    text: Texts = "{{payment_url}}"
    waiting: Texts = ""
    expires_in: float | None = None
    provider: str = ""

    def exits(self) -> tuple[str, ...]:
        """`next`, `expired`, `failed`."""
        return (NEXT, EXPIRED, FAILED)

    def enter(self, spot: Spot) -> Move:
        """Ask for a link."""
        worked_out = worth(self.amount, spot)
        amount = number(worked_out)
        if amount is None or not 0 < amount <= _MOST or not amount.is_integer():
            return Leave(FAILED, why=f"{written(worked_out)[:100]!r} is not an amount in the smallest unit")
        money = Money(int(amount), self.currency)
        ask = AskPayment(spot.next_call, money, spot.filled(self.description), self.expires_in, self.provider)
        return Stay(("payment", "reply"), (ask,), asked=True, why=f"asks for {money.amount} {money.currency}")

    def hear(self, spot: Spot, signal: Signal) -> Move | None:
        """What became of it."""
        match signal:
            case PaymentTold(news="opened"):
                said = spot.say(spot.text(self.text), {"payment_url": signal.url})
                return Stay(("payment", "reply"), (said,), {"payment_url": signal.url}, why="the link is out")
            case PaymentTold(news="paid"):
                return Leave(why="paid")
            case PaymentTold(news="expired" | "cancelled"):
                return Leave(EXPIRED, why=signal.news)
            case PaymentTold(news="failed"):
                return Leave(FAILED, why="failed")
            case Failed():
                return Leave(FAILED, why=f"no link: {signal.reason}")
            case Replied() if spot.text(self.waiting):
                said = spot.say(spot.text(self.waiting))
                return Stay(("payment", "reply"), (said,), missed=True, why="waits for the payment")
        return None

    def texts(self) -> Iterator[tuple[str, Texts]]:
        """What is said with the link, and meanwhile."""
        yield "text", self.text
        if self.waiting:
            yield "waiting", self.waiting

    def reads(self) -> Iterator[str]:
        """What the amount is made of."""
        if isinstance(self.amount, str):
            yield from names_in(self.amount)
        yield from marks_in((self.description,))

    def sets(self) -> Iterator[str]:
        """The link."""
        yield "payment_url"

    def problems(self, checking: Checking) -> Iterator[str]:
        """Amounts that are none, a text without the link."""
        if not _CURRENCY.fullmatch(self.currency):
            yield f"{self.currency!r} is not a currency: write INR, IDR, USD"
        if not self.description:
            yield "it says not what is paid for: add a description"
        if self.expires_in is not None and not 0 < self.expires_in <= LONGEST:
            yield "the link holds for more than 0 seconds and at most a year"
        fixed = number(self.amount)
        if fixed is None and not (isinstance(self.amount, str) and "{{" in self.amount):
            yield f"{self.amount!r} is not an amount"
        if fixed is not None and (not 0 < fixed <= _MOST or not fixed.is_integer()):
            yield "the amount is a whole number above 0, in the currency's smallest unit"
        texts = (self.text,) if isinstance(self.text, str) else tuple(self.text.values())
        if not all("payment_url" in names_in(text) for text in texts):
            yield "the text does not hold the link: write {{payment_url}} in it"
        if checking.payments is not None and not checking.payments:
            yield "no payment provider is configured"
