"""When what failed is tried again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.model.policy import TurnPolicy
from turnkeeper.rules.retry import Outage, backoff, outage, turn_retry, unknown_wait, waits_anew

MIDDLE = 0.5  # a jitter that moves nothing
BACKOFFS = [(1, 1.0), (2, 2.0), (3, 4.0), (8, 128.0), (9, 240.0), (100, 240.0), (10**9, 240.0), (0, 1.0)]


@pytest.mark.parametrize(("tries", "expected"), BACKOFFS)
def test_backoff(tries: int, expected: float) -> None:
    assert backoff(tries, jitter=MIDDLE) == expected


def test_jitter_spreads_to_both_sides_also_at_the_top() -> None:
    assert backoff(1, jitter=0.0) == 0.75
    assert backoff(1, jitter=0.999) == pytest.approx(1.25, abs=0.001)
    assert backoff(50, jitter=0.0) == 180
    assert backoff(50, jitter=0.999) == pytest.approx(300, abs=0.2)


jitters = st.floats(0, 1, exclude_max=True)


@given(st.integers(-5, 10**6), jitters, st.floats(0.001, 1e6), st.floats(0.001, 1e6))
def test_never_negative_never_beyond_the_cap_never_shorter_than_before(
    tries: int, jitter: float, base: float, cap: float
) -> None:
    this = backoff(tries, jitter=jitter, base=base, cap=cap)
    assert 0 < this <= cap
    assert this <= backoff(tries + 1, jitter=jitter, base=base, cap=cap)


RETRIES = [(1, 1.0), (2, 2.0), (3, None), (99, None)]


@pytest.mark.parametrize(("failures", "expected"), RETRIES)
def test_a_turn_is_tried_twice_more(failures: int, expected: float | None) -> None:
    assert turn_retry(TurnPolicy(), failures=failures, jitter=MIDDLE) == expected


@given(st.integers(0, 20), jitters)
def test_a_turn_gets_as_many_retries_as_its_policy_says(retries: int, jitter: float) -> None:
    waits = [turn_retry(TurnPolicy(turn_retries=retries), failures=n, jitter=jitter) for n in range(1, 25)]
    assert [wait is not None for wait in waits] == [n <= retries for n in range(1, 25)]


UNKNOWN = [
    ("sent just now", 30.0, 0.0, 30.0),
    ("found after a short outage", 30.0, 10.0, 30.0),
    ("as long as the outage", 30.0, 120.0, 120.0),
    ("at most ten minutes", 30.0, 7_200.0, 600.0),
    ("a clock that went back", 30.0, -50.0, 30.0),
]


@pytest.mark.parametrize(("label", "setting", "away", "expected"), UNKNOWN, ids=[row[0] for row in UNKNOWN])
def test_unknown_wait(label: str, setting: float, away: float, expected: float) -> None:
    assert unknown_wait(unknown_wait=setting, sent_at=1_000.0, now=1_000.0 + away) == expected


@given(st.floats(0, 600), st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_longer_outage_never_shortens_the_wait(setting: float, away: float, more: float) -> None:
    short = unknown_wait(unknown_wait=setting, sent_at=0.0, now=away)
    assert setting <= short <= unknown_wait(unknown_wait=setting, sent_at=0.0, now=away + more) <= 600


def test_a_short_silence_is_no_outage() -> None:
    assert outage(silent=1.0, now=9.0) is None
    assert outage(silent=60.0, now=9.0) == Outage(9.0, 60.0)


NOW = 1_000.0
ANEW = [
    ("looked at in time", NOW - 30, NOW, None, None),
    ("a little late", NOW - 34, NOW - 4, None, None),
    ("no wait is known of", NOW - 30, None, None, None),
    ("nobody looked for a minute", NOW - 90, NOW - 60, None, NOW + 90),
    ("nobody looked for a day", NOW - 90_000, NOW - 86_400, None, NOW + 600),
    ("an outage is just over", NOW - 31, NOW - 1, Outage(NOW - 1, 20.0), NOW + 29),
    ("a longer one", NOW - 300, NOW - 1, Outage(NOW - 1, 200.0), NOW + 199),
    ("a whole day", NOW - 90_000, NOW, Outage(NOW, 86_400.0), NOW + 600),
    ("it was over before the send", NOW - 30, NOW, Outage(NOW - 31, 200.0), None),
    ("it has been waited out", NOW - 500, NOW, Outage(NOW - 200, 200.0), None),
    ("both", NOW - 200, NOW - 150, Outage(NOW, 100.0), NOW + 200),
]


@pytest.mark.parametrize("label, sent_at, waited_until, over, expected", ANEW, ids=[row[0] for row in ANEW])
def test_waits_anew(
    label: str, sent_at: float, waited_until: float | None, over: Outage | None, expected: float | None
) -> None:
    found = waits_anew(unknown_wait=30.0, sent_at=sent_at, waited_until=waited_until, now=NOW, over=over)
    assert found == expected
