"""The rows of timers that people look at, on PostgreSQL."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from turnkeeper.model.conversation import TimerRow
from turnkeeper.model.ids import ChannelId, ConversationKey, WorkspaceId
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.parts import Reads
from turnkeeper.store.postgres.rows import PostgresRows
from turnkeeper.store.postgres.statements import columns, is_named
from turnkeeper.store.timers import told_name

T = TypeVar("T")

_NEXT = f"""select {columns(TimerRow)} from timer
  where workspace_id = $1 and ($3::text is null or channel_id = $3) order by due_at limit $2"""
_OF = f"""select {columns(TimerRow)} from timer where workspace_id = $1 and conversation_id = $2
  order by due_at, id limit $3"""
# Whoever fires one holds it, and waits for nothing that is held here.
_CANCEL = f"""delete from timer where ctid = any(array(
    select ctid from timer r where workspace_id = $1 and conversation_id = $2
    and ($3::text is null or {is_named("$3", "$4::bytea")}) for update skip locked
  )) returning 1"""


class PostgresTimers(Reads):
    """The TimerRecords port, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[PostgresRows], Coroutine[Any, Any, T]]) -> T: ...

    async def timers(
        self, workspace_id: WorkspaceId, limit: int, channel_id: ChannelId | None = None
    ) -> list[TimerRow]:
        found = await self._read(lambda at: at.fetch(_NEXT, workspace_id, limit, channel_id))
        return [TimerRow(*row) for row in found]

    async def timers_of(self, key: ConversationKey, limit: int) -> list[TimerRow]:
        return [TimerRow(*row) for row in await self._read(lambda at: at.fetch(_OF, *key, limit))]

    async def cancel_timers(self, key: ConversationKey, name: str | None = None) -> int:
        async def cancel(rows: PostgresRows) -> int:
            return len(await rows.run(_CANCEL, *key, without_nul(name), told_name(name or "")))

        return await self._alone(cancel)
