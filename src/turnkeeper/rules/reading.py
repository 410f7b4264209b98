"""What a bot is asked about, and what gets a polite sentence instead of an answer."""

from __future__ import annotations

from collections.abc import Sequence

from turnkeeper.model.events import READABLE_KINDS, Inbound, is_sound
from turnkeeper.model.policy import TurnPolicy


def can_read(event: Inbound, turns: TurnPolicy) -> bool:
    """Whether an event means something to the bot. Buttons, timers and the like are read by every bot."""
    if event.kind == "unsupported":
        return False
    kind = "text" if turns.hears and is_sound(event) else event.kind
    return turns.reads is None or kind in turns.reads or kind not in READABLE_KINDS


def has_nothing_to_read(events: Sequence[Inbound], turns: TurnPolicy) -> bool:
    """Whether a turn of these events is not worth asking the bot: one that it can read is enough."""
    return bool(events) and not any(can_read(event, turns) for event in events)
