"""Amounts as people read them.

Source of the decimals: ISO 4217, list one, read 2026. A mark that may mean several currencies is not written.
"""

from __future__ import annotations

from typing import Final

from turnkeeper.model.payments import Money

_DECIMALS: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_BY_CURRENCY: Final = {currency: count for count, line in _DECIMALS.items() for currency in line.split()}
_MARKS: Final = {"INR": "₹", "EUR": "€", "GBP": "£", "JPY": "¥"}


def decimals(currency: str) -> int:
    """How many decimals the currency's smallest unit stands for."""
    return _BY_CURRENCY.get(currency, 2)


def shown(money: Money) -> str:
    """`₹1,500.00`, `¥500`, `12.00 USD`."""
    places = decimals(money.currency)
    whole, part = divmod(abs(money.amount), 10**places)
    number = f"{whole:,}" + (f".{part:0{places}}" if places else "")
    sign = "-" if money.amount < 0 else ""
    mark = _MARKS.get(money.currency)
    return f"{sign}{mark}{number}" if mark else f"{sign}{number} {money.currency}"
