"""When a time comes next, in the fields of cron."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.flows.cron import BadCron, next_after, problem, read

JAKARTA, BERLIN = ZoneInfo("Asia/Jakarta"), ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("label", "text", "after", "found"),
    [
        ("every minute", "* * * * *", "2026-11-20 14:52", "2026-11-20 14:53"),
        ("never this very minute", "52 14 * * *", "2026-11-20 14:52", "2026-11-21 14:52"),
        ("weekdays, from a Friday", "0 9 * * mon-fri", "2026-11-20 14:52", "2026-11-23 09:00"),
        ("Sunday as 7", "0 9 * * 7", "2026-11-20 14:52", "2026-11-22 09:00"),
        ("Friday to Sunday", "0 9 * * 5-7", "2026-11-20 14:52", "2026-11-21 09:00"),
        ("steps", "*/20 8-18 * * *", "2026-11-20 18:45", "2026-11-21 08:00"),
        ("steps from", "10/25 * * * *", "2026-11-20 14:36", "2026-11-20 15:10"),
        ("a list", "0 9 1,15 * *", "2026-11-20 14:52", "2026-12-01 09:00"),
        ("the year's end", "30 23 31 dec *", "2026-12-31 23:30", "2027-12-31 23:30"),
        ("either day", "0 0 1 * fri", "2026-11-20 14:52", "2026-11-27 00:00"),
        ("both, where one is a step", "0 0 */2 * fri", "2026-11-20 14:52", "2026-11-27 00:00"),
        ("leap years", "0 0 29 2 *", "2026-11-20 14:52", "2028-02-29 00:00"),
    ],
)
def test_next(label: str, text: str, after: str, found: str) -> None:
    local = datetime.fromisoformat(after).replace(tzinfo=JAKARTA)
    assert next_after(read(text), local) == datetime.fromisoformat(found).replace(tzinfo=JAKARTA), label


@pytest.mark.parametrize(
    "text",
    ["", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "5-1 * * * *",
     "*/0 * * * *", "*/x * * * *", "1,,2 * * * *", "-1 * * * *", "mon * * * *", "٣ * * * *", "* " * 200, "1/99 * * * *",
     "0 0 30 2 *"],
)  # fmt: skip
def test_what_is_none(text: str) -> None:
    assert problem(text)


def test_what_never_comes_can_be_read() -> None:
    assert next_after(read("0 0 31 4 *"), datetime(2026, 1, 1, tzinfo=UTC)) is None
    with pytest.raises(BadCron, match="five parts"):
        read("daily")


def test_clocks_that_are_put_forward_and_back() -> None:
    spring = datetime(2026, 3, 29, 1, 59, tzinfo=BERLIN)
    assert next_after(read("30 2 * * *"), spring) is not None
    autumn = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1)
    found = next_after(read("45 2 * * *"), autumn)
    assert found is not None
    assert found.timestamp() > autumn.timestamp()


FIELD = st.sampled_from(["*", "0", "1-5", "*/7", "3,4"])


@given(st.tuples(FIELD, FIELD, st.just("*"), st.just("*"), FIELD), st.datetimes(timezones=st.just(BERLIN)))
def test_it_is_always_later_and_never_skips_itself(fields: tuple[str, ...], after: datetime) -> None:
    if after.year > 9000 or after.year < 2:
        return
    cron = read(" ".join(fields))
    found = next_after(cron, after)
    assert found is not None
    assert found.timestamp() > after.timestamp()
    assert (found.minute in cron.minutes, found.hour in cron.hours, cron.is_on(found)) == (True, True, True)
