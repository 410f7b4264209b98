"""Signatures that were computed elsewhere, and bodies as the providers' pages show them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.payments.world import RAZORPAY, STRIPE
from turnkeeper.model.http import Webhook
from turnkeeper.model.payments import Money, PaymentFound, PaymentIgnored
from turnkeeper.payments.base import Forbidden
from turnkeeper.payments.razorpay import Razorpay
from turnkeeper.payments.stripe import Stripe

LINK_PAID = (
    b'{"entity":"event","event":"payment_link.paid","contains":["payment_link"],"payload":{"payment_link":'
    b'{"entity":{"id":"plink_1","status":"paid"}}}}'
)
RUPEES = '{"event":"payment.failed","note":"₹ é"}'.encode()
PROVEN = "cd64f1da687f27675a4e6ee75864bd2cdc05a361c78e0270760c5d78231f8094"
RAZORPAY_SIGNED: list[tuple[str, bytes, dict[str, str], str, str, bool]] = [
    ("signed", LINK_PAID, {"x-razorpay-signature": PROVEN}, "rzp_hook_secret", "", True),
    ("in another alphabet", RUPEES,
     {"x-razorpay-signature": "312aeec896384e0b18295b2314d361bb8fb115b1f162d662e9c46d347dc99aef"},
     "rzp_hook_secret", "", True),
    ("by the old secret", LINK_PAID, {"x-razorpay-signature": PROVEN}, "new", "rzp_hook_secret", True),
    ("by a secret that is gone", LINK_PAID, {"x-razorpay-signature": PROVEN}, "new", "", False),
    ("one byte more", LINK_PAID + b" ", {"x-razorpay-signature": PROVEN}, "rzp_hook_secret", "", False),
    ("half", LINK_PAID, {"x-razorpay-signature": PROVEN[:32]}, "rzp_hook_secret", "", False),
    ("nothing", LINK_PAID, {}, "rzp_hook_secret", "", False),
    ("an empty signature and no secret", LINK_PAID, {"x-razorpay-signature": ""}, "", "", False),
]  # fmt: skip


@pytest.mark.parametrize(
    "label, body, headers, secret, old, good", RAZORPAY_SIGNED, ids=[r[0] for r in RAZORPAY_SIGNED]
)
def test_razorpay_signatures(
    label: str, body: bytes, headers: dict[str, str], secret: str, old: str, good: bool
) -> None:
    config = replace(RAZORPAY, webhook_secret=secret, old_webhook_secret=old)
    if good:
        Razorpay().verify(Webhook(headers, body), config, 0.0)
        return
    with pytest.raises(Forbidden):
        Razorpay().verify(Webhook(headers, body), config, 0.0)


T = 1_700_000_000
DONE = b'{"id":"evt_1","object":"event","type":"checkout.session.completed"}'
NEW = "d1e4aa90551919f198c22ba0a9691b35338d4b631d54ce1f1465e93b1d41c430"
OLD = "d133b16c0249962bdd3114e6d00cd94c64f2c05b4b67c432752afeebd7f4c806"
EURO = '{"id":"evt_2","note":"₹ é"}'.encode()
OF_EURO = "08f01f2a0f96fb34cd264c8b3938cc390c5f4612f99c0ba93f577ca368990a7f"
SECRET, OLD_SECRET = "whsec_test_secret", "whsec_old_secret"
STRIPE_SIGNED: list[tuple[str, bytes, str, str, str, float, bool]] = [
    ("signed", DONE, f"t={T},v1={NEW}", SECRET, "", T, True),
    ("in another alphabet", EURO, f"t={T},v1={OF_EURO}", SECRET, "", T, True),
    ("by two secrets", DONE, f"t={T},v1={OLD},v1={NEW}", SECRET, "", T, True),
    ("by two, of which we have the old one", DONE, f"t={T},v1={NEW},v1={OLD}", OLD_SECRET, "", T, True),
    ("by the old secret", DONE, f"t={T},v1={OLD}", SECRET, OLD_SECRET, T, True),
    ("with spaces", DONE, f"t={T}, v1={NEW}", SECRET, "", T, True),
    ("with other schemes", DONE, f"t={T},v0=abc,v1={NEW},v2=x", SECRET, "", T, True),
    ("five minutes old", DONE, f"t={T},v1={NEW}", SECRET, "", T + 300, True),
    ("older", DONE, f"t={T},v1={NEW}", SECRET, "", T + 300.5, False),
    ("from a clock that is ahead", DONE, f"t={T},v1={NEW}", SECRET, "", T - 900, True),
    ("another time", DONE, f"t={T + 1},v1={NEW}", SECRET, "", T, False),
    ("another scheme only", DONE, f"t={T},v0={NEW}", SECRET, "", T, False),
    ("no time", DONE, f"v1={NEW}", SECRET, "", T, False),
    ("by a secret that is gone", DONE, f"t={T},v1={OLD}", SECRET, "", T, False),
    ("one byte less", DONE[:-1], f"t={T},v1={NEW}", SECRET, "", T, False),
    ("nothing", DONE, "", SECRET, "", T, False),
]


@pytest.mark.parametrize(
    "label, body, header, secret, old, now, good", STRIPE_SIGNED, ids=[r[0] for r in STRIPE_SIGNED]
)
def test_stripe_signatures(label: str, body: bytes, header: str, secret: str, old: str, now: float, good: bool) -> None:
    config = replace(STRIPE, webhook_secret=secret, old_webhook_secret=old)
    request = Webhook({"stripe-signature": header} if header else {}, body)
    if good:
        Stripe().verify(request, config, now)
        return
    with pytest.raises(Forbidden):
        Stripe().verify(request, config, now)


SAMPLE = (
    b'{"entity":"event","account_id":"acc_1","event":"payment_link.paid","contains":["payment_link","order","payment"],'
    b'"payload":{"payment_link":{"entity":{"id":"plink_1","reference_id":"o7","status":"paid","amount":50000,'
    b'"amount_paid":50000,"currency":"INR","order_id":"order_1","notes":null}},"order":{"entity":{"id":"1",'
    b'"status":"paid","product_id":"1"}},"payment":{"entity":{"id":"pay_1","amount":50000,"currency":"INR",'
    b'"status":"captured","order_id":"order_1","method":"upi","error_code":null}}},"created_at":1749618314}'
)
PAID = PaymentFound(
    news="paid", live=False, reference="o7", external_id="plink_1", charge_id="pay_1", money=Money(50_000, "INR"),
    event_id="evt_1",
)  # fmt: skip


def razorpay(event: str, **entities: Any) -> PaymentFound | PaymentIgnored:
    body = {"event": event, "payload": {name: {"entity": value} for name, value in entities.items()}}
    (found,) = Razorpay().parse(Webhook({"x-razorpay-event-id": "evt_1"}, json.dumps(body).encode()), RAZORPAY)
    return found


def test_razorpays_sample() -> None:
    assert Razorpay().parse(Webhook({"x-razorpay-event-id": "evt_1"}, SAMPLE), RAZORPAY) == [PAID]
    (unnamed,) = Razorpay().parse(Webhook({}, SAMPLE), RAZORPAY)
    assert unnamed.event_id is not None
    assert len(unnamed.event_id) == 64  # of the body
    (live,) = Razorpay().parse(Webhook({}, SAMPLE), replace(RAZORPAY, key_id="rzp_live_1"))
    assert isinstance(live, PaymentFound)
    assert live.live


LINK = {"id": "plink_1", "reference_id": "o7", "amount": 50_000, "amount_paid": 0, "currency": "INR"}
PAYMENT = {"id": "pay_1", "amount": 50_000, "currency": "INR", "description": "#FOGqq3O6E5bkml"}
EXPIRED = PaymentFound(
    news="expired", live=False, reference="o7", external_id="plink_1", money=Money(50_000, "INR"), at=9.0,
    event_id="evt_1",
)  # fmt: skip
BACK = PaymentFound(
    news="part_refunded", live=False, external_id="plink_FOGqq3O6E5bkml", charge_id="pay_1",
    money=Money(50_000, "INR"), refunded=700, event_id="evt_1",
)  # fmt: skip
RAZORPAY_TOLD: list[tuple[str, str, dict[str, Any], PaymentFound | tuple[str, bool]]] = [
    ("expired", "payment_link.expired", {"payment_link": LINK | {"expired_at": 9, "notes": []}}, EXPIRED),
    ("cancelled", "payment_link.cancelled", {"payment_link": LINK | {"cancelled_at": 9}},
     PaymentFound(news="cancelled", live=False, reference="o7", external_id="plink_1", money=Money(50_000, "INR"),
                  at=9.0, event_id="evt_1")),
    ("less than was asked for", "payment_link.paid", {"payment_link": LINK | {"amount_paid": 40_000}},
     PaymentFound(news="paid", live=False, reference="o7", external_id="plink_1", money=Money(40_000, "INR"),
                  event_id="evt_1")),
    ("in part", "payment_link.partially_paid", {"payment_link": LINK | {"amount_paid": 1}}, ("changes no", False)),
    ("a payment by itself", "payment.captured", {"payment": PAYMENT}, ("changes no payment", False)),
    ("a failure", "payment.failed", {"payment": PAYMENT | {"error_reason": "payment_declined"}},
     PaymentFound(news="attempt_failed", live=False, external_id="plink_FOGqq3O6E5bkml", charge_id="pay_1",
                  money=Money(50_000, "INR"), reason="payment_declined", event_id="evt_1")),
    ("a failure of no link", "payment.failed", {"payment": PAYMENT | {"description": "Order 7"}}, ("no link", False)),
    ("a refund", "refund.processed", {"refund": {"id": "rfnd_1", "amount": 200, "payment_id": "pay_1"},
     "payment": PAYMENT | {"amount_refunded": 700}}, BACK),
    ("a refund alone", "refund.processed", {"refund": {"id": "rfnd_1", "amount": 200, "payment_id": "pay_1"}},
     PaymentFound(news="part_refunded", live=False, charge_id="pay_1", refunded=200, event_id="evt_1")),
    ("a refund of what was never taken", "refund.processed", {"refund": {"id": "rfnd_1", "amount": 50_000},
     "payment": PAYMENT | {"captured": False, "amount_refunded": 50_000}}, ("never taken", False)),
    ("a refund of nothing", "refund.processed", {"refund": {"id": "rfnd_1"}}, ("without its payment", False)),
    ("a refund that is not there yet", "refund.created", {"refund": {"id": "rfnd_1"}}, ("changes no", False)),
    ("a refund that failed", "refund.failed", {"refund": {"id": "rfnd_1"}}, ("a refund failed (rfnd_1)", True)),
    ("a dispute", "payment.dispute.created", {"payment": PAYMENT}, ("is disputed (pay_1)", True)),
]  # fmt: skip


@pytest.mark.parametrize("label, event, entities, expected", RAZORPAY_TOLD, ids=[row[0] for row in RAZORPAY_TOLD])
def test_what_razorpay_tells(
    label: str, event: str, entities: dict[str, Any], expected: PaymentFound | tuple[str, bool]
) -> None:
    found = razorpay(event, **entities)
    if isinstance(expected, PaymentFound):
        assert found == expected
        return
    assert isinstance(found, PaymentIgnored)
    assert expected[0] in found.reason
    assert found.alert is expected[1]


SESSION = {
    "id": "cs_test_1", "object": "checkout.session", "mode": "payment", "livemode": False, "status": "complete",
    "payment_status": "paid", "amount_total": 4200, "currency": "usd", "client_reference_id": "o7",
    "payment_intent": "pi_1", "url": None,
}  # fmt: skip
DONE_SESSION = PaymentFound(
    news="paid", live=False, reference="o7", external_id="cs_test_1", charge_id="pi_1", money=Money(4200, "USD"),
    at=9.0, event_id="evt_1",
)  # fmt: skip
CHARGE = {
    "id": "ch_1", "object": "charge", "amount": 4200, "amount_refunded": 4200, "currency": "usd",
    "payment_intent": "pi_1", "metadata": {"reference": "o7"},
}  # fmt: skip
ERROR = {"code": "card_declined", "message": "Your card was declined.", "payment_method": {"card": {"last4": "0002"}}}
INTENT = {"id": "pi_1", "amount": 4200, "currency": "usd", "metadata": {"reference": "o7"}, "last_payment_error": ERROR}
STRIPE_TOLD: list[tuple[str, str, dict[str, Any], bool | None, PaymentFound | tuple[str, bool]]] = [
    ("paid", "checkout.session.completed", SESSION, False, DONE_SESSION),
    ("complete, and to be paid", "checkout.session.completed", SESSION | {"payment_status": "unpaid"}, False,
     PaymentFound(news="open", live=False, reference="o7", external_id="cs_test_1", money=Money(4200, "USD"), at=9.0,
                  event_id="evt_1")),
    ("paid later", "checkout.session.async_payment_succeeded", SESSION, False, DONE_SESSION),
    ("not paid in the end", "checkout.session.async_payment_failed", SESSION | {"payment_status": "unpaid"}, False,
     PaymentFound(news="failed", live=False, reference="o7", external_id="cs_test_1", money=Money(4200, "USD"), at=9.0,
                  event_id="evt_1", reason="a slow way of paying did not go through")),
    ("expired", "checkout.session.expired", SESSION | {"status": "expired", "payment_status": "unpaid"}, False,
     PaymentFound(news="expired", live=False, reference="o7", external_id="cs_test_1", money=Money(4200, "USD"),
                  at=9.0, event_id="evt_1")),
    ("in yen", "checkout.session.completed", SESSION | {"currency": "jpy", "amount_total": 500}, False,
     PaymentFound(news="paid", live=False, reference="o7", external_id="cs_test_1", charge_id="pi_1",
                  money=Money(500, "JPY"), at=9.0, event_id="evt_1")),
    ("of real money", "checkout.session.completed", SESSION | {"livemode": True}, True, ("not of test mode", False)),
    ("of no mode", "checkout.session.completed", SESSION, None, ("not of test mode", False)),
    ("a subscription", "checkout.session.completed", SESSION | {"mode": "setup"}, False, ("nothing that", False)),
    ("an attempt", "payment_intent.payment_failed", INTENT, False,
     PaymentFound(news="attempt_failed", live=False, reference="o7", money=Money(4200, "USD"), at=9.0,
                  reason="Your card was declined.", event_id="evt_1")),
    ("another attempt", "payment_intent.payment_failed", INTENT | {"metadata": {}}, False, ("nothing that", False)),
    ("paid back", "charge.refunded", CHARGE, False,
     PaymentFound(news="refunded", live=False, reference="o7", charge_id="pi_1", money=Money(4200, "USD"),
                  refunded=4200, at=9.0, event_id="evt_1")),
    ("paid back in part", "charge.refunded", CHARGE | {"amount_refunded": 1, "metadata": None}, False,
     PaymentFound(news="part_refunded", live=False, charge_id="pi_1", money=Money(4200, "USD"), refunded=1, at=9.0,
                  event_id="evt_1")),
    ("a refund is updated", "refund.updated", {"id": "re_1"}, False, ("changes no payment", False)),
    ("a refund failed", "refund.failed", {"id": "re_1"}, False, ("a refund failed (re_1)", True)),
    ("a dispute", "charge.dispute.created", {"id": "dp_1"}, False, ("is disputed (dp_1)", True)),
]  # fmt: skip


@pytest.mark.parametrize("label, kind, thing, live, expected", STRIPE_TOLD, ids=[row[0] for row in STRIPE_TOLD])
def test_what_stripe_tells(
    label: str, kind: str, thing: dict[str, Any], live: bool | None, expected: PaymentFound | tuple[str, bool]
) -> None:
    event = {"id": "evt_1", "object": "event", "type": kind, "livemode": live, "created": 9, "data": {"object": thing}}
    (found,) = Stripe().parse(Webhook({}, json.dumps(event).encode()), STRIPE)
    if isinstance(expected, PaymentFound):
        assert found == expected
        return
    assert isinstance(found, PaymentIgnored)
    assert expected[0] in found.reason
    assert found.alert is expected[1]
