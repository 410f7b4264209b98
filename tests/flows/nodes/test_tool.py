"""The table of `tool`."""

from typing import Any

from tests.support.flow_cases import HOSTILE, Case, Wrong, table_of
from turnkeeper.flows.effects import UseTool
from turnkeeper.flows.nodes.base import Leave, Stay
from turnkeeper.flows.signals import CallAnswered, Failed, ModelAnswered, Replied


def uses(**more: Any) -> dict[str, Any]:
    return {"tool": "look_up", **more}


CASES = [
    Case("uses", uses(), Stay(("call",), (UseTool(7, "look_up"),), asked=True, why="uses look_up")),
    Case(
        "with arguments",
        uses(arguments={"n": "{{n}}", "q": {"in": "{{contact.city}}!"}, "x": "{{x}}"}),
        Stay(
            ("call",),
            (UseTool(7, "look_up", {"n": 3, "q": {"in": "Kota!"}, "x": HOSTILE}),),
            asked=True,
            why="uses look_up",
        ),
        variables={"n": 3, "x": HOSTILE},
    ),
    Case(
        "keeps",
        uses(save="all", keep={"first": "0.name"}),
        Leave(sets={"first": "a", "all": [{"name": "a"}]}, why="look_up answered"),
        CallAnswered(6, [{"name": "a"}]),
    ),
    Case("failed", uses(), Leave("failed", why="look_up failed: gone"), Failed(6, "gone")),
    Case("words", uses(), None, Replied("hi")),
    Case("a model", uses(), None, ModelAnswered(6)),
]
WRONG: list[Wrong] = [
    ("right", uses(), []),
    ("none", {"tool": ""}, ["it names no tool"]),
    ("not there", {"tool": "burn"}, ["there is no tool 'burn'"]),
    ("no name", uses(save="a b"), ["'a b' is not a variable's name"]),
    ("no path", uses(keep={"a": ""}), ["'' is no path to what 'a' keeps: write it like cart.items.0"]),
]

test_moves, test_problems = table_of("tool", CASES, WRONG)
