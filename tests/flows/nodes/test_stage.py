"""The table of `stage`."""

from tests.support.flow_cases import HOSTILE, Case, Wrong, table_of
from turnkeeper.flows.effects import SetStage
from turnkeeper.flows.nodes.base import Leave
from turnkeeper.flows.signals import Replied

CASES = [
    Case("a stage", {"stage": "paying"}, Leave(effects=(SetStage("paying"),), why="stage paying")),
    Case("a mark", {"stage": "in {{contact.city}}"}, Leave(effects=(SetStage("in Kota"),), why="stage in Kota")),
    Case("of nothing", {"stage": " {{x}} "}, Leave(why="the stage stays as it is: nothing is known of its name")),
    Case(
        "a hostile value",
        {"stage": "{{x}}"},
        Leave(effects=(SetStage(HOSTILE[:100]),), why=f"stage {HOSTILE[:100]}"),
        variables={"x": HOSTILE},
    ),
    Case("hears nothing", {"stage": "a"}, None, Replied("x")),
]
WRONG: list[Wrong] = [("right", {"stage": "a"}, []), ("no name", {"stage": " "}, ["the stage has no name"])]

test_moves, test_problems = table_of("stage", CASES, WRONG)
