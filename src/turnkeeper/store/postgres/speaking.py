"""What was said outside turns, on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnkeeper.model.conversation import OutboundRow
from turnkeeper.model.ids import ChannelId, ConversationId, ConversationKey, WorkspaceId
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.parts import Reads
from turnkeeper.store.postgres.statements import columns
from turnkeeper.store.speaking import Spoken
from turnkeeper.store.transactions.take import key_digest

if TYPE_CHECKING:
    from turnkeeper.store.postgres.pooled import PooledConnection


_EVENT = r"""select conversation_id, seq from event
  where (workspace_id || e'\x1f' || channel_id) = $1::text || e'\x1f' || $2::text and dedup = $3"""
_ROWS = rf"""select {columns(OutboundRow)} from outbound
  where (workspace_id || e'\x1f' || conversation_id) = $1::text || e'\x1f' || $2::text and turn_no = $3 order by seq"""


class PostgresSpeaking(Reads):
    """The SpokenRecords port, over what the store gives."""

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
