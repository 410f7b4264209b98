"""A provider of payments in memory, whose answers tests can spoil, and a bot that sells a seat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from msgspec.structs import replace

from turnkeeper.bots.paying import Paying
from turnkeeper.bots.python import Bot
from turnkeeper.channels.base import Calls, HttpReply
from turnkeeper.engine.calling import played
from turnkeeper.engine.clock import Clock
from turnkeeper.engine.payments import Asking, Merchant
from turnkeeper.model.http import Pause, Webhook
from turnkeeper.model.payments import Money, PaymentFound, PaymentIgnored, PaymentOrder, PaymentRow
from turnkeeper.payments.base import Missing, NotDone, RefundMade, Refused, Trouble, Unsure
from turnkeeper.payments.config import RazorpayConfig
from turnkeeper.testing.conversation import Person

CONFIG = RazorpayConfig(
    kind="razorpay",
    name="razorpay",
    api_base="https://pay.test",
    webhook_secret="w",
    key_id="rzp_test_1",
    key_secret="k",
)
PRICE = Money(150_000, "INR")
Spoiled = NotDone | Refused | Unsure


class Till:
    """The provider. `spoils`: what the next calls are answered with; an Unsure one is done all the same."""

    kind: ClassVar[str] = "razorpay"
    events: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        self.links: dict[str, PaymentFound] = {}
        self.refunds: dict[str, int] = {}
        self.asked: list[str] = []
        self.spoils: list[Spoiled] = []
        self.takes = 0.1

    def verify(self, request: Webhook, config: Any, now: float) -> None:
        raise NotImplementedError("these tests tell of payments themselves: no webhook comes over HTTP")

    def parse(self, request: Webhook, config: Any) -> list[PaymentFound | PaymentIgnored]:
        raise NotImplementedError("these tests tell of payments themselves: no webhook comes over HTTP")

    def fitted(self, order: PaymentOrder, config: Any, now: float) -> PaymentOrder | Refused:  # noqa: ARG002
        return Refused("amount", "too little", "author") if order.money.amount < 100 else order

    def create(self, order: PaymentOrder, config: Any, *, again: bool = False) -> Calls[PaymentFound | Trouble]:  # noqa: ARG002
        known = next((link for link in self.links.values() if link.reference == order.reference), None)
        adopts = again and known is not None
        spoiled = self._spoiled("adopt" if adopts else "create")
        if adopts and known is not None:
            yield Pause(self.takes)
            return spoiled or known
        if spoiled is None or isinstance(spoiled, Unsure):
            number = len(self.links) + 1
            self.links[f"plink_{number}"] = PaymentFound(
                news="open",
                live=False,
                reference=order.reference,
                external_id=f"plink_{number}",
                money=order.money,
                url=f"https://pay.test/{number}",
            )
        yield Pause(self.takes)
        return spoiled or self.links[f"plink_{len(self.links)}"]

    def fetch(
        self,
        reference: str,
        external_id: str | None,
        config: Any,  # noqa: ARG002
    ) -> Calls[PaymentFound | Missing | NotDone | Refused]:
        spoiled = self._spoiled("fetch")
        yield Pause(self.takes)
        if isinstance(spoiled, NotDone | Refused):
            return spoiled
        found = [link for id_, link in self.links.items() if external_id == id_ or link.reference == reference]
        return found[0] if found else Missing("no such link")

    def expire(self, external_id: str, config: Any) -> Calls[PaymentFound | Trouble]:  # noqa: ARG002
        spoiled = self._spoiled("expire")
        yield Pause(self.takes)
        if spoiled is not None:
            return spoiled
        if self.links[external_id].news == "open":
            self.links[external_id] = replace(self.links[external_id], news="cancelled")
        return self.links[external_id]

    def refund(
        self,
        charge_id: str,
        money: Money | None,
        key: str,
        reason: str,  # noqa: ARG002
        config: Any,  # noqa: ARG002
    ) -> Calls[RefundMade | Trouble]:
        spoiled = self._spoiled("refund")
        yield Pause(self.takes)
        if spoiled is not None:
            return spoiled
        link = next(link for link in self.links.values() if link.charge_id == charge_id)
        assert link.money is not None
        self.refunds.setdefault(key, link.money.amount if money is None else money.amount)
        back = sum(self.refunds.values())
        news = "refunded" if back >= link.money.amount else "part_refunded"
        found = replace(link, news=news, refunded=back)
        return RefundMade("rfnd_1", self.refunds[key], pending=False, found=found)

    def check(self, config: Any) -> Calls[NotDone | Refused | None]:  # noqa: ARG002
        yield Pause(0.0)
        return None

    def is_paid(self, link: str = "plink_1") -> PaymentFound:
        """Somebody pays; what a webhook would say."""
        self.links[link] = replace(self.links[link], news="paid", charge_id=f"pay_{link[6:]}")
        return self.links[link]

    def ends(self, link: str = "plink_1") -> PaymentFound:
        """Nobody paid in time; what a webhook would say."""
        self.links[link] = replace(self.links[link], news="expired")
        return self.links[link]

    def _spoiled(self, call: str) -> Spoiled | None:
        self.asked.append(call)
        return self.spoils.pop(0) if self.spoils else None


class Client:
    """Plays what yields only pauses."""

    async def play(self, calls: Calls[Any], *, timeout: float) -> Any:  # noqa: ARG002
        return await played(calls, self._nothing)

    async def _nothing(self, call: object) -> HttpReply:
        raise AssertionError(f"nobody is to be called: {call!r}")


def merchant(till: Till) -> Merchant:
    return Merchant("razorpay", till, CONFIG)


def sold_by(till: Till, bot: Bot[Any]) -> Bot[Any]:
    """The bot, paid through the till."""
    return bot.with_payments(Paying(merchant(till), Client()))


def asking(till: Till, person: Person, clock: Clock | None = None) -> Asking:
    """The worker's part that asks, over a conversation's own store."""
    return Asking(person._store, {"razorpay": merchant(till)}, Client(), person._wakeups, clock or person._clock)


async def is_told(person: Person, found: PaymentFound) -> None:
    """A webhook."""
    told = await person._store.payment_found("razorpay", found, person._clock.now())
    person._wakeups.publish(list(told.wakes))


async def kept(person: Person) -> list[PaymentRow]:
    """All payments, the newest first."""
    return await person._store.payments(None, 100)


Made = Callable[[], Bot[Any]]
