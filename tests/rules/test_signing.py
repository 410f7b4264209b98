"""A signature proves the secret, the body and the time, and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.rules.signing import REACH, is_proven, signature

SECRET = "a secret of some length"
AT = 1_800_000_000.0
GOOD = signature(SECRET, b"{}", AT)
DIGEST = GOOD.partition("v1=")[2]

CASES = [
    ("as it was made", GOOD, SECRET, b"{}", AT, True),
    ("at the last second", GOOD, SECRET, b"{}", AT + REACH, True),
    ("a second later", GOOD, SECRET, b"{}", AT + REACH + 1, False),
    ("a clock that is ahead", GOOD, SECRET, b"{}", AT - REACH, True),
    ("a clock that is far ahead", GOOD, SECRET, b"{}", AT - REACH - 1, False),
    ("another secret", GOOD, SECRET + "!", b"{}", AT, False),
    ("another body", GOOD, SECRET, b"{} ", AT, False),
    ("another time", GOOD.replace("t=18", "t=19"), SECRET, b"{}", AT + 100_000_000, False),
    ("two times", GOOD + ",t=1800000001", SECRET, b"{}", AT, False),
    ("an old and a new secret", f"t=1800000000,v1={'0' * 64},v1={DIGEST}", SECRET, b"{}", AT, True),
    ("spaces", f"t=1800000000, v1={DIGEST}", SECRET, b"{}", AT, True),
    ("no digest", "t=1800000000", SECRET, b"{}", AT, False),
    ("no time", f"v1={DIGEST}", SECRET, b"{}", AT, False),
    ("a time that is none", f"t=soon,v1={DIGEST}", SECRET, b"{}", AT, False),
    ("a digit that is none", f"t=180000000²,v1={DIGEST}", SECRET, b"{}", AT, False),
    ("a time of twelve digits", signature(SECRET, b"{}", 1e11), SECRET, b"{}", 1e11, True),
    ("a time of thirteen", signature(SECRET, b"{}", 1e12), SECRET, b"{}", 1e12, False),
    ("a time without end", f"t={'9' * 5000},v1={DIGEST}", SECRET, b"{}", AT, False),
    ("letters of others", "t=1800000000,v1=é", SECRET, b"{}", AT, False),
    ("nothing", "", SECRET, b"{}", AT, False),
    ("commas", "," * 10_000, SECRET, b"{}", AT, False),
]


@pytest.mark.parametrize("label, header, secret, body, now, expected", CASES, ids=[case[0] for case in CASES])
def test_what_is_proven(label: str, header: str, secret: str, body: bytes, now: float, expected: bool) -> None:
    assert is_proven(header, secret, body, now) is expected


@given(st.text(max_size=200), st.binary(max_size=20))
def test_no_header_raises_or_proves(header: str, body: bytes) -> None:
    assert not is_proven(header, SECRET, body, AT)
