"""The rows of timers that people look at, on SQLite."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import apsw
from msgspec.structs import replace

from turnkeeper.model.conversation import TimerRow
from turnkeeper.model.ids import ChannelId, ConversationKey, WorkspaceId
from turnkeeper.store.sqlite.parts import Reads
from turnkeeper.store.sqlite.rows import SqliteRows
from turnkeeper.store.sqlite.statements import IS_NAMED, columns
from turnkeeper.store.timers import told_name

T = TypeVar("T")

_NEXT = f"""select {columns(TimerRow)} from timer where workspace_id = ?1 and (?3 is null or channel_id = ?3)
  order by due_at limit ?2"""
_OF = f"""select {columns(TimerRow)} from timer where workspace_id = ? and conversation_id = ?
  order by due_at, id limit ?"""
_CANCEL = f"""delete from timer where workspace_id = ?1 and conversation_id = ?2 and (?3 is null or {IS_NAMED})
  returning 1"""


def _timers(connection: apsw.Connection, statement: str, asked: tuple[Any, ...]) -> list[TimerRow]:
    found: list[tuple[Any, ...]] = connection.execute(statement, asked).fetchall()
    return [replace(TimerRow(*row), follow_up=bool(row[5])) for row in found]


class SqliteTimers(Reads):
    """The TimerRecords port, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[SqliteRows], Coroutine[Any, Any, T]]) -> T: ...

    async def timers(
        self, workspace_id: WorkspaceId, limit: int, channel_id: ChannelId | None = None
    ) -> list[TimerRow]:
        return await self._read(lambda at: _timers(at, _NEXT, (workspace_id, limit, channel_id)))

    async def timers_of(self, key: ConversationKey, limit: int) -> list[TimerRow]:
        return await self._read(lambda at: _timers(at, _OF, (*key, limit)))

    async def cancel_timers(self, key: ConversationKey, name: str | None = None) -> int:
        async def cancel(rows: SqliteRows) -> int:
            return len(rows.run(_CANCEL, (*key, name, told_name(name or ""))))

        return await self._alone(cancel)
