"""What was said outside turns, on SQLite."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar

import apsw

from turnkeeper.model.conversation import OutboundRow
from turnkeeper.model.ids import ChannelId, ConversationId, ConversationKey, WorkspaceId
from turnkeeper.store.speaking import Spoken
from turnkeeper.store.sqlite.statements import columns
from turnkeeper.store.transactions.take import key_digest

T = TypeVar("T")

_EVENT = "select conversation_id, seq from event where workspace_id = ? and channel_id = ? and dedup = ?"
_ROWS = f"""select {columns(OutboundRow)} from outbound
  where workspace_id = ? and conversation_id = ? and turn_no = ? order by seq"""


def _all(connection: apsw.Connection, sql: str, bindings: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    return connection.execute(sql, bindings).fetchall()


class SqliteSpeaking(ABC):
    """The SpokenRecords port, over what the store gives."""

    @abstractmethod
    async def _read(self, query: Callable[[apsw.Connection], T]) -> T: ...

    async def spoken(self, workspace_id: WorkspaceId, channel_id: ChannelId, known_as: str) -> Spoken | None:
        digest = key_digest(known_as)

        def find(connection: apsw.Connection) -> Spoken | None:
            found = _all(connection, _EVENT, (workspace_id, channel_id, digest))
            if not found:
                return None
            key = ConversationKey(workspace_id, ConversationId(found[0][0]))
            return Spoken(key, [OutboundRow(*row) for row in _all(connection, _ROWS, (*key, -found[0][1]))])

        return await self._read(find)
