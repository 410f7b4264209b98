"""What every payment provider keeps to, against a fake of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.payments.world import CONFIGS, MONEY, NOW, World, played, reply
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.http import HttpReply, Webhook
from turnkeeper.model.payments import Money, PaymentFound, PaymentIgnored, PaymentOrder
from turnkeeper.payments.base import (
    Forbidden,
    Missing,
    NotDone,
    NotThisProvider,
    RefundMade,
    Refused,
    Unsure,
)
from turnkeeper.payments.registry import find, kinds
from turnkeeper.testing.payment_desk import Fault, NotPayable

KEY = "tk-refund-0123456789"
MAKING = {"razorpay": "POST /v1/payment_links", "stripe": "POST /v1/checkout/sessions"}
GIVING = {"razorpay": "/refund", "stripe": "POST /v1/refunds"}
each = pytest.mark.parametrize("kind", kinds())


@pytest.fixture(params=kinds())
def world(request: pytest.FixtureRequest) -> World:
    return World(request.param)


def test_the_kinds() -> None:
    assert kinds() == ("razorpay", "stripe")
    with pytest.raises(ConfigurationError, match="no payment provider is of kind 'paypal'"):
        find("paypal")


async def test_a_link_is_made_paid_told_and_found(world: World) -> None:
    made = await world.made()
    assert (made.news, made.live, made.reference) == ("open", False, world.order().reference)
    assert made.money == MONEY[world.kind]
    assert made.url is not None
    assert made.url.startswith(world.config.api_base)
    assert made.expires_at == NOW + 3600
    assert await world.asked(made) == made
    charge = await world.fake.pay(made.url)
    (told,) = world.news()
    for found in (told, await world.asked(made)):
        assert (found.news, found.charge_id, found.money) == ("paid", charge, MONEY[world.kind])
        assert (found.reference, found.external_id) == (made.reference, made.external_id)
    assert told.event_id
    assert "4242" not in repr(told)
    with pytest.raises(NotPayable):  # a double tap
        await world.fake.pay(made.reference or "")


async def test_what_is_told_twice_has_one_id(world: World) -> None:
    world.fake.tells = "twice"
    world.fake.webhook_url = "http://127.0.0.1:9/"  # nobody listens
    made = await world.made()
    await world.fake.pay(made.reference or "")
    paid = [found for told in world.fake.posted for found in world.hear(told) if isinstance(found, PaymentFound)]
    assert len(paid) == 2
    assert paid[0] == paid[1]
    assert all(told.status == 0 for told in world.fake.posted)


@pytest.mark.parametrize("answer", ["silence", "reset", "status"])
async def test_a_link_that_was_made_unheard_is_found_and_not_made_again(world: World, answer: Any) -> None:
    world.fake.fail_next(Fault(answer, 502, acts=True, on=MAKING[world.kind]))
    first = await world.play(world.provider.create(world.order(), world.config))
    found = first if isinstance(first, PaymentFound) else None
    if found is None:  # it cannot be looked for: the same again
        assert isinstance(first, Unsure)
        second = await world.play(world.provider.create(world.order(), world.config, again=True))
        assert isinstance(second, PaymentFound)
        found = second
    assert found.url is not None
    if not (world.kind == "stripe" and answer == "status"):  # an error that Stripe keeps: the first is never shown
        assert world.things == 1
    third = await world.play(world.provider.create(world.order(), world.config, again=True))
    assert isinstance(third, PaymentFound)
    assert third.external_id == found.external_id


@pytest.mark.parametrize("answer", ["silence", "status"])
async def test_a_link_that_was_not_made_is_made_the_next_time(world: World, answer: Any) -> None:
    world.fake.fail_next(Fault(answer, 503, on=MAKING[world.kind]))
    assert isinstance(await world.play(world.provider.create(world.order(), world.config)), Unsure)
    found = await world.play(world.provider.create(world.order(), world.config, again=True))
    assert isinstance(found, PaymentFound)
    assert world.things == 1


async def test_the_same_order_again_is_the_same_link_with_all_that_happened_to_it(world: World) -> None:
    made = await world.made()
    for again in (False, True):
        assert await world.play(world.provider.create(world.order(), world.config, again=again)) == made
    charge = await world.fake.pay(made.url or "")
    found = await world.play(world.provider.create(world.order(), world.config, again=True))
    assert isinstance(found, PaymentFound)
    assert (found.news, found.charge_id) == ("paid", charge)
    assert world.things == 1


async def test_a_reference_of_another_amount_is_refused(world: World) -> None:
    await world.made()
    other = world.order(money=MONEY[world.kind]._replace(amount=99_900))
    for again in (False, True):
        found = await world.play(world.provider.create(other, world.config, again=again))
        assert isinstance(found, Refused)
    assert world.things == 1


async def test_paid_before_the_call_was_answered(world: World) -> None:
    world.fake.pays_at_once = "upi"
    made = await world.made()
    (told,) = world.news()
    assert (told.news, told.reference, told.external_id) == ("paid", made.reference, made.external_id)
    assert (await world.asked(made)).news == "paid"


async def test_a_link_is_closed_once(world: World) -> None:
    made = await world.made()
    closed = await world.play(world.provider.expire(made.external_id or "", world.config))
    assert isinstance(closed, PaymentFound)
    assert closed.news == {"razorpay": "cancelled", "stripe": "expired"}[world.kind]
    assert [each.news for each in world.news()] == [closed.news]
    assert await world.play(world.provider.expire(made.external_id or "", world.config)) == closed
    with pytest.raises(NotPayable):
        await world.fake.pay(made.reference or "")


async def test_who_paid_while_it_was_closed_has_paid(world: World) -> None:
    made = await world.made()
    charge = await world.fake.pay(made.url or "")
    found = await world.play(world.provider.expire(made.external_id or "", world.config))
    assert isinstance(found, PaymentFound)
    assert (found.news, found.charge_id) == ("paid", charge)


async def test_time_runs_out(world: World) -> None:
    made = await world.made()
    world.time += 3601
    assert (await world.asked(made)).news == "expired"
    other = await world.made(reference="tk-other")
    await world.fake.expire("tk-other")
    (told,) = world.news()
    assert (told.news, told.reference, told.external_id) == ("expired", "tk-other", other.external_id)


async def test_an_attempt_that_fails_leaves_the_link_open(world: World) -> None:
    made = await world.made()
    await world.fake.fail(made.url or "")
    (told,) = world.news()
    assert told.news == "attempt_failed"
    assert "declined" in (told.reason or "")
    assert made.reference == told.reference or made.external_id == told.external_id
    assert "7341" not in repr(told)
    assert (await world.asked(made)).news == "open"
    await world.fake.pay(made.url or "")
    assert [each.news for each in world.news()] == ["paid"]


async def test_refunds_in_parts(world: World) -> None:
    made = await world.made()
    charge = await world.fake.pay(made.url or "")
    world.fake.held.clear()
    amount, currency = MONEY[world.kind]
    part = await world.play(world.provider.refund(charge, Money(1000, currency), KEY, "cold", world.config))
    assert isinstance(part, RefundMade)
    assert (part.amount, part.pending, part.found.news, part.found.refunded) == (1000, False, "part_refunded", 1000)
    assert await world.play(world.provider.refund(charge, Money(1000, currency), KEY, "cold", world.config)) == part
    rest = await world.play(world.provider.refund(charge, None, f"{KEY}-2", "late", world.config))
    assert isinstance(rest, RefundMade)
    assert (rest.amount, rest.found.news, rest.found.refunded) == (amount - 1000, "refunded", amount)
    told = world.news()
    assert [(each.news, each.refunded) for each in told] == [("part_refunded", 1000), ("refunded", amount)]
    assert {each.charge_id for each in told} == {charge}
    found = await world.asked(made)
    assert (found.news, found.refunded) == ("refunded", amount)
    more = await world.play(world.provider.refund(charge, None, f"{KEY}-3", "again", world.config))
    assert isinstance(more, Refused)
    assert more.remedy == "author"


@pytest.mark.parametrize(
    "fault", [Fault("silence", acts=True), Fault("reset", acts=True), Fault(status=500, acts=True)]
)
async def test_a_refund_that_was_made_unheard_is_found(world: World, fault: Fault) -> None:
    made = await world.made()
    charge = await world.fake.pay(made.url or "")
    world.fake.fail_next(replace(fault, on=GIVING[world.kind]))
    back = await world.play(world.provider.refund(charge, None, KEY, "", world.config))
    assert isinstance(back, RefundMade)
    assert back.found.news == "refunded"
    assert len(world.fake.refunds) == 1


async def test_a_refund_that_was_not_made_is_unsure_and_made_with_the_same_key(world: World) -> None:
    made = await world.made()
    charge = await world.fake.pay(made.url or "")
    world.fake.fail_next(Fault("silence", on=GIVING[world.kind]))
    assert isinstance(await world.play(world.provider.refund(charge, None, KEY, "", world.config)), Unsure)
    assert isinstance(await world.play(world.provider.refund(charge, None, KEY, "", world.config)), RefundMade)
    assert len(world.fake.refunds) == 1


async def test_a_refund_may_take_its_time(world: World) -> None:
    world.fake.refunds_pend = True
    made = await world.made()
    charge = await world.fake.pay(made.url or "")
    back = await world.play(world.provider.refund(charge, None, KEY, "", world.config))
    assert isinstance(back, RefundMade)
    assert back.pending


async def test_what_nobody_knows_is_missing(world: World) -> None:
    for external_id in ("plink_1", None):
        assert isinstance(await world.play(world.provider.fetch("tk-1", external_id, world.config)), Missing)
    assert isinstance(await world.play(world.provider.expire("plink_1", world.config)), Refused)


async def test_the_key(world: World) -> None:
    assert await world.play(world.provider.check(world.config)) is None
    wrong: Any = {"razorpay": {"key_secret": "other"}, "stripe": {"secret_key": "sk_test_other"}}[world.kind]
    config = replace(world.config, **wrong)
    for calls in (
        world.provider.check(config),
        world.provider.create(world.order(), config),
        world.provider.fetch("tk-1", "plink_1", config),
        world.provider.expire("plink_1", config),
        world.provider.refund("pay_1", None, KEY, "", config),
    ):
        found: Any = await world.play(calls)
        assert isinstance(found, Refused)
        assert found.remedy == "operator"
        assert "other" not in found.reason


WAYS: list[tuple[str, HttpReply, type, float | None]] = [
    ("no connection", HttpReply(failure="not_connected"), NotDone, None),
    ("too much", reply(429, {}, retry_after="7"), NotDone, 7.0),
    ("too much, in words", reply(429, {}, retry_after="soon"), NotDone, None),
    ("at the same time", reply(409, {"error": {"code": "x"}}), NotDone, None),
    ("no answer", HttpReply(failure="no_answer"), Unsure, None),
    ("a proxy's page", reply(502, b"<html>"), Unsure, None),
    ("sent elsewhere", reply(302, b""), Unsure, None),
    ("no JSON", reply(200, b"<html>"), Unsure, None),
    ("another shape", reply(200, {"id": 7}), Unsure, None),
    ("a key that is locked", reply(403, {"error": {"code": "locked", "message": "no"}}), Refused, None),
    ("wrong", reply(400, {"error": "no"}), Refused, None),
]  # fmt: skip


@each
@pytest.mark.parametrize("label, answer, kind_of, wait", WAYS, ids=[row[0] for row in WAYS])
def test_what_an_answer_comes_to(kind: str, label: str, answer: HttpReply, kind_of: type, wait: float | None) -> None:
    provider, config = find(kind), CONFIGS[kind]
    order = PaymentOrder("tk-1", MONEY[kind], "x", NOW + 3600, "https://shop.test")
    changing: tuple[Any, ...] = (
        provider.create(order, config),
        provider.expire("plink_1", config),
        provider.refund("pay_1", None, KEY, "", config),
    )
    for calls in changing:
        _, found = played(calls, lambda _: answer)
        assert isinstance(found, kind_of)
        if isinstance(found, NotDone):
            assert found.retry_after == wait
    for asking in (provider.fetch("tk-1", "plink_1", config), provider.check(config)):
        _, asked = played(asking, lambda _: answer)
        assert isinstance(asked, NotDone if kind_of is Unsure and label != "another shape" else (NotDone, Refused))


@each
def test_no_call_shows_a_secret(kind: str) -> None:
    config = CONFIGS[kind]
    provider = find(kind)
    order = PaymentOrder("tk-1", MONEY[kind], "x", NOW + 3600, "https://shop.test")
    made, _ = played(provider.create(order, config), lambda _: HttpReply(failure="not_connected"))
    shown = repr(made) + repr(config)
    assert not [each for each in (config.webhook_secret, "key-secret", "sk_test_key", "old") if each in shown]
    assert (config.live, config.mode) == (False, "test")


ODD: list[tuple[str, bytes, bool]] = [
    ("nothing", b"", False),
    ("a list", b"[]", False),
    ("a text", b'"paid"', False),
    ("cut off", b'{"event": "payment_link.paid"', False),
    ("without end", b'{"a":' * 100_000, False),
    ("an empty object", b"{}", True),
    ("an unknown event", b'{"event": "invoice.paid", "type": "invoice.paid", "livemode": false}', True),
    ("no link", b'{"event": "payment_link.paid", "payload": {"payment_link": []}}', True),
    ("no checkout", b'{"type": "checkout.session.completed", "livemode": false, "data": {"object": 1}}', True),
]  # fmt: skip


@each
@pytest.mark.parametrize("label, body, is_object", ODD, ids=[row[0] for row in ODD])
def test_odd_bodies(kind: str, label: str, body: bytes, is_object: bool) -> None:
    provider, config = find(kind), CONFIGS[kind]
    if not is_object:
        with pytest.raises(NotThisProvider):
            provider.parse(Webhook({}, body), config)
        return
    (found,) = provider.parse(Webhook({}, body), config)
    assert isinstance(found, PaymentIgnored)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KNOWN_EVENTS = sorted({event for kind in kinds() for event in find(kind).events})
FIELDS = (
    "id object event type livemode payload data payment_link payment refund entity status mode amount amount_paid "
    "amount_total currency reference_id client_reference_id payment_intent metadata notes payments payment_status "
    "amount_refunded description short_url url expire_by expires_at created last_payment_error reference"
).split()
SHAPED = st.dictionaries(st.sampled_from(FIELDS), st.deferred(lambda: VALUES), max_size=6)
WORDS = [
    *KNOWN_EVENTS, "paid", "unpaid", "complete", "checkout.session", "payment", "charge", "INR", "#abcdefgh1234",
    "\x00",
]  # fmt: skip
VALUES: st.SearchStrategy[Any] = (
    JSON | SHAPED | st.lists(SHAPED, max_size=2) | st.sampled_from(WORDS) | st.integers(0, 10**20)
)


@settings(max_examples=60, deadline=None)
@given(body=SHAPED | JSON, event=st.sampled_from(KNOWN_EVENTS))
def test_whatever_comes_is_told_or_ignored(body: Any, event: str) -> None:
    if isinstance(body, dict):
        body = {"event": event, "type": event, "livemode": False} | body
    raw = json.dumps(body).encode()
    for kind in kinds():
        provider, config = find(kind), CONFIGS[kind]
        try:
            found = provider.parse(Webhook({}, raw), config)
        except NotThisProvider:
            assert not isinstance(body, dict)
            continue
        assert all(isinstance(one, PaymentFound | PaymentIgnored) for one in found)
        assert "\x00" not in repr(found)
        order = PaymentOrder("tk-1", MONEY[kind], "x", NOW + 3600, "https://shop.test")
        for calls in (
            provider.create(order, config), provider.fetch("tk-1", "x", config), provider.expire("x", config),
            provider.refund("x", None, KEY, "", config), provider.check(config),
        ):  # fmt: skip
            played(calls, lambda _: HttpReply(200, raw))


@settings(max_examples=60, deadline=None)
@given(
    header=st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")), now=st.floats(0, 1e11)
)
def test_no_made_up_signature_proves_anything(header: str, now: float) -> None:
    for kind in kinds():
        for given_header in (header, f"t=1,v1={header}", f"t={header},v1="):
            request = Webhook({"x-razorpay-signature": given_header, "stripe-signature": given_header}, b"{}")
            with pytest.raises(Forbidden):
                find(kind).verify(request, CONFIGS[kind], now)
