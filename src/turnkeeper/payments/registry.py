"""Every kind of payment provider: one line each, imported when it is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from turnkeeper.model.errors import ConfigurationError
from turnkeeper.payments.base import PaymentProvider

_KINDS = {"razorpay": "Razorpay", "stripe": "Stripe"}


def kinds() -> tuple[str, ...]:
    """The kinds that a provider may have."""
    return tuple(_KINDS)


def find(kind: str) -> PaymentProvider[Any]:
    """The adapter of a kind; raises ConfigurationError for an unknown one."""
    name = _KINDS.get(kind)
    if name is None:
        choices = " or ".join(repr(each) for each in _KINDS)
        raise ConfigurationError("kind", f"no payment provider is of kind {kind!r}", f"Use {choices}.")
    provider: PaymentProvider[Any] = getattr(import_module(f"turnkeeper.payments.{kind}"), name)()
    return provider
