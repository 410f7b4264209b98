"""Copying a PostgreSQL store by COPY, in one snapshot, and loading such a copy: no program of PostgreSQL's is needed.

The copy is text, so that another version of PostgreSQL reads it too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import asyncpg

from turnkeeper.store import migrations
from turnkeeper.store.backup import (
    IN_USE,
    BackupError,
    Dump,
    Progress,
    Table,
    check_known,
    compared,
    tables_of,
    wanted,
)
from turnkeeper.store.postgres import reading
from turnkeeper.store.postgres.migrating import LOCK

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_ENDING = ".copy"
_CONNECT_WITHIN = 10.0
_SETTINGS = {
    "application_name": "turnkeeper backup",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "row_security": "off",  # a role that does not see everything must fail, not save half
}
_SHAPES = """select typname from pg_type
  where typnamespace = current_schema()::regnamespace and typtype = 'c' and typname ~ $1"""
_FAILED = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError)


async def dump(url: str, folder: Path, tell: Progress) -> Dump:
    """Copy every table into a file of a folder, from one snapshot. Raises BackupError."""
    known = migrations.migrations(__package__)
    async with _connected(url) as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        here = await _tables(connection)
        if "migration" not in here:
            raise BackupError("there are no tables yet: run `turnkeeper migrate`, or `serve`, once")
        applied = {row[0]: row[1] for row in await connection.fetch("select name, checksum from migration")}
        check_known(applied, known)
        copied = {}
        for name in [each for each in tables_of(known) if each in here]:
            copied[name] = await _copy_out(connection, name, folder / f"{name}{_ENDING}", tell)
        unsent = await connection.fetchval("select count(*) from outbound where settled_at is null")
        return Dump("postgres", applied, copied, await reading.counted(connection), unsent)


_COUNTED = "select attname from pg_attribute where attrelid = $1::regclass and attidentity <> ''"


async def _copy_out(connection: Connection, name: str, path: Path, tell: Progress) -> Table:
    columns = await connection.fetch(
        """select attname from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped
        and attgenerated = '' order by attnum""",
        name,
    )
    names = tuple(row[0] for row in columns)
    written = 0
    with path.open("wb") as file:

        async def write(data: bytes) -> None:
            nonlocal written
            file.write(data)
            written += len(data)
            tell(f"copying {name}", written, 0)

        told = await connection.copy_from_table(name, columns=names, output=write)
    return Table(int(told.rpartition(" ")[2]), names)


async def load(url: str, folder: Path, saved: Dump, *, force: bool, tell: Progress) -> None:
    """Make the tables as they were and fill them, in one transaction. Raises BackupError: in use, not empty (unless
    `force`), or not what it was; then nothing is changed."""
    known = migrations.migrations(__package__)
    schema = wanted(known, saved)
    async with _connected(url) as connection:
        async with connection.transaction():
            await connection.execute(f"select pg_advisory_xact_lock({LOCK})")
            ours = [*tables_of(known), "migration"]
            await _clear(connection, ours, await _tables(connection), force=force)
            await connection.execute("create table migration (name text primary key, checksum text not null)")
            for migration in schema:
                await connection.execute(migration.sql)
                await connection.execute("insert into migration values ($1, $2)", migration.name, migration.checksum)
            rows = {}
            for name, table in saved.tables.items():
                tell(f"loading {name}", 0, table.rows)
                told = await connection.copy_to_table(
                    name, source=folder / f"{name}{_ENDING}", columns=list(table.columns)
                )
                rows[name] = int(told.rpartition(" ")[2])
                await _count_on(connection, name)
            tell("checking", 0, 0)
            compared(saved, rows, await reading.counted(connection))
        await connection.execute("analyze")


async def _count_on(connection: Connection, name: str) -> None:
    """Numbers that the database gives go on after the highest that was loaded."""
    for (column,) in await connection.fetch(_COUNTED, name):
        sequence = await connection.fetchval("select pg_get_serial_sequence($1, $2)", name, column)
        await connection.fetchval(
            f"select setval($1::text::regclass, coalesce(max({column}), 0) + 1, false) from {name}", sequence
        )


async def _clear(connection: Connection, ours: list[str], here: set[str], *, force: bool) -> None:
    """Make room, if there is nothing in the way."""
    if "worker" in here:
        alive = "select count(*) from worker where not dead and beat_at > extract(epoch from clock_timestamp()) - $1"
        if await connection.fetchval(alive, IN_USE):
            raise BackupError(
                f"the database is in use: stop the servers, and wait {IN_USE:.0f} seconds if one was killed"
            )
    mine = [name for name in ours if name in here]
    for name in mine:
        if name not in ("migration", "worker") and not force and await connection.fetchval(f"select 1 from {name}"):
            raise BackupError(f"the database is not empty (table {name}); --force replaces what is in it")
    for name in mine:
        await connection.execute(f"drop table {name} cascade")
    for name in ours:
        for shape in await connection.fetch(_SHAPES, rf"^{name}_row\d*$"):
            await connection.execute(f"drop type {shape[0]}")


async def _tables(connection: Connection) -> set[str]:
    found = await connection.fetch(
        "select relname from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'r'"
    )
    return {row[0] for row in found}


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Connection]:
    """A connection of its own; the driver's errors leave as BackupError, without the values that they quote."""
    try:
        connection = await asyncpg.connect(url, timeout=_CONNECT_WITHIN, server_settings=_SETTINGS)
    except (TimeoutError, *_FAILED) as error:
        raise BackupError(f"cannot connect to PostgreSQL: {str(error) or type(error).__name__}") from None
    try:
        yield connection
    except _FAILED as error:
        said = getattr(error, "message", None) or str(error)
        raise BackupError(f"PostgreSQL: {said}") from error
    finally:
        await connection.close()
