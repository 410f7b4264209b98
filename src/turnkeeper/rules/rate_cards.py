"""What a template costs, by the operator's own rate card; what the card does not say is unknown, never nothing.

Source: Meta's pricing of messages, read 2026: a price by category and by the country of the person's number; templates
of utility are free while the window is open.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

CATEGORIES: Final = ("MARKETING", "UTILITY", "AUTHENTICATION")
_NEEDED = ("country", "category", "price", "currency")
_KNOWN = (*_NEEDED, "from", "until")
_COUNTRY = re.compile(r"\*|[A-Z]{2}|\+?\d{1,4}")
_PRICE = re.compile(r"\d{1,9}(\.\d{1,8})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_MOST_LINES = 20_000


class Price(NamedTuple):
    """What one message costs; `currency` is ISO 4217."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"


class Place(NamedTuple):
    """Where a number is from: its country (ISO 3166, two letters) and its calling code, in digits."""

    country: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """One line. `country`: two letters, a calling code in digits, or `*` for all others; from the first day to the
    last, both included."""

    country: str
    category: str
    price: Price
    begins: date | None = None
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class RateCard:
    """All lines, in the order of the file."""

    rates: tuple[Rate, ...] = ()

    def price(self, category: str, place: Place, on: date) -> Price | None:
        """The price of a category on a day: of the country, else of its calling code, else of all others; of several
        lines the one that begins last. None: the card does not say."""
        for name in (place.country, place.code, "*"):
            found = [each for each in self.rates if each.country == name and _holds(each, category, on)]
            if name is not None and found:
                return max(found, key=lambda rate: rate.begins or date.min).price
        return None


def _holds(rate: Rate, category: str, on: date) -> bool:
    began = rate.begins is None or rate.begins <= on
    return rate.category == category.upper() and began and (rate.ends is None or on <= rate.ends)


class BadCard(ValueError):
    """A card that cannot be read: in which line, what is wrong, and what to write instead."""

    def __init__(self, line: int, problem: str, mend: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.mend = mend


def read_card(text: str) -> RateCard:
    """A card from CSV with a line of names first. Raises BadCard."""
    lines = csv.reader(text.removeprefix("\ufeff").splitlines(), strict=True)
    try:
        rows = [(lines.line_num, [cell.strip() for cell in row]) for row in lines if any(map(str.strip, row))]
    except csv.Error as error:
        raise BadCard(lines.line_num, f"is not CSV ({error})", "Quote cells that hold commas.") from None
    if not rows:
        raise BadCard(1, "the file is empty", f"Begin with a line of names: {','.join(_KNOWN)}.")
    if len(rows) > _MOST_LINES:
        raise BadCard(rows[_MOST_LINES][0], f"there are more than {_MOST_LINES} lines", "Is this a rate card?")
    names = _names(*rows[0])
    return RateCard(tuple(_rates(names, rows[1:])))


def _names(line: int, row: Sequence[str]) -> list[str]:
    names = [name.lower() for name in row]
    for name in names:
        if name not in _KNOWN:
            raise BadCard(line, f"{name!r} is not a column", f"Known: {', '.join(_KNOWN)}.")
    for name in _NEEDED:
        if names.count(name) != 1:
            raise BadCard(line, f"the column {name} is {'there twice' if name in names else 'missing'}", "Mend it.")
    return names


def _rates(names: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]]) -> Iterator[Rate]:
    seen: dict[tuple[str, str, date | None], int] = {}
    for line, row in rows:
        if len(row) != len(names):
            raise BadCard(line, f"has {len(row)} cells, not {len(names)}", "Leave a cell empty, but not out.")
        rate = _rate(line, dict(zip(names, row, strict=True)))
        key = (rate.country, rate.category, rate.begins)
        if key in seen:
            raise BadCard(line, f"says the same as line {seen[key]}", "Remove one, or give them days of their own.")
        seen[key] = line
        yield rate


def _rate(line: int, cells: Mapping[str, str]) -> Rate:
    country = cells["country"].upper()
    if not _COUNTRY.fullmatch(country):
        mend = "Write two letters (IN), a calling code (91), or * for all others."
        raise BadCard(line, f"{cells['country']!r} is not a country", mend)
    category = cells["category"].upper()
    if category not in CATEGORIES:
        raise BadCard(line, f"{cells['category']!r} is not a category", f"Known: {', '.join(CATEGORIES).lower()}.")
    if not _PRICE.fullmatch(cells["price"]):
        raise BadCard(line, f"{cells['price']!r} is not a price", "Write it with a point: 0.0118.")
    if not _CURRENCY.fullmatch(cells["currency"].upper()):
        raise BadCard(line, f"{cells['currency']!r} is not a currency", "Write three letters: USD.")
    begins, ends = _day(line, cells.get("from", "")), _day(line, cells.get("until", ""))
    if begins is not None and ends is not None and ends < begins:
        raise BadCard(line, "ends before it begins", "Exchange the two days.")
    price = Price(_amount(line, cells["price"]), cells["currency"].upper())
    return Rate(country.removeprefix("+"), category, price, begins, ends)


def _amount(line: int, written: str) -> Decimal:
    try:
        return Decimal(written)
    except InvalidOperation:
        raise BadCard(line, f"{written!r} is not a price", "Write it with a point: 0.0118.") from None


def _day(line: int, written: str) -> date | None:
    if not written:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise BadCard(line, f"{written!r} is not a day", "Write it as 2026-11-20.") from None
