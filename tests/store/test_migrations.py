"""Migrations: each once, in order, in its own transaction; from any version to the newest schema."""

from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from tests.support.sqlite import make_tables
from turnkeeper.model.errors import StoreMismatch
from turnkeeper.store import migrations
from turnkeeper.store.migrations import Migration
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import Channels

PACKAGE = "turnkeeper.store.sqlite"
KNOWN = migrations.migrations(PACKAGE)
A = Migration("0001_a", "create table a (x)")
B = Migration("0002_b", "create table b (x)")


@pytest.fixture(autouse=True)
def really(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here tables are made, not copied."""
    monkeypatch.setattr(SqliteStore, "_migrate", make_tables)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "turnkeeper.db"


async def migrated(path: Path) -> list[str]:
    store = SqliteStore(path, Channels())
    await store.open()
    try:
        return await store.migrate()
    finally:
        await store.close()


def schema(path: Path) -> list[tuple[str, str]]:
    connection = apsw.Connection(str(path))
    try:
        found = connection.execute("select name, sql from sqlite_schema where sql is not null order by name")
        return [(str(name), " ".join(str(sql).split())) for name, sql in found]
    finally:
        connection.close()


def at_version(path: Path, count: int) -> None:
    """A database as a release with fewer migrations left it."""
    connection = apsw.Connection(str(path))
    connection.execute("create table migration (name text primary key, checksum text not null) without rowid")
    for migration in KNOWN[:count]:
        connection.execute(migration.sql)
        connection.execute("insert into migration values (?, ?)", (migration.name, migration.checksum))
    connection.close()


@pytest.mark.parametrize(
    "label, applied, expected",
    [
        ("nothing yet", {}, ["0001_a", "0002_b"]),
        ("the first", {"0001_a": A.checksum}, ["0002_b"]),
        ("all", {"0001_a": A.checksum, "0002_b": B.checksum}, []),
        ("a newer release's as well", {"0001_a": A.checksum, "0002_b": B.checksum, "0003_c": "?"}, []),
    ],
)
def test_what_is_pending(label: str, applied: dict[str, str], expected: list[str]) -> None:
    assert [migration.name for migration in migrations.pending([A, B], applied)] == expected


def test_a_migration_whose_text_changed_is_refused() -> None:
    with pytest.raises(StoreMismatch, match="0001_a"):
        migrations.pending([replace(A, sql="create table a (y)"), B], {"0001_a": A.checksum})


@pytest.mark.parametrize("package", [PACKAGE, "turnkeeper.store.postgres"])
def test_the_numbers_are_those_of_the_order(package: str) -> None:
    numbers = [int(migration.name[:4]) for migration in migrations.migrations(package)]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("count", range(len(KNOWN) + 1))
async def test_from_any_version_to_the_newest_schema(tmp_path: Path, count: int) -> None:
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    at_version(old, count)
    assert await migrated(old) == [migration.name for migration in KNOWN[count:]]
    assert await migrated(new) == [migration.name for migration in KNOWN]
    assert schema(old) == schema(new)
    assert await migrated(old) == []


def test_what_a_release_uses_no_later_one_takes_away(tmp_path: Path) -> None:
    """Tables only grow, by columns that need not be given."""
    before: dict[str, list[tuple[str, str]]] = {}
    connection = apsw.Connection(str(tmp_path / "data.db"))
    for migration in KNOWN:
        connection.execute(migration.sql)
        tables = [str(row[0]) for row in connection.execute("select name from sqlite_schema where type = 'table'")]
        columns = {name: connection.execute(f"pragma table_info({name})").fetchall() for name in tables}
        for name, kept in before.items():
            now = [(str(row[1]), str(row[2])) for row in columns[name]]
            assert now[: len(kept)] == kept, (migration.name, name)
            assert not any(row[3] and row[4] is None for row in columns[name][len(kept) :]), (migration.name, name)
        before = {name: [(str(row[1]), str(row[2])) for row in columns[name]] for name in tables}
    connection.close()


@pytest.fixture
def more(monkeypatch: pytest.MonkeyPatch) -> list[Migration]:
    """Migrations that the test puts behind ours."""
    added: list[Migration] = []
    monkeypatch.setattr(migrations, "migrations", lambda _: [*KNOWN, *added])
    return added


async def test_a_migration_that_fails_leaves_nothing_behind(path: Path, more: list[Migration]) -> None:
    more.append(Migration("9001_half", "create table half (x); create table conversation (x)"))
    with pytest.raises(apsw.SQLError):
        await migrated(path)
    assert "half" not in dict(schema(path))
    more[0] = Migration("9001_half", "create table half (x)")
    assert await migrated(path) == ["9001_half"]


async def test_the_previous_release_works_on_a_newer_schema(path: Path, more: list[Migration]) -> None:
    more.append(Migration("9001_more", "create table more (x)"))
    await migrated(path)
    more.clear()
    assert await migrated(path) == []


async def test_a_database_of_someone_else_is_refused_and_left_alone(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("create table customers (name)")
    connection.close()
    before = schema(path)
    with pytest.raises(StoreMismatch, match="not one of ours"):
        await migrated(path)
    assert schema(path) == before


async def test_two_processes_that_start_at_once_migrate_once(path: Path) -> None:
    import asyncio

    applied = await asyncio.gather(*(migrated(path) for _ in range(4)))
    assert sorted(name for names in applied for name in names) == [migration.name for migration in KNOWN]
