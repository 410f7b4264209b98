"""Bringing the schema up to date: each migration in a transaction of its own, one machine at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnkeeper.store import migrations
from turnkeeper.store.migrations import Migration
from turnkeeper.store.postgres.connecting import Connections

if TYPE_CHECKING:
    from turnkeeper.store.postgres.pooled import PooledConnection

LOCK = 0x7475726E6B707231
"""The advisory lock under which a schema is changed; any number of our own."""


async def migrate(connections: Connections) -> list[str]:
    """Apply what is missing; the names of what was applied by this machine."""
    known = migrations.migrations(__package__)
    names: list[str] = []
    for _ in known:
        async with connections.connection() as connection, connection.transaction():
            name = await _next(connection, known)
        if name is None:
            break
        names.append(name)
    return names


async def _next(connection: PooledConnection, known: list[Migration]) -> str | None:
    await connection.execute("set local statement_timeout = 0")
    await connection.execute(f"select pg_advisory_xact_lock({LOCK})")
    await connection.execute("create table if not exists migration (name text primary key, checksum text not null)")
    applied = {row[0]: row[1] for row in await connection.fetch("select name, checksum from migration")}
    missing = migrations.pending(known, applied)
    if not missing:
        return None
    await connection.execute(missing[0].sql)
    await connection.execute("insert into migration values ($1, $2)", missing[0].name, missing[0].checksum)
    return missing[0].name
