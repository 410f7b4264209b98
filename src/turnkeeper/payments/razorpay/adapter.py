"""Razorpay's payment links.

Source: Razorpay's API reference and webhook pages, read in April 2026. A link is found again by its `reference_id`,
which is unique: creating has no other protection against doing it twice.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from functools import partial
from hashlib import sha256
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
    items,
    money,
    read_object,
    refund_of,
    refused,
    same,
    signed,
    unanswered,
    usable,
    whole,
    words,
)
from turnkeeper.payments.base import Forbidden, Missing, NotDone, RefundMade, Refused, Trouble, Unsure
from turnkeeper.payments.config import RazorpayConfig
from turnkeeper.payments.razorpay.reading import of_link, of_payment, told

_REFERENCE: Final = 40
_DESCRIPTION: Final = 2048
_SOONEST: Final = 16 * 60.0
"""Fifteen minutes are the least; clocks differ."""
_LATEST: Final = 180 * 86_400.0
_LEAST: Final = {"INR": 100}
_THREE_DECIMALS: Final = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
_NOTE: Final = 255
_TAKEN = re.compile(r"reference id already", re.IGNORECASE)
_NOWHERE = re.compile(r"does not exist|not found|not a valid id", re.IGNORECASE)


class Razorpay:
    """The PaymentProvider of kind `razorpay`."""

    kind: ClassVar[str] = "razorpay"
    events: ClassVar[tuple[str, ...]] = (
        "payment_link.paid", "payment_link.expired", "payment_link.cancelled", "payment.failed", "refund.processed",
        "refund.failed", "payment.dispute.created",
    )  # fmt: skip

    def verify(self, request: Webhook, config: RazorpayConfig, now: float) -> None:  # noqa: ARG002 - it is not dated
        """`X-Razorpay-Signature`: hex HMAC-SHA256 of the raw body; raises Forbidden."""
        given = request.headers.get("x-razorpay-signature", "")
        matches = [same(given, signed(secret, request.body)) for secret in config.webhook_secrets]
        if not any(matches):
            raise Forbidden("X-Razorpay-Signature is missing or wrong")

    def parse(self, request: Webhook, config: RazorpayConfig) -> list[PaymentFound | PaymentIgnored]:
        """One event. Its mode is the secret's that proved it; raises NotThisProvider."""
        event = body_object(request.body)
        event_id = an_id(request.headers.get("x-razorpay-event-id")) or sha256(request.body).hexdigest()
        return [told(event, event_id, live=config.live)]

    def fitted(self, order: PaymentOrder, config: RazorpayConfig, now: float) -> PaymentOrder | Refused:  # noqa: ARG002
        """To end in 16 minutes to six months, in up to 2048 characters."""
        amount, currency = order.money
        if not 0 < len(order.reference) <= _REFERENCE:
            return Refused("reference", f"Razorpay takes references of 1 to {_REFERENCE} characters", "author")
        if amount < (least := _LEAST.get(currency, 1)):
            return Refused("amount", f"{amount} is less than Razorpay takes in {currency} ({least})", "author")
        if currency in _THREE_DECIMALS and amount % 10:
            return Refused("amount", f"Razorpay takes amounts in {currency} only if they end in 0", "author")
        ends = order.expires_at
        if ends is not None:
            ends = float(int(min(max(ends, now + _SOONEST), now + _LATEST)))
        return order._replace(description=order.description[:_DESCRIPTION], expires_at=ends)

    def create(
        self, order: PaymentOrder, config: RazorpayConfig, *, again: bool = False
    ) -> Calls[PaymentFound | Trouble]:
        """Make a link, or adopt the one that has our reference."""
        if again:
            found = yield from _adopted(order, config)
            if not isinstance(found, Missing):
                return found
        reply = yield _call(config, "POST", "payment_links", _wanted(order))
        trouble = unanswered(reply)
        if isinstance(trouble, NotDone):
            return trouble
        if trouble is None and not _TAKEN.search(_said(reply)):
            return _made(reply, order, config)
        found = yield from _adopted(order, config)
        if not isinstance(found, Missing):
            return found
        return trouble or Unsure("the reference is taken, and no link with it is found yet")

    def fetch(
        self, reference: str, external_id: str | None, config: RazorpayConfig
    ) -> Calls[PaymentFound | Missing | NotDone | Refused]:
        """The link, by its id or our reference; of a paid one, what went back too."""
        if external_id is None:
            link = yield from _by_reference(reference, config)
        else:
            link = yield from _object(f"payment_links/{quote(external_id, safe='')}", config)
        if not isinstance(link, dict):
            return link
        found = of_link(link, live=config.live)
        if found is None:
            return NotDone("the answer is no payment link")
        return (yield from _with_refunds(found, config))

    def expire(self, external_id: str, config: RazorpayConfig) -> Calls[PaymentFound | Trouble]:
        """Cancel a link. A 400 means that it ended before: how, is asked."""
        reply = yield _call(config, "POST", f"payment_links/{quote(external_id, safe='')}/cancel")
        read = partial(of_link, live=config.live)
        return (yield from after_expiring(reply, read, self.fetch("", external_id, config), _refusal))

    def refund(
        self, charge_id: str, money: Money | None, key: str, reason: str, config: RazorpayConfig
    ) -> Calls[RefundMade | Trouble]:
        """Refund a captured payment; `X-Refund-Idempotency` makes it once, and after a doubt it is looked for."""
        path = f"payments/{quote(charge_id, safe='')}"
        wanted: Item = {"speed": "normal", "notes": {"key": key, "reason": reason[:_NOTE]}}
        if money is not None:
            wanted["amount"] = money.amount
        reply = yield _call(config, "POST", f"{path}/refund", wanted, {"x-refund-idempotency": key})
        trouble = unanswered(reply)
        if isinstance(trouble, NotDone):
            return trouble
        if trouble is None and not 200 <= reply.status < 300:
            return _refusal(reply)
        made = read_object(reply.body) or {}
        if trouble is not None:
            listed = yield from _object(f"{path}/refunds?count=100", config)
            made = refund_of(key, listed, "items", "notes")
        if an_id(made.get("id")) is None:
            return trouble or Unsure("the answer is no refund")
        payment = yield from _object(path, config)
        return _given_back(made, payment if isinstance(payment, dict) else {}, charge_id, config)

    def check(self, config: RazorpayConfig) -> Calls[NotDone | Refused | None]:
        """List one payment."""
        listed = yield from _object("payments?count=1", config)
        return usable(listed, "items", "Razorpay")


Method = Literal["GET", "POST"]


def _call(
    config: RazorpayConfig,
    method: Method,
    path: str,
    body: Item | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpCall:
    """A call with the key. The scheme is written `Basic`: `basic` is refused."""
    key = b64encode(f"{config.key_id}:{config.key_secret}".encode()).decode()
    url = f"{config.api_base.rstrip('/')}/v1/{path}"
    return HttpCall(method, url, {"authorization": f"Basic {key}", **(headers or {})}, body)


def _wanted(order: PaymentOrder) -> Item:
    """A link for the whole amount. Razorpay notifies nobody: we send the link."""
    wanted: Item = {
        "amount": order.money.amount,
        "currency": order.money.currency,
        "accept_partial": False,
        "description": order.description,
        "reference_id": order.reference,
        "notify": {"sms": False, "email": False},
        "reminder_enable": False,
    }
    if order.expires_at is not None:
        wanted["expire_by"] = int(order.expires_at)
    if order.return_url:
        wanted |= {"callback_url": order.return_url, "callback_method": "get"}
    return wanted


def _made(reply: HttpReply, order: PaymentOrder, config: RazorpayConfig) -> PaymentFound | Trouble:
    if not 200 <= reply.status < 300:
        return _refusal(reply)
    return _as_ordered(read_object(reply.body) or {}, order, config)


def _as_ordered(link: Item, order: PaymentOrder, config: RazorpayConfig) -> PaymentFound | Refused | Unsure:
    found = of_link(link, live=config.live)
    if found is None or found.url is None:
        return Unsure("the answer is no payment link")
    if money(link.get("amount"), link.get("currency")) != order.money:
        return Refused("reference", "the link with this reference is for another amount", "operator")
    return found


def _adopted(order: PaymentOrder, config: RazorpayConfig) -> Calls[PaymentFound | Missing | Trouble]:
    """The link that was made for this order, if there is one."""
    link = yield from _by_reference(order.reference, config)
    if isinstance(link, dict):
        found = _as_ordered(link, order, config)
        return (yield from _with_refunds(found, config)) if isinstance(found, PaymentFound) else found
    return Unsure(f"it cannot be looked for: {link.reason}") if isinstance(link, NotDone) else link


def _by_reference(reference: str, config: RazorpayConfig) -> Calls[Item | Missing | NotDone | Refused]:
    """The link that has our reference."""
    listed = yield from _object(f"payment_links?{urlencode({'reference_id': reference})}", config)
    if not isinstance(listed, dict):
        return listed
    links = items(listed.get("payment_links"))
    ours = [each for each in links if each.get("reference_id") == reference and an_id(each.get("id"))]
    return ours[0] if ours else Missing("no link has this reference")


def _with_refunds(found: PaymentFound, config: RazorpayConfig) -> Calls[PaymentFound]:
    """A paid link says nothing of refunds: its payment does."""
    if found.news != "paid" or found.charge_id is None:
        return found
    payment = yield from _object(f"payments/{quote(found.charge_id, safe='')}", config)
    return after_refunds(found, whole(payment.get("amount_refunded")) or 0 if isinstance(payment, dict) else 0)


def _object(path: str, config: RazorpayConfig) -> Calls[Item | Missing | NotDone | Refused]:
    """What a GET brings."""
    reply = yield _call(config, "GET", path)
    if (trouble := unanswered(reply)) is not None:
        return asked_later(trouble)
    if reply.status != 200:
        gone = reply.status == 404 or (reply.status == 400 and _NOWHERE.search(_said(reply)))
        return Missing(_said(reply) or f"HTTP {reply.status}") if gone else _refusal(reply)
    return read_object(reply.body) or NotDone("the answer is no JSON object")


def _given_back(made: Item, payment: Item, charge_id: str, config: RazorpayConfig) -> RefundMade | Refused:
    if made.get("status") == "failed":
        return Refused("refund_failed", "Razorpay took the refund, and it failed", "operator")
    amount = whole(made.get("amount")) or 0
    found = of_payment(payment if payment.get("id") == charge_id else {"id": charge_id}, live=config.live, back=amount)
    assert found is not None  # it has an id
    return RefundMade(str(made["id"]), amount, made.get("status") != "processed", found)


def _said(reply: HttpReply) -> str:
    return words(inner(read_object(reply.body), "error").get("description")) or ""


def _refusal(reply: HttpReply) -> NotDone | Refused:
    error = inner(read_object(reply.body), "error")
    return refused(reply, words(error.get("reason")) or words(error.get("code")) or "", _said(reply))
