"""Whether a refusal as too fast concerns one contact or everybody, where the provider does not say.

Rule: once several contacts are refused within a few seconds, it is the number.
"""

from __future__ import annotations

from collections.abc import Mapping

MANY = 3
LATELY = 5.0
"""Seconds."""


def refused(before: Mapping[str, float], conversation: str, now: float) -> dict[str, float]:
    """The conversations that were refused lately, with this one, and when."""
    lately = {each: at for each, at in before.items() if 0 <= now - at < LATELY}
    return {**lately, conversation: now}


def concerns_all(refusals: Mapping[str, float]) -> bool:
    """Whether so many are refused that it is not the contacts."""
    return len(refusals) >= MANY
