"""Amounts as Stripe counts them: nearly always in the smallest unit of ISO 4217, as we do.

Source: Stripe's page on currencies. What is counted otherwise stays so for old callers' sake.
"""

from __future__ import annotations

from typing import Final

from turnkeeper.model.payments import Money
from turnkeeper.payments.answers import money
from turnkeeper.payments.base import Refused

_TIMES: Final = {"ISK": 100, "UGX": 100}
"""No decimals in life, two at Stripe."""
_PARTS: Final = {"MGA": 100}
"""Two decimals in ISO 4217, none at Stripe."""
_TENS: Final = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
"""Three decimals, of which the last has to be 0."""
_MOST: Final = 99_999_999


def judged(asked: Money) -> Refused | None:
    """Why an amount cannot be taken."""
    if asked.amount <= 0 or _counted(asked) > _MOST:
        return Refused("amount", f"Stripe takes amounts of 1 to {_MOST}", "author")
    if asked.amount % _PARTS.get(asked.currency, 1) or (asked.currency in _TENS and asked.amount % 10):
        return Refused("amount", f"Stripe takes no such fraction in {asked.currency}", "author")
    return None


def written(asked: Money) -> str:
    """The amount for Stripe."""
    return str(_counted(asked))


def read(amount: object, currency: object) -> Money | None:
    """An amount of Stripe's, as ours."""
    found = money(amount, currency)
    if found is None:
        return None
    counted = found.amount * _PARTS.get(found.currency, 1)
    return Money(counted // _TIMES.get(found.currency, 1), found.currency)


def _counted(asked: Money) -> int:
    return asked.amount * _TIMES.get(asked.currency, 1) // _PARTS.get(asked.currency, 1)
