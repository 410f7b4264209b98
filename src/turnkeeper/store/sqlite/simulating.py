"""The rows of simulated conversations, on SQLite."""

from __future__ import annotations

from turnkeeper.model.conversation import Conversation
from turnkeeper.model.ids import ConversationKey, WorkspaceId
from turnkeeper.model.simulated import AFTER, PREFIX
from turnkeeper.store.simulating import MOST, OF_CONVERSATION, SHIFTED
from turnkeeper.store.sqlite.parts import Reads, Runs, fetched

_MINE = "workspace_id = ?1 and conversation_id = ?2"
_SHIFT = tuple(
    f"update {table} set {', '.join(f'{name} = {name} - ?3' for name in names)} where {_MINE}"
    for table, names in SHIFTED.items()
)
_CLEAR = tuple(f"delete from {table} where {_MINE}" for table in OF_CONVERSATION)
_FACTS = "delete from {} where workspace_id = ? and contact_id = ?"
_LISTED = ", ".join(f"c.{field}" for field in Conversation.__struct_fields__)
_ALL = f"""select {_LISTED} from address a
  join conversation c on c.workspace_id = a.workspace_id and c.id = a.conversation_id
  where a.workspace_id = ? and a.channel_id >= '{PREFIX}' and a.channel_id < '{AFTER}'
  order by c.contact_at desc limit {MOST}"""


class SqliteSimulatingRows(Runs):
    """The SimulatingRows port, over what a transaction gives."""

    async def shift(self, key: ConversationKey, seconds: float) -> None:
        for statement in _SHIFT:
            self.run(statement, (*key, seconds))

    async def clear(self, conversation: Conversation) -> None:
        for statement in _CLEAR:
            self.run(statement, conversation.key)
        for table in ("fact", "consent"):
            self.run(_FACTS.format(table), (conversation.workspace_id, conversation.contact_id))
        self.run(
            "delete from contact where workspace_id = ? and id = ?",
            (conversation.workspace_id, conversation.contact_id),
        )
        self.run("delete from conversation where workspace_id = ? and id = ?", conversation.key)


class SqliteSimulating(Reads):
    """What is read of them."""

    async def simulated(self, workspace_id: WorkspaceId) -> list[Conversation]:
        return [Conversation(*row) for row in await self._read(lambda at: fetched(at, _ALL, (workspace_id,)))]
