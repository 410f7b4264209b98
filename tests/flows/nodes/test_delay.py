"""The table of `delay`."""

from tests.support.flow_cases import Case, Wrong, table_of
from turnkeeper.flows.effects import Sleep
from turnkeeper.flows.nodes.base import Leave, Stay
from turnkeeper.flows.signals import GivenBack, Replied, TimedOut

SKIPPED = {"seconds": 5, "skip": True}
CASES = [
    Case("waits", {"seconds": 90.5}, Stay(("time",), (Sleep(7, 90.5),), asked=True, why="waits 90.5 s")),
    Case("waits for words too", SKIPPED, Stay(("time", "reply"), (Sleep(7, 5),), asked=True, why="waits 5 s")),
    Case("over", {"seconds": 5}, Leave(why="5 s are over"), TimedOut(6)),
    Case("words do not end it", {"seconds": 5}, None, Replied("hi")),
    Case("unless they may", SKIPPED, Leave(why="the person wrote"), Replied("hi")),
    Case("given back", SKIPPED, None, GivenBack()),
]
WRONG: list[Wrong] = [
    ("a second", {"seconds": 1}, []),
    ("a year", {"seconds": 366 * 86_400}, []),
    ("no time", {"seconds": 0}, ["a delay takes more than 0 seconds and at most a year"]),
    ("time back", {"seconds": -1}, ["a delay takes more than 0 seconds and at most a year"]),
    ("a lifetime", {"seconds": 1e300}, ["a delay takes more than 0 seconds and at most a year"]),
]

test_moves, test_problems = table_of("delay", CASES, WRONG)
