"""Every table of a tenant, from the outside: with the API's role nobody reads, changes, adds or moves another's row.

A table that is added later is tested as well: its rows are made up from its columns.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

from tests.store.postgres_machines import machines, session

COLUMNS = """select table_name, column_name, data_type from information_schema.columns c
  where table_schema = 'public' and column_default is null and is_identity = 'NO' and table_name in (
    select table_name from information_schema.columns where table_schema = 'public' and column_name = 'workspace_id'
  ) and table_name in (select tablename from pg_tables where schemaname = 'public')
  and (is_nullable = 'NO') order by table_name, ordinal_position"""
CHANGEABLE = """select column_name from information_schema.column_privileges
  where grantee = 'turnkeeper_api' and privilege_type = 'UPDATE' and table_name = $1"""
MADE_UP: dict[str, Any] = {
    "text": "x",
    "bigint": 1,
    "integer": 1,
    "smallint": 1,
    "double precision": 1.0,
    "boolean": False,
    "bytea": b"x",
    "jsonb": "{}",
    "tsvector": "'x'",
    "ARRAY": [],
}
MINE, THEIRS = "mine", "theirs"
# Ids that are unique over all workspaces.
NAMED = {"id", "token", "digest", "seq"}


async def filled(behind: Any) -> dict[str, list[str]]:
    """One row of each workspace in every table of a tenant; the columns that had to be given."""
    tables: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in await behind.fetch(COLUMNS):
        tables.setdefault(table, []).append((column, kind))
    for table, columns in tables.items():
        for n, workspace in enumerate((MINE, THEIRS), 1):
            values = [workspace if name == "workspace_id" else made(name, kind, n) for name, kind in columns]
            names = ", ".join(f'"{name}"' for name, _ in columns)
            marks = ", ".join(f"${at}" for at in range(1, len(columns) + 1))
            await behind.execute(f'insert into "{table}" ({names}) values ({marks})', *values)
    return {table: [name for name, _ in columns] for table, columns in tables.items()}


def made(name: str, kind: str, n: int) -> Any:
    value = MADE_UP[kind]
    if kind in ("text", "bytea") and name != "workspace_id":
        return value * n  # the second row's ids are others
    return n if kind in ("bigint", "integer", "smallint") and name in NAMED else value


async def test_nobody_crosses_on_any_table(migrated_database: str) -> None:
    async with machines(migrated_database), session(migrated_database) as behind, session(migrated_database) as api:
        tables = await filled(behind)
        assert len(tables) > 30
        await api.execute("set role turnkeeper_api")
        written = 0
        for table, columns in tables.items():
            for workspace in (MINE, ""):
                async with api.transaction():
                    await api.execute("select set_config('turnkeeper.workspace', $1, true)", workspace)
                    if await may(api, table, "select"):
                        found = await api.fetch(f'select workspace_id from "{table}"')
                        assert [row[0] for row in found] == ([MINE] if workspace else []), table
                    written += await writes_nothing_of_others(api, table, columns)
        assert written, "nothing may be written at all: the test sees nothing"
        for table in tables:
            kept = await behind.fetch(f'select workspace_id from "{table}" order by 1')
            assert [row[0] for row in kept] == [MINE, THEIRS], table


async def writes_nothing_of_others(api: Any, table: str, columns: list[str]) -> int:
    """How many ways of writing the role has at all."""
    tried = 0
    changeable = [row[0] for row in await api.fetch(CHANGEABLE, table)]
    if changeable:
        tried += 1
        same = f'update "{table}" set "{changeable[0]}" = "{changeable[0]}" where workspace_id = $1'
        assert await api.execute(same, THEIRS) == "UPDATE 0", table
    if "workspace_id" in changeable:
        assert await api.fetchval("select count(*) from pg_policies where tablename = $1 and cmd = 'ALL'", table)
        async with undone(api):  # mine does not become theirs
            moved = await api.execute(f'update "{table}" set workspace_id = $1', THEIRS)
            assert moved == "UPDATE 0", table
    if await may(api, table, "delete"):
        tried += 1
        assert await api.execute(f"delete from \"{table}\" where workspace_id = '{THEIRS}'") == "DELETE 0"
    if await may(api, table, "insert"):
        tried += 1
        names = ", ".join(f'"{name}"' for name in columns)
        copied = ", ".join("$1" if name == "workspace_id" else f'"{name}"' for name in columns)
        async with undone(api):
            added = await api.execute(f'insert into "{table}" ({names}) select {copied} from "{table}"', THEIRS)
            assert added == "INSERT 0 0", table
    return tried


@asynccontextmanager
async def undone(api: Any) -> AsyncIterator[None]:
    """What is done here is refused, or changes nothing."""
    part = api.transaction()
    await part.start()
    with suppress(asyncpg.InsufficientPrivilegeError):
        yield
    await part.rollback()


async def may(api: Any, table: str, what: str) -> bool:
    """Whether the role may do this with all of a table, or with any of its columns."""
    if what == "delete":
        return bool(await api.fetchval("select has_table_privilege($1, $2)", f'"{table}"', what))
    return bool(await api.fetchval("select has_any_column_privilege($1, $2)", f'"{table}"', what))
