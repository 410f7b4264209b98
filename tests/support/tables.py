"""All that a store holds, as it holds it: for tests that something is nowhere."""

from typing import Any

from turnkeeper.store.base import Store
from turnkeeper.store.postgres.store import PostgresStore
from turnkeeper.store.sqlite.store import SqliteStore


async def everything(store: Store) -> list[tuple[str, str]]:
    """Every row of every table: the table, and the row's values as one text."""
    if isinstance(store, SqliteStore):
        return await store._alone(_sqlite)
    assert isinstance(store, PostgresStore)
    return await store._alone(_postgres)


async def _sqlite(rows: Any) -> list[tuple[str, str]]:
    names = [str(row[0]) for row in rows.run("select name from sqlite_schema where type = 'table' order by name")]
    return [(name, _text(row)) for name in names for row in rows.run(f'select * from "{name}"')]


async def _postgres(rows: Any) -> list[tuple[str, str]]:
    found = await rows.run("select tablename from pg_tables where schemaname = 'public' order by tablename")
    return [(row[0], _text(values)) for row in found for values in await rows.run(f'select * from "{row[0]}"')]


def _text(row: Any) -> str:
    return "\n".join(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in row)
