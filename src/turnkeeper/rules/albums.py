"""What was sent at once comes as several messages, one after the other, and is answered at once."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from turnkeeper.model.conversation import EventRow
from turnkeeper.model.events import Inbound
from turnkeeper.model.policy import TurnPolicy

WAIT = 1.0
"""Seconds after an item in which the next one comes, if there is one."""


class _Item(msgspec.Struct):
    """As much of an event as tells what it was sent with."""

    album: str | None = None


_decode = msgspec.json.Decoder(_Item).decode


def due_at(event: Inbound, due: float, before: float | None, turns: TurnPolicy, now: float) -> float:
    """When a message is due that came at `now`: an item waits for the next, also where nothing else does.

    `before`: when what waits was due; where nothing else waits, a message hurries no album that stands before it.
    """
    if event.album is not None:
        due = max(due, now + WAIT)
    waits = turns.gather and turns.quiet > 0
    return due if waits or before is None else max(due, before)


def together(waiting: Sequence[EventRow]) -> list[EventRow]:
    """The first message, with those behind it that were sent with it: what is one where each has a turn of its own."""
    album = album_of(waiting[0]) if waiting else None
    if album is None:
        return list(waiting[:1])
    end = next((at for at, event in enumerate(waiting) if album_of(event) != album), len(waiting))
    return list(waiting[:end])


def album_of(event: EventRow) -> str | None:
    """What an event was sent with."""
    return _decode(event.body).album if b'"album"' in event.body else None
