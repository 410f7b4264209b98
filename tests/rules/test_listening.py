"""How long transcribers may take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.rules.listening import guessed_length, time_for, time_left

TIMES = [("a short note", 20.0, 60.0), ("a minute", 60.0, 60.0), ("four minutes", 240.0, 240.0), ("unknown", 0.0, 60.0)]


@pytest.mark.parametrize("label, length, expected", TIMES, ids=[row[0] for row in TIMES])
def test_a_long_note_gets_more_time(label: str, length: float, expected: float) -> None:
    assert time_for(60.0, length) == expected


def test_the_length_is_guessed_from_the_size() -> None:
    assert guessed_length(120_000, 600.0) == 60.0
    assert guessed_length(100_000_000, 600.0) == 600.0


SECONDS = st.floats(0, 10_000)


@given(SECONDS, SECONDS, SECONDS)
def test_somebody_behind_still_gets_time(own: float, within: float, used: float) -> None:
    left = max(0.0, within - used)
    first = time_left(own, within, used, is_last=False)
    assert 0 <= first <= min(own, left)
    assert left - first >= left / 4.0001
    assert time_left(own, within, used, is_last=True) == min(own, left)
