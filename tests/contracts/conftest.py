"""One suite, every store: a test says what happens, never where it is kept."""

import asyncio
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.world import World
from tests.support.postgres import Cluster
from turnkeeper.model.policy import Channel, Directory
from turnkeeper.store.base import Store
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import Channels
from turnkeeper.testing.events import channel as any_channel

OpenWorld = Callable[..., AbstractAsyncContextManager[World]]
KINDS = ("sqlite-file", "sqlite-memory", "postgres")


def postgres_store(url: str, directory: Directory) -> Store:
    from turnkeeper.store.postgres.store import PostgresStore

    return PostgresStore(url, directory)


@pytest.fixture(scope="session")
def postgres_template(postgres_cluster: Cluster) -> str:
    """A migrated database to copy, so that a test starts in a moment."""
    name = "contracts_template"
    postgres_cluster.create(name)

    async def fill() -> None:
        store = postgres_store(postgres_cluster.url(name), Channels())
        await store.open()
        await store.migrate()
        await store.close()

    asyncio.run(fill())
    return name


@pytest.fixture(params=KINDS)
def make_store(request: Any, tmp_path: Path) -> Iterator[Callable[[Directory], Store]]:
    """Makes stores on one and the same database; not open yet."""
    if request.param == "sqlite-memory":
        yield lambda directory: SqliteStore(":memory:", directory, inline=True)
    elif request.param == "sqlite-file":
        yield lambda directory: SqliteStore(tmp_path / "turnkeeper.db", directory)
    else:
        if importlib.util.find_spec("turnkeeper.store.postgres.store") is None:
            pytest.skip("turnkeeper.store.postgres.store cannot be imported")
        url = request.getfixturevalue("postgres_database")
        yield lambda directory: postgres_store(url, directory)


@pytest.fixture
def world(make_store: Callable[[Directory], Store]) -> OpenWorld:
    """Open a world on a fresh store: `async with world() as w:`, or `world(channel(...), …)`."""

    @asynccontextmanager
    async def opened(*channels: Channel) -> Any:
        channels = channels or (any_channel(),)
        directory = Channels(*channels)
        store = make_store(directory)
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
def two_stores(make_store: Callable[[Directory], Store], request: Any) -> Any:
    """Two processes' stores on one database, and a world on the first."""
    if "sqlite-memory" in request.node.callspec.id:
        pytest.skip("a database in memory belongs to one process")

    @asynccontextmanager
    async def opened(channel: Channel | None = None) -> Any:
        channel = channel or any_channel()
        directory = Channels(channel)
        one, other = make_store(directory), make_store(directory)
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
