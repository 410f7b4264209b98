"""Which flow begins, and who gets what was written."""

from typing import Any

import pytest

from tests.support.flow_cases import HERE, book_of, flow_of
from turnkeeper.flows.effects import Ended, Say
from turnkeeper.flows.model import Flow
from turnkeeper.flows.signals import Replied, Started
from turnkeeper.flows.state import FlowState, Frame
from turnkeeper.flows.triggers import Came, Due, Happened, Said, answer, best


def begins(name: str, *triggers: dict[str, Any], **settings: Any) -> Flow:
    nodes = {"s": ("start", {"triggers": triggers}), "m": ("ask", {"text": name, "wants": "number"})}
    return flow_of(nodes, ["s -> m"], name=name, **settings)


def word(*words: str, **more: Any) -> dict[str, Any]:
    return {"kind": "keyword", "words": words, **more}


ORDER = begins("order", word("order", "pesan", "طلب", "ऑर्डर", "🛒", "注文"))
ASKS = begins("asks", word("price", "how much", "いくら", "ราคา", "5折", "💰", anywhere=True))
PRICES = begins("prices", word("how much is it", anywhere=True))
WELCOME = begins("welcome", {"kind": "first_message"})
NEW = begins("new", {"kind": "first_message", "ever": True})
AD = begins("ad", {"kind": "referral"})
AD_7 = begins("ad 7", {"kind": "referral", "source": "7"})
PAID = begins("paid", {"kind": "event", "event": "order.paid"})
DAILY = begins("daily", {"kind": "schedule", "cron": "0 9 * * *", "tag": "vip"})
BOTH = begins("both", word("hi"), {"kind": "first_message"})
NONE = begins("none")
ALL = [NONE, WELCOME, NEW, AD, AD_7, ORDER, ASKS, PRICES, PAID, DAILY]


def said(text: str = "", **more: Any) -> Said:
    return Said(Replied(text), **more)


@pytest.mark.parametrize(
    "label, flows, came, expected",
    [
        ("a whole message", ALL, said("Order!"), "order"),
        ("in capitals and accents", ALL, said("ÓRDER"), "order"),
        ("Indonesian", ALL, said("pesan"), "order"),
        ("Arabic", ALL, said("طَلَب"), "order"),
        ("Hindi", ALL, said("ऑर्डर"), "order"),
        ("Japanese", ALL, said("注文"), "order"),
        ("emoji", ALL, said("🛒️"), "order"),
        ("a button", ALL, Said(Replied(choice="x", label="Order")), "order"),
        ("not the whole message", ALL, said("order this"), "welcome"),
        ("anywhere", ALL, said("what is the price of it?"), "asks"),
        ("several words", ALL, said("so how much"), "asks"),
        ("part of a word is none", ALL, said("priceless"), "welcome"),
        ("anywhere in Japanese", ALL, said("これはいくらですか"), "asks"),
        ("anywhere in Thai", ALL, said("ขอราคาหน่อย"), "asks"),
        ("anywhere, of two scripts", ALL, said("有5折吗"), "asks"),
        ("an emoji anywhere", ALL, said("this💰?"), "asks"),
        ("the longer one", ALL, said("how much is it then"), "prices"),
        ("somebody new", ALL, said("hello", ever=True), "new"),
        ("a word before being new", ALL, said("order", ever=True), "order"),
        ("nothing but signs", [ORDER, WELCOME], said("?!"), "welcome"),
        ("a file", [ORDER, WELCOME], said(), "welcome"),
        ("by an ad", ALL, said("hello", referral={"source": "3"}), "ad"),
        ("by that ad", ALL, said("hello", referral={"source": "7"}), "ad 7"),
        ("by an ad, with a word", ALL, said("order", referral={"source": "7"}), "order"),
        ("by that ad before a word in it", ALL, said("the price", referral={"source": "7"}), "ad 7"),
        ("by an odd ad", ALL, said("hello", referral={"source": [1]}), "ad"),
        ("an event", ALL, Happened("order.paid", {"id": 1}), "paid"),
        ("another event", ALL, Happened("order"), None),
        ("a schedule", ALL, Due("0 9 * * *", "vip"), "daily"),
        ("another schedule", ALL, Due("0 9 * * *"), None),
        ("this flow's schedule", ALL, Due("0 9 * * *", "vip", "daily"), "daily"),
        ("another flow's", ALL, Due("0 9 * * *", "vip", "weekly"), None),
        ("nobody", [ORDER, NONE], said("hello"), None),
        ("nothing published", [], said("order"), None),
        ("priority first", [ORDER, begins("urgent", {"kind": "first_message"}, priority=1)], said("order"), "urgent"),
        ("less priority", [ORDER, begins("late", word("order"), priority=-1)], said("order"), "order"),
        ("then the name", [begins("b", word("x")), begins("a", word("x"))], said("x"), "a"),
        (
            "the best of its triggers",
            [BOTH, begins("a", {"kind": "first_message", "ever": True})],
            said("hi", ever=True),
            "both",
        ),
    ],
)
def test_which_flow_begins(label: str, flows: list[Flow], came: Came, expected: str | None) -> None:
    fit = best(flows, came)
    assert (fit.flow.name if fit else None) == expected
    again = best(list(reversed(flows)), came)
    assert (again.flow.name if again else None) == expected


def test_what_a_flow_begins_with() -> None:
    for came, started in (
        (said("order"), Started("keyword", Replied("order"))),
        (said("hello"), Started("first_message", Replied("hello"))),
        (said("hi", referral={"source": "7"}), Started("referral", Replied("hi"), {"source": "7"})),
        (Happened("order.paid", {"id": 1}), Started("event", data={"id": 1})),
        (Due("0 9 * * *", "vip"), Started("schedule")),
    ):
        fit = best(ALL, came)
        assert fit is not None
        assert fit.started == started


MENU = begins("menu", word("menu", interrupts=True), {"kind": "event", "event": "recall", "interrupts": True})
INSIDE = begins("inside", words=[{"words": ["menu help"], "does": "help", "text": "Help"}])
FLOWS = [MENU, INSIDE, ORDER, PAID]
BOOK = book_of(*FLOWS)


def inside() -> FlowState:
    return answer(BOOK, FlowState(), said("1"), HERE, [begins("inside", {"kind": "first_message"})]).state


@pytest.mark.parametrize(
    "label, came, effects, at",
    [
        ("its own answer", said("3"), (Ended("completed"),), ("", "")),
        ("a word of the flow", said("menu help"), (Say("Help"),), ("inside", "m")),
        ("a keyword that interrupts", said("MENU"), (Say("menu"),), ("menu", "m")),
        ("a keyword that does not", said("order"), (Say("Please write that as a number."),), ("inside", "m")),
        ("no keyword", said("x"), (Say("Please write that as a number."),), ("inside", "m")),
        ("an event that interrupts", Happened("recall"), (Say("menu"),), ("menu", "m")),
        ("an event that does not", Happened("order.paid"), (), ("inside", "m")),
    ],
)
def test_who_gets_what_comes(label: str, came: Came, effects: Any, at: tuple[str, str]) -> None:
    before = inside()
    assert before.at == "m"
    decision = answer(BOOK, before, came, HERE, FLOWS)
    assert decision.effects == effects
    assert (decision.state.flow, decision.state.at) == at
    if decision.state.flow == "menu":
        assert decision.state.call > before.call
        assert [f"{each.flow} {each.by}" for each in decision.passed[:2]] == ["inside left", "menu None"]
        assert "inside" not in str(decision.state.stack)


def test_flows_that_wait_are_left_too() -> None:
    outer = flow_of({"s": ("start", {}), "f": ("flow", {"flow": "inside"})}, ["s -> f"], name="outer")
    book = {**BOOK, "outer": outer}
    state = FlowState("inside", 1, "m", ("reply",), 4, stack=(Frame("outer", 1, "f"),))
    decision = answer(book, state, said("menu"), HERE, FLOWS)
    assert [f"{each.flow} {each.by}" for each in decision.passed[:3]] == ["inside left", "outer left", "menu None"]


def test_in_no_flow_and_none_begins() -> None:
    state = FlowState(call=4, variables={"a": 1})
    decision = answer(BOOK, state, said("hello"), HERE, [ORDER])
    assert (decision.state, decision.effects, decision.told) == (state, (), ("no flow begins by what was written",))
    begun = answer({}, state, said("order"), HERE, [ORDER])
    assert begun.effects == (Say("order"),)
    assert begun.state.call == 6
    assert "order begins: the word 'order'" in begun.told


def test_a_flow_that_begins_is_the_published_one() -> None:
    old = begins("order", version=1)
    new = begins("order", word("order"), version=2)
    begun = answer(book_of(old), FlowState(), said("order"), HERE, [new])
    assert begun.state.version == 2
