"""What a bot does about a conversation that runs in circles: wait before it answers, then let a person go on.

Waiting holds up nothing but the conversation itself: newer messages join the turn as always. Whoever is handed over is
told nothing, since the words would be the next round of the circle.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from turnkeeper.engine.answer import Work
from turnkeeper.rules.loops import LOOKED_BACK, SLOWED, Loop, Spoken, found
from turnkeeper.store.lines import Line

__all__ = ["LOOKED_BACK", "Loop", "judged", "slowed_until", "wait_until"]


def judged(work: Work, lines: Sequence[Line]) -> Loop | None:
    """What the last `LOOKED_BACK` lines, those of the turn at their end, make of the newest message."""
    recent = [Spoken(line.role, line.text, line.at, line.kind) for line in lines[-LOOKED_BACK:]]
    return found(recent, work.now(), in_group=any(event.is_group for event in work.events))


def slowed_until(lines: Sequence[Line], loop: Loop | None) -> float | None:
    """The instant before which the newest message is not answered; None: at once."""
    if loop is None or loop.step != "slow" or not lines:
        return None
    return lines[-1].at + SLOWED


async def wait_until(work: Work, at: float | None) -> None:
    """Wait. Counted from the message, so that a turn which is resumed does not wait again; a clock that was set back
    makes it no longer."""
    if at is not None:
        await asyncio.sleep(min(max(0.0, at - work.now()), SLOWED))
