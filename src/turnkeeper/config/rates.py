"""The operator's rate cards: what templates cost."""

from typing import TYPE_CHECKING

from pydantic import Field

from turnkeeper.channels.keys import Keys
from turnkeeper.rules.rate_cards import BadCard, RateCard, read_card

if TYPE_CHECKING:
    from turnkeeper.config.reading import Reading


class RateCardKeys(Keys):
    """What messages cost, in files of your own: prices change, and yours may differ."""

    meta: str = Field(
        "",
        description="A CSV file (relative to this one) of what templates cost: country (two letters, a calling code or "
        "*), category, price, currency, and perhaps from and until (days).",
        examples=['"rates.csv"'],
    )


def read_rate_card(reading: "Reading", keys: RateCardKeys | None) -> RateCard:
    """The card; one without lines where none is named. What is wrong is told to `reading`, with its line."""
    if keys is None or not keys.meta:
        return RateCard()
    at = "rate_cards.meta"
    try:
        return read_card((reading.path.parent / keys.meta).read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not text"
        reading.wrong(at, f"the file {keys.meta} cannot be read ({why})", "Put the rate card there.")
    except BadCard as bad:
        reading.wrong(at, f"{keys.meta}, {bad}", bad.mend)
    return RateCard()
