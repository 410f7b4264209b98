"""When free-form messages are allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.rules.window import is_open

DAY = 86_400.0
CASES = [
    ("they have just written", 1_000.0, DAY, 1_000.0, True),
    ("a moment before 24 hours", 1_000.0, DAY, 1_000.0 + DAY - 1, True),
    ("at 24 hours", 1_000.0, DAY, 1_000.0 + DAY, False),
    ("they never wrote", None, DAY, 1_000.0, False),
    ("a channel without a window", 1_000.0, None, 1e12, True),
    ("a channel without a window, they never wrote", None, None, 1_000.0, True),
    ("their clock is ahead of ours", 2_000.0, DAY, 1_000.0, True),
]


@pytest.mark.parametrize(("label", "contact_at", "window", "now", "expected"), CASES, ids=[row[0] for row in CASES])
def test_is_open(label: str, contact_at: float | None, window: float | None, now: float, expected: bool) -> None:
    assert is_open(contact_at=contact_at, window=window, now=now) is expected


@given(st.floats(0, 1e10), st.floats(0, 1e6), st.floats(0, 1e10), st.floats(0, 1e6))
def test_it_closes_once_and_a_newer_message_never_closes_it(
    contact_at: float, window: float, now: float, more: float
) -> None:
    opened = is_open(contact_at=contact_at, window=window, now=now)
    assert opened or not is_open(contact_at=contact_at, window=window, now=now + more)
    assert not opened or is_open(contact_at=contact_at + more, window=window, now=now)
