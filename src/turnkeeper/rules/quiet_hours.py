"""Quiet hours: when somebody may be written to unasked, by the clock on their wall."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo

from turnkeeper.model.sequences import WHOLE_DAY, QuietHours

_DAYS = 3
"""How many days' ends are looked at: clocks have skipped a whole day."""


def is_quiet(at: float, hours: QuietHours, zone: tzinfo) -> bool:
    """Whether an instant lies in them."""
    wall = datetime.fromtimestamp(at, zone)
    minute = wall.hour * 60 + wall.minute
    if hours.start <= hours.end:
        return hours.start <= minute < hours.end
    return minute >= hours.start or minute < hours.end


def next_allowed(at: float, hours: QuietHours, zone: tzinfo) -> float:
    """The instant itself, or the end of the quiet hours that it lies in.

    The wall's clock decides. An hour that it shows twice is quiet twice; an end that it skips comes right after.
    """
    if not is_quiet(at, hours, zone):
        return at
    end = time(hours.end // 60 % 24, hours.end % 60)
    first = datetime.fromtimestamp(at, zone).date()
    ends = [
        datetime.combine(first + timedelta(days=day), end, zone).replace(fold=fold).timestamp()
        for day in range(_DAYS)
        for fold in (0, 1)
    ]
    return min(each for each in ends if each > at and not is_quiet(each, hours, zone))


def read(value: str) -> tuple[int, int]:
    """`21:00-08:00` as minutes of the day. Raises ValueError for what is none, for nothing, and for the whole day."""
    start, _, end = value.partition("-")
    minutes = (_minute(start), _minute(end))
    if minutes[0] % WHOLE_DAY == minutes[1] % WHOLE_DAY:
        raise ValueError(f"{value} leaves no time to write, or all of it")
    return minutes[0] % WHOLE_DAY, minutes[1]


def _minute(value: str) -> int:
    hour, colon, minute = value.strip().partition(":")
    if not colon or len(minute) != 2 or not (hour + minute).isascii() or not (hour + minute).isdigit():
        raise ValueError(f"{value.strip()!r} is not a time of the day")
    of_day = int(hour) * 60 + int(minute)
    if int(minute) > 59 or of_day > WHOLE_DAY:
        raise ValueError(f"{value.strip()!r} is not a time of the day")
    return of_day
