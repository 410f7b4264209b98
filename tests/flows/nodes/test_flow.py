"""The table of `flow`."""

from tests.support.flow_cases import HOSTILE, Case, Wrong, table_of
from turnkeeper.flows.nodes.base import Visit
from turnkeeper.flows.signals import Replied

CASES = [
    Case("goes into it", {"flow": "inner"}, Visit("inner")),
    Case(
        "with what is given",
        {"flow": "inner", "given": {"n": "{{n}}", "x": "{{x}}", "deep": {"to": "{{contact.name}}"}, "f": 1}},
        Visit("inner", {"n": 3, "x": HOSTILE, "deep": {"to": "Ana"}, "f": 1}),
        variables={"n": 3, "x": HOSTILE},
    ),
    Case("hears nothing", {"flow": "inner"}, None, Replied("x")),
]
WRONG: list[Wrong] = [
    ("right", {"flow": "inner", "given": {"a": 1}}, []),
    ("none", {"flow": ""}, ["it names no flow"]),
    ("not there", {"flow": "gone"}, ["there is no flow 'gone'"]),
    ("no name", {"flow": "inner", "given": {"a b": 1}}, ["'a b' is not a variable's name"]),
]

test_moves, test_problems = table_of("flow", CASES, WRONG)
