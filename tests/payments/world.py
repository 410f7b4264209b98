"""Both providers under one set of hands: the adapter, a fake of its provider, and what a person does there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from turnkeeper.engine.http import Client
from turnkeeper.model.http import Calls, HttpCall, HttpReply, Pause, Webhook
from turnkeeper.model.payments import Money, PaymentFound, PaymentIgnored, PaymentOrder
from turnkeeper.payments.base import PaymentProvider
from turnkeeper.payments.config import PaymentConfig, RazorpayConfig, StripeConfig
from turnkeeper.payments.registry import find
from turnkeeper.testing.fake_razorpay import FakeRazorpay
from turnkeeper.testing.fake_stripe import FakeStripe
from turnkeeper.testing.loopback import InProcess
from turnkeeper.testing.payment_desk import Told

T = TypeVar("T")
NOW = 1_790_000_000.0
MONEY = {"razorpay": Money(150_000, "INR"), "stripe": Money(4_200, "USD")}
RAZORPAY = RazorpayConfig(
    kind="razorpay", name="razorpay", api_base="https://api.razorpay.test", webhook_secret="hook",
    old_webhook_secret="old-hook", key_id="rzp_test_key", key_secret="key-secret",
)  # fmt: skip
STRIPE = StripeConfig(
    kind="stripe", name="stripe", api_base="https://api.stripe.test", webhook_secret="whsec_hook",
    old_webhook_secret="whsec_old", secret_key="sk_test_key", success_url="https://shop.test/thanks",
)  # fmt: skip
CONFIGS: Mapping[str, PaymentConfig] = {"razorpay": RAZORPAY, "stripe": STRIPE}


class World:
    """One provider, its fake, and time that stands still unless it is moved."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.time = NOW
        self.config: Any = CONFIGS[kind]
        self.provider: PaymentProvider[Any] = find(kind)
        self.fake: FakeRazorpay | FakeStripe
        if kind == "razorpay":
            self.fake = FakeRazorpay(RAZORPAY.key_id, RAZORPAY.key_secret, "hook", self._now)
        else:
            self.fake = FakeStripe(STRIPE.secret_key, "whsec_hook", self._now)
        self.fake.tells = "held"
        self.fake.base_url = self.config.api_base
        self._client = Client(transport=InProcess(self.fake))

    def _now(self) -> float:
        return self.time

    def order(self, reference: str = "tk-0123456789abcdef0123456789abcdef", **given: Any) -> PaymentOrder:
        """A fitted order, for an hour."""
        plain = PaymentOrder(reference, MONEY[self.kind], "Dinner on 5 December", self.time + 3600)
        fitted = self.provider.fitted(plain._replace(**given), self.config, self.time)
        assert isinstance(fitted, PaymentOrder)
        return fitted

    async def play(self, calls: Calls[T], timeout: float = 0.05) -> T:
        """Make an adapter's calls at the fake."""
        return await self._client.play(calls, timeout=timeout)

    async def made(self, **given: Any) -> PaymentFound:
        """A link that is there."""
        found = await self.play(self.provider.create(self.order(**given), self.config))
        assert isinstance(found, PaymentFound)
        return found

    async def asked(self, found: PaymentFound) -> PaymentFound:
        """What the provider says of a link now."""
        now = await self.play(self.provider.fetch(found.reference or "", found.external_id, self.config))
        assert isinstance(now, PaymentFound)
        return now

    def heard(self) -> list[PaymentFound | PaymentIgnored]:
        """What the webhooks say that were held, each proven."""
        found: list[PaymentFound | PaymentIgnored] = []
        for told in self.fake.held:
            found += self.hear(told)
        self.fake.held.clear()
        return found

    def hear(self, told: Told) -> list[PaymentFound | PaymentIgnored]:
        """What one webhook says."""
        request = Webhook(told.headers, told.body)
        self.provider.verify(request, self.config, self.time)
        return self.provider.parse(request, self.config)

    def news(self) -> list[PaymentFound]:
        """The same without what was ignored."""
        return [each for each in self.heard() if isinstance(each, PaymentFound)]

    @property
    def things(self) -> int:
        """How many links there are at the provider."""
        return len(self.fake.links if isinstance(self.fake, FakeRazorpay) else self.fake.sessions)


def played(calls: Calls[T], answers: Callable[[HttpCall], HttpReply]) -> tuple[list[HttpCall], T]:
    """The calls that were made, answered by a function, and the result."""
    made: list[HttpCall] = []
    try:
        call = next(calls)
        while True:
            assert not isinstance(call, Pause)
            made.append(call)
            call = calls.send(answers(call))
    except StopIteration as end:
        return made, end.value


def reply(status: int, body: Any, **headers: str) -> HttpReply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpReply(status, content, {name.replace("_", "-"): value for name, value in headers.items()})
