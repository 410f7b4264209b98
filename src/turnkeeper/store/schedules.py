"""What a store keeps of flows that begin by the clock. Every method is one transaction.

How far a time has got is moved in the transaction that sets the timers of those who were passed; so each contact gets
one timer for it, whoever dies or does the same meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from turnkeeper.model.conversation import TimerRow
from turnkeeper.model.flows import Schedule, ScheduleKey, TaggedPage
from turnkeeper.model.ids import BotId, WorkspaceId


class ScheduleRecords(Protocol):
    """The part of the store that schedules need."""

    async def schedules(self) -> list[Schedule]:
        """All of them, over all workspaces."""

    async def add_schedule(self, schedule: Schedule) -> None:
        """Keep it, unless it is there already."""

    async def drop_schedule(self, key: ScheduleKey) -> None:
        """Forget it; timers that it has set stay."""

    async def move_schedule(self, before: Schedule, after: Schedule, timers: Sequence[TimerRow]) -> bool:
        """Set timers and say how far it is now. False, and nothing happens: it is not where it was `before`."""

    async def tagged(self, workspace_id: WorkspaceId, bot_id: BotId, tag: str, after: str, limit: int) -> TaggedPage:
        """Of the contacts of whom a bot knows tags the first `limit` after one, those who have this tag."""


def has_tag(value: bytes, tag: str) -> bool:
    """Whether a fact holds a tag: it may be anything, for any bot can have a fact of that name."""
    try:
        tags = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(tags, list) and tag in tags
