"""What a bot is asked about, and what gets a polite sentence instead of an answer."""

from __future__ import annotations

from collections.abc import Sequence

from turnkeeper.model.events import HEARD_KINDS, READABLE_KINDS
from turnkeeper.model.policy import TurnPolicy


def can_read(kind: str, turns: TurnPolicy) -> bool:
    """Whether an event means something to the bot. Buttons, timers and the like are read by every bot."""
    if kind == "unsupported":
        return False
    if turns.hears and kind in HEARD_KINDS:
        kind = "text"
    return turns.reads is None or kind in turns.reads or kind not in READABLE_KINDS


def has_nothing_to_read(kinds: Sequence[str], turns: TurnPolicy) -> bool:
    """Whether a turn of these events is not worth asking the bot: one that it can read is enough."""
    return bool(kinds) and not any(can_read(kind, turns) for kind in kinds)
