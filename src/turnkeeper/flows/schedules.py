"""Times that come again: the five fields of cron, read on the clock of a time zone.

Where both days (of the month, of the week) are named, either will do, as cron has it. A time that the clock skips comes
when the clock goes on; of one that it shows twice the first counts, unless the hours are a star.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cronsim import CronSim

LONGEST: Final = 100
"""Characters of a schedule."""
HOUR: Final = 3600.0
_BEHIND: Final = 12 * HOUR
_AHEAD: Final = 15 * HOUR
"""Seconds by which clocks differ at most from UTC's; an hour that is skipped makes one more."""
_FIELDS: Final = 5
_SIGNS: Final = re.compile(r"[0-9A-Za-z*/,#\- \t]+")
_SAMPLE: Final = "minute, hour, day of the month, month, day of the week, such as 0 9 * * 1-5"
_ANY: Final = datetime(2024, 1, 1)  # noqa: DTZ001 - any time does


class BadSchedule(ValueError):
    """What is no schedule; the text says why."""


def problem(cron: str) -> str | None:
    """What is wrong with a schedule's text."""
    try:
        _next(_read(cron, _ANY))
    except BadSchedule as error:
        return str(error)
    return None


def next_after(cron: str, at: float, zone: tzinfo) -> float:
    """The first instant after one. Raises BadSchedule for a text that is none, and for times that never come."""
    times = _read(cron, datetime.fromtimestamp(at, zone))
    while (found := _next(times).timestamp()) <= at:  # within the hour that is shown twice
        pass
    return found


def newest(cron: str, after: float, until: float, zone: tzinfo) -> float | None:
    """The last instant after one and not after the other; None: there is none. Costs grow with the time between them.
    Raises BadSchedule."""
    times, last = _read(cron, datetime.fromtimestamp(after, zone)), None
    while (found := _next(times).timestamp()) <= until:
        last = found if found > after else last
    return last


def times_in_hour(cron: str, start: float, zone: tzinfo) -> list[float]:
    """The instants within the hour that begins at an instant. Raises BadSchedule."""
    found, at = [], start - 1.0
    while (at := next_after(cron, at, zone)) < start + HOUR:
        found.append(at)
    return found


def next_hour(cron: str, at: float) -> float:
    """The beginning of the first hour after an instant in which it may be such a time for somebody on earth. Raises
    BadSchedule."""
    hour = (at // HOUR + 1) * HOUR
    shown = next_after(cron, hour - _BEHIND - 1.0, UTC)
    return hour if shown < hour + HOUR + _AHEAD else (shown - _AHEAD) // HOUR * HOUR


def _read(cron: str, after: datetime) -> CronSim:
    from cronsim import CronSim, CronSimError

    if len(cron) > LONGEST or len(cron.split()) != _FIELDS:
        raise BadSchedule(f"{cron[:LONGEST]!r} are no times: write five fields: {_SAMPLE}")
    if not _SIGNS.fullmatch(cron):
        raise BadSchedule(f"{cron!r} has signs that times do not: write {_SAMPLE}")
    try:
        return CronSim(cron, after)
    except CronSimError as error:
        field = str(error).removeprefix("Bad ").replace("-", " ").replace("day of week", "day of the week")
        field = field.replace("day of month", "day of the month")
        raise BadSchedule(f"{cron!r} has a {field} that is none, or never comes: write {_SAMPLE}") from None


def _next(times: CronSim) -> datetime:
    found = next(times, None)
    if found is None:
        raise BadSchedule(f"{' '.join(times.parts[1:])!r} never comes")
    return found
