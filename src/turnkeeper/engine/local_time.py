"""A contact's time: the fact `time_zone`, else that of the phone number's country, else what somebody configured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from turnkeeper.engine.answer import Answer, Later, Work
from turnkeeper.rules.quiet_hours import next_allowed
from turnkeeper.rules.time_zones import country_of, zone_of_country

FACT = "time_zone"


async def awaiting_the_day(work: Work, answer: Answer) -> Answer:
    """The answer, with timers that spare the contact's quiet hours set to when those are over."""
    if not any(later.quiet for later in answer.timers):
        return answer
    known = {**await work.records.facts(), **answer.facts}
    now = work.now()
    return replace(answer, timers=[_spared(later, known, work.addresses, now) for later in answer.timers])


def _spared(later: Later, facts: Mapping[str, object], addresses: Sequence[str], now: float) -> Later:
    if later.quiet is None:
        return later
    wanted = now + later.seconds if later.at is None else later.at
    allowed = next_allowed(wanted, later.quiet, zone_of(facts, addresses, later.quiet.time_zone))
    return later if allowed == wanted else replace(later, at=allowed)


def zone_of(facts: Mapping[str, object], addresses: Sequence[str], otherwise: str) -> tzinfo:
    """A contact's time zone, by what is known of them; UTC where nothing names one that there is."""
    told = facts.get(FACT)
    for name in (told if isinstance(told, str) else None, _zone_of_phone(addresses), otherwise):
        zone = zone_named(name)
        if zone is not None:
            return zone
    return UTC


def zone_named(name: str | None) -> tzinfo | None:
    """The zone of a name; None where there is none."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _zone_of_phone(addresses: Sequence[str]) -> str | None:
    phones = (address.removeprefix("phone:") for address in addresses if address.startswith("phone:"))
    return next((zone for phone in phones if (zone := zone_of_country(country_of(phone)))), None)
