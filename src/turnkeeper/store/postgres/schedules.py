"""The rows of schedules, on PostgreSQL."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from msgspec.structs import astuple

from turnkeeper.model.conversation import TimerRow
from turnkeeper.model.flows import TAGS, Schedule, ScheduleKey, Tagged, TaggedPage
from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.parts import Reads
from turnkeeper.store.postgres.rows import PostgresRows
from turnkeeper.store.postgres.statements import columns
from turnkeeper.store.schedules import has_tag

T = TypeVar("T")

_KEY = "workspace_id = $1 and bot_id = $2 and flow = $3 and cron = $4 and tag = $5 and local = $6"
_ALL = f"select {columns(Schedule)} from schedule order by workspace_id, bot_id, flow, cron, tag, local"
_ADD = f"""insert into schedule ({columns(Schedule)}) values ($1, $2, $3, $4, $5, $6, $7, $8)
  on conflict (workspace_id, bot_id, flow, cron, tag, local) do nothing"""
_DROP = f"delete from schedule where {_KEY}"
_MOVE = f"""update schedule set due_at = $9, reached = $10 where {_KEY} and due_at = $7 and reached = $8
  returning 1"""
_PAGE = f"""select contact_id, conversation_id, value from fact
  where workspace_id = $1 and bot_id = $2 and name = '{TAGS}' and contact_id > $3 order by contact_id limit $4"""
# What was learnt of a contact in one conversation counts in the one that they are in now.
_HOMES = """select k.contact_id, n.id, n.channel_id, n.addresses, n.opted_out,
    (select value from fact f
      where f.workspace_id = $1 and f.contact_id = k.contact_id and f.bot_id = $2 and f.name = 'time_zone')
  from unnest($3::text[], $4::text[]) as k(contact_id, conversation_id)
  cross join lateral (select * from conversation where workspace_id = $1 and id = k.conversation_id offset 0) c
  left join lateral (
    select conversation_id from address where workspace_id = $1 and channel_id = c.channel_id
      and value = split_part(c.addresses, e'\\n', 1) offset 0
  ) a on true
  cross join lateral (
    select * from conversation where workspace_id = $1 and id = coalesce(a.conversation_id, c.id) offset 0
  ) n
  where n.contact_id = k.contact_id order by k.contact_id"""


class PostgresSchedules(Reads):
    """The ScheduleRecords port, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[PostgresRows], Coroutine[Any, Any, T]]) -> T: ...

    async def schedules(self) -> list[Schedule]:
        return [Schedule(*row) for row in await self._read(lambda at: at.fetch(_ALL))]

    async def add_schedule(self, schedule: Schedule) -> None:
        async def add(rows: PostgresRows) -> None:
            await rows.run(_ADD, *without_nul(astuple(schedule)))

        await self._alone(add)

    async def drop_schedule(self, key: ScheduleKey) -> None:
        async def drop(rows: PostgresRows) -> None:
            await rows.run(_DROP, *without_nul(key))

        await self._alone(drop)

    async def move_schedule(self, before: Schedule, after: Schedule, timers: Sequence[TimerRow]) -> bool:
        named = without_nul(before.key)

        async def move(rows: PostgresRows) -> bool:
            moved = await rows.run(_MOVE, *named, before.due_at, before.reached, after.due_at, after.reached)
            if moved:
                await rows.add_timers(timers)
            return bool(moved)

        return await self._alone(move)

    async def tagged(self, workspace_id: WorkspaceId, bot_id: BotId, tag: str, after: str, limit: int) -> TaggedPage:
        found = await self._read(lambda at: at.fetch(_PAGE, workspace_id, bot_id, after, limit))
        meant = [row for row in found if has_tag(row[2], tag)]
        contacts = [row[0] for row in meant]
        asked = (workspace_id, bot_id, contacts, [row[1] for row in meant])
        homes = await self._read(lambda at: at.fetch(_HOMES, *asked)) if meant else []
        return TaggedPage([Tagged(*row) for row in homes], contacts_up_to(found, limit))


def contacts_up_to(found: Sequence[Any], limit: int) -> str:
    """The last contact of a page that may not be the last one."""
    return str(found[-1][0]) if len(found) == limit else ""
