"""One suite, every store: a test says what happens, never where it is kept."""

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable
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
    """One database for the whole run: emptying it costs a tenth of making another."""

    def __init__(self, url: str) -> None:
        self._url = url

    def store(self, directory: Directory) -> Store:
        from turnkeeper.store.postgres.store import PostgresStore

        return PostgresStore(self._url, directory)

    async def empty(self) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            found = await connection.fetch(
                "select tablename from pg_tables where schemaname = 'public' and tablename <> 'migration'"
            )
            if found:
                # Few rows: deleting them is much faster than new files for a dozen tables.
                await connection.execute("; ".join(f'delete from "{row[0]}"' for row in found))
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def postgres_contracts(postgres_cluster: Cluster) -> str:
    """The address of the suite's own database."""
    postgres_cluster.create("contracts")
    return postgres_cluster.url("contracts")


def database_of(kind: str, request: Any, folder: Path) -> Database:
    if kind == "sqlite-memory":
        return InMemory()
    if kind == "sqlite-file":
        return OnFile(folder)
    return OnPostgres(request.getfixturevalue("postgres_contracts"))


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
            await store.migrate()
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
        await one.migrate()
        await other.open()
        try:
            w = World(one, directory, channel)
            await w.start()
            yield w, other
        finally:
            await other.close()
            await one.close()

    return opened
