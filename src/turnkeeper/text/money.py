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
    """`₹1,500.00`, `¥500`, `12.00 USD`; rupees are grouped as in India (`₹1,50,000.00`)."""
    places = decimals(money.currency)
    whole, part = divmod(abs(money.amount), 10**places)
    grouped = _in_lakhs(whole) if money.currency == "INR" else f"{whole:,}"
    number = grouped + (f".{part:0{places}}" if places else "")
    sign = "-" if money.amount < 0 else ""
    mark = _MARKS.get(money.currency)
    return f"{sign}{mark}{number}" if mark else f"{sign}{number} {money.currency}"


def _in_lakhs(whole: int) -> str:
    """The last three digits, and pairs before them."""
    front, last = divmod(whole, 1000)
    if not front:
        return str(last)
    digits = str(front)
    pairs = [digits[max(0, end - 2) : end] for end in range(len(digits), 0, -2)]
    return f"{','.join(reversed(pairs))},{last:03d}"
