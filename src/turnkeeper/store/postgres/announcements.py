"""Announcements and escalations, on PostgreSQL."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, TypeVar

from msgspec.structs import astuple

from turnkeeper.model.conversation import Conversation
from turnkeeper.model.ids import ConversationKey, WorkspaceId
from turnkeeper.model.subscriptions import Announcement, Escalation
from turnkeeper.store.announcements import Settled, Waiting
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.parts import Reads, Runs
from turnkeeper.store.postgres.statements import columns

T = TypeVar("T")

_MINE = "workspace_id = $1 and conversation_id = $2"
_ADD = f"""insert into announcement
    (workspace_id, subscription, conversation_id, event, body, created_at, due_at, tries, state)
  values ($1, $3, $2, $4, $5, $6, case when exists (
    select from announcement where {_MINE} and subscription = $3 and settled_at is null
  ) then null else $7::double precision end, 0, 'waiting')"""
_AGAIN = "update announcement set due_at = $3, reason = $4 where seq = $1 and tries = $2 and settled_at is null"
_END = """update announcement set due_at = null, state = $3, settled_at = $4, reason = $5, body = ''
  where seq = $1 and tries = $2 and settled_at is null returning 1"""
_NEXT = f"""update announcement set due_at = $4 where seq = (
    select min(seq) from announcement where {_MINE} and subscription = $3 and settled_at is null)"""
_FIELDS = Escalation.__struct_fields__
_MARKS = ", ".join(f"${n + 1}" for n in range(len(_FIELDS)))
_OPEN = f"""insert into escalation ({columns(Escalation)}) values ({_MARKS})
  on conflict (workspace_id, conversation_id) do update set
  {", ".join(f"{each} = excluded.{each}" for each in _FIELDS[2:])}"""
_TAKEN = f"update escalation set state = 'taken', taken_at = $3 where {_MINE} and state = 'open'"
_CLOSED = f"update escalation set state = 'closed', closed_at = $3 where {_MINE} and closed_at is null"
_BLANK = f"update escalation set reason = '' where {_MINE} and closed_at is not null and reason <> ''"
_DUE = "select min(due_at) from announcement where workspace_id = $1 and subscription = $2 and due_at is not null"
_TAKE = f"""update announcement set due_at = $4, tries = tries + 1 where seq in (
    select seq from announcement where workspace_id = $1 and subscription = $2 and due_at <= $3
    order by due_at limit $5 for update skip locked) returning {columns(Announcement)}"""
_FORGET = """delete from announcement where seq in (
    select seq from announcement where created_at < $1 and settled_at is not null limit $2 for update skip locked
  ) returning 1"""
_GIVEN_UP = """select distinct workspace_id, conversation_id from (
    select workspace_id, conversation_id from announcement where created_at < $1 and settled_at is null limit $2) r"""
_DROP = f"""delete from announcement where {_MINE} and created_at < $3 and settled_at is null returning subscription"""
_NEXT_DUE = f"""update announcement set due_at = created_at where due_at is null and seq = (
    select min(seq) from announcement where {_MINE} and subscription = $3 and settled_at is null)"""
_WAITING = """select workspace_id, subscription, count(*), min(created_at) from announcement
  where settled_at is null group by workspace_id, subscription"""
_ESCALATION = f"select {columns(Escalation)} from escalation where {_MINE}"
_ESCALATIONS = f"""select {columns(Escalation)} from escalation
  where closed_at is null and ($1::text is null or workspace_id = $1) order by opened_at limit $2"""
_COUNTED = "select workspace_id, state, count(*) from escalation where closed_at is null group by workspace_id, state"


def _by_seq(row: Announcement) -> int:
    return row.seq


class PostgresAnnouncing(Runs):
    """The AnnouncementRows port, over what a transaction gives."""

    @abstractmethod
    async def lock(self, keys: Iterable[ConversationKey]) -> dict[ConversationKey, Conversation]: ...

    async def add_announcements(self, rows: Sequence[Announcement]) -> None:
        for row in rows:
            await self.run(_ADD, *row.key, row.subscription, row.event, row.body, row.created_at, row.due_at)

    async def settle_announcement(self, settled: Settled) -> None:
        row, reason = settled.announcement, without_nul(settled.reason)
        if settled.again_at is not None:
            await self.run(_AGAIN, row.seq, row.tries, settled.again_at, reason)
        elif await self.run(_END, row.seq, row.tries, settled.state, settled.now, reason):
            await self.run(_NEXT, *row.key, row.subscription, settled.now)

    async def open_escalations(self, rows: Sequence[Escalation]) -> None:
        for row in rows:
            await self.run(_OPEN, *astuple(without_nul(row)))

    async def take_escalations(self, keys: Sequence[ConversationKey], now: float) -> None:
        for key in sorted(keys):
            await self.run(_TAKEN, *key, now)

    async def close_escalations(self, keys: Sequence[ConversationKey], now: float) -> None:
        for key in sorted(keys):
            await self.run(_CLOSED, *key, now)

    async def blank_escalation(self, key: ConversationKey) -> None:
        await self.run(_BLANK, *key)


class PostgresAnnouncements(Reads):
    """The AnnouncementRecords port, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[PostgresAnnouncing], Coroutine[Any, Any, T]]) -> T: ...

    async def next_announcement(self, workspace_id: WorkspaceId, subscription: str) -> float | None:
        found = await self._read(lambda at: at.fetchval(_DUE, workspace_id, subscription))
        return None if found is None else float(found)

    async def take_announcements(
        self, workspace_id: WorkspaceId, subscription: str, now: float, until: float, limit: int
    ) -> list[Announcement]:
        async def take(rows: PostgresAnnouncing) -> list[Announcement]:
            found = await rows.run(_TAKE, workspace_id, subscription, now, until, limit)
            return sorted((Announcement(*row) for row in found), key=_by_seq)

        return await self._alone(take)

    async def forget_announcements(self, before: float, limit: int) -> int:
        async def forget(rows: PostgresAnnouncing) -> int:
            forgotten = len(await rows.run(_FORGET, before, limit))
            keys = [ConversationKey(*row) for row in await rows.run(_GIVEN_UP, before, limit)]
            await rows.lock(keys)  # so that one that is added meanwhile is not left behind
            for key in keys:
                dropped = [row[0] for row in await rows.run(_DROP, *key, before)]
                forgotten += len(dropped)
                for subscription in sorted(set(dropped)):
                    await rows.run(_NEXT_DUE, *key, subscription)
            return forgotten

        return await self._alone(forget)

    async def waiting_announcements(self) -> list[Waiting]:
        return [Waiting(*row) for row in await self._read(lambda at: at.fetch(_WAITING))]

    async def escalation(self, key: ConversationKey) -> Escalation | None:
        found = await self._read(lambda at: at.fetchrow(_ESCALATION, *key))
        return None if found is None else Escalation(*found)

    async def escalations(self, workspace_id: WorkspaceId | None, limit: int) -> list[Escalation]:
        found = await self._read(lambda at: at.fetch(_ESCALATIONS, workspace_id, limit))
        return [Escalation(*row) for row in found]

    async def open_escalations_count(self) -> list[tuple[WorkspaceId, str, int]]:
        found = await self._read(lambda at: at.fetch(_COUNTED))
        return [(WorkspaceId(row[0]), str(row[1]), int(row[2])) for row in found]
