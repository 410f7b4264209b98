"""The table of `split`."""

from collections import Counter
from typing import Any

import pytest

from tests.support.flow_cases import NOW, Case, Wrong, table_of
from turnkeeper.flows.nodes.base import Here, Leave
from turnkeeper.flows.signals import Replied


def forks(*shares: tuple[str, float], **more: Any) -> dict[str, Any]:
    return {"shares": [{"exit": exit_, "share": share} for exit_, share in shares], **more}


HALVES = forks(("a", 1), ("b", 1))
QUARTER = forks(("a", 1), ("b", 3))
CASES = [
    Case("draws", HALVES, Leave("b", why="drew b"), here=Here(NOW, seed="6")),
    Case("another", HALVES, Leave("a", why="drew a"), here=Here(NOW, seed="1")),
    Case("whatever was asked before", HALVES, Leave("a", why="drew a"), here=Here(NOW, seed="1"), call=900),
    Case("all of it", forks(("a", 5), ("b", 1e-300)), Leave("a", why="drew a")),
    Case("no shares", forks(), Leave("", why="drew the last")),
    Case("shares of nothing", forks(("a", 0), ("b", -1)), Leave("a", why="drew a")),
    Case("hears nothing", HALVES, None, Replied("x")),
]
WRONG: list[Wrong] = [
    ("right", QUARTER, []),
    ("one", forks(("a", 1)), ["a split needs two shares or more"]),
    ("none", forks(), ["a split needs two shares or more"]),
    ("nothing", forks(("a", 1), ("b", 0)), ["a share is more than 0"]),
    ("one name twice", forks(("a", 1), ("a", 1)), ["2 shares are called 'a'"]),
    ("no name", forks(("a", 1), ("", 1)), ["1 shares are called ''"]),
]

test_moves, test_problems = table_of("split", CASES, WRONG)


@pytest.mark.parametrize("again", [False, True])
def test_as_many_go_each_way_as_were_meant(again: bool) -> None:
    data = {**QUARTER, "again": again}
    went = Counter(
        move.by
        for n in range(2000)
        if isinstance(
            move := Case("", data, None, here=Here(NOW, seed="same" if again else str(n)), call=n).move("split"), Leave
        )
    )
    assert 430 < went["a"] < 570
    assert went["a"] + went["b"] == 2000
