"""What a template would cost a certain person now."""

from __future__ import annotations

from datetime import UTC, datetime

from turnkeeper.rules.rate_cards import Place, RateCard

UNKNOWN = "unknown"
FREE = "free: the window is open"


def place_of(address: str) -> Place:
    """Where somebody's number is from; nothing is known of those who have none."""
    kind, _, digits = address.partition(":")
    if kind != "phone" or not digits:
        return Place()
    import phonenumbers

    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return Place()
    country = phonenumbers.region_code_for_number(number)
    if country is None and number.country_code is not None:  # one that is not given out yet
        country = phonenumbers.region_code_for_country_code(number.country_code)
    known = country not in (None, "ZZ", "001")
    return Place(country if known else None, str(number.country_code) if number.country_code else None)


def price_in_words(card: RateCard, category: str, place: Place, now: float, *, window_open: bool) -> str:
    """A price; that it is free; or that it is unknown, which is not the same."""
    if category.upper() == "UTILITY" and window_open:
        return FREE
    found = card.price(category, place, datetime.fromtimestamp(now, UTC).date())
    return UNKNOWN if found is None else str(found)
