"""What one provider does and the other does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.payments.world import NOW, RAZORPAY, STRIPE, World, played, reply
from turnkeeper.model.http import HttpCall, HttpReply
from turnkeeper.model.payments import Money, PaymentFound, PaymentOrder
from turnkeeper.payments.base import NotDone, RefundMade, Refused, Unsure
from turnkeeper.payments.razorpay import Razorpay
from turnkeeper.payments.razorpay.reading import of_link
from turnkeeper.payments.stripe import Stripe
from turnkeeper.testing.fake_razorpay import FakeRazorpay
from turnkeeper.testing.fake_stripe import FakeStripe
from turnkeeper.testing.payment_desk import Fault

KEY = "tk-refund-0123456789"
ORDER = PaymentOrder("tk-1", Money(50_000, "INR"), "Dinner", NOW + 3600, "https://shop.test")
LINK = {
    "id": "plink_1", "reference_id": "tk-1", "amount": 50_000, "amount_paid": 0, "currency": "INR",
    "status": "created", "short_url": "https://rzp.test/i/1", "payments": None,
}  # fmt: skip
TAKEN = reply(400, {"error": {"code": "BAD_REQUEST_ERROR",
                              "description": "payment link creation with reference ID already attempted"}})  # fmt: skip


def answering(*answers: HttpReply) -> Callable[[HttpCall], HttpReply]:
    """One answer after the other; the last for ever."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


LINKS = [
    ("ours among those that begin alike", [LINK | {"id": "plink_0", "reference_id": "tk-10"}, LINK], PaymentFound),
    ("none of them", [LINK | {"reference_id": "tk-10"}], Unsure),
    ("nothing", [], Unsure),
    ("of another amount", [LINK | {"amount": 60_000}], Refused),
    ("in another currency", [LINK | {"currency": "USD"}], Refused),
    ("cancelled since", [LINK | {"status": "cancelled"}], PaymentFound),
]


@pytest.mark.parametrize("label, links, expected", LINKS, ids=[row[0] for row in LINKS])
def test_a_reference_that_is_taken_is_looked_up(label: str, links: list[dict[str, object]], expected: type) -> None:
    calls, found = played(Razorpay().create(ORDER, RAZORPAY), answering(TAKEN, reply(200, {"payment_links": links})))
    assert isinstance(found, expected)
    assert [(call.method, call.url.partition("/v1/")[2]) for call in calls] == [
        ("POST", "payment_links"),
        ("GET", "payment_links?reference_id=tk-1"),
    ]
    if isinstance(found, PaymentFound):
        assert (found.external_id, found.news) == ("plink_1", "cancelled" if label == "cancelled since" else "open")


def test_a_link_that_cannot_be_looked_for_is_not_made_again() -> None:
    calls, found = played(Razorpay().create(ORDER, RAZORPAY, again=True), lambda _: HttpReply(failure="not_connected"))
    assert isinstance(found, Unsure)
    assert [call.method for call in calls] == ["GET"]


@pytest.mark.parametrize("payments", [None, [], [{"payment_id": "pay_1", "status": "captured"}], [{"status": "x"}], 7])
def test_what_stands_in_a_link_may_have_any_shape(payments: object) -> None:
    link = LINK | {"payments": payments, "notes": [], "customer": None, "status": "paid", "amount_paid": 50_000}
    _, found = played(Razorpay().fetch("tk-1", "plink_1", RAZORPAY), answering(reply(200, link), reply(500, {})))
    assert isinstance(found, PaymentFound)
    assert found.news == "paid"
    assert found.charge_id == ("pay_1" if payments and isinstance(payments, list) and len(payments[0]) == 2 else None)


def test_ids_of_others_stay_within_their_place_in_an_address() -> None:
    calls, _ = played(Razorpay().expire("../payments/pay_1", RAZORPAY), lambda _: reply(404, {}))
    assert calls[0].url.endswith("/v1/payment_links/..%2Fpayments%2Fpay_1/cancel")
    calls, _ = played(Stripe().fetch("", "cs_1?x=/", STRIPE), lambda _: reply(404, {}))
    assert "/v1/checkout/sessions/cs_1%3Fx%3D%2F?" in calls[0].url


async def test_a_slow_payment_is_open_until_it_came() -> None:
    world = World("stripe")
    assert isinstance(world.fake, FakeStripe)
    made = await world.made()
    await world.fake.pay(made.url or "", "sepa_debit")
    assert [each.news for each in world.news()] == ["open"]
    assert (await world.asked(made)).news == "open"
    await world.fake.settle(made.external_id or "")
    assert [each.news for each in world.news()] == ["paid"]
    other = await world.made(reference="tk-2")
    await world.fake.pay("tk-2", "sepa_debit")
    await world.fake.settle("tk-2", paid=False)
    assert [(each.news, each.external_id) for each in world.news()][-1] == ("failed", other.external_id)


async def test_an_error_that_stripe_keeps_leads_to_a_second_key() -> None:
    world = World("stripe")
    world.fake.fail_next(Fault(status=500, acts=True))
    assert isinstance(await world.play(world.provider.create(world.order(), world.config)), Unsure)
    found = await world.play(world.provider.create(world.order(), world.config, again=True))
    assert isinstance(found, PaymentFound)
    keys = [call.headers.get("idempotency-key") for call in world.fake.calls]
    reference = world.order().reference
    assert keys == [reference, reference, f"{reference}-2"]


def test_a_refund_that_stripe_failed_for_good_is_for_a_person() -> None:
    broken = reply(500, {}, idempotent_replayed="true")
    _, found = played(Stripe().refund("pi_1", None, KEY, "", STRIPE), answering(broken, reply(200, {"data": []})))
    assert isinstance(found, Refused)
    assert found.remedy == "operator"
    _, found = played(Stripe().refund("pi_1", None, KEY, "", STRIPE), answering(broken, reply(500, {})))
    assert isinstance(found, Unsure)


async def test_a_refund_of_razorpays_that_fails_later_is_told_as_an_alert() -> None:
    world = World("razorpay")
    assert isinstance(world.fake, FakeRazorpay)
    world.fake.refunds_pend = True
    made = await world.made()
    charge = await world.fake.pay(made.url or "")
    back = await world.play(world.provider.refund(charge, None, KEY, "", world.config))
    assert isinstance(back, RefundMade)
    world.fake.held.clear()
    await world.fake.process_refund(back.external_id, "failed")
    assert [getattr(each, "alert", None) for each in world.heard()] == [True]


def test_a_refund_that_failed_at_once() -> None:
    failed = reply(200, {"id": "x", "status": "failed", "amount": 5, "failure_reason": "expired_or_canceled_card"})
    for provider, config in ((Razorpay(), RAZORPAY), (Stripe(), STRIPE)):
        _, found = played(provider.refund("pay_1", None, KEY, "", config), lambda _: failed)  # type: ignore[arg-type]
        assert isinstance(found, Refused)


def test_what_was_made_in_the_other_mode_is_not_believed() -> None:
    session = {
        "id": "cs_1", "object": "checkout.session", "mode": "payment", "livemode": True, "status": "complete",
        "payment_status": "paid", "amount_total": 50_000, "currency": "inr", "payment_intent": "pi_1",
    }  # fmt: skip
    _, found = played(Stripe().fetch("tk-1", "cs_1", STRIPE), lambda _: reply(200, session))
    assert isinstance(found, NotDone)
    live = replace(STRIPE, secret_key="sk_live_1")
    _, found = played(Stripe().fetch("tk-1", "cs_1", live), lambda _: reply(200, session))
    assert isinstance(found, PaymentFound)
    assert found.live


def test_addresses_that_are_none_are_not_handed_out() -> None:
    for url in ("javascript:alert(1)", "", None, "https://a.test/\n", "https://a.test/" + "x" * 2048):
        link = json.loads(json.dumps(LINK | {"short_url": url}))
        _, found = played(Razorpay().create(ORDER, RAZORPAY), lambda _, link=link: reply(200, link))  # type: ignore[misc]
        assert isinstance(found, Unsure)


OPEN = {
    "id": "cs_1", "object": "checkout.session", "mode": "payment", "livemode": False, "status": "open",
    "payment_status": "unpaid", "amount_total": 50_000, "currency": "inr", "url": "https://pay.test/1",
}  # fmt: skip


def test_what_cannot_be_closed_and_is_open_is_refused() -> None:
    said = reply(400, {"error": {"description": "not now", "message": "not now"}})
    for calls in (
        played(Razorpay().expire("plink_1", RAZORPAY), answering(said, reply(200, LINK))),
        played(Stripe().expire("cs_1", STRIPE), answering(said, reply(200, OPEN))),
    ):
        made, found = calls
        assert isinstance(found, Refused)
        assert "not now" in found.reason
        assert [call.method for call in made] == ["POST", "GET"]


def test_a_checkout_of_another_amount_is_refused() -> None:
    _, found = played(Stripe().create(ORDER, STRIPE), lambda _: reply(200, OPEN | {"amount_total": 1}))
    assert isinstance(found, Refused)
    _, found = played(Stripe().create(ORDER, STRIPE), lambda _: reply(200, OPEN))
    assert isinstance(found, PaymentFound)


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_may_not_is_the_operators_to_mend(status: int) -> None:
    for calls in (Razorpay().create(ORDER, RAZORPAY), Stripe().create(ORDER, STRIPE)):
        _, found = played(calls, lambda _: reply(status, {"error": {}}))
        assert isinstance(found, Refused)
        assert found.remedy == "operator"


@pytest.mark.parametrize("name", ["a\x00b", "a\ud800", "a\nb", "", "x" * 256, 7])
def test_ids_that_no_database_takes_are_none(name: object) -> None:
    found = of_link(LINK | {"reference_id": name}, live=False)
    assert found is not None
    assert found.reference is None
    assert of_link(LINK | {"id": name}, live=False) is None
