"""The rows of schedules, on SQLite."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

import apsw
from msgspec.structs import astuple, replace

from turnkeeper.model.conversation import TimerRow
from turnkeeper.model.flows import TAGS, Schedule, ScheduleKey, Tagged, TaggedPage
from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.store.schedules import has_tag
from turnkeeper.store.sqlite.parts import Reads, fetched
from turnkeeper.store.sqlite.rows import SqliteRows
from turnkeeper.store.sqlite.statements import columns, insert

T = TypeVar("T")

_KEY = "workspace_id = ?1 and bot_id = ?2 and flow = ?3 and cron = ?4 and tag = ?5 and local = ?6"
_ALL = f"select {columns(Schedule)} from schedule order by workspace_id, bot_id, flow, cron, tag, local"
_ADD = insert("schedule", Schedule, "on conflict do nothing")
_DROP = f"delete from schedule where {_KEY}"
_MOVE = f"""update schedule set due_at = ?9, reached = ?10 where {_KEY} and due_at = ?7 and reached = ?8
  returning 1"""
_PAGE = f"""select contact_id, conversation_id, value from fact indexed by fact_tags
  where workspace_id = ?1 and bot_id = ?2 and name = '{TAGS}' and contact_id > ?3 order by contact_id limit ?4"""
# What was learnt of a contact in one conversation counts in the one that they are in now.
_HOME = """select n.id, n.channel_id, n.addresses, n.opted_out,
    (select value from fact where workspace_id = ?1 and contact_id = ?2 and bot_id = ?3 and name = 'time_zone')
  from conversation c
  left join address a on a.workspace_id = c.workspace_id and a.channel_id = c.channel_id
    and a.value = substr(c.addresses, 1, instr(c.addresses || char(10), char(10)) - 1)
  join conversation n on n.workspace_id = c.workspace_id and n.id = coalesce(a.conversation_id, c.id)
  where c.workspace_id = ?1 and c.id = ?4 and n.contact_id = ?2"""


def _tagged(connection: apsw.Connection, asked: tuple[Any, ...], tag: str) -> TaggedPage:
    workspace_id, bot_id, _, limit = asked
    found = fetched(connection, _PAGE, asked)
    contacts: list[Tagged] = []
    for contact_id, conversation_id, value in found:
        if has_tag(value, tag):
            homes = fetched(connection, _HOME, (workspace_id, contact_id, bot_id, conversation_id))
            contacts += [Tagged(contact_id, *row)._replace(opted_out=bool(row[3])) for row in homes]
    return TaggedPage(contacts, found[-1][0] if len(found) == limit else "")


class SqliteSchedules(Reads):
    """The ScheduleRecords port, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[SqliteRows], Coroutine[Any, Any, T]]) -> T: ...

    async def schedules(self) -> list[Schedule]:
        found = self._glance(lambda at: fetched(at, _ALL))
        return [replace(Schedule(*row), local=bool(row[5])) for row in found]

    async def add_schedule(self, schedule: Schedule) -> None:
        async def add(rows: SqliteRows) -> None:
            rows.run(_ADD, astuple(schedule))

        await self._alone(add)

    async def drop_schedule(self, key: ScheduleKey) -> None:
        async def drop(rows: SqliteRows) -> None:
            rows.run(_DROP, key)

        await self._alone(drop)

    async def move_schedule(self, before: Schedule, after: Schedule, timers: Sequence[TimerRow]) -> bool:
        async def move(rows: SqliteRows) -> bool:
            moved = rows.run(_MOVE, (*before.key, before.due_at, before.reached, after.due_at, after.reached))
            if moved:
                await rows.add_timers(timers)
            return bool(moved)

        return await self._alone(move)

    async def tagged(self, workspace_id: WorkspaceId, bot_id: BotId, tag: str, after: str, limit: int) -> TaggedPage:
        return await self._read(lambda at: _tagged(at, (workspace_id, bot_id, after, limit), tag))
