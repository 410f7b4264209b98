"""What a store tells of single turns, and what it keeps of turns that are run again. Every method is one transaction.

All of it is one workspace's: on PostgreSQL, what people read is read under the tenant's role.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from turnkeeper.model.conversation import TurnRow
from turnkeeper.model.ids import ConversationKey, WorkspaceId
from turnkeeper.model.traces import Rehearsal, SessionBefore, TracedTurn
from turnkeeper.store.lines import Line

GAVE_UP = "it took too long, or whoever ran it is gone"
"""Why a rehearsal failed that nobody ended."""
FORGOTTEN = 86_400.0
"""Seconds for which a rehearsal is kept."""
MOST_BESIDE = 100
"""Events that no turn answers, told with one turn."""


class TraceRows(Protocol):
    """What a transaction's script writes for traces."""

    async def keep_sessions_before(self, rows: Sequence[SessionBefore]) -> None:
        """Keep what turns found; may be repeated."""


class TraceRecords(Protocol):
    """The part of the store that traces need."""

    async def traced_turn(self, key: ConversationKey, no: int | None = None) -> TracedTurn | None:
        """One turn of a conversation, from one snapshot; the newest without `no`."""

    async def turns_of(self, key: ConversationKey, before: int | None, limit: int) -> list[TurnRow]:
        """The turns of a conversation, the newest first; `before`: only those with a lower number."""

    async def history_until(self, key: ConversationKey, limit: int, until: float) -> list[Line]:
        """The last lines that had been said at an instant, oldest first; what was deleted since is left out."""

    async def ask_rehearsal(self, rehearsal: Rehearsal, most: int, since: float) -> bool:
        """Put it in the queue; False: `most` of its workspace have been asked for since then and are not done."""

    async def rehearsal(self, workspace_id: WorkspaceId, id_: str) -> Rehearsal | None:
        """How far it is."""

    async def take_rehearsal(self, now: float, since: float) -> Rehearsal | None:
        """The next one that waits, marked as running; those that were begun or asked for before `since` fail, and what
        is much older is forgotten."""

    async def tell_rehearsal(self, rehearsal: Rehearsal) -> None:
        """Keep how far it is, unless it has ended."""
