"""One suite, every store: a test says what happens, never where it is kept."""

import asyncio
import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.contracts.world import World
from tests.support.postgres import Cluster
from turnkeeper.model.policy import Channel, Directory
from turnkeeper.store.base import Store
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import Channels
from turnkeeper.testing.events import channel as any_channel

OpenWorld = Callable[..., AbstractAsyncContextManager[World]]


class Database(ABC):
    """Where stores of one kind keep things. `empty` begins anew; the suite does so before every world."""

    @abstractmethod
    def store(self, directory: Directory) -> Store:
        """A store, not open yet."""

    async def empty(self) -> None:  # noqa: B027 - a new file is empty by itself
        """Forget everything."""

    async def prepare(self, store: Store) -> None:
        """Bring the tables up to date; the store is open."""
        await store.migrate()


class InMemory(Database):
    def store(self, directory: Directory) -> Store:
        return SqliteStore(":memory:", directory, inline=True)


class OnFile(Database):
    def __init__(self, folder: Path) -> None:
        self._paths = (folder / f"{n}.db" for n in itertools.count(1))

    def store(self, directory: Directory) -> Store:
        return SqliteStore(self._path, directory)

    async def empty(self) -> None:
        self._path = next(self._paths)


class OnPostgres(Database):
    """One database for the whole run, migrated once: emptying it costs a tenth of making another."""

    def __init__(self, tables: "Tables") -> None:
        self._tables = tables

    def store(self, directory: Directory) -> Store:
        from turnkeeper.store.postgres.store import PostgresStore

        return PostgresStore(self._tables.url, directory)

    async def empty(self) -> None:
        await asyncio.to_thread(self._tables.empty)

    async def prepare(self, store: Store) -> None:
        """They are up to date."""


class Tables:
    """All tables of one database, emptied over one connection: a new one would first have to learn each of them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._loop = asyncio.new_event_loop()
        self._connection = self._loop.run_until_complete(self._prepared())

    async def _prepared(self) -> asyncpg.Connection:
        connection = await asyncpg.connect(self.url)
        found = await connection.fetch(
            "select tablename from pg_tables where schemaname = 'public' and tablename <> 'migration'"
        )
        # Few rows: deleting them is much faster than new files for all the tables.
        deletes = "; ".join(f'delete from "{row[0]}"' for row in found)
        await connection.execute(
            f"create function pg_temp.empty() returns void language plpgsql as $$ begin {deletes}; end $$"
        )
        return connection

    def empty(self) -> None:
        self._loop.run_until_complete(self._connection.execute("select pg_temp.empty()"))

    def close(self) -> None:
        self._loop.run_until_complete(self._connection.close())
        self._loop.close()


@pytest.fixture(scope="session")
def postgres_tables(postgres_cluster: Cluster, migrated_template: str) -> Iterator[Tables]:
    """The tables of the suite's own database."""
    postgres_cluster.create("contracts", migrated_template)
    tables = Tables(postgres_cluster.url("contracts"))
    yield tables
    tables.close()


@pytest.fixture
def postgres_contracts(postgres_tables: Tables) -> str:
    """The address of the suite's own database."""
    return postgres_tables.url


def database_of(kind: str, request: Any, folder: Path) -> Database:
    if kind == "sqlite-memory":
        return InMemory()
    if kind == "sqlite-file":
        return OnFile(folder)
    return OnPostgres(request.getfixturevalue("postgres_tables"))


@pytest.fixture(params=["sqlite-file", "sqlite-memory", "postgres"])
def database(request: Any, tmp_path: Path) -> Database:
    """Each kind in turn."""
    return database_of(request.param, request, tmp_path)


@pytest.fixture(params=["sqlite-file", "postgres"])
def shared_database(request: Any, tmp_path: Path) -> Database:
    """Each kind that several processes can use at once."""
    return database_of(request.param, request, tmp_path)


@pytest.fixture
def world(database: Database) -> OpenWorld:
    """Open a world on an empty store: `async with world() as w:`, or `world(channel(...), …)`."""

    @asynccontextmanager
    async def opened(*channels: Channel) -> Any:
        channels = channels or (any_channel(),)
        directory = Channels(*channels)
        await database.empty()
        store = database.store(directory)
        await store.open()
        try:
            await database.prepare(store)
            w = World(store, directory, channels[0])
            await w.start()
            yield w
        finally:
            await store.close()

    return opened


@pytest.fixture
def two_stores(shared_database: Database) -> Any:
    """Two processes' stores on one database: `async with two_stores() as (world, other):`."""
    database = shared_database

    @asynccontextmanager
    async def opened(channel: Channel | None = None) -> Any:
        channel = channel or any_channel()
        directory = Channels(channel)
        await database.empty()
        one, other = database.store(directory), database.store(directory)
        await one.open()
        await database.prepare(one)
        await other.open()
        try:
            w = World(one, directory, channel)
            await w.start()
            yield w, other
        finally:
            await other.close()
            await one.close()

    return opened
