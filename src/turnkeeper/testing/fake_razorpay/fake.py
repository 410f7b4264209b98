"""Razorpay's API as far as payment links go, with what it refuses."""

from __future__ import annotations

import base64
import hmac
import json
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from turnkeeper.testing.http import Reply, Request
from turnkeeper.testing.payment_desk import NotPayable, PaymentDesk

if TYPE_CHECKING:
    from collections.abc import Callable

Thing = dict[str, Any]
_REFERENCE: Final = 40
_DESCRIPTION: Final = 2048
_SOONEST: Final = 15 * 60
_KEY: Final = 10
_REFUNDED: Final = ("refunded", "captured")
_AUTHENTICATION = "Authentication failed"
_NOWHERE = "The id provided does not exist"
_TAKEN = "payment link creation with reference ID already attempted"


class FakeRazorpay(PaymentDesk):
    """One account in one mode. `refunds_pend`: refunds are taken on and processed by `process_refund`."""

    def __init__(
        self,
        key_id: str = "rzp_test_fakekey0000001",
        key_secret: str = "fake-key-secret",  # noqa: S107 - it opens nothing
        webhook_secret: str = "fake-hook-secret",  # noqa: S107
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(webhook_secret, now)
        self.key_id = key_id
        self.key_secret = key_secret
        self.refunds_pend = False
        self.links: dict[str, Thing] = {}
        self.payments: dict[str, Thing] = {}
        self.refunds: dict[str, Thing] = {}
        self._refund_keys: dict[str, tuple[bytes, str]] = {}

    # What people and the passing of time do.

    async def pay(self, link: str, method: str = "upi") -> str:
        """Somebody pays a link: by its id, our reference or its address. Gives the payment's id; raises NotPayable."""
        found = self._payable(link)
        payment = self._payment(found, "captured", method)
        found.update(status="paid", amount_paid=found["amount"])
        found["payments"] = [
            {
                "amount": found["amount"], "created_at": payment["created_at"], "method": method,
                "payment_id": payment["id"], "status": "captured",
            }
        ]  # fmt: skip
        order = {"id": found["order_id"].removeprefix("order_"), "status": "paid", "product_id": "1"}
        await self._tell("payment.captured", payment=payment)
        await self._tell("payment_link.paid", payment_link=found, order=order, payment=payment)
        return str(payment["id"])

    async def fail(self, link: str, method: str = "card") -> str:
        """Somebody tries to pay, and it fails; the link can still be paid."""
        payment = self._payment(self._payable(link), "failed", method)
        payment |= {
            "error_code": "BAD_REQUEST_ERROR", "error_description": "Payment failed because the bank declined it",
            "error_source": "bank", "error_step": "payment_authorization", "error_reason": "payment_declined",
        }  # fmt: skip
        await self._tell("payment.failed", payment=payment)
        return str(payment["id"])

    async def expire(self, link: str) -> None:
        """The link's time is over now."""
        found = self._payable(link)
        found.update(status="expired", expired_at=int(self.now()))
        await self._tell("payment_link.expired", payment_link=found)

    async def process_refund(self, refund: str, status: str = "processed") -> None:
        """A refund that was pending is processed, or `failed`."""
        made = self.refunds[refund]
        made["status"] = status
        await self._tell(f"refund.{status}", refund=made, payment=self.payments[made["payment_id"]])

    def link(self, named: str) -> Thing:
        """A link by its id, our reference or its address."""
        for each in self.links.values():
            if named in (each["id"], each["reference_id"], each["short_url"]):
                self._aged(each)
                return each
        raise KeyError(named)

    def _payable(self, named: str) -> Thing:
        found = self.link(named)
        if found["status"] != "created":
            raise NotPayable(f"the link is {found['status']}")
        return found

    def _aged(self, link: Thing) -> None:
        if link["status"] == "created" and link["expire_by"] and self.now() > link["expire_by"]:
            link.update(status="expired", expired_at=link["expire_by"])

    # What the API answers.

    async def told(self, request: Request) -> Reply:
        """The answer to a call of the API."""
        if not self._is_known(request):
            return _error(401, _AUTHENTICATION)
        body: Any = {}
        if request.body and request.method != "GET":
            try:
                body = json.loads(request.body)
            except ValueError:
                return _error(400, "The request body is not JSON")
        path = request.path.removeprefix("/v1/").split("/")
        if path[0] == "payment_links":
            return await self._of_links(path[1:], body or {}, request)
        return await self._of_payments(path, body or {}, request)

    async def _of_links(self, path: list[str], body: Thing, request: Request) -> Reply:
        match request.method, path:
            case "POST", []:
                return await self._make_link(body, request)
            case "GET", []:
                return self._listed(request)
            case "GET", [named] if named in self.links:
                return Reply.json(200, self.link(named))
            case "POST", [named, "cancel"] if named in self.links:
                return await self._cancel(self.link(named))
        return _error(400, _NOWHERE)

    async def _of_payments(self, path: list[str], body: Thing, request: Request) -> Reply:
        match request.method, path:
            case "GET", ["payments"]:
                return _collection(list(self.payments.values())[: int(request.query.get("count", "10"))])
            case "GET", ["payments", named] if named in self.payments:
                return Reply.json(200, self.payments[named])
            case "POST", ["payments", named, "refund"] if named in self.payments:
                return await self._refund(self.payments[named], body, request)
            case "GET", ["payments", named, "refunds"] if named in self.payments:
                return _collection([each for each in self.refunds.values() if each["payment_id"] == named])
            case "GET", ["refunds", named] if named in self.refunds:
                return Reply.json(200, self.refunds[named])
            case "GET", ["orders", named, "payments"]:
                return _collection([each for each in self.payments.values() if each["order_id"] == named])
        return _error(400, _NOWHERE)

    def _is_known(self, request: Request) -> bool:
        key = base64.b64encode(f"{self.key_id}:{self.key_secret}".encode()).decode()
        return hmac.compare_digest(request.headers.get("authorization", ""), f"Basic {key}")

    async def _make_link(self, body: Thing, request: Request) -> Reply:
        wrong = self._wrong(body)
        if wrong:
            return _error(400, wrong)
        bare = self.next_id("")
        link: Thing = {
            "accept_partial": bool(body.get("accept_partial")), "amount": body["amount"], "amount_paid": 0,
            "callback_method": body.get("callback_method", ""), "callback_url": body.get("callback_url", ""),
            "cancelled_at": 0, "created_at": int(self.now()), "currency": body.get("currency", "INR"),
            "customer": body.get("customer") or [], "description": body.get("description", ""),
            "expire_by": body.get("expire_by", 0), "expired_at": 0, "first_min_partial_amount": 0,
            "id": f"plink_{bare}", "notes": body.get("notes"), "notify": body.get("notify"),
            "order_id": f"order_{bare}", "payments": None, "reference_id": body.get("reference_id", ""),
            "reminder_enable": bool(body.get("reminder_enable")), "reminders": [],
            "short_url": f"{self.base_url or request.base_url}/i/{bare}", "status": "created",
            "updated_at": int(self.now()), "upi_link": False, "user_id": "",
        }  # fmt: skip
        self.links[link["id"]] = link
        said = dict(link)
        if self.pays_at_once is not None:
            await self.pay(link["id"], self.pays_at_once)
        return Reply.json(200, said)

    def _wrong(self, body: Thing) -> str:
        """What Razorpay would say of a link that it does not make."""
        amount, reference = body.get("amount"), body.get("reference_id", "")
        expire_by = body.get("expire_by", 0)
        if type(amount) is not int:
            return "The amount must be an integer."
        if amount < 100 and body.get("currency", "INR") == "INR":
            return "The amount must be at least INR 1.00"
        if len(str(body.get("description", ""))) > _DESCRIPTION:
            return "description: the length must be no more than 2048."
        if len(str(reference)) > _REFERENCE:
            return "reference_id: the length must be no more than 40."
        if bool(body.get("callback_url")) != bool(body.get("callback_method")):
            return "callback_url and callback_method go together"
        if type(expire_by) is not int or (expire_by and expire_by < self.now() + _SOONEST):
            return "timestamp must be atleast 15 minutes in future"
        taken = reference and any(each["reference_id"] == reference for each in self.links.values())
        return _TAKEN if taken else ""

    def _listed(self, request: Request) -> Reply:
        """As the real one: not the usual collection, and what begins alike is listed too."""
        wanted = request.query.get("reference_id", "")
        found = [each for each in self.links.values() if str(each["reference_id"]).startswith(wanted)]
        for each in found:
            self._aged(each)
        return Reply.json(200, {"payment_links": found[::-1]})

    async def _cancel(self, link: Thing) -> Reply:
        if link["status"] != "created":
            return _error(400, f"Payment Link cannot be cancelled as it is in {link['status']} state")
        link.update(status="cancelled", cancelled_at=int(self.now()))
        said = dict(link)
        await self._tell("payment_link.cancelled", payment_link=link)
        return Reply.json(200, said)

    async def _refund(self, payment: Thing, body: Thing, request: Request) -> Reply:
        key = request.headers.get("x-refund-idempotency", "")
        if key and len(key) < _KEY:
            return _error(400, "The idempotency key must be at least 10 characters")
        if key in self._refund_keys:
            before, made = self._refund_keys[key]
            return (
                Reply.json(200, self.refunds[made])
                if before == request.body
                else _error(400, "Different request body with the same idempotency key")
            )
        left = payment["amount"] - payment["amount_refunded"]
        amount = body.get("amount", left)
        if payment["status"] not in _REFUNDED:
            return _error(400, "The payment status should be captured for action to be taken")
        if left == 0:
            return _error(400, "The payment has been fully refunded already")
        if type(amount) is not int or not 0 < amount <= left:
            return _error(400, "The total refund amount is greater than the refund payment amount")
        refund = self._made_refund(payment, amount, body)
        if key:
            self._refund_keys[key] = (request.body, refund["id"])
        said = dict(refund)
        await self._tell("refund.created", refund=refund, payment=payment)
        if not self.refunds_pend:
            await self._tell("refund.processed", refund=refund, payment=payment)
        return Reply.json(200, said)

    def _made_refund(self, payment: Thing, amount: int, body: Thing) -> Thing:
        payment["amount_refunded"] += amount
        full = payment["amount_refunded"] == payment["amount"]
        payment.update(refund_status="full" if full else "partial", status="refunded" if full else "captured")
        refund: Thing = {
            "acquirer_data": {"rrn": None}, "amount": amount, "batch_id": None, "created_at": int(self.now()),
            "currency": payment["currency"], "entity": "refund", "id": self.next_id("rfnd_"),
            "notes": body.get("notes") or [], "payment_id": payment["id"], "receipt": None,
            "speed_processed": "normal", "speed_requested": body.get("speed", "normal"),
            "status": "pending" if self.refunds_pend else "processed",
        }  # fmt: skip
        self.refunds[refund["id"]] = refund
        return refund

    def _payment(self, link: Thing, status: str, method: str) -> Thing:
        """A payment by a link, which it names only in its description."""
        payment: Thing = {
            "id": self.next_id("pay_"), "entity": "payment", "amount": link["amount"], "currency": link["currency"],
            "status": status, "order_id": link["order_id"], "invoice_id": None, "international": False,
            "method": method, "amount_refunded": 0, "refund_status": None, "captured": status == "captured",
            "description": "#" + link["id"].removeprefix("plink_"), "card_id": None, "bank": None, "wallet": None,
            "vpa": "success@razorpay" if method == "upi" else None, "email": "void@razorpay.com",
            "contact": "+919000090000", "notes": [], "fee": 0, "tax": 0, "error_code": None,
            "error_description": None, "error_source": None, "error_step": None, "error_reason": None,
            "created_at": int(self.now()),
        }  # fmt: skip
        self.payments[payment["id"]] = payment
        return payment

    async def _tell(self, event: str, **entities: Thing) -> None:
        first = next(iter(entities.values()))
        content = {
            "entity": "event", "account_id": "acc_FAKE0000000001", "event": event, "contains": list(entities),
            "payload": {name: {"entity": entity} for name, entity in entities.items()},
            "created_at": first.get("created_at", int(self.now())),
        }  # fmt: skip
        await self.tell(event, self.next_id("evt_"), content)

    def headers_of(self, event_id: str, body: bytes) -> dict[str, str]:
        """The signature, and the event's id."""
        signature = hmac.new(self.webhook_secret.encode(), body, sha256).hexdigest()
        return {"x-razorpay-signature": signature, "x-razorpay-event-id": event_id}


def _collection(found: list[Thing]) -> Reply:
    return Reply.json(200, {"entity": "collection", "count": len(found), "items": found})


def _error(status: int, description: str) -> Reply:
    error: Thing = {
        "code": "BAD_REQUEST_ERROR", "description": description, "field": None, "source": "business",
        "step": "payment_initiation", "reason": "input_validation_failed", "metadata": {},
    }  # fmt: skip
    return Reply.json(status, {"error": error})
