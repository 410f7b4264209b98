"""Group commit: whoever comes while a commit is under way shares the next one. No timers.

A batch is one transaction. If anything in it raises, the batch is rolled back and its items run again, each
alone, so that a bad one cannot take its neighbours with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any

from turnkeeper.model.errors import NotKept, StoreUnavailable
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.connecting import Connections
from turnkeeper.store.postgres.rows import PostgresRows

LARGEST_BATCH = 256

Script = Callable[[PostgresRows, Sequence[Any]], Awaitable[Sequence[Any]]]
"""Plays a batch of items of one kind; gives a result or an Exception for each."""


class Batcher:
    """Items of one kind, in lanes: as many transactions at once. What concerns one conversation keeps one lane,
    so that it is played in the order in which it came."""

    def __init__(
        self, connections: Connections, script: Script, *, lanes: int, concerns: Callable[[Any], Hashable]
    ) -> None:
        self._lanes = [_Lane(connections, script) for _ in range(lanes)]
        self._concerns = concerns

    def submit(self, item: Any) -> asyncio.Future[Any]:
        """Queue an item for its lane's next commit."""
        lanes = self._lanes
        lane = lanes[hash(self._concerns(item)) % len(lanes)] if len(lanes) > 1 else lanes[0]
        return lane.submit(item)

    async def close(self) -> None:
        """Finish what is queued."""
        for lane in self._lanes:
            await lane.close()


class _Lane:
    def __init__(self, connections: Connections, script: Script) -> None:
        self._connections = connections
        self._script = script
        self._queue: list[tuple[Any, asyncio.Future[Any]]] = []
        self._flushing: asyncio.Task[None] | None = None

    def submit(self, item: Any) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._queue.append((item, future))
        if self._flushing is None:
            self._flushing = loop.create_task(self._flush())
        return future

    async def close(self) -> None:
        if self._flushing is not None:
            await self._flushing

    async def _flush(self) -> None:
        try:
            while self._queue:
                batch, self._queue = self._queue[:LARGEST_BATCH], self._queue[LARGEST_BATCH:]
                results = await self._play([item for item, _ in batch])
                for (_, future), result in zip(batch, results, strict=True):
                    _settle(future, result)
        finally:
            self._flushing = None

    async def _play(self, items: Sequence[Any]) -> Sequence[Any]:
        try:
            return await self._transaction(items)
        except StoreUnavailable as error:
            return [StoreUnavailable(*error.args) for _ in items]
        except Exception as error:  # noqa: BLE001 - whose fault it is shows when each runs alone
            return [await self._alone(item, error) for item in items]

    async def _alone(self, item: Any, error: Exception) -> Any:
        try:
            if isinstance(error, NotKept):
                item = without_nul(item)
            return (await self._transaction([item]))[0]
        except Exception as alone:  # noqa: BLE001 - it belongs to whoever asked
            return alone

    async def _transaction(self, items: Sequence[Any]) -> Sequence[Any]:
        return await self._connections.transact(lambda rows: self._script(rows, items))


def _settle(future: asyncio.Future[Any], result: Any) -> None:
    if future.done():
        return
    if isinstance(result, BaseException):
        future.set_exception(result)
    else:
        future.set_result(result)
