"""The read model behind the console: rows of the inbox, words for searching, figures of each hour.

Whoever commits something notes the conversation after the commit (`Changes`); it is written to `change` a moment later,
and one worker makes the rows anew from there. So none of it is on the way of an answer, and all of it may be a moment
late. Every method is one transaction, or reads; all but the feeding ones name the workspace and see no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from turnkeeper.model.ids import ConversationId, ConversationKey, WorkspaceId
from turnkeeper.model.inbox import Figure, InboxChoices, InboxCounts, InboxFilter, InboxPlace, InboxRow, SearchPage

FigureGroup = Literal["hour", "day", "channel", "bot", "total"]


class InboxRecords(Protocol):
    """The part of the store that the console reads."""

    async def inbox_page(
        self, workspace_id: WorkspaceId, wanted: InboxFilter, after: InboxPlace | None, limit: int
    ) -> list[InboxRow]:
        """A page of the conversations that are wanted, in their order, from after a place on (`place_of`)."""

    async def inbox_row(self, key: ConversationKey) -> InboxRow | None:
        """One conversation's."""

    async def inbox_rows(self, workspace_id: WorkspaceId, ids: Sequence[ConversationId]) -> list[InboxRow]:
        """Those of these conversations that there are, in no order."""

    async def inbox_counts(self, workspace_id: WorkspaceId) -> InboxCounts:
        """How many there are of a kind."""

    async def inbox_choices(self, workspace_id: WorkspaceId) -> InboxChoices:
        """What its conversations can be narrowed by."""

    async def inbox_since(self, workspace_id: WorkspaceId, seq: int, limit: int) -> list[InboxRow]:
        """What has changed since, in the order of `seq`."""

    async def inbox_seq(self, workspace_id: WorkspaceId) -> int:
        """The newest `seq` of a workspace; 0: there is nothing yet."""

    async def mark_seen(self, key: ConversationKey, seen: int | None = None) -> bool:
        """Somebody has looked at the first `seen` messages of the contact; None: at all of them; False: there is no
        such conversation. The row itself tells of it a moment later, under a new `seq`."""

    async def search(
        self, workspace_id: WorkspaceId, words: str, wanted: InboxFilter, limit: int, after: str | None = None
    ) -> SearchPage:
        """Conversations in which all these words occur in one message, the newest first, before them on the first page
        those of contacts with that name or number; the last word may be a beginning. A conversation is found once a
        page: by its newest message that is older than `after`."""

    async def figures(
        self, workspace_id: WorkspaceId, since: float, until: float, by: FigureGroup = "total"
    ) -> list[Figure]:
        """Sums of what was counted in the hours that begin from `since` to before `until`."""


def place_of(row: InboxRow, wanted: InboxFilter) -> InboxPlace:
    """Where a row stands in the order that is wanted."""
    at = {"newest": row.last_at, "waiting": row.waiting_since, "closing": row.window_closes_at}[wanted.order]
    return InboxPlace(at or 0.0, row.conversation_id)
