"""Orders brought within what each provider takes, or refused in words; and amounts as Stripe counts them."""

from __future__ import annotations

import pytest

from tests.payments.world import CONFIGS, NOW, World, played, reply
from turnkeeper.model.payments import Money, PaymentOrder
from turnkeeper.payments.base import Refused
from turnkeeper.payments.registry import find
from turnkeeper.payments.stripe.units import read, written

HOUR, DAY = 3600.0, 86_400.0
REFERENCE = "tk-0123456789abcdef0123456789abcdef"

# label, kind, seconds to the end that was asked for, seconds that become of it
ENDS: list[tuple[str, str, float | None, float | None]] = [
    ("as asked", "razorpay", HOUR, HOUR),
    ("too soon", "razorpay", 60.0, 16 * 60.0),
    ("over already", "razorpay", -60.0, 16 * 60.0),
    ("in a year", "razorpay", 365 * DAY, 180 * DAY),
    ("as long as there is", "razorpay", None, None),
    ("with a fraction", "razorpay", HOUR + 0.7, HOUR),
    ("as asked", "stripe", HOUR, HOUR),
    ("too soon", "stripe", 60.0, 31 * 60.0),
    ("in a week", "stripe", 7 * DAY, DAY - 60.0),
    ("as long as there is", "stripe", None, DAY - 60.0),
]


@pytest.mark.parametrize("label, kind, asked, expected", ENDS, ids=[f"{row[1]}: {row[0]}" for row in ENDS])
def test_when_a_link_ends(label: str, kind: str, asked: float | None, expected: float | None) -> None:
    provider, config = find(kind), CONFIGS[kind]
    order = PaymentOrder(REFERENCE, Money(5000, "INR"), "Dinner", None if asked is None else NOW + asked)
    fitted = provider.fitted(order, config, NOW)
    assert isinstance(fitted, PaymentOrder)
    assert fitted.expires_at == (None if expected is None else NOW + expected)
    assert provider.fitted(fitted, config, NOW) == fitted


@pytest.mark.parametrize("kind, most", [("razorpay", 2048), ("stripe", 250)])
def test_long_words_are_cut(kind: str, most: int) -> None:
    fitted = find(kind).fitted(PaymentOrder(REFERENCE, Money(5000, "INR"), "é" * 3000), CONFIGS[kind], NOW)
    assert isinstance(fitted, PaymentOrder)
    assert fitted.description == "é" * most


REFUSED = [
    ("nothing", "razorpay", REFERENCE, Money(0, "USD")),
    ("less than nothing", "razorpay", REFERENCE, Money(-5, "USD")),
    ("less than a rupee", "razorpay", REFERENCE, Money(99, "INR")),
    ("a third decimal", "razorpay", REFERENCE, Money(1001, "KWD")),
    ("a long reference", "razorpay", "x" * 41, Money(5000, "INR")),
    ("no reference", "razorpay", "", Money(5000, "INR")),
    ("nothing", "stripe", REFERENCE, Money(0, "USD")),
    ("a fortune", "stripe", REFERENCE, Money(100_000_000, "USD")),
    ("a third decimal", "stripe", REFERENCE, Money(1001, "KWD")),
    ("a fraction of an ariary", "stripe", REFERENCE, Money(150, "MGA")),
    ("a long reference", "stripe", "x" * 201, Money(5000, "INR")),
]


@pytest.mark.parametrize("label, kind, reference, money", REFUSED, ids=[f"{row[1]}: {row[0]}" for row in REFUSED])
def test_what_no_provider_takes(label: str, kind: str, reference: str, money: Money) -> None:
    found = find(kind).fitted(PaymentOrder(reference, money, "x"), CONFIGS[kind], NOW)
    assert isinstance(found, Refused)
    assert found.remedy == "author"


COUNTED = [
    ("dollars", Money(1200, "USD"), "1200"),
    ("yen", Money(500, "JPY"), "500"),
    ("dinars", Money(1500, "KWD"), "1500"),
    ("krónur, which have no decimals but at Stripe", Money(5, "ISK"), "500"),
    ("ariary, which have decimals but at Stripe", Money(500, "MGA"), "5"),
]


@pytest.mark.parametrize("label, money, expected", COUNTED, ids=[row[0] for row in COUNTED])
def test_amounts_as_stripe_counts_them(label: str, money: Money, expected: str) -> None:
    assert written(money) == expected
    assert read(int(expected), money.currency.lower()) == money


def test_what_razorpay_is_asked() -> None:
    world = World("razorpay")
    calls, _ = played(world.provider.create(world.order(return_url="https://a.test"), world.config),
                      lambda _: reply(400, {}))  # fmt: skip
    (call,) = calls
    assert (call.method, call.url) == ("POST", "https://api.razorpay.test/v1/payment_links")
    assert call.headers["authorization"] == "Basic cnpwX3Rlc3Rfa2V5OmtleS1zZWNyZXQ="
    assert call.json == {
        "amount": 150_000, "currency": "INR", "accept_partial": False, "description": "Dinner on 5 December",
        "reference_id": REFERENCE, "notify": {"sms": False, "email": False}, "reminder_enable": False,
        "expire_by": int(NOW + HOUR), "callback_url": "https://a.test", "callback_method": "get",
    }  # fmt: skip


def test_what_stripe_is_asked() -> None:
    world = World("stripe")
    calls, _ = played(world.provider.create(world.order(), world.config), lambda _: reply(400, {}))
    (call,) = calls
    assert (call.method, call.url) == ("POST", "https://api.stripe.test/v1/checkout/sessions")
    assert (call.headers["authorization"], call.headers["idempotency-key"]) == ("Bearer sk_test_key", REFERENCE)
    assert call.headers["stripe-version"] == "2026-10-28.endive"
    assert call.form == {
        "mode": "payment", "line_items[0][quantity]": "1", "line_items[0][price_data][currency]": "usd",
        "line_items[0][price_data][unit_amount]": "4200", "client_reference_id": REFERENCE,
        "line_items[0][price_data][product_data][name]": "Dinner on 5 December", "metadata[reference]": REFERENCE,
        "payment_intent_data[metadata][reference]": REFERENCE, "success_url": "https://shop.test/thanks",
        "expires_at": str(int(NOW + HOUR)),
    }  # fmt: skip


ADVICE = [("true", 400, "NotDone"), ("false", 429, "Refused"), ("true", 401, "Refused"), ("", 400, "Refused")]


@pytest.mark.parametrize("advice, status, expected", ADVICE)
def test_stripes_advice_goes_over_the_status(advice: str, status: int, expected: str) -> None:
    world = World("stripe")
    answer = reply(status, {"error": {"code": "x", "message": "y"}}, stripe_should_retry=advice)
    _, found = played(world.provider.create(world.order(), world.config), lambda _: answer)
    assert type(found).__name__ == expected
