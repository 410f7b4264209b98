"""The rows of people, on PostgreSQL: what names a workspace runs under the role that sees no other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from turnkeeper.model.ids import WorkspaceId
from turnkeeper.store.people_rows import PeopleRows, Row, Statements
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.tenant import Tenants

if TYPE_CHECKING:
    from turnkeeper.store.postgres.pooled import PooledConnection

T = TypeVar("T")


class _Statements:
    def __init__(self, connection: PooledConnection) -> None:
        self._connection = connection

    async def run(self, statement: str, *given: Any) -> list[Row]:
        return [tuple(row) for row in await self._connection.fetch(statement, *without_nul(given))]

    async def one_at_a_time(self, name: str) -> None:
        await self.run("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"turnkeeper {name}")


class PostgresPeople(PeopleRows, Tenants):
    """The PeopleRecords port, over what the store gives."""

    async def _rows_of(self, workspace_id: WorkspaceId | None, statement: str, *given: Any) -> list[Row]:
        async def ask(connection: PooledConnection) -> list[Row]:
            return await _Statements(connection).run(statement, *given)

        return await (self._read(ask) if workspace_id is None else self._as_tenant(workspace_id, ask))

    async def _transacted(self, workspace_id: WorkspaceId | None, script: Callable[[Statements], Awaitable[T]]) -> T:
        async def play(connection: PooledConnection) -> T:
            return await script(_Statements(connection))

        async def alone(connection: PooledConnection) -> T:
            async with connection.transaction():
                return await play(connection)

        return await (self._read(alone) if workspace_id is None else self._as_tenant(workspace_id, play))
