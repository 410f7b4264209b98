"""When conversations are due: the next one is known, and instants of one slot are one."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.engine.due import SLOT, DueTimes

PUT = [
    ("the first", [], 10.0, True),
    ("a later one", [10.0], 11.0, False),
    ("an earlier one", [10.0], 9.0, True),
    ("the same", [10.0], 10.0, False),
    ("of the same slot", [10.0], 10.0 - SLOT / 4, False),
]


@pytest.mark.parametrize(("label", "before", "due_at", "is_next"), PUT, ids=[row[0] for row in PUT])
def test_whoever_waits_is_told_of_what_comes_sooner(
    label: str, before: list[float], due_at: float, is_next: bool
) -> None:
    due = DueTimes()
    for each in before:
        due.put(each)
    assert due.put(due_at) is is_next
    assert due.first == pytest.approx(min([*before, due_at]), abs=SLOT)


@given(st.lists(st.floats(1.0, 2.0), max_size=30), st.floats(1.0, 2.0))
def test_what_has_come_is_forgotten_and_may_come_again(instants: list[float], now: float) -> None:
    due = DueTimes()
    for each in instants:
        due.put(each)
    due.drop(now)
    later = [math.ceil(each / SLOT) * SLOT for each in instants]
    assert due.first == min((each for each in later if each > now), default=math.inf)
    due.put(now)
    assert due.first <= now + SLOT
