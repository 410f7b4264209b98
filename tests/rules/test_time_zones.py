"""Whose time it is, by a telephone number's country."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import phonenumbers
import pytest

from turnkeeper.rules.time_zones import _ZONES, country_of, zone_of_country


@pytest.mark.parametrize(
    ("label", "digits", "zone"),
    [
        ("India", "919845012345", "Asia/Kolkata"),
        ("with a plus", "+919845012345", "Asia/Kolkata"),
        ("the United States: the middle", "14155552671", "America/Chicago"),
        ("a fictitious number", "15551230001", "America/Chicago"),
        ("Canada, under the same code", "14165550123", "America/Winnipeg"),
        ("Kazakhstan, under Russia's", "77012345678", "Asia/Almaty"),
        ("Indonesia: the most populous", "6281234567890", "Asia/Jakarta"),
        ("Russia: the middle", "79161234567", "Asia/Yekaterinburg"),
        ("Kiribati, 12 hours ahead", "68672012345", "Pacific/Tarawa"),
        ("a satellite's", "881612345678", None),
        ("no country's code", "0000", None),
        ("no number", "", None),
    ],
)
def test_by_number(label: str, digits: str, zone: str | None) -> None:
    assert zone_of_country(country_of(digits)) == zone


def test_every_country_with_numbers_has_a_zone_that_there_is() -> None:
    assert phonenumbers.SUPPORTED_REGIONS - set(_ZONES) == set()
    for country, zone in _ZONES.items():
        assert datetime.now(UTC).astimezone(ZoneInfo(zone)), country
    assert zone_of_country("ZZ") is None
    assert zone_of_country(None) is None
