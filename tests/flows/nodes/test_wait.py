"""The table of `wait`."""

from tests.support.flow_cases import HOSTILE, Case, Wrong, table_of
from turnkeeper.flows.effects import Sleep
from turnkeeper.flows.nodes.base import Leave, Stay
from turnkeeper.flows.signals import GivenBack, Replied, Sent, TimedOut

CASES = [
    Case("waits", {}, Stay(("reply",), why="waits for a reply")),
    Case(
        "for a while",
        {"seconds": 60},
        Stay(("reply", "time"), (Sleep(7, 60),), asked=True, why="waits for a reply, at most 60 s"),
    ),
    Case("words", {}, Leave(why="the person wrote"), Replied("hi")),
    Case("kept", {"save": "x"}, Leave(sets={"x": HOSTILE}, why="the person wrote"), Replied(HOSTILE)),
    Case("a button", {"save": "x"}, Leave(sets={"x": "Yes"}, why="the person wrote"), Replied(choice="a", label="Yes")),
    Case("a file", {"save": "x"}, Leave(sets={"x": ""}, why="the person wrote"), Replied(files=(Sent("image"),))),
    Case("too late", {"seconds": 60}, Leave("no_answer", why="no answer within 60 s"), TimedOut(6)),
    Case("no limit", {}, None, TimedOut(6)),
    Case("given back", {"seconds": 60}, None, GivenBack()),
]
WRONG: list[Wrong] = [
    ("right", {"seconds": 60, "save": "x"}, []),
    ("no time", {"seconds": 0}, ["the limit is more than 0 seconds and at most a year"]),
    ("a lifetime", {"seconds": 1e9}, ["the limit is more than 0 seconds and at most a year"]),
    ("no name", {"save": "a b"}, ["'a b' is not a variable's name"]),
]

test_moves, test_problems = table_of("wait", CASES, WRONG)
