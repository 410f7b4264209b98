"""What Razorpay writes, as values: links, payments and the events of its webhooks.

Notes and customers may be null, a list or an object. A webhook names no mode, and its `created_at` is the link's.
"""

from __future__ import annotations

import re
from typing import Final

from turnkeeper.model.payments import PaymentFound, PaymentIgnored, PaymentNews
from turnkeeper.payments.answers import Item, address, after_refunds, an_id, inner, instant, items, money, whole, words

_OF_LINK = re.compile(r"#([A-Za-z0-9]{8,32})")
"""The description of a payment that was made by a link: the link's id without its `plink_`."""
_ENDED: Final[dict[str, PaymentNews]] = {"paid": "paid", "expired": "expired", "cancelled": "cancelled"}
_LINK_EVENTS: Final = {f"payment_link.{status}": status for status in _ENDED}
_ALERTS: Final = {
    "refund.failed": "a refund failed",
    "payment.dispute.created": "a payment is disputed",
    "payment.dispute.lost": "a dispute was lost",
}


def told(event: Item, event_id: str, *, live: bool) -> PaymentFound | PaymentIgnored:
    """What one event says."""
    kind = str(event.get("event"))[:80]
    payment = inner(event, "payload", "payment", "entity")
    if kind in _LINK_EVENTS:
        link = inner(event, "payload", "payment_link", "entity")
        found = of_link(link, _LINK_EVENTS[kind], live=live, event_id=event_id, charge=payment)
        return found or PaymentIgnored(f"{kind} without a link's id", event_id)
    if kind == "payment.failed":
        return _failed(payment, event_id, live=live)
    refund = inner(event, "payload", "refund", "entity")
    if kind in _ALERTS:
        named = an_id(refund.get("id")) or an_id(payment.get("id")) or "no id"
        return PaymentIgnored(f"{_ALERTS[kind]} ({named})", event_id, alert=True)
    if kind == "refund.processed":
        return _went_back(refund, payment, event_id, live=live)
    return PaymentIgnored(f"{kind} changes no payment", event_id)


def of_link(
    link: Item, status: str | None = None, *, live: bool, event_id: str | None = None, charge: Item | None = None
) -> PaymentFound | None:
    """A link as it is now, or as an event says; None for what is no link. Partly paid is not paid."""
    external_id = an_id(link.get("id"))
    if external_id is None:
        return None
    news = _ENDED.get(status or str(link.get("status")))
    captured = [each for each in items(link.get("payments")) if each.get("status") in (None, "captured")]
    charge = charge or (captured[-1] if captured else {})
    paid = news == "paid"
    taken = whole(link.get("amount_paid"))
    ends = {"paid": charge.get("created_at"), "expired": link.get("expired_at"), "cancelled": link.get("cancelled_at")}
    return PaymentFound(
        news=news or "open",
        live=live,
        reference=an_id(link.get("reference_id")),
        external_id=external_id,
        charge_id=(an_id(charge.get("id")) or an_id(charge.get("payment_id"))) if paid else None,
        money=money(link.get("amount") if taken is None or not paid else taken, link.get("currency")),
        url=address(link.get("short_url")),
        at=instant(ends.get(news or "")),
        event_id=event_id,
        expires_at=instant(link.get("expire_by")),
    )


def of_payment(payment: Item, *, live: bool, event_id: str | None = None, back: int = 0) -> PaymentFound | None:
    """A captured payment, of which at least `back` was refunded; None for what is none."""
    charge_id = an_id(payment.get("id"))
    if charge_id is None:
        return None
    found = PaymentFound(
        news="paid",
        live=live,
        external_id=_link_of(payment),
        charge_id=charge_id,
        money=money(payment.get("amount"), payment.get("currency")),
        event_id=event_id,
    )
    return after_refunds(found, max(back, whole(payment.get("amount_refunded")) or 0))


def _failed(payment: Item, event_id: str, *, live: bool) -> PaymentFound | PaymentIgnored:
    """An attempt that failed; the link stays payable, and this very payment may still be captured."""
    link = _link_of(payment)
    if link is None:
        return PaymentIgnored("a payment failed that names no link", event_id)
    said = (words(payment.get(each)) for each in ("error_description", "error_reason", "error_code"))
    return PaymentFound(
        news="attempt_failed",
        live=live,
        external_id=link,
        charge_id=an_id(payment.get("id")),
        money=money(payment.get("amount"), payment.get("currency")),
        at=instant(payment.get("created_at")),
        reason=next(filter(None, said), None),
        event_id=event_id,
    )


def _went_back(refund: Item, payment: Item, event_id: str, *, live: bool) -> PaymentFound | PaymentIgnored:
    back = whole(refund.get("amount"))
    if payment.get("captured") is False:
        return PaymentIgnored("a payment that was never taken went back", event_id)
    payment = payment or {"id": refund.get("payment_id")}
    found = of_payment(payment, live=live, event_id=event_id, back=back or 0) if back else None
    return found or PaymentIgnored("a refund without its payment or amount", event_id)


def _link_of(payment: Item) -> str | None:
    """The link that a payment was made by, as far as it says."""
    named = _OF_LINK.fullmatch(str(payment.get("description")))
    return f"plink_{named[1]}" if named else None
