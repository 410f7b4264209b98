"""How many messages of one contact are taken, and how the setting is written."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.model.policy import RateLimit
from turnkeeper.rules.rate_limit import admit, notice_due, parse

NOW = 1_790_000_000.0
TEN_A_MINUTE = RateLimit(10, 60.0)


def taken(limit: RateLimit | None, times: list[float]) -> list[float]:
    """The times at which a message was taken."""
    tat, found = None, []
    for at in times:
        allowed, tat = admit(limit, tat=tat, now=at)
        if allowed:
            found.append(at)
    return found


def test_a_burst_of_count_is_taken_at_once_and_not_one_more() -> None:
    assert len(taken(TEN_A_MINUTE, [NOW] * 15)) == 10


def test_then_one_every_sixth_second() -> None:
    every_second = [NOW + n for n in range(31)]
    assert taken(TEN_A_MINUTE, [NOW] * 10 + every_second)[10:] == [NOW + 6, NOW + 12, NOW + 18, NOW + 24, NOW + 30]


def test_after_a_silence_the_whole_burst_is_back() -> None:
    assert len(taken(TEN_A_MINUTE, [NOW] * 15 + [NOW + 60] * 15)) == 20


def test_a_refused_message_does_not_lengthen_the_wait() -> None:
    _, tat = admit(RateLimit(1, 10.0), tat=None, now=NOW)
    assert admit(RateLimit(1, 10.0), tat=tat, now=NOW + 9) == (False, tat)
    assert admit(RateLimit(1, 10.0), tat=tat, now=NOW + 10)[0]


def test_no_limit_takes_everything() -> None:
    assert len(taken(None, [NOW] * 1_000)) == 1_000


limits = st.builds(RateLimit, st.integers(1, 500), st.floats(1, 86_400))


@given(limits, st.floats(0, 4e9))
def test_exactly_count_at_once_whatever_the_numbers(limit: RateLimit, now: float) -> None:
    assert len(taken(limit, [now] * (limit.count + 5))) == limit.count


@given(st.builds(RateLimit, st.integers(1, 20), st.floats(1, 3_600)), st.lists(st.floats(0, 600), max_size=80))
def test_never_more_than_count_and_what_has_grown_back_in_any_time(limit: RateLimit, gaps: list[float]) -> None:
    at, times = NOW, []
    for gap in gaps:
        at += gap
        times.append(at)
    found = taken(limit, times)
    for first in range(len(found)):
        for last in range(first, len(found)):
            grown = (found[last] - found[first]) * limit.count / limit.per
            assert last - first + 1 <= limit.count + math.floor(grown + 0.01)


@given(limits, st.lists(st.floats(0, 1_000), min_size=1, max_size=40))
def test_who_keeps_to_the_pace_is_never_refused(limit: RateLimit, more: list[float]) -> None:
    at, times = NOW, []
    for extra in more:
        at += limit.per / limit.count + extra
        times.append(at)
    assert taken(limit, times) == times


NOTICES = [
    ("the first refusal", TEN_A_MINUTE, None, True),
    ("told a moment ago", TEN_A_MINUTE, NOW - 1, False),
    ("told a window ago", TEN_A_MINUTE, NOW - 60, True),
    ("no limit", None, None, False),
]


@pytest.mark.parametrize(("label", "limit", "noticed_at", "expected"), NOTICES, ids=[row[0] for row in NOTICES])
def test_notice_due(label: str, limit: RateLimit | None, noticed_at: float | None, expected: bool) -> None:
    assert notice_due(limit, noticed_at=noticed_at, now=NOW) is expected


@given(limits, st.lists(st.floats(0, 1e5), max_size=50))
def test_one_notice_in_a_window(limit: RateLimit, times: list[float]) -> None:
    told: list[float] = []
    for at in sorted(times):
        if notice_due(limit, noticed_at=told[-1] if told else None, now=at):
            told.append(at)
    assert all(later - earlier >= limit.per for earlier, later in pairwise(told))


SETTINGS = [
    ("10/minute", RateLimit(10, 60.0)),
    ("5/10s", RateLimit(5, 10.0)),
    ("100/hour", RateLimit(100, 3_600.0)),
    ("1/s", RateLimit(1, 1.0)),
    ("20 / 5 min", RateLimit(20, 300.0)),
    ("3/0.5s", RateLimit(3, 0.5)),
    ("1000/day", RateLimit(1_000, 86_400.0)),
    (" 10/Minute ", RateLimit(10, 60.0)),
    ("off", None),
    ("OFF", None),
]


@pytest.mark.parametrize(("text", "expected"), SETTINGS)
def test_parse(text: str, expected: RateLimit | None) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "10", "ten/minute", "10/fortnight", "0/minute", "5/0s", "-1/minute", "10/minute!", "١٠/minute", "9" * 5_000],
)
def test_a_setting_that_cannot_be_read_says_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match=r'Write "10/minute", "5/10s", "100/hour" or "off"\.'):
        parse(text)


@given(st.text(max_size=20))
def test_any_text_is_a_limit_or_a_value_error(text: str) -> None:
    try:
        found = parse(text)
    except ValueError:
        return
    assert found is None or (found.count > 0 and found.per > 0)
