"""The table of `extract`."""

from typing import Any

from tests.support.flow_cases import HOSTILE, Case, Wrong, table_of
from turnkeeper.flows.effects import Extract
from turnkeeper.flows.nodes.base import Leave, Stay
from turnkeeper.flows.signals import CallAnswered, Failed, ModelAnswered, Replied

FIELDS = {"day": "the day", "people": "how many"}


def reads(**more: Any) -> dict[str, Any]:
    return {"fields": FIELDS, **more}


CASES = [
    Case(
        "reads what was said",
        reads(),
        Stay(("model",), (Extract(7, HOSTILE, FIELDS),), asked=True, why="reads day, people"),
        reply=Replied(HOSTILE),
    ),
    Case(
        "reads something else",
        reads(of="{{letter}}", instructions="in {{contact.city}}"),
        Stay(("model",), (Extract(7, "Dear", FIELDS, "in Kota"),), asked=True, why="reads day, people"),
        variables={"letter": "Dear"},
    ),
    Case(
        "found",
        reads(),
        Leave(sets={"day": "Monday", "people": 0}, why="found: day, people"),
        ModelAnswered(6, values={"day": "Monday", "people": 0, "secret": "x"}),
    ),
    Case("found nothing", reads(), Leave(why="found: nothing"), ModelAnswered(6, values={"day": "", "people": None})),
    Case(
        "something is missing",
        reads(required=["day", "people"]),
        Leave("incomplete", sets={"people": 2}, why="missing: day"),
        ModelAnswered(6, values={"people": 2}),
    ),
    Case(
        "known from before",
        reads(required=["day"]),
        Leave(sets={"people": 2}, why="found: people"),
        ModelAnswered(6, values={"people": 2}),
        variables={"day": "Monday"},
    ),
    Case("no model", reads(), Leave("failed", why="no model answered: down"), Failed(6, "down")),
    Case("words", reads(), None, Replied("hi")),
    Case("a call", reads(), None, CallAnswered(6)),
]
WRONG: list[Wrong] = [
    ("right", reads(required=["day"]), []),
    ("no fields", {"fields": {}}, ["it has no fields"]),
    ("no name", {"fields": {"a b": "x"}}, ["'a b' is not a variable's name"]),
    ("not a field", reads(required=["hour"]), ["'hour' is required, but no field"]),
]

test_moves, test_problems = table_of("extract", CASES, WRONG)
