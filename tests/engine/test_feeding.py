"""The inbox is fed beside everything else: noted by whoever commits, made by one worker, and never for ever late."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.contracts.feeding import feed
from tests.contracts.world import World
from turnkeeper.engine.feeding import LATELY, Feeder, note_changes
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.inbox import InboxFilter, InboxRow
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.events import Channels, channel
from turnkeeper.testing.virtual_time import VirtualClock

KEEP = 120.0


class Away(SqliteStore):
    """A store that cannot be asked for a while."""

    away = False

    async def _alone(self, script: Any) -> Any:
        if self.away:
            raise StoreUnavailable("away")
        return await super()._alone(script)


@asynccontextmanager
async def feeding(*feeders: float) -> AsyncIterator[tuple[World, Away]]:
    """A world that is fed; `feeders`: after how many seconds each begins."""
    shop = channel()
    store = Away(":memory:", Channels(shop), inline=True)
    await store.open()
    await store.migrate()
    clock = VirtualClock()
    w = World(store, Channels(shop), shop)
    w.now = clock.now()

    async def begin(after: float) -> None:
        await asyncio.sleep(after)
        await Feeder(store, clock, keep=KEEP).run()

    tasks = [asyncio.create_task(each) for each in (note_changes(store, clock), *map(begin, feeders))]
    try:
        yield w, store
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await store.close()


async def rows(w: World) -> list[InboxRow]:
    return await w.store.inbox_page(w.channel.workspace_id, InboxFilter(), None, 100)


@in_virtual_time
async def test_what_is_committed_is_in_the_list_in_a_moment() -> None:
    async with feeding(0.0) as (w, _):
        await asyncio.sleep(1.0)
        await w.hear("hello")
        await asyncio.sleep(0.25)
        assert [row.preview for row in await rows(w)] == ["hello"]


@in_virtual_time
async def test_of_two_workers_one_feeds_and_the_other_takes_over() -> None:
    async with feeding(0.0, 1.0) as (w, store):
        await asyncio.sleep(2.0)
        await w.hear("hello")
        await asyncio.sleep(1.0)
        assert [(row.preview, row.contact_count, row.seq) for row in await rows(w)] == [("hello", 1, 1)]
        assert store._tasks == {"inbox"}


@in_virtual_time
async def test_a_store_that_is_away_is_asked_again() -> None:
    async with feeding(0.0) as (w, store):
        await asyncio.sleep(1.0)
        await w.hear("hello")
        store.away = True
        await asyncio.sleep(30.0)
        assert await rows(w) == []
        assert store.changes
        store.away = False
        await asyncio.sleep(12.0)
        assert [row.preview for row in await rows(w)] == ["hello"]


@pytest.mark.parametrize("killed", [LATELY / 2, LATELY * 20], ids=["lately", "long ago"])
@in_virtual_time
async def test_what_nobody_had_noted_is_found(killed: float) -> None:
    """A process was killed; or a release has served meanwhile that knows no inbox."""
    async with feeding(killed) as (w, store):
        await feed(w)
        for said in ("noted", "killed", "hello"):
            await w.hear(said)
            if said == "noted":
                await feed(w)
            store.changes.take()
            w.now += killed / 3
        await asyncio.sleep(killed + 1.0)
        assert [(row.preview, row.contact_count) for row in await rows(w)] == [("hello", 3)]


@in_virtual_time
async def test_words_go_with_what_is_not_kept() -> None:
    async with feeding(0.0) as (w, _):
        await w.hear("hello world")
        await asyncio.sleep(1.0)
        (row,) = await rows(w)
        assert (await w.store.search(row.workspace_id, "world", InboxFilter(), 10)).hits
        await asyncio.sleep(KEEP + 61.0)
        (row,) = await rows(w)
        assert row.preview == ""
        assert not (await w.store.search(row.workspace_id, "world", InboxFilter(), 10)).hits


class Endless(SqliteStore):
    """There is always more to feed, and each go takes a hundredth of a second."""

    goes = 0

    async def feed_inbox(self, limit: int, now: float) -> int:  # noqa: ARG002 - the port
        self.goes += 1
        await asyncio.sleep(0.01)
        return limit


@in_virtual_time
async def test_a_burst_leaves_room_for_those_who_answer_and_a_flood_is_kept_up_with() -> None:
    store = Endless(":memory:", Channels(), inline=True)
    await store.open()
    await store.migrate()
    task = asyncio.create_task(Feeder(store, VirtualClock(), keep=KEEP).run())
    await asyncio.sleep(16)
    in_a_burst, store.goes = store.goes, 0
    await asyncio.sleep(14)
    store.goes = 0
    await asyncio.sleep(16)
    assert 150 < in_a_burst < 210, "an eighth of the time"
    assert store.goes > 3.5 * in_a_burst, "half of it"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await store.close()
