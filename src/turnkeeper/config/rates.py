"""The operator's rate cards: what templates cost."""

from collections.abc import Callable
from pathlib import Path

from pydantic import Field

from turnkeeper.channels.keys import Keys
from turnkeeper.rules.rate_cards import BadCard, RateCard, read_card


class RateCardKeys(Keys):
    """What messages cost, in files of your own: prices change, and yours may differ."""

    meta: str = Field(
        "",
        description="A CSV file (relative to this one) of what templates cost: country (two letters, a calling code or "
        "*), category, price, currency, and perhaps from and until (days).",
        examples=['"rates.csv"'],
    )


def read_rate_card(folder: Path, keys: RateCardKeys | None, wrong: Callable[[str, str, str], None]) -> RateCard:
    """The card; one without lines where none is named. `wrong` is told what is, with its line: key, problem, mend."""
    if keys is None or not keys.meta:
        return RateCard()
    at = "rate_cards.meta"
    try:
        return read_card((folder / keys.meta).read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not text"
        wrong(at, f"the file {keys.meta} cannot be read ({why})", "Put the rate card there.")
    except BadCard as bad:
        wrong(at, f"{keys.meta}, {bad}", bad.mend)
    return RateCard()
