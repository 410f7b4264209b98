"""The settings of payment providers, kind by kind, and the bots that name them.

Test and live are told by the key, and never met by accident: where one table is of one and another of the other, each
says so itself.
"""

import re
from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from turnkeeper.channels.keys import Address, Keys, Token, is_elsewhere, read_secret, read_token, wrong
from turnkeeper.config.errors import nearest
from turnkeeper.config.tables import Tables
from turnkeeper.payments.config import PaymentConfig, RazorpayConfig, StripeConfig

_SHORTEST = 8
_RAZORPAY_KEY = re.compile(r"rzp_(test|live)_[A-Za-z0-9]+")
_STRIPE_KEY = re.compile(r"(sk|rk)_(test|live)_[A-Za-z0-9]+")
_STRIPE_HOOK = "whsec_"


def read_hook_secret(value: object) -> object:
    """A secret that proves webhooks: nobody could find it out by trying."""
    if isinstance(value, str) and value and len(value) < _SHORTEST and not is_elsewhere(value):
        wrong(f"is shorter than {_SHORTEST} characters", "Take a random one, such as `openssl rand -hex 32` gives.")
    return read_secret(value)


def read_razorpay_key(value: object) -> object:
    """A key id, which says its mode."""
    if isinstance(value, str) and not _RAZORPAY_KEY.fullmatch(value) and not is_elsewhere(value):
        mend = "Copy the Key Id from Account & Settings, API Keys: rzp_test_… or rzp_live_…."
        wrong("is not the id of a Razorpay key", mend)
    return value


def read_stripe_key(value: object) -> object:
    """A secret or restricted key, which says its mode."""
    if isinstance(value, str) and not _STRIPE_KEY.fullmatch(value) and not is_elsewhere(value):
        mend = "Copy the secret key from Developers, API keys: sk_test_…, sk_live_… or a restricted rk_…."
        wrong("is a publishable key, which may do nothing" if value.startswith("pk_") else "is not a Stripe key", mend)
    return read_token(value)


def read_stripe_hook(value: object) -> object:
    """A signing secret of Stripe's making; the whole of it counts, its beginning too."""
    if isinstance(value, str) and value and not value.startswith(_STRIPE_HOOK) and not is_elsewhere(value):
        wrong("is not the signing secret of a webhook", "Copy it from the endpoint's page: whsec_….")
    return read_hook_secret(value)


HookSecret = Annotated[SecretStr, BeforeValidator(read_hook_secret)]
StripeHook = Annotated[SecretStr, BeforeValidator(read_stripe_hook)]


class PayingKeys(Keys):
    """What a bot may be told of payments."""

    payments: str = Field(
        "",
        description='The [payments] table through which the bot is paid; "": the only one.',
        examples=['"razorpay"'],
    )


class PaymentKeys(Keys):
    """What every payment provider has."""

    kind: str
    webhook_secret: SecretStr
    old_webhook_secret: SecretStr = SecretStr("")
    mode: Literal["", "test", "live"] = Field(
        "",
        description="What the key has to be; needed where one table is of test and another of live mode.",
        examples=['"live"'],
    )

    @abstractmethod
    def config(self, name: str) -> PaymentConfig:
        """The adapter's settings; `name` as the file calls the provider."""

    @model_validator(mode="after")
    def _is_of_its_mode(self) -> Self:
        config = self.config("")
        if self.mode and not is_elsewhere(config.key) and config.mode != self.mode:
            wrong(f"mode is {self.mode}, and the key is a {config.mode} one", "Take the key of the other mode.")
        return self

    def _shared(self, name: str) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": name,
            "webhook_secret": self.webhook_secret.get_secret_value(),
            "old_webhook_secret": self.old_webhook_secret.get_secret_value(),
        }


class RazorpayKeys(PaymentKeys):
    """Razorpay's payment links."""

    kind: Literal["razorpay"] = Field("razorpay", description="The provider.", examples=['"razorpay"'])
    key_id: Annotated[str, BeforeValidator(read_razorpay_key)] = Field(
        description="The key's id, which says its mode.", examples=['"env:RAZORPAY_KEY_ID"']
    )
    key_secret: Token = Field(min_length=1, description="Its secret.", examples=['"env:RAZORPAY_KEY_SECRET"'])
    webhook_secret: HookSecret = Field(
        min_length=1,
        description="What you typed in as the webhook's secret; not the key's.",
        examples=['"env:RAZORPAY_WEBHOOK_SECRET"'],
    )
    old_webhook_secret: HookSecret = Field(
        SecretStr(""),
        description="The one before it, which proves too: keep it for a day after a change.",
        examples=['"env:RAZORPAY_OLD_WEBHOOK_SECRET"'],
    )
    api_base: Address = Field(
        "https://api.razorpay.com", description="Where its API is.", examples=['"https://api.razorpay.com"']
    )

    def config(self, name: str) -> RazorpayConfig:
        """The adapter's settings."""
        secret = self.key_secret.get_secret_value()
        return RazorpayConfig(**self._shared(name), api_base=self.api_base, key_id=self.key_id, key_secret=secret)

    @model_validator(mode="after")
    def _has_two_secrets(self) -> Self:
        secret = self.key_secret.get_secret_value()
        if secret == self.webhook_secret.get_secret_value() and not is_elsewhere(secret):
            wrong(
                "key_secret and webhook_secret are the same", "The webhook has a secret of its own: type it in there."
            )
        return self


class StripeKeys(PaymentKeys):
    """Stripe's checkout."""

    kind: Literal["stripe"] = Field("stripe", description="The provider.", examples=['"stripe"'])
    secret_key: Annotated[SecretStr, BeforeValidator(read_stripe_key)] = Field(
        description="The secret key, or a restricted one that may write checkout sessions and refunds and read payment "
        "intents and charges.",
        examples=['"env:STRIPE_SECRET_KEY"'],
    )
    webhook_secret: StripeHook = Field(
        min_length=1, description="The endpoint's signing secret.", examples=['"env:STRIPE_WEBHOOK_SECRET"']
    )
    old_webhook_secret: StripeHook = Field(
        SecretStr(""),
        description="The one before it, which proves too while the secret is rolled.",
        examples=['"env:STRIPE_OLD_WEBHOOK_SECRET"'],
    )
    success_url: Address = Field(
        min_length=1,
        description="Where the browser goes after paying, unless the bot says otherwise.",
        examples=['"https://wa.me/919876543210"'],
    )
    api_base: Address = Field(
        "https://api.stripe.com", description="Where its API is.", examples=['"https://api.stripe.com"']
    )

    def config(self, name: str) -> StripeConfig:
        """The adapter's settings."""
        return StripeConfig(
            **self._shared(name),
            api_base=self.api_base,
            secret_key=self.secret_key.get_secret_value(),
            success_url=self.success_url,
        )


PAYMENT_KINDS: dict[str, type[PaymentKeys]] = {"razorpay": RazorpayKeys, "stripe": StripeKeys}


def paid_through(keys: object, payments: Mapping[str, PaymentKeys]) -> str | None:
    """The provider that a bot with these keys is paid through; None: it is not."""
    if not isinstance(keys, PayingKeys):
        return None
    if keys.payments:
        return keys.payments if keys.payments in payments else None
    return next(iter(payments)) if len(payments) == 1 else None


def read_payments(reading: Tables, raw: dict[str, object]) -> dict[str, PaymentKeys | None]:
    """Every provider by its name, which is its kind unless that is said; None for one that is wrong."""
    tables = reading.table(raw.get("payments", {}), "payments")
    kinded = {
        name: {"kind": name, **table} if isinstance(table, dict) and name in PAYMENT_KINDS else table
        for name, table in tables.items()
    }
    found: dict[str, PaymentKeys | None] = reading.tables({"payments": kinded}, "payments", PAYMENT_KINDS)
    unsaid = [name for name, keys in found.items() if keys is not None and not keys.mode]
    if unsaid and len(modes := _modes(found)) > 1:
        mend = f'Write mode = "{modes[unsaid[0]]}" there if that is meant, and the same for each table.'
        reading.wrong(f"payments.{unsaid[0]}.mode", "some keys are of test mode, some of live mode", mend)
    return found


def _modes(tables: Mapping[str, PaymentKeys | None]) -> dict[str, str]:
    """The tables' modes, where there are both."""
    configs = {name: keys.config(name) for name, keys in tables.items() if keys is not None}
    modes = {name: config.mode for name, config in configs.items() if not is_elsewhere(config.key)}
    return modes if len(set(modes.values())) > 1 else {}


def payers(reading: Tables, bots: Mapping[Any, Any], payments: Mapping[str, object], raw: Mapping[str, object]) -> None:
    """Through whom bots are paid is there, and no channel has the address at which payments are told."""
    if payments and "payments" in reading.table(raw.get("channels", {}), "channels"):
        reading.wrong("channels.payments", "has the address of payment providers' webhooks", "Give it another name.")
    for bot in filter(None, bots.values()):
        named = bot.keys.payments if isinstance(bot.keys, PayingKeys) else ""
        if named and named not in payments:
            reading.wrong(f"bots.{bot.id}.payments", f"there is no [payments.{named}]", nearest(named, list(payments)))
