"""The rows of simulated conversations, on PostgreSQL."""

from __future__ import annotations

from turnkeeper.model.conversation import Conversation
from turnkeeper.model.ids import ConversationKey, WorkspaceId
from turnkeeper.model.simulated import AFTER, PREFIX
from turnkeeper.store.postgres.parts import Runs
from turnkeeper.store.postgres.statements import columns
from turnkeeper.store.postgres.tenant import Tenants
from turnkeeper.store.simulating import MOST, OF_CONVERSATION, SHIFTED

_MINE = "workspace_id = $1 and conversation_id = $2"
_SHIFT = tuple(
    f"update {table} set {', '.join(f'{name} = {name} - $3' for name in names)} where {_MINE}"
    for table, names in SHIFTED.items()
)
_CLEAR = tuple(f"delete from {table} where {_MINE}" for table in OF_CONVERSATION)
_FACTS = "delete from {} where workspace_id = $1 and contact_id = $2"
_ALL = f"""select {columns(Conversation, "c")} from address a
  join conversation c on c.workspace_id = a.workspace_id and c.id = a.conversation_id
  where a.workspace_id = $1 and a.channel_id >= '{PREFIX}' and a.channel_id < '{AFTER}'
  order by c.contact_at desc nulls last limit {MOST}"""


class PostgresSimulatingRows(Runs):
    """The SimulatingRows port, over what a transaction gives."""

    async def shift(self, key: ConversationKey, seconds: float) -> None:
        for statement in _SHIFT:
            await self.run(statement, *key, seconds)

    async def clear(self, conversation: Conversation) -> None:
        for statement in _CLEAR:
            await self.run(statement, *conversation.key)
        contact = (conversation.workspace_id, conversation.contact_id)
        for table in ("fact", "consent"):
            await self.run(_FACTS.format(table), *contact)
        await self.run("delete from contact where workspace_id = $1 and id = $2", *contact)
        await self.run("delete from conversation where workspace_id = $1 and id = $2", *conversation.key)


class PostgresSimulating(Tenants):
    """What is read of them."""

    async def simulated(self, workspace_id: WorkspaceId) -> list[Conversation]:
        found = await self._as_tenant(workspace_id, lambda at: at.fetch(_ALL, workspace_id))
        return [Conversation(*row) for row in found]
