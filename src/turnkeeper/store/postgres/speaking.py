"""What was said outside turns, on PostgreSQL."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from turnkeeper.model.conversation import OutboundRow
from turnkeeper.model.ids import ChannelId, ConversationId, ConversationKey, WorkspaceId
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.statements import columns
from turnkeeper.store.speaking import Spoken
from turnkeeper.store.transactions.take import key_digest

if TYPE_CHECKING:
    from turnkeeper.store.postgres.pooled import PooledConnection

T = TypeVar("T")

_EVENT = r"""select conversation_id, seq from event
  where (workspace_id || e'\x1f' || channel_id) = $1::text || e'\x1f' || $2::text and dedup = $3"""
_ROWS = rf"""select {columns(OutboundRow)} from outbound
  where (workspace_id || e'\x1f' || conversation_id) = $1::text || e'\x1f' || $2::text and turn_no = $3 order by seq"""


class PostgresSpeaking(ABC):
    """The SpokenRecords port, over what the store gives."""

    @abstractmethod
    async def _read(self, query: Callable[[PooledConnection], Awaitable[T]]) -> T: ...

    async def spoken(self, workspace_id: WorkspaceId, channel_id: ChannelId, known_as: str) -> Spoken | None:
        digest = key_digest(without_nul(known_as))

        async def find(connection: PooledConnection) -> Spoken | None:
            found = await connection.fetchrow(_EVENT, workspace_id, channel_id, digest)
            if found is None:
                return None
            key = ConversationKey(workspace_id, ConversationId(found[0]))
            rows = await connection.fetch(_ROWS, *key, -found[1])
            return Spoken(key, [OutboundRow(*row) for row in rows])

        return await self._read(find)
