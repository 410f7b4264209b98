"""What Stripe writes, as values: checkout sessions, charges and the events of its webhooks."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from turnkeeper.model.payments import PaymentFound, PaymentIgnored, PaymentNews
from turnkeeper.payments.answers import Item, address, after_refunds, an_id, inner, instant, words
from turnkeeper.payments.stripe.units import read

_ALERTS: Final = {
    "refund.failed": "a refund failed",
    "charge.dispute.created": "a payment is disputed",
}


def told(event: Item, *, live: bool) -> PaymentFound | PaymentIgnored:
    """What one event says; one of the other mode says nothing."""
    event_id = an_id(event.get("id"))
    kind = str(event.get("type"))[:80]
    if event.get("livemode") is not live:
        return PaymentIgnored(f"{kind} is not of {'live' if live else 'test'} mode, as the key is", event_id)
    thing = inner(event, "data", "object")
    found: PaymentFound | None = None
    match kind:
        case "checkout.session.completed" | "checkout.session.expired" | "checkout.session.async_payment_succeeded":
            found = of_session(thing, live=live)
        case "checkout.session.async_payment_failed":
            found = of_session(thing, live=live, news="failed")
        case "payment_intent.payment_failed":
            found = _failed(thing, live=live)
        case "charge.refunded":
            found = of_charge(thing, live=live)
        case _ if kind in _ALERTS:
            return PaymentIgnored(f"{_ALERTS[kind]} ({an_id(thing.get('id')) or 'no id'})", event_id, alert=True)
        case _:
            return PaymentIgnored(f"{kind} changes no payment", event_id)
    if found is None:
        return PaymentIgnored(f"{kind} is of nothing that was asked for here, or cannot be read", event_id)
    return replace(found, event_id=event_id, at=instant(event.get("created")))


def of_session(session: Item, *, live: bool, news: PaymentNews | None = None) -> PaymentFound | None:
    """A checkout as it is now; None for what is none that takes a payment.

    One that is complete and unpaid waits for a slow way of paying: an event tells how that ended.
    """
    external_id = an_id(session.get("id"))
    if external_id is None or session.get("object") != "checkout.session" or session.get("mode") != "payment":
        return None
    if session.get("livemode") is not live:
        return None
    ended: PaymentNews | None = news
    if news is None and session.get("status") == "expired":
        ended = "expired"
    elif news is None and session.get("status") == "complete" and session.get("payment_status") != "unpaid":
        ended = "paid"
    return PaymentFound(
        news=ended or "open",
        live=live,
        reference=an_id(session.get("client_reference_id")),
        external_id=external_id,
        charge_id=_intent(session) if ended == "paid" else None,
        money=read(session.get("amount_total"), session.get("currency")),
        url=address(session.get("url")),
        reason="a slow way of paying did not go through" if ended == "failed" else None,
        expires_at=instant(session.get("expires_at")),
    )


def of_charge(charge: Item, *, live: bool) -> PaymentFound | None:
    """A charge that was taken, with what went back; None for what is none of an intent."""
    intent = _intent(charge)
    if intent is None or charge.get("object") != "charge":
        return None
    found = PaymentFound(
        news="paid",
        live=live,
        reference=an_id(inner(charge, "metadata").get("reference")),
        charge_id=intent,
        money=read(charge.get("amount"), charge.get("currency")),
    )
    back = read(charge.get("amount_refunded"), charge.get("currency"))
    return after_refunds(found, back.amount if back else 0)


def _failed(intent: Item, *, live: bool) -> PaymentFound | None:
    """An attempt that failed: of what went wrong the words are kept, of the card nothing."""
    reference = an_id(inner(intent, "metadata").get("reference"))
    if reference is None:
        return None
    error = inner(intent, "last_payment_error")
    return PaymentFound(
        news="attempt_failed",
        live=live,
        reference=reference,
        money=read(intent.get("amount"), intent.get("currency")),
        reason=words(error.get("message")) or words(error.get("code")),
    )


def _intent(thing: Item) -> str | None:
    """The payment intent, named or shown."""
    intent = thing.get("payment_intent")
    return an_id(intent.get("id") if isinstance(intent, dict) else intent)
