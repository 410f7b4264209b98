"""What became of people at a node, out of what was counted."""

from turnkeeper.flows.numbers import numbers
from turnkeeper.model.flows import Counted, FlowCount

COUNTS = [
    FlowCount(Counted("b", 1, "ask"), 10),
    FlowCount(Counted("b", 1, "ask", "next"), 4),
    FlowCount(Counted("b", 1, "ask", "fallback"), 1),
    FlowCount(Counted("b", 1, "ask", "cancelled"), 1),
    FlowCount(Counted("b", 1, "ask", "expired"), 1),
    FlowCount(Counted("b", 1, "ask", "moved"), 1),
    FlowCount(Counted("b", 2, "ask"), 1),
    FlowCount(Counted("a", 1, "bye", "completed"), 2),
]


def test_entered_left_waiting_gave_up() -> None:
    told = [each.as_words() for each in numbers(COUNTS)]
    assert [(each["flow"], each["version"], each["node"]) for each in told] == [
        ("a", 1, "bye"),
        ("b", 1, "ask"),
        ("b", 2, "ask"),
    ]
    left = {"next": 4, "fallback": 1, "cancelled": 1, "expired": 1, "moved": 1}
    ask = {"flow": "b", "version": 1, "node": "ask", "entered": 10, "left": left, "waiting": 2, "gave_up": 3}
    assert told[1] == ask
    assert told[0]["waiting"] == 0


def test_of_one_version() -> None:
    assert [each.entered for each in numbers(COUNTS, 2)] == [1]
