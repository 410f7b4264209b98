"""What was said outside turns, on SQLite."""

from __future__ import annotations

import apsw

from turnkeeper.model.conversation import OutboundRow
from turnkeeper.model.ids import ChannelId, ConversationId, ConversationKey, WorkspaceId
from turnkeeper.store.speaking import Spoken
from turnkeeper.store.sqlite.parts import Reads, fetched
from turnkeeper.store.sqlite.statements import columns
from turnkeeper.store.transactions.take import key_digest

_EVENT = "select conversation_id, seq from event where workspace_id = ? and channel_id = ? and dedup = ?"
_ROWS = f"""select {columns(OutboundRow)} from outbound
  where workspace_id = ? and conversation_id = ? and turn_no = ? order by seq"""


class SqliteSpeaking(Reads):
    """The SpokenRecords port, over what the store gives."""

    async def spoken(self, workspace_id: WorkspaceId, channel_id: ChannelId, known_as: str) -> Spoken | None:
        digest = key_digest(known_as)

        def find(connection: apsw.Connection) -> Spoken | None:
            found = fetched(connection, _EVENT, (workspace_id, channel_id, digest))
            if not found:
                return None
            key = ConversationKey(workspace_id, ConversationId(found[0][0]))
            return Spoken(key, [OutboundRow(*row) for row in fetched(connection, _ROWS, (*key, -found[0][1]))])

        return await self._read(find)
