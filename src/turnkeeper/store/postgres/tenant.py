"""What the API reads and writes: each in a transaction of one workspace, under a role that sees no other.

Every statement names its workspace all the same; row-level security is the second lock. Where the database's owner
could not make the role, the statements' own scope is the only one.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from turnkeeper.model.ids import WorkspaceId
from turnkeeper.store.postgres.parts import Reads

if TYPE_CHECKING:
    from turnkeeper.store.postgres.pooled import PooledConnection

T = TypeVar("T")

ROLE = "turnkeeper_api"
_MAY = "select exists (select from pg_roles where rolname = $1 and pg_has_role(current_user, oid, 'member'))"
_ENTER = "select set_config('turnkeeper.workspace', $1, true), set_config('role', $2, true)"
_NAME = "select set_config('turnkeeper.workspace', $1, true)"


class Tenants(Reads):
    """A part of the store that works for one workspace at a time."""

    @abstractmethod
    async def _as_tenant(self, workspace_id: WorkspaceId, work: Callable[[PooledConnection], Awaitable[T]]) -> T:
        """In one transaction that sees this workspace only."""


async def may_be_tenant(connection: PooledConnection) -> bool:
    """Whether the role is there, and ours to take."""
    return bool(await connection.fetchval(_MAY, ROLE))


async def as_tenant(
    connection: PooledConnection,
    workspace_id: WorkspaceId,
    work: Callable[[PooledConnection], Awaitable[T]],
    *,
    has_role: bool,
) -> T:
    """Do the work in a transaction of its own; the role ends with it."""
    async with connection.transaction():
        if has_role:
            await connection.execute(_ENTER, workspace_id, ROLE)
        else:
            await connection.execute(_NAME, workspace_id)
        return await work(connection)
