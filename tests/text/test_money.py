"""Amounts as people read them."""

import pytest

from turnkeeper.model.payments import Money
from turnkeeper.text.money import shown

CASES = [
    (150_000, "INR", "₹1,500.00"),
    (15_000_000, "INR", "₹1,50,000.00"),
    (123_456_789_012, "INR", "₹1,23,45,67,890.12"),
    (100_500, "INR", "₹1,005.00"),
    (5, "EUR", "€0.05"),
    (500, "JPY", "¥500"),
    (1200, "USD", "12.00 USD"),
    (1_234_567_890, "GBP", "£12,345,678.90"),
    (1_500_000, "IDR", "15,000.00 IDR"),
    (12_345, "KWD", "12.345 KWD"),
    (12_005, "CLF", "1.2005 CLF"),
    (70_000, "XOF", "70,000 XOF"),
    (0, "INR", "₹0.00"),
    (-50, "INR", "-₹0.50"),
]


@pytest.mark.parametrize(("amount", "currency", "expected"), CASES, ids=[row[2] for row in CASES])
def test_an_amount_is_shown(amount: int, currency: str, expected: str) -> None:
    assert shown(Money(amount, currency)) == expected
