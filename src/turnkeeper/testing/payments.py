"""Being paid in tests: a fake Razorpay behind the adapter that production uses, in virtual time and without network.

To a bot one provider is like another: what is tested here holds for Stripe too.

    till = Till()
    async with conversation(till.sells_for(bot)) as person:
        await person.says("a seat, please")
        await till.is_paid(person)
        assert person.heard[-1] == "The seat is yours."

`till.razorpay` is the fake: what it was asked, what it answers next, whether its webhooks come.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from turnkeeper.bots.paying import Paying
from turnkeeper.bots.python import Bot
from turnkeeper.bots.turn import S
from turnkeeper.engine.http import Client
from turnkeeper.engine.payments import Asking, Merchant
from turnkeeper.model.http import Webhook
from turnkeeper.model.payments import PaymentFound
from turnkeeper.payments import registry
from turnkeeper.payments.config import RazorpayConfig
from turnkeeper.testing.conversation import Person
from turnkeeper.testing.fake_razorpay import FakeRazorpay
from turnkeeper.testing.loopback import InProcess
from turnkeeper.testing.payment_desk import Told
from turnkeeper.testing.virtual_time import VirtualClock

_BASE = "https://razorpay.test"


class Till:
    """An account at Razorpay. Whatever it tells goes to the person of the latest call, or of `tells`."""

    def __init__(self) -> None:
        self.razorpay = _Razorpay(self._post)
        self._config = RazorpayConfig(
            kind="razorpay",
            name="razorpay",
            api_base=_BASE,
            webhook_secret=self.razorpay.webhook_secret,
            key_id=self.razorpay.key_id,
            key_secret=self.razorpay.key_secret,
        )
        self._merchant = Merchant("razorpay", registry.find("razorpay"), self._config)
        self._client = Client(transport=InProcess(self.razorpay))
        self._person: Person | None = None

    @property
    def links(self) -> list[dict[str, Any]]:
        """Every link that was made, as Razorpay has it, the oldest first."""
        return list(self.razorpay.links.values())

    def sells_for(self, bot: Bot[S]) -> Bot[S]:
        """The bot, paid through this till."""
        return bot.with_payments(self.paying)

    @property
    def paying(self) -> Paying:
        """What a bot of another kind is made with, to be paid through this till."""
        return Paying(self._merchant, self._client)

    def tells(self, person: Person) -> None:
        """From now on webhooks come to this person's conversation, also while a call is under way."""
        self._person = person

    async def is_paid(self, person: Person, link: str | None = None, *, told: bool = True) -> None:
        """Somebody pays a link (the newest), and what follows from that is waited for. `told`: the webhook comes."""
        await self._happens(person, self.razorpay.pay(link or self._newest()), told=told)

    async def fails(self, person: Person, link: str | None = None, *, told: bool = True) -> None:
        """Somebody tries to pay a link (the newest), and it does not go through; the link can still be paid."""
        await self._happens(person, self.razorpay.fail(link or self._newest()), told=told)

    async def expires(self, person: Person, link: str | None = None, *, told: bool = True) -> None:
        """A link (the newest) expires now."""
        await self._happens(person, self.razorpay.expire(link or self._newest()), told=told)

    async def tells_again(self, person: Person) -> None:
        """The webhooks that had not come come now; where there are none, the last one comes once more."""
        await self._happens(person, self.razorpay.release() if self.razorpay.held else self.razorpay.again(), told=True)

    async def is_asked(self, person: Person) -> int:
        """The worker asks about the payments that are due by now; how many were."""
        asking = Asking(person._store, {"razorpay": self._merchant}, self._client, person._wakeups, VirtualClock())
        looked = await asking.look()
        await person.rests()
        return looked

    def _newest(self) -> str:
        if not self.links:
            raise AssertionError("the bot asked nobody for money: look at person.heard and person.raised")
        return str(self.links[-1]["id"])

    async def _happens(self, person: Person, what: Any, *, told: bool) -> None:
        self.tells(person)
        self.razorpay.tells = "once" if told else "held"
        await what
        await person.rests()

    async def _post(self, told: Told) -> int:
        """Take a webhook as the web process does."""
        if self._person is None:
            return 0
        webhook = Webhook(told.headers, told.body)
        provider = self._merchant.provider
        provider.verify(webhook, self._config, VirtualClock().now())
        for found in provider.parse(webhook, self._config):
            if isinstance(found, PaymentFound):
                await self._person.is_told("razorpay", found)
        return 200


class _Razorpay(FakeRazorpay):
    """Posts no webhooks over HTTP."""

    def __init__(self, post: Callable[[Told], Any]) -> None:
        super().__init__(now=VirtualClock().now)
        self.webhook_url = f"{_BASE}/webhooks"
        self._taken = post

    async def post(self, told: Told) -> Told:
        """Give it to the till."""
        done = Told(told.event, told.body, told.headers, await self._taken(told))
        self.posted.append(done)
        return done
