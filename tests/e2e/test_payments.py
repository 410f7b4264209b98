"""Money in real processes, with a provider that fails as providers do: one link, one payment, one confirmation."""

import itertools
import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.real_server import Server, configure, connect, provider, serving, turnkeeper
from tests.e2e.town import until
from turnkeeper.testing.fake_graph import Person
from turnkeeper.testing.fake_razorpay import FakeRazorpay, Fault
from turnkeeper.testing.loopback import Running, serve_in_thread

KEYS = {
    "RAZORPAY_ID": "rzp_test_fakekey0000001",
    "RAZORPAY_KEY": "fake-key-secret",
    "RAZORPAY_HOOK": "fake-hook-secret",
}
PAYMENTS = """
[payments.razorpay]
key_id = "env:RAZORPAY_ID"
key_secret = "env:RAZORPAY_KEY"
webhook_secret = "env:RAZORPAY_HOOK"
api_base = "{api_base}"
"""
BOT = """
from turnkeeper import Bot, Event, Money, Turn
bot = Bot("assistant")
@bot.stage("welcome", first=True)
async def welcome(turn: Turn) -> None:
    payment = await turn.payment_link(Money(150000, "INR"), "Dinner", name="seat", expires_in=3600)
    await turn.reply("pay: " + payment.url)
    turn.stage = "payment"
@bot.stage("payment")
async def payment(turn: Turn) -> None:
    payment = await turn.payment("seat")
    await turn.reply("your seat is booked" if payment.is_paid else "not paid yet")
@bot.on("payment.paid")
async def paid(turn: Turn, event: Event) -> None:
    await turn.reply("your seat is booked")
    turn.stage = "payment"
"""
PHONES = itertools.count()


class Shop:
    """A server, WhatsApp, and the account through which it is paid."""

    def __init__(self, server: Server, graph: Any, desk: Running[FakeRazorpay]) -> None:
        self.server = server
        self.graph = graph
        self.desk = desk
        self.fake = desk.fake

    def guest(self) -> "Guest":
        return Guest(self)


class Guest:
    """Somebody who books; `got`: what they read."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.person: Person = shop.graph.call(shop.graph.graph.person(f"1777{next(PHONES):07}", name="Ann"))

    def says(self, said: str) -> None:
        self.shop.graph.call(self.person.write(said))

    def got(self) -> list[str]:
        return [str(each.text) for each in list(self.person.received)]

    def reads(self, count: int) -> list[str]:
        until(lambda: len(self.got()) >= count, f"{count} messages")
        return self.got()

    def link(self) -> str:
        return self.reads(1)[0].removeprefix("pay: ")

    def pays(self) -> None:
        self.shop.desk.call(self.shop.fake.pay(self.link()))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("paid")
    desk = FakeRazorpay()
    with provider() as graph, serve_in_thread(desk) as running:
        configure(folder, graph, bot=BOT)
        with (folder / "turnkeeper.toml").open("a") as file:
            file.write(PAYMENTS.format(api_base=running.base_url))
        with serving(folder, **KEYS) as server:
            connect(graph, server)
            desk.webhook_url = f"{server.url}/webhooks/payments/razorpay"
            yield Shop(server, graph, running)


@pytest.fixture(autouse=True)
def as_always(shop: Shop) -> Iterator[None]:
    yield
    shop.fake.tells, shop.fake.pays_at_once = "once", None


def test_paid_and_told_twice_is_booked_once(shop: Shop) -> None:
    guest = shop.guest()
    shop.fake.tells = "twice"
    guest.says("a seat")
    guest.pays()
    assert guest.reads(2)[1] == "your seat is booked"
    shop.server.settled()
    assert len(guest.got()) == 2
    assert {each.status for each in shop.fake.posted} == {200}


def test_the_webhook_before_our_own_write(shop: Shop) -> None:
    guest = shop.guest()
    shop.fake.pays_at_once = "upi"
    guest.says("a seat")
    assert guest.reads(2)[1:] == ["your seat is booked"]
    shop.server.settled()
    assert len(guest.got()) == 2


def test_a_webhook_that_never_comes_is_found_by_asking(shop: Shop) -> None:
    guest, other = shop.guest(), shop.guest()
    shop.fake.tells = "never"
    guest.says("a seat")
    other.says("a seat")
    guest.pays()
    other.pays()
    guest.says("did it work?")
    assert guest.reads(2)[1] == "your seat is booked"
    config = str(shop.server.folder / "turnkeeper.toml")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in KEYS.items():
            patch.setenv(name, value)
        (waits,) = json.loads(turnkeeper("payment", "list", "--state", "open", "--json", "--config", config).stdout)
        assert waits["asked_next_at"] is not None
        told = turnkeeper("payment", "check", waits["payment"], "--json", "--config", config)
    assert json.loads(told.stdout)["asked"] == "new: paid"
    assert other.reads(2)[1] == "your seat is booked"


def test_killed_between_the_providers_create_and_our_write_it_is_one_link(shop: Shop) -> None:
    guest = shop.guest()
    before = len(shop.fake.links)
    worker = shop.server.child("worker-1")
    shop.fake.fail_next(Fault("silence", acts=True, on="POST /v1/payment_links"))
    guest.says("a seat")
    until(lambda: len(shop.fake.links) > before, "a link")
    os.kill(worker, signal.SIGKILL)
    shop.server.child("worker-1", other_than=worker)
    guest.pays()
    assert guest.reads(2)[1] == "your seat is booked"
    shop.server.settled()
    assert (len(shop.fake.links), len(guest.got())) == (before + 1, 2)


def test_what_is_not_proven_is_refused_and_what_is_not_ours_is_counted(shop: Shop) -> None:
    told = shop.fake.posted[-1]
    path = "/webhooks/payments/razorpay"
    assert shop.server.post(path, told.body, {**told.headers, "X-Razorpay-Signature": "00"}) == 401
    shop.desk.call(shop.fake.tell("payment_link.paid", "evt_1", {"event": "payment_link.paid", "payload": {}}))
    assert shop.fake.posted[-1].status == 200
    metrics = shop.server.get("/metrics")[1].decode()
    assert 'turnkeeper_payment_notices_total{outcome="ignored",provider="razorpay"}' in metrics
    assert "fake-key-secret" not in shop.server.log()
