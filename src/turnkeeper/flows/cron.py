"""Times that come again, in the five fields of cron: minute, hour, day of the month, month, day of the week.

`0 9 * * mon-fri`, `*/15 8-18 1,15 * *`. Where both kinds of day are named, either will do, as cron has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

_LONGEST: Final = 200
_MONTH_NAMES: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_NAMES: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FAR: Final = 8 * 366 + 4
"""Days in which every time comes that ever comes: a 29th of February may be eight years away."""
_MONTHS: Final = dict(zip(_MONTH_NAMES, range(1, 13), strict=True))
_DAYS: Final = dict(zip(_DAY_NAMES, range(7), strict=True))


class BadCron(ValueError):
    """What is no such time; the text says why."""


class _Field(NamedTuple):
    name: str
    least: int
    most: int
    words: dict[str, int]


_FIELDS: Final = (
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day", 1, 31, {}),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 7, _DAYS),
)


class Cron(NamedTuple):
    """Which minutes it is. `either_day`: both kinds of day are named."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    def is_on(self, day: datetime) -> bool:
        """Whether it comes on a day."""
        if day.month not in self.months:
            return False
        by_date, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_date or by_weekday if self.either_day else by_date and by_weekday


def read(text: str) -> Cron:
    """Raises BadCron."""
    parts = text.lower().split() if len(text) <= _LONGEST else []
    if len(parts) != len(_FIELDS):
        raise BadCron("a schedule has five parts: minute, hour, day, month, day of the week (0 9 * * mon-fri)")
    minutes, hours, days, months, weekdays = (
        frozenset(_values(part, field)) for part, field in zip(parts, _FIELDS, strict=True)
    )
    either = not parts[2].startswith("*") and not parts[4].startswith("*")
    on = frozenset(day % 7 for day in weekdays)
    return Cron(tuple(sorted(minutes)), tuple(sorted(hours)), days, months, on, either)


def next_after(cron: Cron, local: datetime) -> datetime | None:
    """The first time after this one, in the same zone; None: it never comes."""
    earliest = local.replace(tzinfo=None, second=0, microsecond=0) + timedelta(minutes=1)
    day = earliest.replace(hour=0, minute=0)
    for _ in range(_FAR):
        if cron.is_on(day):
            for hour in cron.hours:
                for minute in cron.minutes:
                    wanted = day.replace(hour=hour, minute=minute)
                    found = wanted.replace(tzinfo=local.tzinfo)
                    if wanted >= earliest and (local.tzinfo is None or found.timestamp() > local.timestamp()):
                        return found
        day += timedelta(days=1)
    return None


def problem(text: str) -> str | None:
    """What is wrong with it."""
    try:
        cron = read(text)
    except BadCron as error:
        return str(error)
    return None if next_after(cron, datetime(2024, 1, 1)) else f"{text!r} never comes"  # noqa: DTZ001 - any time does


def _values(part: str, field: _Field) -> Iterator[int]:
    for each in part.split(","):
        span, slash, step = each.partition("/")
        if slash and not (step.isascii() and step.isdigit() and 0 < int(step) <= field.most):
            raise BadCron(f"{each!r} is no {field.name}: what follows the slash is a number above 0")
        first, dash, last = span.partition("-")
        if span == "*":
            low, high = field.least, field.most
        else:
            low = _value(first, field)
            high = _value(last, field) if dash else field.most if slash else low
        if low > high:
            raise BadCron(f"{each!r} is no {field.name}: it ends before it begins")
        yield from range(low, high + 1, int(step) if slash else 1)


def _value(text: str, field: _Field) -> int:
    if text in field.words:
        return field.words[text]
    if not (text.isascii() and text.isdigit() and len(text) <= 2 and field.least <= int(text) <= field.most):
        raise BadCron(f"{text!r} is no {field.name}: write {field.least} to {field.most}")
    return int(text)
