"""The table of `payment`."""

from typing import Any

from tests.support.flow_cases import AROUND, Case, Wrong, problems_of, table_of
from turnkeeper.flows.effects import AskPayment, Say
from turnkeeper.flows.nodes.base import Leave, Stay
from turnkeeper.flows.problems import Checking
from turnkeeper.flows.signals import CallAnswered, Failed, GivenBack, PaymentTold, Replied, TimedOut
from turnkeeper.model.payments import Money


def pays(amount: Any = 50000, **more: Any) -> dict[str, Any]:
    return {"amount": amount, "currency": "INR", "description": "A seat", **more}


def asked(amount: int, description: str = "A seat", expires_in: float | None = None, provider: str = "") -> Stay:
    ask = AskPayment(7, Money(amount, "INR"), description, expires_in, provider)
    return Stay(("payment", "reply"), (ask,), asked=True, why=f"asks for {amount} INR")


def no_amount(said: str) -> Leave:
    return Leave("failed", why=f"{said!r} is not an amount in the smallest unit")


URL = "https://pay.example/1"
CASES = [
    Case("asks", pays(), asked(50000)),
    Case(
        "everything",
        pays(description="For {{contact.name}}", expires_in=900, provider="till"),
        asked(50000, "For Ana", 900, "till"),
    ),
    Case("a variable", pays("{{price}}"), asked(120), variables={"price": 120}),
    Case("typed", pays("{{price}}"), asked(1200), variables={"price": "1,200"}),
    Case("nothing", pays("{{price}}"), no_amount("")),
    Case("too little", pays("{{price}}"), no_amount("0"), variables={"price": 0}),
    Case("less than nothing", pays("{{price}}"), no_amount("-5"), variables={"price": -5}),
    Case("a part", pays("{{price}}"), no_amount("1.5"), variables={"price": 1.5}),
    Case("no number", pays("{{price}}"), no_amount("much"), variables={"price": "much"}),
    Case("all the money there is", pays("{{price}}"), no_amount("9" * 30), variables={"price": "9" * 30}),
    Case("a list", pays("{{price}}"), no_amount("1, 2"), variables={"price": [1, 2]}),
    Case(
        "the link",
        pays(text="Pay {{payment_url|here}}, {{contact.name}}"),
        Stay(
            ("payment", "reply"),
            (Say("Pay {{payment_url|here}}, {{contact.name}}", {"payment_url|here": URL, "contact.name": "Ana"}),),
            {"payment_url": URL},
            why="the link is out",
        ),
        PaymentTold(6, "opened", URL),
    ),
    Case("paid", pays(), Leave(why="paid"), PaymentTold(6, "paid")),
    Case("expired", pays(), Leave("expired", why="expired"), PaymentTold(6, "expired")),
    Case("cancelled", pays(), Leave("expired", why="cancelled"), PaymentTold(6, "cancelled")),
    Case("failed", pays(), Leave("failed", why="failed"), PaymentTold(6, "failed")),
    Case("no link", pays(), Leave("failed", why="no link: down"), Failed(6, "down")),
    Case("refunded later", pays(), None, PaymentTold(6, "refunded")),
    Case("news that nobody knows", pays(), None, PaymentTold(6, "???")),
    Case("I paid!", pays(), None, Replied("I paid!")),
    Case(
        "words meanwhile",
        pays(waiting={"en": "Not yet", "id": "Belum"}),
        Stay(("payment", "reply"), (Say("Belum"),), missed=True, why="waits for the payment"),
        Replied("paid"),
        language="id",
    ),
    Case("a timer", pays(), None, TimedOut(6)),
    Case("a call", pays(), None, CallAnswered(6, "paid")),
    Case("given back", pays(waiting="Not yet"), None, GivenBack()),
]
WRONG: list[Wrong] = [
    ("right", pays(), []),
    ("a variable", pays("{{price}}"), []),
    ("no currency", pays(currency="rupees"), ["'rupees' is not a currency: write INR, IDR, USD"]),
    ("no amount", pays("much"), ["'much' is not an amount"]),
    ("a part", pays(1.5), ["the amount is a whole number above 0, in the currency's smallest unit"]),
    ("nothing", pays(0), ["the amount is a whole number above 0, in the currency's smallest unit"]),
    ("too much", pays(10**16), ["the amount is a whole number above 0, in the currency's smallest unit"]),
    ("for nothing", pays(description=""), ["it says not what is paid for: add a description"]),
    ("no time", pays(expires_in=0), ["the link holds for more than 0 seconds and at most a year"]),
    (
        "no link in a language",
        pays(text={"en": "{{payment_url}}", "id": "Bayar"}),
        ["the text does not hold the link: write {{payment_url}} in it"],
    ),
]

test_moves, test_problems = table_of("payment", CASES, WRONG)


def test_a_provider_is_needed() -> None:
    assert problems_of("payment", pays(), Checking(payments=[])) == ["no payment provider is configured"]
    assert problems_of("payment", pays(), AROUND) == []
