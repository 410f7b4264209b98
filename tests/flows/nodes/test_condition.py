"""The table of `condition`; operators have one of their own (test_conditions)."""

from typing import Any

from tests.support.flow_cases import HOSTILE, NOW, Case, Wrong, table_of
from turnkeeper.flows.nodes.base import Here, Leave
from turnkeeper.flows.signals import Replied, Sent, TimedOut


def forks(*branches: tuple[str, Any]) -> dict[str, Any]:
    return {"branches": [{"exit": exit_, "when": when} for exit_, when in branches]}


def when(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


ELSE = Leave("else", why="none of the conditions holds")


def takes(exit_: str) -> Leave:
    return Leave(exit_, why=f"{exit_}: it holds")


RICH, POOR = ("rich", when("n", "at_least", 100)), ("poor", when("n", "less", 10))
CASES = [
    Case("the first that holds", forks(RICH, ("more", when("n", "more", 1))), takes("rich"), variables={"n": "1,000"}),
    Case("the second", forks(RICH, POOR), takes("poor"), variables={"n": 3}),
    Case("none", forks(RICH, POOR), ELSE, variables={"n": 50}),
    Case("nothing known", forks(RICH, POOR), ELSE),
    Case("no branches", forks(), ELSE),
    Case("one that is none", forks(("a", {"all": 3}), RICH), takes("rich"), variables={"n": 100}),
    Case("the message", forks(("a", when("message", "contains", "price"))), takes("a"), reply=Replied("the PRICE?")),
    Case("the button", forks(("a", when("choice", "is", "b1"))), takes("a"), reply=Replied(choice="b1", label="x")),
    Case(
        "the kind", forks(("a", when("message_kind", "is", "image"))), takes("a"), reply=Replied(files=(Sent("image"),))
    ),
    Case("the contact", forks(("a", when("contact.city", "is", "kota"))), takes("a")),
    Case("the time of day", forks(("a", when("time.clock", "between", ["09:00", "17:00"]))), takes("a")),
    Case("the day of the week", forks(("a", when("time.weekday", "one_of", [5]))), takes("a")),
    Case("the day", forks(("a", when("time.date", "less", "2026-12-01"))), takes("a")),
    Case(
        "the window", forks(("a", when("window.open", "is", True))), takes("a"), here=Here(NOW, window={"open": True})
    ),
    Case("a mark in a value", forks(("a", when("contact.city", "is", "{{c}}"))), takes("a"), variables={"c": "KOTA"}),
    Case(
        "a hostile value is a value",
        forks(("a", when("x", "is", "{{secret}}"))),
        ELSE,
        variables={"x": "{{secret}}"},
    ),
    Case("a hostile field", forks(("a", when("x", "contains", "evil"))), takes("a"), variables={"x": HOSTILE}),
    Case("hears nothing", forks(RICH), None, Replied("x")),
    Case("no timer", forks(RICH), None, TimedOut(6)),
]
WRONG: list[Wrong] = [
    ("right", forks(RICH, ("b", {"not": {"any": [when("a", "empty")]}})), []),
    ("no branches", forks(), ["it has no branches"]),
    ("a taken name", forks(("else", when("n", "is", 1))), ["a branch cannot be called 'else'"]),
    ("no name", forks(("", when("n", "is", 1))), ["a branch cannot be called ''"]),
    ("one name twice", forks(RICH, RICH), ["2 branches are called 'rich'"]),
    ("no list", forks(("a", {"any": 1})), ["a: any takes a list of conditions"]),
    (
        "no number",
        forks(("a", when("n", "more", "much"))),
        ["a: more of n takes a number, a day or a time of day, not 'much'"],
    ),
]

test_moves, test_problems = table_of("condition", CASES, WRONG)
