"""Bringing the schema up to date: each migration in a transaction of its own, one machine at a time.

The previous release goes on meanwhile. A table that is changed is nobody else's for a moment; while a migration waits
for that, all who come later wait behind it. So it waits briefly, lets them pass, and tries again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg

from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.store import migrations
from turnkeeper.store.migrations import Migration
from turnkeeper.store.postgres.connecting import Connections

if TYPE_CHECKING:
    from turnkeeper.store.postgres.pooled import PooledConnection

LOCK = 0x7475726E6B707231
"""The advisory lock under which a schema is changed; any number of our own."""
WAITS = "500ms"
"""For a table, at a time; less than PostgreSQL waits before it ends one of two that wait for each other."""
PASSES = 1.0
"""Seconds in which the others pass."""
_TRIES = 60
_IN_USE = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)


async def migrate(connections: Connections) -> list[str]:
    """Apply what is missing; the names of what was applied by this machine. Raises StoreUnavailable where a table is
    held for minutes."""
    known = migrations.migrations(__package__)
    names: list[str] = []
    for _ in known:
        name = await _patiently(connections, known)
        if name is None:
            break
        names.append(name)
    return names


async def _patiently(connections: Connections, known: list[Migration]) -> str | None:
    for left in reversed(range(_TRIES)):
        async with connections.connection() as connection:
            try:
                async with connection.transaction():
                    return await _next(connection, known)
            except _IN_USE as error:
                if not left:
                    mend = "wait for the end of whatever holds them; is a backup being made?"
                    raise StoreUnavailable(f"PostgreSQL: the tables cannot be changed: {error}; {mend}") from error
        await asyncio.sleep(PASSES)
    return None


async def _next(connection: PooledConnection, known: list[Migration]) -> str | None:
    await connection.execute("set local statement_timeout = 0")
    await connection.execute(f"select pg_advisory_xact_lock({LOCK})")
    await connection.execute(f"set local lock_timeout = '{WAITS}'")
    await connection.execute("create table if not exists migration (name text primary key, checksum text not null)")
    applied = {row[0]: row[1] for row in await connection.fetch("select name, checksum from migration")}
    missing = migrations.pending(known, applied)
    if not missing:
        return None
    await connection.execute(missing[0].sql)
    await connection.execute("insert into migration values ($1, $2)", missing[0].name, missing[0].checksum)
    return missing[0].name
