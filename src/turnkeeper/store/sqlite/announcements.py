"""Announcements and escalations, on SQLite."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from msgspec.structs import astuple

from turnkeeper.model.ids import ConversationKey, WorkspaceId
from turnkeeper.model.subscriptions import Announcement, Escalation
from turnkeeper.store.announcements import Settled, Waiting
from turnkeeper.store.sqlite.parts import Reads, Runs, fetched
from turnkeeper.store.sqlite.statements import columns, insert

T = TypeVar("T")

_MINE = "workspace_id = ?1 and conversation_id = ?2"
_ADD = f"""insert into announcement
    (workspace_id, subscription, conversation_id, event, body, created_at, due_at, tries, state)
  values (?1, ?3, ?2, ?4, ?5, ?6, case when exists (
    select 1 from announcement where {_MINE} and subscription = ?3 and settled_at is null
  ) then null else ?7 end, 0, 'waiting')"""
_AGAIN = """update announcement set due_at = ?3, reason = ?4 where seq = ?1 and tries = ?2 and settled_at is null"""
_END = """update announcement set due_at = null, state = ?3, settled_at = ?4, reason = ?5, body = x''
  where seq = ?1 and tries = ?2 and settled_at is null returning 1"""
_NEXT = f"""update announcement set due_at = ?4 where seq = (
    select min(seq) from announcement where {_MINE} and subscription = ?3 and settled_at is null)"""
_OPEN = insert(
    "escalation",
    Escalation,
    "on conflict do update set " + ", ".join(f"{each} = excluded.{each}" for each in Escalation.__struct_fields__[2:]),
)
_TAKEN = f"update escalation set state = 'taken', taken_at = ?3 where {_MINE} and state = 'open'"
_CLOSED = f"update escalation set state = 'closed', closed_at = ?3 where {_MINE} and closed_at is null"
_BLANK = f"update escalation set reason = '' where {_MINE} and closed_at is not null and reason <> ''"
_DUE = "select min(due_at) from announcement where workspace_id = ? and subscription = ? and due_at is not null"
_TAKE = f"""update announcement set due_at = ?4, tries = tries + 1 where seq in (
    select seq from announcement where workspace_id = ?1 and subscription = ?2 and due_at <= ?3
    order by due_at limit ?5) returning {columns(Announcement)}"""
_FORGET = """delete from announcement where seq in (select seq from announcement where created_at < ? limit ?)
  returning workspace_id, conversation_id, subscription, settled_at is null"""
_NEXT_DUE = f"""update announcement set due_at = created_at where due_at is null and seq = (
    select min(seq) from announcement where {_MINE} and subscription = ?3 and settled_at is null)"""
_WAITING = """select workspace_id, subscription, count(*), min(created_at) from announcement
  where settled_at is null group by workspace_id, subscription"""
_ESCALATION = f"select {columns(Escalation)} from escalation where {_MINE}"
_ESCALATIONS = f"""select {columns(Escalation)} from escalation
  where closed_at is null and (?1 is null or workspace_id = ?1) order by opened_at limit ?2"""
_COUNTED = "select workspace_id, state, count(*) from escalation where closed_at is null group by workspace_id, state"


def _by_seq(row: Announcement) -> int:
    return row.seq


class SqliteAnnouncing(Runs):
    """The AnnouncementRows port, over what a transaction gives."""

    async def add_announcements(self, rows: Sequence[Announcement]) -> None:
        for row in rows:
            self.run(_ADD, (*row.key, row.subscription, row.event, row.body, row.created_at, row.due_at))

    async def settle_announcement(self, settled: Settled) -> None:
        row = settled.announcement
        if settled.again_at is not None:
            self.run(_AGAIN, (row.seq, row.tries, settled.again_at, settled.reason))
        elif self.run(_END, (row.seq, row.tries, settled.state, settled.now, settled.reason)):
            self.run(_NEXT, (*row.key, row.subscription, settled.now))

    async def open_escalations(self, rows: Sequence[Escalation]) -> None:
        for row in rows:
            self.run(_OPEN, astuple(row))

    async def take_escalations(self, keys: Sequence[ConversationKey], now: float) -> None:
        for key in keys:
            self.run(_TAKEN, (*key, now))

    async def close_escalations(self, keys: Sequence[ConversationKey], now: float) -> None:
        for key in keys:
            self.run(_CLOSED, (*key, now))

    async def blank_escalation(self, key: ConversationKey) -> None:
        self.run(_BLANK, key)


class SqliteAnnouncements(Reads):
    """The AnnouncementRecords port, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[SqliteAnnouncing], Coroutine[Any, Any, T]]) -> T: ...

    async def next_announcement(self, workspace_id: WorkspaceId, subscription: str) -> float | None:
        found = self._glance(lambda at: fetched(at, _DUE, (workspace_id, subscription)))
        return None if found[0][0] is None else float(found[0][0])

    async def take_announcements(
        self, workspace_id: WorkspaceId, subscription: str, now: float, until: float, limit: int
    ) -> list[Announcement]:
        async def take(rows: SqliteAnnouncing) -> list[Announcement]:
            found = rows.run(_TAKE, (workspace_id, subscription, now, until, limit))
            return sorted((Announcement(*row) for row in found), key=_by_seq)

        return await self._alone(take)

    async def forget_announcements(self, before: float, limit: int) -> int:
        async def forget(rows: SqliteAnnouncing) -> int:
            found = rows.run(_FORGET, (before, limit))
            for line in {line[:3] for line in found if line[3]}:
                rows.run(_NEXT_DUE, line)
            return len(found)

        return await self._alone(forget)

    async def waiting_announcements(self) -> list[Waiting]:
        return [Waiting(*row) for row in await self._read(lambda at: fetched(at, _WAITING))]

    async def escalation(self, key: ConversationKey) -> Escalation | None:
        found = self._glance(lambda at: fetched(at, _ESCALATION, key))
        return Escalation(*found[0]) if found else None

    async def escalations(self, workspace_id: WorkspaceId | None, limit: int) -> list[Escalation]:
        found = await self._read(lambda at: fetched(at, _ESCALATIONS, (workspace_id, limit)))
        return [Escalation(*row) for row in found]

    async def open_escalations_count(self) -> list[tuple[WorkspaceId, str, int]]:
        found = await self._read(lambda at: fetched(at, _COUNTED))
        return [(WorkspaceId(row[0]), str(row[1]), int(row[2])) for row in found]
