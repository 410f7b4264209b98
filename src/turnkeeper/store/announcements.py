"""Our own events on their way out, and the conversations that need a person.

Of a subscription and a conversation one is due at a time; the others wait behind it, so that they arrive in order.
Whoever settles one makes the next due, holding the conversation, so that none is missed that is added meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from turnkeeper.model.ids import ConversationKey, WorkspaceId
from turnkeeper.model.subscriptions import Announcement, Escalation


class Settled(NamedTuple):
    """What came of a try. `again_at`: when to try again; None: it is over, as `state`, and the next one goes on."""

    announcement: Announcement
    state: Literal["waiting", "sent", "failed"]
    now: float
    again_at: float | None = None
    reason: str | None = None


class Waiting(NamedTuple):
    """How many (`number`) wait for a subscription, the first of them since `oldest_at`."""

    workspace_id: WorkspaceId
    subscription: str
    number: int
    oldest_at: float


class AnnouncementRows(Protocol):
    """What is read and written of them inside one open transaction, which holds the conversations concerned."""

    async def add_announcements(self, rows: Sequence[Announcement]) -> None:
        """Append; their `seq` is given to them here. Due is the one that has none before it."""

    async def settle_announcement(self, settled: Settled) -> None: ...
    async def open_escalations(self, rows: Sequence[Escalation]) -> None:
        """Insert or replace."""

    async def take_escalations(self, keys: Sequence[ConversationKey], now: float) -> None:
        """Those that are open: a person answers."""

    async def close_escalations(self, keys: Sequence[ConversationKey], now: float) -> None:
        """Those that are not closed."""

    async def blank_escalation(self, key: ConversationKey) -> None:
        """Forget why a person was wanted, where that is over."""


class AnnouncementRecords(Protocol):
    """The part of the store that whoever tells others needs."""

    async def next_announcement(self, workspace_id: WorkspaceId, subscription: str) -> float | None:
        """When a subscription's next one is due."""

    async def take_announcements(
        self, workspace_id: WorkspaceId, subscription: str, now: float, until: float, limit: int
    ) -> list[Announcement]:
        """Due ones, oldest first; nobody else is given them before `until`. Counts as a try."""

    async def settle_announcement(self, settled: Settled) -> None:
        """Keep what came of a try. One that somebody else has tried since, or that is settled, stays as it is."""

    async def forget_announcements(self, before: float, limit: int) -> int:
        """Forget some of those that were added before an instant, whatever became of them; how many."""

    async def waiting_announcements(self) -> list[Waiting]:
        """What waits, by subscription."""

    async def escalation(self, key: ConversationKey) -> Escalation | None:
        """The newest of a conversation."""

    async def escalations(self, workspace_id: WorkspaceId | None, limit: int) -> list[Escalation]:
        """Those that are not closed, the oldest first; without a workspace those of all."""

    async def open_escalations_count(self) -> list[tuple[WorkspaceId, str, int]]:
        """Those that are not closed, counted by workspace and state."""
