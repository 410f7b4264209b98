"""A message that is too old when it reaches us is acknowledged, not answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from turnkeeper.model.policy import TurnPolicy


def is_stale(policy: TurnPolicy, *, timestamp: float | None, now: float) -> bool:
    """Whether more than `stale_after` seconds passed since the provider's `timestamp`.

    A message without a timestamp, or with one in the future (clocks differ), is not stale.
    """
    return timestamp is not None and now - timestamp > policy.stale_after
