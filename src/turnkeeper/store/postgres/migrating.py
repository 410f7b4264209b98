"""Bringing the schema up to date: each migration in a transaction of its own, one machine at a time.

The previous release goes on meanwhile. A table that is changed is nobody else's for a moment; while a migration waits
for that, all who come later wait behind it. So it waits briefly, lets them pass, and tries again. An index of a large
table is built before its migration, beside those who write to the table.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import asyncpg

from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.store import migrations
from turnkeeper.store.migrations import Migration
from turnkeeper.store.postgres.connecting import AWAY, Connections, meaning

if TYPE_CHECKING:
    from turnkeeper.store.postgres.pooled import PooledConnection

LOCK = 0x7475726E6B707231
"""The advisory lock under which a schema is changed; any number of our own."""
WAITS = "500ms"
"""For a table, at a time; less than PostgreSQL waits before it ends one of two that wait for each other."""
PASSES = 1.0
"""Seconds in which the others pass."""
LARGE = 8_000_000
"""Bytes of a table from which on its indexes are built beside others: a smaller one's takes a moment."""
_TRIES = 60
_ELSEWHERE = 0.1
"""Seconds between two looks whether the machine that changes the schema is done."""
_BUILD_WAITS = "90s"
"""For the end of whatever had begun before an index is built."""
_LONG: Final = 86400.0
_IN_USE = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)
INDEX = re.compile(r"^create (unique )?index (\w+) on (\w+)\b[^;]*;", re.MULTILINE)
"""Its name and its table are groups 2 and 3."""
_THERE = """select c.relname, i.indisvalid from pg_index i join pg_class c on c.oid = i.indexrelid
  where c.oid = any(select to_regclass(n)::oid from unnest($1::text[]) as n)"""
_SIZES = """select n from unnest($1::text[]) as n where pg_relation_size(to_regclass(n)) >= $2"""
_ALONE = "select pg_try_advisory_lock($1)"
_ALONE_UNTIL_THE_END = "select pg_try_advisory_xact_lock($1)"


class _Elsewhere(Exception):
    """Another machine changes the schema."""


class _InUse(Exception):
    """A table is held by somebody."""


async def migrate(connections: Connections) -> list[str]:
    """Apply what is missing; the names of what was applied by this machine. Raises StoreUnavailable where a table is
    held for minutes."""
    known = migrations.migrations(__package__)
    names: list[str] = []
    left = _TRIES
    while True:
        try:
            name = await _step(connections, known)
        except _Elsewhere:
            await asyncio.sleep(_ELSEWHERE)
        except _InUse as error:
            left -= 1
            if not left:
                mend = "wait for the end of whatever holds them; is a backup being made?"
                raise StoreUnavailable(f"PostgreSQL: the tables cannot be changed: {error}; {mend}") from error
            await asyncio.sleep(PASSES)
        else:
            if name is None:
                return names
            names.append(name)
            left = _TRIES


async def _step(connections: Connections, known: list[Migration]) -> str | None:
    """Apply the next one, with what has to be built before; None where there is none."""
    while True:
        async with connections.connection() as connection:
            try:
                found = await _next(connection, known)
            except _IN_USE as error:
                raise _InUse(str(error)) from error
        if not isinstance(found, list):
            return found
        await _build(connections, found)


async def _next(connection: PooledConnection, known: list[Migration]) -> str | list[re.Match[str]] | None:
    """The name of what was applied; indexes that are to be built before that; None where nothing is missing."""
    async with connection.transaction():
        await connection.execute("set local statement_timeout = 0")
        if not await connection.fetchval(_ALONE_UNTIL_THE_END, LOCK):
            raise _Elsewhere
        await connection.execute(f"set local lock_timeout = '{WAITS}'")
        await connection.execute("create table if not exists migration (name text primary key, checksum text not null)")
        applied = {row[0]: row[1] for row in await connection.fetch("select name, checksum from migration")}
        missing = migrations.pending(known, applied)
        if not missing:
            return None
        migration = missing[0]
        indexes = list(INDEX.finditer(migration.sql))
        there = await _built(connection, indexes)
        large = {row[0] for row in await connection.fetch(_SIZES, [each[3] for each in indexes], LARGE)}
        ahead = [each for each in indexes if each[3] in large and not there.get(each[2])]
        if ahead:
            return ahead
        sql = INDEX.sub(lambda each: "" if there.get(each[2]) else each[0], migration.sql)
        await connection.execute(f"select 1;\n{sql}", timeout=_LONG)  # of comments alone PostgreSQL makes nothing
        await connection.execute("insert into migration values ($1, $2)", migration.name, migration.checksum)
        return migration.name


async def _built(
    connection: PooledConnection | asyncpg.Connection[asyncpg.Record], indexes: Sequence[re.Match[str]]
) -> dict[str, bool]:
    """Those of some indexes that are there, and whether they are whole."""
    return {row[0]: row[1] for row in await connection.fetch(_THERE, [each[2] for each in indexes])}


async def _build(connections: Connections, indexes: Sequence[re.Match[str]]) -> None:
    """Build indexes beside whoever writes; one that was left half-built is begun anew."""
    try:
        connection = await connections.direct()
        try:
            if not await connection.fetchval(_ALONE, LOCK):
                raise _Elsewhere
            await connection.execute(f"set statement_timeout = 0; set lock_timeout = '{_BUILD_WAITS}'")
            for each in indexes:
                if (await _built(connection, [each])).get(each[2]) is False:
                    await connection.execute(f"drop index concurrently {each[2]}")
                await connection.execute(each[0].replace(" index ", " index concurrently ", 1))
        finally:
            await connection.close()
    except _IN_USE as error:
        raise _InUse(str(error)) from error
    except AWAY as error:
        raise meaning(error) from error
