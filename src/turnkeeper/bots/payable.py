"""The part of a turn that asks for money."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from turnkeeper.bots.paying import Asked, Paying, Wanted
from turnkeeper.bots.payment import Payment, PaymentEvent, PaymentRefused, payment_of, payments_in
from turnkeeper.engine.answer import Work
from turnkeeper.model.events import Inbound
from turnkeeper.model.payments import Money


class Payable:
    """The part of a turn that money is asked for with."""

    _work: Work
    _paying: Paying | None
    events: tuple[Inbound, ...]

    @property
    def payments(self) -> tuple[PaymentEvent, ...]:
        """What payments told in this turn: `name`, `news`, `money`, `id`."""
        return payments_in(self.events)

    async def payment_link(
        self,
        money: Money,
        description: str,
        *,
        name: str = "payment",
        expires_in: float | None = None,
        return_url: str = "",
    ) -> Payment:
        """Ask for money: a link to send. An effect, which happens once.

        `name`: the bot's own word for it. While a link of that name can be paid, the same question gets the same link,
        and another amount takes the old one back. `expires_in`: seconds; as long as the provider allows without.
        `return_url`: where the browser goes afterwards. Raises ValueError for no amount that could be paid,
        PaymentRefused where the provider will not, PaymentUnavailable where it does not answer.
        """
        paying = self._pays()
        wanted = Wanted(_sum(money), _words(description), name, expires_in, return_url)

        async def run(key: str) -> bytes:
            return msgspec.json.encode(await paying.link(self._work, key, wanted))

        return _result(await self._effect(f"payment.link.{name}", run, wanted))

    async def payment(self, name: str = "payment") -> Payment | None:
        """The newest payment of a name, None if there is none. Its provider is asked, unless it is settled. A step."""
        paying = self._pays()

        async def run(_: str) -> bytes:
            return msgspec.json.encode(Asked(await paying.look(self._work, name)))

        stored = await self._work.step(
            f"payment.look.{name}", run, msgspec.json.encode(name), effect=False, on_unknown="retry"
        )
        row = msgspec.json.decode(stored, type=Asked).payment
        return None if row is None else payment_of(row)

    async def expire_payment(self, name: str = "payment") -> Payment:
        """Take the newest link of a name back. An effect. What comes back may be paid: whoever was quicker has paid.

        Raises LookupError where nothing was asked for by that name, PaymentRefused, PaymentUnavailable.
        """
        paying = self._pays()

        async def run(_: str) -> bytes:
            return msgspec.json.encode(await paying.expire(self._work, name))

        return _result(await self._effect(f"payment.expire.{name}", run, name))

    async def refund(self, name: str = "payment", amount: int | None = None, reason: str = "") -> Payment:
        """Pay back what was paid by a name: `amount` in the smallest unit, None for all that is left. An effect.

        Raises PaymentRefused (nothing was paid, it is too much, the provider will not), PaymentUnavailable, and
        ValueError for an amount that is none.
        """
        paying = self._pays()
        if amount is not None:
            _amount(amount)

        async def run(key: str) -> bytes:
            return msgspec.json.encode(await paying.refund(self._work, key, name, amount, reason))

        return _result(await self._effect(f"payment.refund.{name}", run, [name, amount, reason]))

    async def _effect(self, step: str, run: Callable[[str], Awaitable[bytes]], arguments: object) -> Asked:
        given = msgspec.json.encode(arguments)
        stored = await self._work.step(step, run, given, effect=True, on_unknown="retry")
        return msgspec.json.decode(stored, type=Asked)

    def _pays(self) -> Paying:
        from turnkeeper.bots.thinking import NotConfigured

        if self._paying is None:
            raise NotConfigured("nobody is configured to be paid through: write [payments.razorpay] or another")
        return self._paying


def _result(asked: Asked) -> Payment:
    if asked.refused is not None:
        raise PaymentRefused(*asked.refused)
    if asked.payment is None:
        raise LookupError("nothing was asked for by that name")
    return payment_of(asked.payment)


def _sum(money: Money) -> Money:
    amount, currency = money
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha():
        raise ValueError(f"a currency is three letters (INR), not {currency!r}")
    return Money(_amount(amount), currency.upper())


def _amount(given: object) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or given <= 0:
        raise ValueError(f"an amount is a whole number of the smallest unit above 0, not {given!r}")
    return given


def _words(description: str) -> str:
    said = description.strip()
    if not said:
        raise ValueError("a payment needs a description, which the person reads where they pay")
    return said.encode("utf-8", "replace").decode("utf-8")
