"""When a time comes next, whatever the clocks do."""

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.flows.schedules import BadSchedule, newest, next_after, problem

JAKARTA, BERLIN = ZoneInfo("Asia/Jakarta"), ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = JAKARTA, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()


@pytest.mark.parametrize(
    ("label", "cron", "after", "found"),
    [
        ("every minute", "* * * * *", "2026-11-20 14:52", "2026-11-20 14:53"),
        ("never this very instant", "52 14 * * *", "2026-11-20 14:52", "2026-11-21 14:52"),
        ("within its minute", "52 14 * * *", "2026-11-20 14:52:00.5", "2026-11-21 14:52"),
        ("right before it", "52 14 * * *", "2026-11-20 14:51:59.9", "2026-11-20 14:52"),
        ("weekdays, from a Friday", "0 9 * * mon-fri", "2026-11-20 14:52", "2026-11-23 09:00"),
        ("Sunday as 7", "0 9 * * 7", "2026-11-20 14:52", "2026-11-22 09:00"),
        ("steps", "*/20 8-18 * * *", "2026-11-20 18:45", "2026-11-21 08:00"),
        ("the year's end", "30 23 31 dec *", "2026-12-31 23:30", "2027-12-31 23:30"),
        ("either day", "0 0 1 * fri", "2026-11-20 14:52", "2026-11-27 00:00"),
        ("leap years", "0 0 29 2 *", "2026-11-20 14:52", "2028-02-29 00:00"),
        ("the month's last day", "0 9 l * *", "2026-11-20 14:52", "2026-11-30 09:00"),
    ],
)
def test_next(label: str, cron: str, after: str, found: str) -> None:
    assert next_after(cron, at(after), JAKARTA) == at(found), label


@pytest.mark.parametrize(
    ("label", "cron", "after", "times"),
    [
        # In Berlin 02:00 to 03:00 is skipped on 29 March 2026, and comes twice on 25 October.
        ("skipped", "30 2 * * *", at("2026-03-28 12:00", BERLIN), ["2026-03-29 03:00", "2026-03-30 02:30"]),
        (
            "skipped, then again",
            "0 2,3 * * *",
            at("2026-03-29 01:00", BERLIN),
            ["2026-03-29 03:00", "2026-03-30 02:00"],
        ),
        ("twice", "30 2 * * *", at("2026-10-25 01:00", BERLIN), ["2026-10-25 02:30", "2026-10-26 02:30"]),
        ("in its second hour", "30 2 * * *", at("2026-10-25 02:10", BERLIN, fold=1), ["2026-10-26 02:30"]),
        ("later in it", "45 3 * * *", at("2026-10-25 02:50", BERLIN, fold=1), ["2026-10-25 03:45"]),
    ],
)
def test_clocks_that_are_put_forward_and_back(label: str, cron: str, after: float, times: list[str]) -> None:
    for expected in times:
        after = next_after(cron, after, BERLIN)
        assert after == at(expected, BERLIN), label


def test_every_hour_goes_on_while_the_clock_is_put_back() -> None:
    times = [at("2026-10-25 01:00", BERLIN)]
    for _ in range(4):
        times.append(next_after("0 * * * *", times[-1], BERLIN))
    assert [later - before for before, later in pairwise(times)] == [3600.0] * 4


@pytest.mark.parametrize(
    ("label", "after", "until", "found"),
    [
        ("none yet", "2026-11-20 09:00", "2026-11-20 09:04", None),
        ("not the one before", "2026-11-20 09:00", "2026-11-20 09:05", "2026-11-20 09:05"),
        ("the last of many", "2026-11-20 09:00", "2026-11-20 09:59", "2026-11-20 09:55"),
    ],
)
def test_newest(label: str, after: str, until: str, found: str | None) -> None:
    assert newest("*/5 * * * *", at(after), at(until), JAKARTA) == (at(found) if found else None), label


def test_newest_within_the_hour_that_comes_twice() -> None:
    after = at("2026-10-25 02:10", BERLIN, fold=1)
    assert newest("30 2 * * *", after, after + 7200, BERLIN) is None


@pytest.mark.parametrize(
    "cron",
    ["", "@daily", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8",
     "5-1 * * * *", "*/0 * * * *", "*/x * * * *", "1,,2 * * * *", "-1 * * * *", "mon * * * *", "٣ * * * *",
     "² * * * *", "* " * 200, "9" * 5000 + " * * * *", "1#6 * * * *", "0 0 30 2 *", "0 0 31 4,6 *", "0\x00 0 * * *"],
)  # fmt: skip
def test_what_is_none(cron: str) -> None:
    wrong = problem(cron)
    assert wrong is not None
    assert len(wrong) < 400
    with pytest.raises(BadSchedule):
        next_after(cron, 0.0, UTC)


FIELD = st.sampled_from(["*", "0", "1-5", "*/7", "3,4"])


@given(
    st.tuples(FIELD, FIELD, st.just("*"), st.just("*"), FIELD),
    st.floats(1_700_000_000, 1_900_000_000),
    st.sampled_from([UTC, BERLIN, JAKARTA]),
)
def test_it_is_always_later_and_is_found_again(fields: tuple[str, ...], after: float, zone: ZoneInfo) -> None:
    cron = " ".join(fields)
    found = next_after(cron, after, zone)
    assert found > after
    assert found % 60 == 0
    assert newest(cron, after, found, zone) == found
    assert newest(cron, after, found - 1, zone) is None
