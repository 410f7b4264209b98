"""The port of payment providers. Like a channel's adapter it turns webhooks into values and wishes into calls.

It opens no socket, reads no clock and draws no chance. Every operation may be repeated as it was: the same order, the
same key. What a browser says when it comes back from paying is never asked for, nor believed.

PaymentError
├── Forbidden           answer 401 and keep nothing: the signature is wrong, missing or too old
└── NotThisProvider     answer 400 and keep nothing: the body is no JSON object
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, TypeVar

from turnkeeper.model.errors import TurnkeeperError
from turnkeeper.model.http import Calls, Webhook
from turnkeeper.model.payments import Money, PaymentFound, PaymentIgnored, PaymentOrder


class PaymentError(TurnkeeperError):
    """A webhook that is refused as a whole."""


class Forbidden(PaymentError):
    """Wrong, missing or stale signature."""


class NotThisProvider(PaymentError):
    """Not a body that a provider of payments sends."""


@dataclass(frozen=True, slots=True)
class NotDone:
    """Nothing happened, for now: the same again is safe. `retry_after` in seconds (None: the usual backoff)."""

    reason: str
    retry_after: float | None = None
    code: str = ""


Remedy = Literal["give_up", "author", "operator"]
"""Who has to do something before it can work: nobody can; the bot's author (what was asked for); the operator (keys,
account)."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It did not happen and will not, asked like this. `reason` is for the operator, without secrets."""

    code: str
    reason: str
    remedy: Remedy = "give_up"


@dataclass(frozen=True, slots=True)
class Unsure:
    """It may have happened (no answer, or an error of the provider's own): the same again, with `again`, finds out."""

    reason: str


@dataclass(frozen=True, slots=True)
class Missing:
    """The provider knows no such payment."""

    reason: str


@dataclass(frozen=True, slots=True)
class RefundMade:
    """A refund that the provider took on. `amount` in the smallest unit; `pending`: it may still fail, which a
    webhook says; `found`: the payment with all its refunds."""

    external_id: str
    amount: int
    pending: bool
    found: PaymentFound


Trouble = NotDone | Refused | Unsure
Config = TypeVar("Config", contravariant=True)


class PaymentProvider(Protocol[Config]):
    """What every provider can do; `config` is one table of the configuration (payments.config)."""

    kind: ClassVar[str]
    events: ClassVar[tuple[str, ...]]
    """What its webhook has to be subscribed to."""

    def verify(self, request: Webhook, config: Config, now: float) -> None:
        """Check the signature over the raw bytes in constant time, against the secret and the one before it; `now`
        in unix seconds. Raises Forbidden."""

    def parse(self, request: Webhook, config: Config) -> list[PaymentFound | PaymentIgnored]:
        """What a proven webhook says. What is unknown or malformed is ignored, with its reason; raises NotThisProvider
        for what is no JSON object."""

    def fitted(self, order: PaymentOrder, config: Config, now: float) -> PaymentOrder | Refused:
        """The order as the provider can take it (times and lengths brought within its limits), or why it never can.

        Done once, before the order is kept: what is repeated must be the same to the letter.
        """

    def create(self, order: PaymentOrder, config: Config, *, again: bool = False) -> Calls[PaymentFound | Trouble]:
        """Make the link of a fitted order, or find the one that was made. `again`: this was tried before, so look
        first. What is found may be paid already."""

    def fetch(
        self, reference: str, external_id: str | None, config: Config
    ) -> Calls[PaymentFound | Missing | NotDone | Refused]:
        """Ask what became of a payment: by the link's id, without it by our reference where the provider can.

        Missing without an `external_id` says nothing where it cannot: `create` with `again` does.
        """

    def expire(self, external_id: str, config: Config) -> Calls[PaymentFound | Trouble]:
        """Close a link. What is found is how it ended: whoever paid in the meantime has paid."""

    def refund(
        self, charge_id: str, money: Money | None, key: str, reason: str, config: Config
    ) -> Calls[RefundMade | Trouble]:
        """Give money back (None: all that is left), once per `key` (10 or more of `A-Za-z0-9_-`)."""

    def check(self, config: Config) -> Calls[NotDone | Refused | None]:
        """Whether the key works, by a call that changes nothing; None: it does."""
