"""Flows that begin at certain times, for each contact with a tag: a timer in the contact's own conversation.

It is set, or taken back, whenever a turn of theirs ends; so whoever has had no turn since a flow was published, or
since they were tagged from outside, comes in with their next one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from turnkeeper.bots.turn import Turn
from turnkeeper.flows import cron
from turnkeeper.flows.model import Book
from turnkeeper.flows.nodes.base import Here
from turnkeeper.flows.triggers import Due, triggers_of

TIMER: Final = "flow at "
"""What the names of these timers begin with; the times follow, and the tag."""
_LATE: Final = 3600.0
"""Seconds after which a time is over: a colleague may have had the conversation meanwhile."""


def due(name: str, data: Any, now: float) -> Due | None:
    """Whose time has come by a timer that fired; None for another timer, and for what comes too late."""
    if not name.startswith(TIMER) or not isinstance(data, dict):
        return None
    at = data.get("at")
    if isinstance(at, int | float) and now - at > _LATE:
        return None
    return Due(str(data.get("cron", "")), str(data.get("tag", "")))


def set_timers(turn: Turn, published: Book, here: Here) -> None:
    """The next time of each schedule that is meant for this contact."""
    tags = here.contact.get("tags", ())
    for wanted in dict.fromkeys(_schedules(published)):
        name = f"{TIMER}{wanted.cron} {wanted.tag}".rstrip()
        turn.cancel(name)
        if wanted.tag and wanted.tag not in tags:
            continue
        with suppress(cron.BadCron):
            at = cron.next_after(cron.read(wanted.cron), here.local)
            if at is not None:
                data = {"cron": wanted.cron, "tag": wanted.tag, "at": at.timestamp()}
                turn.at(at, name, data, late=None)


def _schedules(published: Book) -> Iterator[Due]:
    for flow in published.values():
        yield from (Due(each.cron, each.tag) for each in triggers_of(flow) if each.kind == "schedule")
