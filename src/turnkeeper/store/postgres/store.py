"""The store on PostgreSQL: any number of machines on one database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from turnkeeper.model.conversation import Conversation, Mode, StepRow
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.ids import ChannelId, ConversationKey, WorkerId, WorkspaceId
from turnkeeper.model.policy import Directory
from turnkeeper.store.base import (
    Beat,
    Claimed,
    Dispatch,
    Intake,
    Ledger,
    Line,
    Moment,
    PutOff,
    Run,
    Sent,
    StepKey,
    Taken,
    TurnCommit,
    Vitals,
    Wake,
)
from turnkeeper.store.postgres import listening, migrating, reading
from turnkeeper.store.postgres.batcher import Batcher
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.connecting import Connections
from turnkeeper.store.postgres.own_thread import OwnThread, called_here
from turnkeeper.store.postgres.rows import PostgresRows
from turnkeeper.store.transactions import channels, people, send, take, timers, turn, workers
from turnkeeper.store.transactions import claim as claiming
from turnkeeper.store.transactions.desk import Desk

if TYPE_CHECKING:
    from turnkeeper.store.postgres.connecting import PooledConnection

T = TypeVar("T")

_LANES = 2


async def _submitted(batcher: Batcher, item: Any) -> Any:
    return await batcher.submit(item)


def _concerned(intake: Intake) -> Hashable:
    """Whom a webhook comes from, or what it tells of, so that this is accepted in order."""
    for arrival in intake.arrivals:
        return (arrival.channel.id, arrival.event.addresses[:1])
    for report in intake.reports:
        return (report.channel.id, report.update.message_id)
    return None


class PostgresStore:
    """The Store port on one database; `connections` is the most that this process opens, beside a listener's.

    `own_thread`: for processes that run bots, which may block the event loop while a transaction is under way.
    """

    def __init__(self, url: str, directory: Directory, *, connections: int = 8, own_thread: bool = False) -> None:
        self._directory = directory
        self._home = OwnThread()
        self._own_thread = own_thread
        self._connections = Connections(url, connections)
        self._alone_now: set[asyncio.Task[Any]] = set()
        self._takes = Batcher(self._connections, self._take, lanes=_LANES, concerns=_concerned)
        self._commits = Batcher(self._connections, self._commit, lanes=_LANES, concerns=lambda item: item.run.key)
        self._records = Batcher(self._connections, self._record, lanes=_LANES, concerns=lambda item: item.run.key)
        self._steps = Batcher(self._connections, self._finish_steps, lanes=1, concerns=lambda _: None)
        self._closed = True

    async def open(self) -> None:
        """Connect; raises StoreUnavailable."""
        if self._own_thread:
            self._home.start()
        try:
            await self._home.run(self._connections.open())
        except BaseException:
            await self._home.close()
            raise
        self._closed = False

    async def close(self) -> None:
        """Finish what is under way, then disconnect."""
        self._closed = True
        await self._home.run(self._finish())
        await self._home.close()

    async def _finish(self) -> None:
        for batcher in (self._takes, self._commits, self._records, self._steps):
            await batcher.close()
        if self._alone_now:
            await asyncio.wait(self._alone_now)
        await self._connections.close()

    async def migrate(self) -> list[str]:
        """Apply what is missing, each in one transaction; machines that start at once wait for each other."""
        return await self._home.run(migrating.migrate(self._connections))

    async def notify(self, payload: bytes) -> None:
        """Pass a payload to all who listen on this database."""
        await self._home.run(listening.notify(self._connections, payload))

    async def listen(self, callback: Callable[[bytes], None]) -> Callable[[], Awaitable[None]]:
        """Call back for each payload, an empty one meaning "look for yourself"; what is returned ends it."""
        listener = listening.Listener(self._connections, called_here(callback) if self._own_thread else callback)
        await self._home.run(listener.start())
        return lambda: self._home.run(listener.close())

    async def _play(self, batcher: Batcher, item: Any) -> Any:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        if not self._own_thread:
            return await batcher.submit(item)
        return await self._home.run(_submitted(batcher, item))

    async def _alone(self, script: Callable[[PostgresRows], Coroutine[Any, Any, T]]) -> T:
        """A transaction for which no batch is gathered; it ends as it would even if nobody waits any more."""
        if self._closed:
            raise StoreUnavailable("the store is closed")
        return await self._home.run(self._shielded(script))

    async def _shielded(self, script: Callable[[PostgresRows], Coroutine[Any, Any, T]]) -> T:
        task = asyncio.get_running_loop().create_task(self._connections.transact(script))
        self._alone_now.add(task)
        task.add_done_callback(self._over)
        return await asyncio.shield(task)

    def _over(self, task: asyncio.Task[Any]) -> None:
        self._alone_now.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited has it; if nobody did, nobody is told

    async def _read(self, query: Callable[[PooledConnection], Awaitable[T]]) -> T:
        return await self._home.run(self._queried(query))

    async def _queried(self, query: Callable[[PooledConnection], Awaitable[T]]) -> T:
        async with self._connections.connection() as connection:
            return await query(connection)

    async def _take(self, rows: PostgresRows, intakes: Sequence[Intake]) -> list[Taken]:
        return await take.take(rows, self._directory, intakes)

    async def _finish_steps(self, rows: PostgresRows, items: Sequence[tuple[Run, StepRow]]) -> list[Exception | None]:
        return await turn.finish_steps(rows, self._directory, items)

    async def _commit(self, rows: PostgresRows, items: Sequence[TurnCommit]) -> list[Dispatch | Exception]:
        return await turn.commit(rows, self._directory, items)

    async def _record(self, rows: PostgresRows, items: Sequence[Sent]) -> list[Dispatch | Exception]:
        return await send.record(rows, self._directory, items)

    async def take(self, intake: Intake) -> Taken:
        return cast(Taken, await self._play(self._takes, intake))

    async def claim(self, worker_id: WorkerId, limit: int, now: float, versions: Mapping[str, str]) -> list[Claimed]:
        return await self._alone(lambda rows: claiming.claim(rows, self._directory, worker_id, limit, now, versions))

    async def begin_effect(self, run: Run, step: StepKey, arguments: str, now: float) -> StepRow | None:
        key, said = without_nul(step), without_nul(arguments)
        return await self._alone(lambda rows: turn.begin_effect(rows, self._directory, run, key, said, now))

    async def finish_step(self, run: Run, step: StepRow) -> None:
        await self._play(self._steps, (run, step))

    async def say_now(self, run: Run, step: StepRow, contents: Sequence[bytes], now: float) -> Dispatch:
        row = without_nul(step)
        return await self._alone(lambda rows: turn.say_now(rows, self._directory, run, row, contents, now))

    async def commit(self, commit: TurnCommit) -> Dispatch:
        return cast(Dispatch, await self._play(self._commits, commit))

    async def put_off(self, put_off: PutOff) -> float | None:
        item = without_nul(put_off)
        return await self._alone(lambda rows: turn.put_off(rows, self._directory, item))

    async def record(self, sent: Sent) -> Dispatch:
        return cast(Dispatch, await self._play(self._records, sent))

    async def release(self, run: Run, now: float) -> float | None:
        return await self._alone(lambda rows: turn.release(rows, self._directory, run, now))

    async def register(self, worker_id: WorkerId, now: float) -> None:
        await self._alone(lambda rows: rows.add_worker(worker_id, now))

    async def beat(
        self, worker_id: WorkerId, *, now: float, lease: float, holding: frozenset[ConversationKey] | None, reap: bool
    ) -> Beat:
        return await self._alone(
            lambda rows: workers.beat(
                rows, self._directory, worker_id, now=now, lease=lease, holding=holding, reap=reap
            )
        )

    async def retire(self, worker_id: WorkerId, now: float) -> int:
        return await self._alone(lambda rows: workers.retire(rows, self._directory, worker_id, now))

    async def fire_timers(self, now: float, limit: int) -> list[Wake]:
        return await self._alone(lambda rows: timers.fire(rows, self._directory, now, limit))

    async def set_mode(self, key: ConversationKey, mode: str, now: float, until: float | None = None) -> Wake | None:
        return await self._alone(lambda rows: people.set_mode(Desk(rows, self._directory), key, Mode(mode), until, now))

    async def pause_channel(self, workspace_id: WorkspaceId, channel_id: ChannelId, reason: str, now: float) -> bool:
        return await self._alone(lambda rows: channels.pause_channel(rows, workspace_id, channel_id, reason, now))

    async def resume_channel(self, workspace_id: WorkspaceId, channel_id: ChannelId, now: float) -> bool:
        return await self._alone(lambda rows: channels.resume_channel(rows, workspace_id, channel_id, now))

    async def retain(self, before: float, limit: int) -> int:
        return await self._alone(lambda rows: reading.retain(rows, before, limit))

    async def vitals(self, now: float, since: float) -> Vitals:
        return await self._read(lambda connection: reading.vitals(connection, now, since))

    async def next_due(self) -> float | None:
        return await self._read(reading.next_due)

    async def paused_channels(self) -> list[tuple[WorkspaceId, ChannelId, str, float]]:
        return await self._read(reading.paused_channels)

    async def history(self, key: ConversationKey, limit: int) -> list[Line]:
        return await self._read(lambda connection: reading.history(connection, key, limit))

    async def moments(self, key: ConversationKey, limit: int) -> list[Moment]:
        return await self._read(lambda connection: reading.moments(connection, key, limit))

    async def recent(self, limit: int) -> list[Conversation]:
        return await self._read(lambda connection: reading.recent(connection, limit))

    async def find(self, workspace_id: WorkspaceId, channel_id: ChannelId, address: str) -> Conversation | None:
        return await self._read(lambda connection: reading.find(connection, workspace_id, channel_id, address))

    async def ledger(self) -> Ledger:
        return await self._read(reading.ledger)
