"""What a provider's adapter is given of its table in the configuration. No repr shows a secret."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentConfig(ABC):
    """What every provider has. `name` as the file calls it; `old_webhook_secret` proves too, while a new one takes
    its place."""

    kind: str
    name: str
    api_base: str
    webhook_secret: str = field(repr=False)
    old_webhook_secret: str = field(default="", repr=False)

    @property
    @abstractmethod
    def key(self) -> str:
        """What names the account, and the mode with it."""

    @property
    def live(self) -> bool:
        """Whether it is real money."""
        return self.key.split("_")[1:2] == ["live"]

    @property
    def mode(self) -> str:
        """`live` or `test`."""
        return "live" if self.live else "test"

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """Whatever proves a webhook now."""
        return tuple(filter(None, (self.webhook_secret, self.old_webhook_secret)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RazorpayConfig(PaymentConfig):
    """A Razorpay account, in one of its modes."""

    key_id: str
    key_secret: str = field(repr=False)

    @property
    def key(self) -> str:
        """`rzp_test_…` or `rzp_live_…`."""
        return self.key_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeConfig(PaymentConfig):
    """A Stripe account, in one of its modes. `success_url`: where the browser goes after paying."""

    secret_key: str = field(repr=False)
    success_url: str

    @property
    def key(self) -> str:
        """`sk_test_…`, `sk_live_…`, or the same of restricted keys (`rk_`)."""
        return self.secret_key
