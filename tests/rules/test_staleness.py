"""Which messages are too old to be answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.model.policy import TurnPolicy
from turnkeeper.rules.staleness import is_stale

NOW = 1_790_000_000.0
POLICY = TurnPolicy(stale_after=3_600.0)
CASES = [
    ("just written", NOW, False),
    ("exactly stale_after ago", NOW - 3_600, False),
    ("longer ago", NOW - 3_601, True),
    ("from the future", NOW + 90_000, False),
    ("without a time", None, False),
]


@pytest.mark.parametrize(("label", "timestamp", "expected"), CASES, ids=[row[0] for row in CASES])
def test_is_stale(label: str, timestamp: float | None, expected: bool) -> None:
    assert is_stale(POLICY, timestamp=timestamp, now=NOW) is expected


@given(st.floats(0, 1e10), st.floats(0, 1e10), st.floats(0, 1e6))
def test_what_is_stale_stays_stale(timestamp: float, now: float, later: float) -> None:
    before = is_stale(POLICY, timestamp=timestamp, now=now)
    assert is_stale(POLICY, timestamp=timestamp, now=now + later) or not before
