"""Webhooks of payments: proven before they are parsed, applied before they are answered; nothing gives a 500."""

import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.provider import NotingWakeups, Site
from turnkeeper.engine.payments import Merchant
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.ids import ChannelId, ConversationId, WorkspaceId
from turnkeeper.model.payments import PaymentFound, PaymentRow
from turnkeeper.payments import registry
from turnkeeper.payments.config import RazorpayConfig
from turnkeeper.store.base import Intake, Taken
from turnkeeper.store.payments import PaymentTold
from turnkeeper.store.runs import Wake
from turnkeeper.web.payments import LARGEST_BODY, PaymentHooks

HOME = WorkspaceId("default")
CONFIG = RazorpayConfig(
    kind="razorpay",
    name="razorpay",
    api_base="https://pay.test",
    webhook_secret="rzp_hook_secret",
    key_id="rzp_test_1",
    key_secret="k",
)
PATH = "/webhooks/payments/razorpay"
LINK = {
    "id": "plink_1",
    "reference_id": "tk-1",
    "status": "paid",
    "amount": 50000,
    "amount_paid": 50000,
    "currency": "INR",
}
ROW = PaymentRow(
    HOME,
    "tk-1",
    ConversationId("c1"),
    ChannelId("shop"),
    1,
    "seat",
    "razorpay",
    False,
    50000,
    "INR",
    "x",
    "paid",
    0.0,
    0.0,
)
WAKE = Wake(HOME, "c1", 1.0)


def body_of(event: str = "payment_link.paid") -> bytes:
    payload = {"payment_link": {"entity": LINK}, "payment": {"entity": {"id": "pay_1", "status": "captured"}}}
    return json.dumps({"entity": "event", "event": event, "payload": payload}).encode()


def signed(body: bytes, secret: str = "rzp_hook_secret") -> dict[str, str]:
    return {"x-razorpay-signature": hmac.digest(secret.encode(), body, "sha256").hex()}


class Noting:
    """Notes what it is told; `told` answers, `raises` is raised instead."""

    def __init__(self) -> None:
        self.found: list[PaymentFound] = []
        self.intakes: list[Intake] = []
        self.told = PaymentTold(ROW, ["paid"], [WAKE])
        self.raises: Exception | None = None

    async def take(self, intake: Intake) -> Taken:
        if self.raises is not None:
            raise self.raises
        self.intakes.append(intake)
        return Taken(len(intake.strays), 0, [])

    async def payment_found(self, provider: str, found: PaymentFound, now: float) -> PaymentTold:
        assert (provider, now) == ("razorpay", 1000.0)
        if self.raises is not None:
            raise self.raises
        self.found.append(found)
        return self.told


class Hooks(Site):
    """The addresses over noting ports."""

    def __init__(self) -> None:
        super().__init__()
        self.noting = Noting()
        self.wakeups = NotingWakeups()
        known = {"razorpay": Merchant("razorpay", registry.find("razorpay"), CONFIG)}
        self.app: Any = PaymentHooks(known, self.noting, self.wakeups, lambda: 1000.0, self.counters, HOME)

    async def told(self, body: bytes, headers: Mapping[str, str] | None = None, path: str = PATH) -> int:
        return (await self.ask("POST", path, body, signed(body) if headers is None else headers))[0]

    @property
    def strays(self) -> list[tuple[str, str]]:
        return [(each.channel_id, each.reason) for intake in self.noting.intakes for each in intake.strays]


async def test_what_is_proven_is_applied_and_wakes_its_conversation() -> None:
    hooks = Hooks()
    assert await hooks.told(body_of()) == 200
    (found,) = hooks.noting.found
    assert (found.news, found.reference, found.external_id, found.live) == ("paid", "tk-1", "plink_1", False)
    assert (hooks.wakeups.published, hooks.strays) == ([WAKE], [])
    assert (hooks.counters.outcomes, hooks.counters.payments) == ({"accepted": 1}, {("razorpay", "paid"): 1})


@pytest.mark.parametrize(
    ("label", "body", "headers", "path", "status"),
    [
        ("no signature", body_of(), {}, PATH, 401),
        ("another secret", body_of(), signed(body_of(), "other"), PATH, 401),
        ("another body", body_of() + b" ", signed(body_of()), PATH, 401),
        ("unsigned garbage", b"\xff{", {}, PATH, 401),
        ("no JSON", b"{", signed(b"{"), PATH, 400),
        ("no object", b"[]", signed(b"[]"), PATH, 400),
        ("too large", b" " * (LARGEST_BODY + 1), {}, PATH, 413),
        ("nobody's address", body_of(), signed(body_of()), PATH + "x", 404),
    ],
)
async def test_what_is_refused(label: str, body: bytes, headers: dict[str, str], path: str, status: int) -> None:
    hooks = Hooks()
    assert await hooks.told(body, headers, path) == status, label
    assert hooks.noting.found == []
    assert hooks.noting.intakes == []


async def test_only_a_post_is_a_webhook() -> None:
    assert (await Hooks().ask("GET", PATH))[0] == 405


@pytest.mark.parametrize("error", [StoreUnavailable("away"), RuntimeError("a mistake of ours")])
@pytest.mark.parametrize("event", ["payment_link.paid", "invoice.paid"])
async def test_what_could_not_be_kept_is_sent_again(error: Exception, event: str) -> None:
    hooks = Hooks()
    hooks.noting.raises = error
    assert await hooks.told(body_of(event)) == 503


@pytest.mark.parametrize(
    ("label", "told", "counted", "strays"),
    [
        ("not ours", PaymentTold(None), "unknown", [("payments.razorpay", "payment not known here")]),
        ("twice", PaymentTold(ROW), "no_news", []),
        ("another amount", PaymentTold(ROW, misfit="told of 1 INR"), "misfit", []),
    ],
)
async def test_what_is_proven_and_changes_nothing_gets_its_200_and_is_counted(
    label: str, told: PaymentTold, counted: str, strays: list[tuple[str, str]]
) -> None:
    hooks = Hooks()
    hooks.noting.told = told
    assert await hooks.told(body_of()) == 200
    assert (hooks.counters.payments, hooks.strays) == ({("razorpay", counted): 1}, strays), label


async def test_an_event_of_no_interest_is_ignored_once() -> None:
    hooks = Hooks()
    for _ in range(2):
        assert await hooks.told(body_of("invoice.paid")) == 200
    one, again = [intake.strays[0].dedup_key for intake in hooks.noting.intakes]
    assert (one, hooks.noting.found) == (again, [])
    assert [intake.strays[0].raw for intake in hooks.noting.intakes] == [b"", b""]  # it may tell of cards


@pytest.mark.parametrize("named, counted", [("evt_1", 1), ("", 2)])
async def test_an_event_is_known_by_its_id_else_by_its_body(named: str, counted: int) -> None:
    hooks = Hooks()
    for body in (body_of("invoice.paid"), body_of("invoice.expired")):
        assert await hooks.told(body, signed(body) | ({"x-razorpay-event-id": named} if named else {})) == 200
    assert len({intake.strays[0].dedup_key for intake in hooks.noting.intakes}) == counted


@settings(max_examples=40)
@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps).map(str.encode)
)
async def test_no_body_gives_a_500(body: bytes) -> None:
    assert await Hooks().told(body) in (200, 400)
