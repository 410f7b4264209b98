"""The webhooks of the payment fakes over a socket: once, twice, out of order, again; and what the fakes refuse."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from hashlib import sha256
from typing import Any

import httpx2
import pytest

from turnkeeper.testing.fake_razorpay import FakeRazorpay, NotPayable
from turnkeeper.testing.fake_stripe import FakeStripe
from turnkeeper.testing.http import Reply, Request
from turnkeeper.testing.loopback import InProcess, running

NOW = 1_790_000_000.0


class Listener:
    """Whoever is told."""

    def __init__(self) -> None:
        self.base_url = ""
        self.status = 200
        self.got: list[Request] = []

    async def answer(self, request: Request) -> Reply:
        self.got.append(request)
        return Reply(self.status, b"")

    async def aclose(self) -> None:
        pass

    @property
    def events(self) -> list[str]:
        return [json.loads(each.body)["event"] for each in self.got]


async def call(fake: Any, method: str, path: str, **sent: Any) -> tuple[int, Any]:
    key = b64encode(f"{getattr(fake, 'key_id', '')}:{getattr(fake, 'key_secret', '')}".encode()).decode()
    known = f"Basic {key}" if isinstance(fake, FakeRazorpay) else f"Bearer {fake.secret_key}"
    headers = {"authorization": known, **sent.pop("headers", {})}
    async with httpx2.AsyncClient(transport=InProcess(fake), base_url="http://api.test/v1/") as client:
        found = await client.request(method, path, headers=headers, **sent)
        return found.status_code, found.json()


async def test_webhooks() -> None:
    async with running(Listener()) as here, running(FakeRazorpay(now=lambda: NOW)) as there:
        fake, listener = there.fake, here.fake
        fake.webhook_url = f"{here.base_url}/webhooks/payments/razorpay"
        _, link = await call(fake, "POST", "payment_links", json={"amount": 500, "reference_id": "a"})
        assert link["short_url"].startswith(there.base_url)
        fake.tells = "twice"
        await fake.fail("a")
        assert listener.events == ["payment.failed"] * 2
        first, second = listener.got
        assert (first.body, first.headers["x-razorpay-event-id"]) == (
            second.body,
            second.headers["x-razorpay-event-id"],
        )
        proof = hmac.new(b"fake-hook-secret", first.body, sha256).hexdigest()
        assert first.headers["x-razorpay-signature"] == proof
        fake.tells = "held"
        await fake.pay(link["short_url"])
        assert len(listener.got) == 2
        assert [told.status for told in await fake.release()] == [200, 200]
        assert listener.events[2:] == ["payment_link.paid", "payment.captured"]
        listener.status = 503
        assert (await fake.again()).status == 503
        fake.tells = "never"
        with pytest.raises(NotPayable):
            await fake.pay("a")
        assert len(listener.got) == len(fake.posted) == 5


RAZORPAY_REFUSES: list[tuple[str, dict[str, Any], str]] = [
    ("no amount", {}, "integer"),
    ("less than a rupee", {"amount": 99}, "INR 1.00"),
    ("a long reference", {"amount": 500, "reference_id": "x" * 41}, "40"),
    ("a long description", {"amount": 500, "description": "x" * 2049}, "2048"),
    ("too soon", {"amount": 500, "expire_by": int(NOW) + 899}, "15 minutes"),
    ("half a callback", {"amount": 500, "callback_url": "https://a.test"}, "together"),
    ("a reference that is taken", {"amount": 500, "reference_id": "taken"}, "already attempted"),
]


@pytest.mark.parametrize("label, body, said", RAZORPAY_REFUSES, ids=[row[0] for row in RAZORPAY_REFUSES])
async def test_what_razorpay_refuses(label: str, body: dict[str, Any], said: str) -> None:
    fake = FakeRazorpay(now=lambda: NOW)
    await call(fake, "POST", "payment_links", json={"amount": 500, "reference_id": "taken"})
    status, found = await call(fake, "POST", "payment_links", json=body)
    assert (status, found["error"]["code"]) == (400, "BAD_REQUEST_ERROR")
    assert said in found["error"]["description"]
    assert len(fake.links) == 1


async def test_razorpays_key_and_its_refunds() -> None:
    fake = FakeRazorpay(now=lambda: NOW)
    assert (await call(fake, "GET", "payments", headers={"authorization": "basic x"}))[0] == 401
    await call(fake, "POST", "payment_links", json={"amount": 500, "reference_id": "a"})
    paid = await fake.pay("a")
    headers = {"x-refund-idempotency": "0123456789"}
    _, made = await call(fake, "POST", f"payments/{paid}/refund", json={"amount": 200}, headers=headers)
    assert await call(fake, "POST", f"payments/{paid}/refund", json={"amount": 200}, headers=headers) == (200, made)
    assert (await call(fake, "POST", f"payments/{paid}/refund", json={"amount": 300}, headers=headers))[0] == 400
    assert (await call(fake, "POST", f"payments/{paid}/refund", json={"amount": 301}))[0] == 400
    _, refunds = await call(fake, "GET", f"payments/{paid}/refunds")
    assert refunds == {"entity": "collection", "count": 1, "items": [made]}
    order = fake.link("a")["order_id"]
    assert (await call(fake, "GET", f"orders/{order}/payments"))[1]["items"][0]["amount_refunded"] == 200


LINE = "line_items[0]"
CHECKOUT = {
    "mode": "payment", "success_url": "https://a.test", f"{LINE}[quantity]": "1",
    f"{LINE}[price_data][currency]": "usd", f"{LINE}[price_data][unit_amount]": "500",
    f"{LINE}[price_data][product_data][name]": "Dinner", "metadata[a]": "1", "payment_intent_data[metadata][b]": "2",
}  # fmt: skip


async def test_stripes_keys_and_forms() -> None:
    fake = FakeStripe(now=lambda: NOW)
    headers = {"idempotency-key": "k"}
    assert (await call(fake, "POST", "checkout/sessions", json=CHECKOUT))[0] == 400
    _, made = await call(fake, "POST", "checkout/sessions", data=CHECKOUT, headers=headers)
    assert await call(fake, "POST", "checkout/sessions", data=CHECKOUT, headers=headers) == (200, made)
    other = CHECKOUT | {"success_url": "https://b.test"}
    status, found = await call(fake, "POST", "checkout/sessions", data=other, headers=headers)
    assert (status, found["error"]["type"]) == (400, "idempotency_error")
    assert (made["metadata"], made["payment_status"], made["expires_at"]) == ({"a": "1"}, "unpaid", int(NOW) + 86_400)
    await fake.pay(made["id"])
    assert [each["metadata"] for each in fake.charges.values()] == [{"b": "2"}]
    for wrong in ({"success_url": ""}, {"expires_at": str(int(NOW) + 60)}, {f"{LINE}[price_data][unit_amount]": "49"}):
        assert (await call(fake, "POST", "checkout/sessions", data=CHECKOUT | wrong))[0] == 400
    assert (await call(fake, "GET", "checkout/sessions/cs_nobody"))[0] == 404
    assert (await call(fake, "GET", "checkout/sessions", headers={"authorization": "Bearer sk_test_x"}))[0] == 401
