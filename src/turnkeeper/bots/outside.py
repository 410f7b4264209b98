"""What came from no person, as bots read it: words for those that read words, the stage that it asks for."""

from __future__ import annotations

from collections.abc import Sequence

from turnkeeper.model.events import Inbound
from turnkeeper.model.outside import OutsideEvent, line, outside


def outside_events(events: Sequence[Inbound]) -> list[OutsideEvent]:
    """What other systems told, oldest first."""
    return [told for event in events if (told := outside(event)) is not None]


def told_outside(events: Sequence[Inbound]) -> list[str]:
    """What other systems told, and what the owner nudged with, a line each."""
    lines: list[str] = []
    for event in events:
        told = outside(event)
        if told is not None:
            lines.append(line(told))
        elif event.kind == "api" and event.text:
            lines.append(event.text)
    return lines


def asks_for_stage(events: Sequence[Inbound]) -> OutsideEvent | None:
    """The newest event that wants the turn to begin in a stage."""
    return next((each for each in reversed(outside_events(events)) if each.stage is not None), None)
