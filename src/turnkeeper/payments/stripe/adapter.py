"""Stripe's checkout.

Source: Stripe's API reference and webhook guide, and its Python SDK 16.1, read in 2026. Bodies are forms; what is
repeated with the same `Idempotency-Key` is answered as it was the first time, for a day, an error of Stripe's own too.
A checkout cannot be looked for by our reference: who lost its id asks for it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar, Final, Literal
from urllib.parse import quote, urlencode

from turnkeeper.model.http import Calls, HttpCall, HttpReply, Webhook
from turnkeeper.model.payments import Money, PaymentFound, PaymentIgnored, PaymentOrder
from turnkeeper.payments.answers import (
    Item,
    after_expiring,
    after_refunds,
    an_id,
    asked_later,
    body_object,
    inner,
    read_object,
    refund_of,
    refused,
    same,
    signed,
    unanswered,
    usable,
    words,
)
from turnkeeper.payments.base import Forbidden, Missing, NotDone, RefundMade, Refused, Trouble, Unsure
from turnkeeper.payments.config import StripeConfig
from turnkeeper.payments.stripe.reading import of_charge, of_session, told
from turnkeeper.payments.stripe.units import judged, read, written

VERSION: Final = "2026-10-28.endive"
"""Of the API, as its answers are read here."""
_REFERENCE: Final = 200
_DESCRIPTION: Final = 250
_SOONEST: Final = 31 * 60.0
"""Thirty minutes are the least; clocks differ."""
_LATEST: Final = 24 * 3600.0 - 60.0
_STALE: Final = 300.0
_VALUE: Final = 500
_MOST_SIGNATURES: Final = 16
_EXPANDED: Final = "expand[0]"


class Stripe:
    """The PaymentProvider of kind `stripe`."""

    kind: ClassVar[str] = "stripe"
    events: ClassVar[tuple[str, ...]] = (
        "checkout.session.completed", "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed", "checkout.session.expired", "payment_intent.payment_failed",
        "charge.refunded", "refund.failed", "charge.dispute.created",
    )  # fmt: skip

    def verify(self, request: Webhook, config: StripeConfig, now: float) -> None:
        """`Stripe-Signature`: any of its v1 over its t and the raw body, t within 300 s; raises Forbidden."""
        parts = [each.strip().partition("=") for each in request.headers.get("stripe-signature", "").split(",")]
        stamp = next((value for name, _, value in parts if name == "t"), "")
        given = [value for name, _, value in parts if name == "v1"][:_MOST_SIGNATURES]
        message = stamp.encode("utf-8", "replace") + b"." + request.body
        expected = [signed(secret, message) for secret in config.webhook_secrets]
        matches = [same(each, one) for each in given for one in expected]
        if not any(matches):
            raise Forbidden("Stripe-Signature is missing or wrong")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12) or now - int(stamp) > _STALE:
            raise Forbidden("Stripe-Signature is too old")

    def parse(self, request: Webhook, config: StripeConfig) -> list[PaymentFound | PaymentIgnored]:
        """One event; raises NotThisProvider."""
        return [told(body_object(request.body), live=config.live)]

    def fitted(self, order: PaymentOrder, config: StripeConfig, now: float) -> PaymentOrder | Refused:
        """To end in 31 minutes to a day, in up to 250 characters; it returns to `success_url` unless told otherwise."""
        if not 0 < len(order.reference) <= _REFERENCE:
            return Refused("reference", f"Stripe takes references of 1 to {_REFERENCE} characters", "author")
        if (refusal := judged(order.money)) is not None:
            return refusal
        ends = now + _LATEST if order.expires_at is None else order.expires_at
        return order._replace(
            description=order.description[:_DESCRIPTION] or order.reference,
            expires_at=float(int(min(max(ends, now + _SOONEST), now + _LATEST))),
            return_url=order.return_url or config.success_url,
        )

    def create(
        self,
        order: PaymentOrder,
        config: StripeConfig,
        *,
        again: bool = False,  # noqa: ARG002 - the key finds it
    ) -> Calls[PaymentFound | Trouble]:
        """Make a checkout; the same order brings the same one.

        An error of Stripe's own is kept under the key: then another key is taken, since nobody was shown what may have
        been made under the first.
        """
        reply = yield _call(config, "POST", "checkout/sessions", _wanted(order), order.reference)
        if reply.status >= 500 and _is_replayed(reply):
            reply = yield _call(config, "POST", "checkout/sessions", _wanted(order), f"{order.reference}-2")
        if (trouble := unanswered(reply)) is not None:
            return trouble
        if reply.status != 200:
            return _refusal(reply)
        found = of_session(read_object(reply.body) or {}, live=config.live)
        if found is None or (found.url is None and found.news == "open"):
            return Unsure("the answer is no checkout")
        if found.money != order.money:
            return Refused("reference", "the checkout with this reference is for another amount", "operator")
        if found.news == "open" and _is_replayed(reply):  # as it was then: it may have been paid since
            now = yield from self.fetch(order.reference, found.external_id, config)
            return now if isinstance(now, PaymentFound) else found
        return found

    def fetch(
        self,
        reference: str,  # noqa: ARG002 - Stripe cannot look for it
        external_id: str | None,
        config: StripeConfig,
    ) -> Calls[PaymentFound | Missing | NotDone | Refused]:
        """The checkout by its id, with what went back of its payment."""
        if external_id is None:
            return Missing("Stripe finds checkouts by their own ids only")
        query = urlencode({_EXPANDED: "payment_intent.latest_charge"})
        session = yield from _object(f"checkout/sessions/{quote(external_id, safe='')}?{query}", config)
        if not isinstance(session, dict):
            return session
        found = of_session(session, live=config.live)
        if found is None:
            return NotDone("the answer is no checkout")
        charge = inner(session, "payment_intent", "latest_charge")
        back = read(charge.get("amount_refunded"), charge.get("currency")) if found.news == "paid" else None
        return after_refunds(found, back.amount if back else 0)

    def expire(self, external_id: str, config: StripeConfig) -> Calls[PaymentFound | Trouble]:
        """Expire an open checkout. A 400 means that it ended before: how, is asked."""
        reply = yield _call(config, "POST", f"checkout/sessions/{quote(external_id, safe='')}/expire", {})
        read = partial(of_session, live=config.live)
        return (yield from after_expiring(reply, read, self.fetch("", external_id, config), _refusal))

    def refund(
        self, charge_id: str, money: Money | None, key: str, reason: str, config: StripeConfig
    ) -> Calls[RefundMade | Trouble]:
        """Refund a payment intent; the key makes it once, and after a doubt it is looked for."""
        wanted = {
            "payment_intent": charge_id,
            "reason": "requested_by_customer",
            "metadata[key]": key,
            "metadata[reason]": reason[:_VALUE],
            _EXPANDED: "charge",
        }
        if money is not None:
            wanted["amount"] = written(money)
        reply = yield _call(config, "POST", "refunds", wanted, key)
        trouble = unanswered(reply)
        if isinstance(trouble, NotDone):
            return trouble
        if trouble is None and reply.status != 200:
            return _refusal(reply)
        made = read_object(reply.body) or {}
        if trouble is not None:
            query = urlencode({"payment_intent": charge_id, "limit": "100", "expand[0]": "data.charge"})
            listed = yield from _object(f"refunds?{query}", config)
            made = refund_of(key, listed, "data", "metadata")
            if not made and isinstance(listed, dict) and _is_replayed(reply):  # it will never be answered otherwise
                return Refused("refund_unclear", "Stripe failed, and shows no such refund: look there", "operator")
        if an_id(made.get("id")) is None:
            return trouble or Unsure("the answer is no refund")
        return _given_back(made, charge_id, config)

    def check(self, config: StripeConfig) -> Calls[NotDone | Refused | None]:
        """List one checkout."""
        listed = yield from _object("checkout/sessions?limit=1", config)
        return usable(listed, "data", "Stripe")


def _call(
    config: StripeConfig,
    method: Literal["GET", "POST"],
    path: str,
    form: Mapping[str, str] | None = None,
    key: str | None = None,
) -> HttpCall:
    headers = {"authorization": f"Bearer {config.secret_key}", "stripe-version": VERSION}
    if key is not None:
        headers["idempotency-key"] = key
    return HttpCall(method, f"{config.api_base.rstrip('/')}/v1/{path}", headers, form=form)


def _wanted(order: PaymentOrder) -> dict[str, str]:
    """A hosted checkout of one line. The intent gets the reference too: a checkout's metadata is not copied to it."""
    line = "line_items[0]"
    wanted = {
        "mode": "payment",
        f"{line}[quantity]": "1",
        f"{line}[price_data][currency]": order.money.currency.lower(),
        f"{line}[price_data][unit_amount]": written(order.money),
        f"{line}[price_data][product_data][name]": order.description,
        "client_reference_id": order.reference,
        "metadata[reference]": order.reference,
        "payment_intent_data[metadata][reference]": order.reference,
        "success_url": order.return_url,
    }
    if order.expires_at is not None:
        wanted["expires_at"] = str(int(order.expires_at))
    return wanted


def _is_replayed(reply: HttpReply) -> bool:
    return reply.headers.get("idempotent-replayed", "").lower() == "true"


def _object(path: str, config: StripeConfig) -> Calls[Item | Missing | NotDone | Refused]:
    """What a GET brings."""
    reply = yield _call(config, "GET", path)
    if (trouble := unanswered(reply)) is not None:
        return asked_later(trouble)
    if reply.status == 404:
        return Missing(_said(reply) or "HTTP 404")
    if reply.status != 200:
        return _refusal(reply)
    return read_object(reply.body) or NotDone("the answer is no JSON object")


def _given_back(made: Item, charge_id: str, config: StripeConfig) -> RefundMade | Refused:
    if made.get("status") in ("failed", "canceled"):
        said = words(made.get("failure_reason")) or str(made["status"])
        return Refused("refund_failed", f"Stripe took the refund, and it failed: {said}", "operator")
    amount = read(made.get("amount"), made.get("currency"))
    back = amount.amount if amount else 0
    found = of_charge(inner(made, "charge"), live=config.live)
    if found is None or found.refunded is None:
        found = after_refunds(found or PaymentFound(news="paid", live=config.live, charge_id=charge_id), back)
    return RefundMade(str(made["id"]), back, made.get("status") != "succeeded", found)


def _said(reply: HttpReply) -> str:
    return words(inner(read_object(reply.body), "error").get("message")) or ""


def _refusal(reply: HttpReply) -> NotDone | Refused:
    """What is refused, unless Stripe says that it may be tried again, or that it may not."""
    error = inner(read_object(reply.body), "error")
    found = refused(reply, words(error.get("code")) or words(error.get("type")) or "", _said(reply))
    advice = reply.headers.get("stripe-should-retry", "").lower()
    if advice == "true" and isinstance(found, Refused) and found.remedy != "operator":
        return NotDone(found.reason, code=found.code)
    if advice == "false" and isinstance(found, NotDone):
        return Refused(found.code, found.reason)
    return found
