"""A task that one process does: on every store one has it, until it lets go or dies."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.contracts.conftest import OpenWorld
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import Channels


async def test_one_of_two_has_a_task_until_it_lets_go(two_stores: Any) -> None:
    async with two_stores() as (world, other):
        mine = await world.store.sole("polling desk")
        assert mine is not None
        assert await other.sole("polling desk") is None
        assert await world.store.sole("polling desk") is None
        another = await other.sole("polling shop")
        assert another is not None
        assert await mine.holds()
        await mine.release()
        theirs = await other.sole("polling desk")
        assert theirs is not None
        assert await world.store.sole("polling desk") is None
        for each in (theirs, another):
            await each.release()


async def test_it_can_be_had_again_once_it_was_let_go(world: OpenWorld) -> None:
    async with world() as w:
        for _ in range(2):
            mine = await w.store.sole("polling desk")
            assert mine is not None
            assert await mine.holds()
            assert await w.store.sole("polling desk") is None
            await mine.release()


@pytest.mark.parametrize("shared_database", ["postgres"], indirect=True)
async def test_a_session_that_was_cut_off_holds_nothing(two_stores: Any, request: pytest.FixtureRequest) -> None:
    async with two_stores() as (world, other):
        mine = await world.store.sole("polling desk")
        assert mine is not None
        connection = await asyncpg.connect(request.getfixturevalue("postgres_contracts"))
        ended = await connection.fetch(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid()"
        )
        limit = await connection.fetchval("show idle_session_timeout")
        await connection.close()
        assert (len(ended), limit) == (1, "0")
        assert not await mine.holds()
        theirs = await other.sole("polling desk")
        assert theirs is not None
        settings = "select current_setting('idle_session_timeout') || ' ' || current_setting('tcp_keepalives_idle')"
        assert await theirs._connection.fetchval(settings) == "15s 5"  # type: ignore[attr-defined]
        await theirs.release()
        await mine.release()


HOLDER = """
import asyncio, sys
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import Channels
async def main():
    store = SqliteStore(sys.argv[1], Channels())
    await store.open()
    sole = await store.sole("polling desk")
    print("held" if sole else "not held", flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


async def test_a_process_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / "a.db")
    store = SqliteStore(path, Channels())
    await store.open()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLDER, path, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    assert await store.sole("polling desk") is None
    process.kill()
    await process.wait()
    mine = await store.sole("polling desk")
    assert mine is not None
    await mine.release()
    await store.close()
