"""The table of `end`."""

from tests.support.flow_cases import HOSTILE, Case, Wrong, table_of
from turnkeeper.flows.effects import Say
from turnkeeper.flows.nodes.base import Stop
from turnkeeper.flows.signals import Replied

CASES = [
    Case("ends", {}, Stop("completed", why="the end")),
    Case(
        "with a word",
        {"text": "Bye {{x}}"},
        Stop("completed", (Say("Bye {{x}}", {"x": HOSTILE}),), why="the end"),
        variables={"x": HOSTILE},
    ),
    Case(
        "in a language", {"text": {"en": "A", "id": "B"}}, Stop("completed", (Say("B"),), why="the end"), language="id"
    ),
    Case("hears nothing", {}, None, Replied("x")),
]
WRONG: list[Wrong] = [("right", {}, []), ("with a word", {"text": "Bye"}, [])]

test_moves, test_problems = table_of("end", CASES, WRONG)
