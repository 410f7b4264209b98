"""What a call cost, by the prices that come with the program: nobody is asked. None where nobody knows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from turnkeeper.model.llm import Usage

_LISTED: Final = {"openai": "openai", "openrouter": "openrouter", "azure": "azure", "anthropic": "anthropic"} | {
    "google": "google"
}
"""Kinds of providers by their names in the list of prices; others are known by their address, if at all."""


def cost(usage: Usage, kind: str, models: Iterable[str], address: str = "") -> float | None:
    """US dollars, for the first of a model's names that is listed. The list is as old as its package."""
    from genai_prices import Usage as Counted
    from genai_prices import calc_price

    if not usage.tokens:
        return None
    counted = Counted(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=min(usage.cached_tokens, usage.input_tokens),
    )
    listed = _LISTED.get(kind)
    for model in models:
        try:
            if listed is not None:
                return float(calc_price(counted, model, provider_id=listed).total_price)
            if address:
                return float(calc_price(counted, model, provider_api_url=address).total_price)
        except (LookupError, ValueError):
            continue
    return None
