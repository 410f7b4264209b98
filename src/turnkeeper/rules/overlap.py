"""What a newer message does to the turn that is running."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from turnkeeper.model.policy import TurnPolicy


def may_interrupt(policy: TurnPolicy, *, turn_first_at: float, irrevocable: bool, now: float) -> bool:
    """Whether a newer message cancels the running turn and starts it again with all messages.

    `turn_first_at` is when the turn's first message came; once `max_wait` has passed since then the
    newer message belongs to the next turn, so that someone who never stops writing is answered too.
    `irrevocable`: an effect step began or something was already said.
    """
    return policy.interruptible and not irrevocable and now - turn_first_at < policy.max_wait


def is_dropped(policy: TurnPolicy, *, turn_running: bool) -> bool:
    """Whether a contact's message ends as `dropped` (overlapped).

    `gather = false` implies `queue`: one message, one turn, so nothing is dropped.
    """
    return turn_running and policy.gather and policy.overlap == "drop"
