"""The table of `handover`."""

from tests.support.flow_cases import HOSTILE, Case, Wrong, table_of
from turnkeeper.flows.effects import HandOver, Say
from turnkeeper.flows.nodes.base import Stop
from turnkeeper.flows.signals import Replied


def over(reason: str, *said: Say) -> Stop:
    return Stop("handed_over", (*said, HandOver(reason)), why=reason)


CASES = [
    Case("hands over", {}, over("the flow the flow hands over")),
    Case(
        "says why",
        {"reason": "wants {{x}}", "text": "A moment, {{contact.name}}"},
        over(f"wants {HOSTILE}", Say("A moment, {{contact.name}}", {"contact.name": "Ana"})),
        variables={"x": HOSTILE},
    ),
    Case("in a language", {"reason": "r", "text": {"en": "A", "id": "B"}}, over("r", Say("B")), language="id"),
    Case("at length", {"reason": "{{x}}"}, over("x" * 500), variables={"x": "x" * 900}),
    Case("hears nothing", {}, None, Replied("x")),
]
WRONG: list[Wrong] = [("right", {}, []), ("in full", {"reason": "r", "text": "t"}, [])]

test_moves, test_problems = table_of("handover", CASES, WRONG)
