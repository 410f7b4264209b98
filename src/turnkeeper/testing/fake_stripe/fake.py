"""Stripe's API as far as hosted checkouts go, with what it refuses."""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from turnkeeper.testing.http import Reply, Request
from turnkeeper.testing.payment_desk import Fault, NotPayable, PaymentDesk

if TYPE_CHECKING:
    from collections.abc import Callable

Thing = dict[str, Any]
_SOONEST: Final = 30 * 60
_LATEST: Final = 24 * 3600
_SLOW: Final = frozenset({"sepa_debit", "bacs_debit", "us_bank_account"})
"""Ways of paying that take days."""
_METADATA = re.compile(r"metadata\[(\w+)\]")
_LINE: Final = "line_items[0]"
_PRICE: Final = f"{_LINE}[price_data]"
_VERSION: Final = "2026-10-28.endive"


class FakeStripe(PaymentDesk):
    """One account in one mode. `refunds_pend`: refunds are taken on as pending."""

    def __init__(
        self,
        secret_key: str = "sk_test_fakekey0000001",  # noqa: S107 - it opens nothing
        webhook_secret: str = "whsec_fakehooksecret",  # noqa: S107
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(webhook_secret, now)
        self.secret_key = secret_key
        self.live = "_live_" in secret_key
        self.refunds_pend = False
        self.old_webhook_secret = ""
        self.sessions: dict[str, Thing] = {}
        self.intents: dict[str, Thing] = {}
        self.charges: dict[str, Thing] = {}
        self.refunds: dict[str, Thing] = {}
        self._kept: dict[str, tuple[bytes, Reply]] = {}

    # What people and the passing of time do.

    async def pay(self, checkout: str, method: str = "card") -> str:
        """Somebody pays a checkout: by its id, our reference or its address. Gives the intent; raises NotPayable.

        A slow way of paying (`sepa_debit`) completes it, and `settle` tells how that ended.
        """
        session = self._payable(checkout)
        intent = self._intent(session)
        session.update(status="complete", url=None, payment_intent=intent["id"])
        if method not in _SLOW:
            self._take(session, intent, method)
        await self._tell("checkout.session.completed", session)
        return str(intent["id"])

    async def settle(self, checkout: str, *, paid: bool = True) -> None:
        """A slow payment came, or did not."""
        session = self.session(checkout)
        intent = self.intents[session["payment_intent"]]
        if paid:
            self._take(session, intent, "sepa_debit")
        await self._tell(f"checkout.session.async_payment_{'succeeded' if paid else 'failed'}", session)

    async def fail(self, checkout: str, method: str = "card") -> str:
        """Somebody tries to pay, and it fails; the checkout can still be paid."""
        session = self._payable(checkout)
        intent = self._intent(session)
        session["payment_intent"] = intent["id"]
        intent["last_payment_error"] = {
            "type": "card_error", "code": "card_declined", "decline_code": "generic_decline",
            "message": "Your card was declined.",
            "payment_method": {"type": method, "card": {"last4": "7341", "brand": "visa"}},
        }  # fmt: skip
        await self._tell("payment_intent.payment_failed", intent)
        return str(intent["id"])

    async def expire(self, checkout: str) -> None:
        """The checkout's time is over now."""
        session = self._payable(checkout)
        session.update(status="expired", url=None)
        await self._tell("checkout.session.expired", session)

    def session(self, named: str) -> Thing:
        """A checkout by its id, our reference or its address."""
        for each in self.sessions.values():
            if named in (each["id"], each["client_reference_id"], each["url"]):
                self._aged(each)
                return each
        raise KeyError(named)

    def _payable(self, named: str) -> Thing:
        found = self.session(named)
        if found["status"] != "open":
            raise NotPayable(f"the checkout is {found['status']}")
        return found

    def _aged(self, session: Thing) -> None:
        if session["status"] == "open" and self.now() > session["expires_at"]:
            session.update(status="expired", url=None)

    # What the API answers.

    async def told(self, request: Request) -> Reply:
        """The answer to a call of the API, the same again for the same key."""
        if not hmac.compare_digest(request.headers.get("authorization", ""), f"Bearer {self.secret_key}"):
            return _error(401, "invalid_request_error", "Invalid API Key provided: sk_****")
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        if key in self._kept:
            before, reply = self._kept[key]
            if before != request.body:
                return _error(400, "idempotency_error", "Keys can only be used with the same parameters.")
            return replace(reply, headers=(*reply.headers, ("idempotent-replayed", "true")))
        reply = await self._answered(request)
        if key and reply.status == 200:
            self._kept[key] = (request.body, reply)
        return reply

    def failed(self, request: Request, fault: Fault) -> Reply:
        """An error of its own that came after the work began is what the key brings from then on."""
        reply = super().failed(request, fault)
        key = request.headers.get("idempotency-key")
        if key and fault.acts and fault.status >= 500:
            self._kept[key] = (request.body, reply)
        return reply

    async def _answered(self, request: Request) -> Reply:
        if request.method == "POST" and "json" in request.headers.get("content-type", ""):
            return _error(400, "invalid_request_error", "Bodies are forms.")
        fields = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        match request.method, request.path.removeprefix("/v1/").split("/"):
            case "POST", ["checkout", "sessions"]:
                return await self._make(fields, request)
            case "GET", ["checkout", "sessions"]:
                return _listed(list(self.sessions.values())[: int(request.query.get("limit", "10"))])
            case "GET", ["checkout", "sessions", named] if named in self.sessions:
                return Reply.json(200, self._expanded(self.session(named), request.query))
            case "POST", ["checkout", "sessions", named, "expire"] if named in self.sessions:
                return await self._close(self.session(named))
            case "POST", ["refunds"]:
                return await self._refund(fields)
            case "GET", ["refunds"]:
                intent = request.query.get("payment_intent")
                found = [each for each in self.refunds.values() if each["payment_intent"] == intent]
                return _listed([{**each, "charge": self.charges[each["charge"]]} for each in found])
        return _error(404, "invalid_request_error", f"No such resource: {request.path}", "resource_missing")

    async def _make(self, fields: Mapping[str, str], request: Request) -> Reply:
        wrong = self._wrong(fields)
        if wrong:
            return _error(400, "invalid_request_error", *wrong)
        named = self.next_id("cs_live_" if self.live else "cs_test_")
        base = self.base_url or request.base_url
        session: Thing = {
            "id": named, "object": "checkout.session", "amount_total": int(fields[f"{_PRICE}[unit_amount]"]),
            "cancel_url": fields.get("cancel_url"), "client_reference_id": fields.get("client_reference_id"),
            "created": int(self.now()), "currency": fields[f"{_PRICE}[currency]"], "customer_details": None,
            "expires_at": int(fields.get("expires_at") or self.now() + _LATEST), "livemode": self.live,
            "metadata": _metadata(fields), "mode": "payment", "payment_intent": None, "payment_link": None,
            "payment_status": "unpaid", "status": "open", "success_url": fields["success_url"],
            "url": f"{base}/c/pay/{named}#fid{'x' * 300}",
        }  # fmt: skip
        self.sessions[named] = session
        self._intent_metadata(session, fields)
        said = _shown(session)
        if self.pays_at_once is not None:
            await self.pay(named, self.pays_at_once)
        return Reply.json(200, said)

    def _wrong(self, fields: Mapping[str, str]) -> tuple[str, str] | None:
        """What Stripe would say of a checkout that it does not make, and its code."""
        needed = ("mode", "success_url", f"{_LINE}[quantity]", f"{_PRICE}[currency]", f"{_PRICE}[unit_amount]",
                  f"{_PRICE}[product_data][name]")  # fmt: skip
        missing = [each for each in needed if not fields.get(each)]
        if missing:
            return f"Missing required param: {missing[0]}.", "parameter_missing"
        if fields[f"{_PRICE}[currency]"] == "usd" and int(fields[f"{_PRICE}[unit_amount]"]) < 50:
            return "The Checkout Session's total amount must convert to at least 50 cents.", "amount_too_small"
        ends = int(fields.get("expires_at") or self.now() + _LATEST)
        if not _SOONEST <= ends - self.now() <= _LATEST:
            return "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.", "parameter_invalid"
        return None

    async def _close(self, session: Thing) -> Reply:
        if session["status"] != "open":
            said = f'Only Checkout Sessions with a status in ["open"] can be expired. It is {session["status"]}.'
            return _error(400, "invalid_request_error", said)
        session.update(status="expired", url=None)
        said_now = _shown(session)
        await self._tell("checkout.session.expired", session)
        return Reply.json(200, said_now)

    async def _refund(self, fields: Mapping[str, str]) -> Reply:
        intent = self.intents.get(fields.get("payment_intent", ""))
        charge = self.charges.get(str(intent["latest_charge"])) if intent else None
        if charge is None:
            return _error(404, "invalid_request_error", "No such payment_intent", "resource_missing")
        left = charge["amount"] - charge["amount_refunded"]
        amount = int(fields.get("amount", left))
        if left == 0:
            return _error(400, "invalid_request_error", "It has already been refunded.", "charge_already_refunded")
        if not 0 < amount <= left:
            return _error(400, "invalid_request_error", "Refund amount is greater than unrefunded amount on charge")
        refund = self._made_refund(charge, amount, fields)
        said = {**refund, "charge": dict(charge)} if "charge" in fields.values() else dict(refund)
        await self._tell("refund.created", refund)
        await self._tell("charge.refunded", charge)
        return Reply.json(200, said)

    def _made_refund(self, charge: Thing, amount: int, fields: Mapping[str, str]) -> Thing:
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        refund: Thing = {
            "id": self.next_id("re_"), "object": "refund", "amount": amount, "charge": charge["id"],
            "created": int(self.now()), "currency": charge["currency"], "metadata": _metadata(fields),
            "payment_intent": charge["payment_intent"], "reason": fields.get("reason"),
            "status": "pending" if self.refunds_pend else "succeeded",
        }  # fmt: skip
        self.refunds[refund["id"]] = refund
        return refund

    def _intent(self, session: Thing) -> Thing:
        if session["payment_intent"]:
            return self.intents[session["payment_intent"]]
        intent: Thing = {
            "id": self.next_id("pi_"), "object": "payment_intent", "amount": session["amount_total"],
            "currency": session["currency"], "livemode": self.live, "metadata": session["_intent"],
            "latest_charge": None, "last_payment_error": None, "status": "requires_payment_method",
        }  # fmt: skip
        self.intents[intent["id"]] = intent
        return intent

    def _intent_metadata(self, session: Thing, fields: Mapping[str, str]) -> None:
        """A checkout's own metadata is not copied to its intent."""
        prefix = "payment_intent_data["
        session["_intent"] = _metadata(
            {name.removeprefix(prefix).replace("]", "", 1): value
             for name, value in fields.items() if name.startswith(prefix)}
        )  # fmt: skip

    def _take(self, session: Thing, intent: Thing, method: str) -> None:
        charge: Thing = {
            "id": self.next_id("ch_"), "object": "charge", "amount": session["amount_total"], "amount_refunded": 0,
            "currency": session["currency"], "livemode": self.live, "metadata": dict(intent["metadata"]),
            "paid": True, "payment_intent": intent["id"], "refunded": False, "status": "succeeded",
            "payment_method_details": {"type": method, method: {"last4": "4242"}},
        }  # fmt: skip
        self.charges[charge["id"]] = charge
        intent.update(latest_charge=charge["id"], status="succeeded", last_payment_error=None)
        session.update(payment_status="paid", customer_details={"email": "payer@example.com"})

    def _expanded(self, session: Thing, query: Mapping[str, str]) -> Thing:
        intent = self.intents.get(session["payment_intent"] or "")
        if intent is None or "payment_intent.latest_charge" not in query.values():
            return _shown(session)
        return {
            **_shown(session),
            "payment_intent": {**intent, "latest_charge": self.charges.get(intent["latest_charge"])},
        }

    async def _tell(self, kind: str, thing: Thing) -> None:
        event_id = self.next_id("evt_")
        content = {
            "id": event_id, "object": "event", "api_version": _VERSION, "created": int(self.now()),
            "data": {"object": _shown(thing)},
            "livemode": self.live, "pending_webhooks": 1, "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }  # fmt: skip
        await self.tell(kind, event_id, content)

    def headers_of(self, event_id: str, body: bytes) -> dict[str, str]:  # noqa: ARG002 - it is in the body
        """The signatures: two while a secret changes."""
        stamp = int(self.now())
        secrets = filter(None, (self.webhook_secret, self.old_webhook_secret))
        message = f"{stamp}.".encode() + body
        signed = [f"v1={hmac.new(each.encode(), message, sha256).hexdigest()}" for each in secrets]
        return {"stripe-signature": ",".join([f"t={stamp}", *signed, "v0=ignored"])}


def _shown(thing: Thing) -> Thing:
    """Without what the fake alone knows."""
    return {name: value for name, value in thing.items() if not name.startswith("_")}


def _metadata(fields: Mapping[str, str]) -> dict[str, str]:
    found = ((_METADATA.fullmatch(name), value) for name, value in fields.items())
    return {match[1]: value for match, value in found if match}


def _listed(found: list[Thing]) -> Reply:
    return Reply.json(200, {"object": "list", "data": found, "has_more": False})


def _error(status: int, kind: str, message: str, code: str = "") -> Reply:
    error = {"type": kind, "message": message} | ({"code": code} if code else {})
    return Reply.json(status, {"error": error})
