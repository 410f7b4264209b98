"""Refusals of several contacts at once are the number's."""

import pytest

from turnkeeper.rules import crowding


@pytest.mark.parametrize(
    "label, refusals, expected",
    [
        ("one", [("a", 0.0)], False),
        ("one, over and over", [("a", 0.0), ("a", 1.0), ("a", 2.0)], False),
        ("two", [("a", 0.0), ("b", 0.1)], False),
        ("three", [("a", 0.0), ("b", 0.1), ("c", 0.2)], True),
        ("three over a time", [("a", 0.0), ("b", 3.0), ("c", 6.0)], False),
        ("a clock that was set back", [("a", 90.0), ("b", 91.0), ("c", 1.0)], False),
    ],
)
def test_when_it_is_the_number(label: str, refusals: list[tuple[str, float]], expected: bool) -> None:
    lately: dict[str, float] = {}
    for conversation, at in refusals:
        lately = crowding.refused(lately, conversation, at)
    assert crowding.concerns_all(lately) is expected
