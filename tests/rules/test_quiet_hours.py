"""Quiet hours by the clock on the wall: over midnight, where clocks are changed, at the ends of the world.

The table: hours, zone, an instant and from when on somebody may be written to (both UTC).
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.model.sequences import QuietHours
from turnkeeper.rules.quiet_hours import is_quiet, next_allowed, read

ZONES = (
    "UTC Asia/Kolkata America/New_York Europe/Berlin Pacific/Kiritimati Pacific/Apia Pacific/Pago_Pago "
    "Australia/Lord_Howe Africa/Cairo America/St_Johns Asia/Kathmandu"
).split()
NIGHT = "21:00-08:00"
TABLE = [
    ("by day", NIGHT, "UTC", "2027-03-01 12:00", "2027-03-01 12:00"),
    ("in the evening, over midnight", NIGHT, "UTC", "2027-03-01 23:15", "2027-03-02 08:00"),
    ("after midnight", NIGHT, "UTC", "2027-03-02 00:00", "2027-03-02 08:00"),
    ("at its first minute", NIGHT, "UTC", "2027-03-01 21:00", "2027-03-02 08:00"),
    ("a moment before", NIGHT, "UTC", "2027-03-01 20:59:59", "2027-03-01 20:59:59"),
    ("at its end", NIGHT, "UTC", "2027-03-02 08:00", "2027-03-02 08:00"),
    ("a moment before its end", NIGHT, "UTC", "2027-03-02 07:59:59", "2027-03-02 08:00"),
    ("a siesta, within a day", "13:00-15:30", "UTC", "2027-03-01 14:00", "2027-03-01 15:30"),
    ("the evening before a siesta", "13:00-15:30", "UTC", "2027-03-01 22:00", "2027-03-01 22:00"),
    ("until midnight", "22:00-24:00", "UTC", "2027-03-01 22:30", "2027-03-02 00:00"),
    ("until 0 o'clock", "22:00-00:00", "UTC", "2027-03-01 22:30", "2027-03-02 00:00"),
    ("from midnight", "00:00-06:00", "UTC", "2027-03-01 00:00", "2027-03-01 06:00"),
    ("half an hour off", NIGHT, "Asia/Kolkata", "2027-03-01 15:30", "2027-03-02 02:30"),
    ("14 hours ahead it is tomorrow", NIGHT, "Pacific/Kiritimati", "2027-03-01 08:00", "2027-03-01 18:00"),
    ("11 hours behind it is yesterday", NIGHT, "Pacific/Pago_Pago", "2027-03-01 09:00", "2027-03-01 19:00"),
    # New York, 14 March 2027: 02:00 EST becomes 03:00 EDT
    ("a night that is an hour shorter", NIGHT, "America/New_York", "2027-03-14 03:00", "2027-03-14 12:00"),
    ("an end that the clock skips", "21:00-02:30", "America/New_York", "2027-03-14 06:00", "2027-03-14 07:30"),
    # New York, 7 November 2027: 02:00 EDT becomes 01:00 EST
    ("a night that is an hour longer", NIGHT, "America/New_York", "2027-11-07 02:00", "2027-11-07 13:00"),
    ("an end that comes twice, before the first", "21:00-01:30", "America/New_York", "2027-11-07 05:00",
     "2027-11-07 05:30"),
    ("between the two: allowed", "21:00-01:30", "America/New_York", "2027-11-07 05:45", "2027-11-07 05:45"),
    ("quiet a second time", "21:00-01:30", "America/New_York", "2027-11-07 06:10", "2027-11-07 06:30"),
    # Lord Howe changes by half an hour: 4 April 2027, 02:00 becomes 01:30
    ("half an hour back", "22:00-01:45", "Australia/Lord_Howe", "2027-04-03 14:30", "2027-04-03 14:45"),
    # Apia had no 30 December 2011
    ("a day that never was", NIGHT, "Pacific/Apia", "2011-12-30 09:00", "2011-12-30 18:00"),
]  # fmt: skip


def unix(told: str) -> float:
    return datetime.fromisoformat(told).replace(tzinfo=UTC).timestamp()


def hours(told: str) -> QuietHours:
    return QuietHours(*read(told))


@pytest.mark.parametrize(("label", "quiet", "zone", "at", "allowed"), TABLE, ids=[row[0] for row in TABLE])
def test_when_somebody_may_be_written_to(label: str, quiet: str, zone: str, at: str, allowed: str) -> None:
    found = next_allowed(unix(at), hours(quiet), ZoneInfo(zone))
    assert datetime.fromtimestamp(found, UTC) == datetime.fromtimestamp(unix(allowed), UTC)


@given(
    st.floats(min_value=1.2e9, max_value=2.2e9),
    st.integers(0, 1439),
    st.integers(0, 1440),
    st.sampled_from(ZONES),
)
def test_it_is_allowed_then_soon_and_never_before(at: float, start: int, end: int, zone: str) -> None:
    if start == end % 1440:
        return
    quiet, here = QuietHours(start, end), ZoneInfo(zone)
    allowed = next_allowed(at, quiet, here)
    assert not is_quiet(allowed, quiet, here)
    assert at <= allowed < at + 50 * 3600  # clocks have skipped the only hour that was allowed
    assert (allowed == at) is not is_quiet(at, quiet, here)
    assert next_allowed(allowed, quiet, here) == allowed


@pytest.mark.parametrize(
    ("told", "minutes"),
    [
        ("21:00-08:00", (1260, 480)),
        ("9:05 - 17:30", (545, 1050)),
        ("22:00-24:00", (1320, 1440)),
        ("24:00-06:00", (0, 360)),
    ],
)
def test_hours_as_they_are_written(told: str, minutes: tuple[int, int]) -> None:
    assert read(told) == minutes


@pytest.mark.parametrize(
    "told",
    "|21:00|21:00-|-08:00|21-08|25:00-08:00|21:60-08:00|24:01-08:00|a:00-08:00|21:00-08:00-09:00|08:00-08:00|00:00-24:00"
    "|-1:00-08:00|21:0-08:00|²1:00-08:00".split("|"),
)
def test_what_are_no_hours(told: str) -> None:
    with pytest.raises(ValueError, match=r"is not a time of the day|leaves no time"):
        read(told)
