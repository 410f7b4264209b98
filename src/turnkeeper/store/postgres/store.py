"""The store on PostgreSQL: any number of machines on one database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

from turnkeeper.model.conversation import Conversation
from turnkeeper.model.errors import StoreError, StoreUnavailable
from turnkeeper.model.ids import ChannelId, ConversationKey, WorkspaceId
from turnkeeper.model.policy import Directory
from turnkeeper.store.base import Intake, Ledger, Moment, Sent, TurnCommit
from turnkeeper.store.channels import ChannelStanding, Traffic
from turnkeeper.store.lines import Line
from turnkeeper.store.postgres import listening, migrating, reading
from turnkeeper.store.postgres.agents import PostgresAgents
from turnkeeper.store.postgres.announcements import PostgresAnnouncements
from turnkeeper.store.postgres.batcher import Batcher
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.colleagues import PostgresColleagues
from turnkeeper.store.postgres.configured import PostgresConfigured
from turnkeeper.store.postgres.connecting import Connections
from turnkeeper.store.postgres.consents import PostgresConsents
from turnkeeper.store.postgres.contacts import PostgresContacts
from turnkeeper.store.postgres.documents import PostgresDocuments
from turnkeeper.store.postgres.feeding import PostgresFeeding
from turnkeeper.store.postgres.flows import PostgresFlows
from turnkeeper.store.postgres.inbox import PostgresInbox
from turnkeeper.store.postgres.knowledge import PostgresKnowledge
from turnkeeper.store.postgres.media import PostgresMedia
from turnkeeper.store.postgres.own_thread import OwnThread, called_here
from turnkeeper.store.postgres.payments import PostgresPayments
from turnkeeper.store.postgres.people import PostgresPeople
from turnkeeper.store.postgres.rows import PostgresRows
from turnkeeper.store.postgres.schedules import PostgresSchedules
from turnkeeper.store.postgres.simulating import PostgresSimulating
from turnkeeper.store.postgres.sole import SessionSole
from turnkeeper.store.postgres.speaking import PostgresSpeaking
from turnkeeper.store.postgres.templates import PostgresTemplates
from turnkeeper.store.postgres.tenant import Tenants, as_tenant, may_be_tenant
from turnkeeper.store.postgres.thread import PostgresThread
from turnkeeper.store.postgres.timers import PostgresTimers
from turnkeeper.store.postgres.traces import PostgresTraces
from turnkeeper.store.scripted import ScriptedStore
from turnkeeper.store.workers import Vitals

if TYPE_CHECKING:
    from turnkeeper.store.postgres.pooled import PooledConnection

T = TypeVar("T")

_LANES = 2


def _run(item: TurnCommit | Sent) -> Hashable:
    return item.run.key


def _nobody(_: object) -> Hashable:
    return None


async def _submitted(batcher: Batcher, item: Any) -> Any:
    return await batcher.submit(item)


def _concerned(intake: Intake) -> Hashable:
    """Whom a webhook comes from, or what it tells of, so that this is accepted in order."""
    for arrival in intake.arrivals:
        event = arrival.event
        return (arrival.channel.id, event.chat_id if event.is_group else event.addresses[:1])
    for report in intake.reports:
        return (report.channel.id, report.update.known_as)
    return None


class PostgresStore(
    PostgresMedia,
    PostgresAgents,
    PostgresKnowledge,
    PostgresDocuments,
    PostgresContacts,
    PostgresSpeaking,
    PostgresPayments,
    PostgresTemplates,
    PostgresTimers,
    PostgresConsents,
    PostgresFlows,
    PostgresSchedules,
    PostgresPeople,
    PostgresTraces,
    PostgresSimulating,
    PostgresConfigured,
    PostgresInbox,
    PostgresFeeding,
    PostgresColleagues,
    PostgresThread,
    ScriptedStore[PostgresRows],
    PostgresAnnouncements,
    Tenants,
):
    """The Store port on one database; `connections` is the most that this process opens, beside a listener's.

    `own_thread`: for processes that run bots, which may block the event loop while a transaction is under way.
    """

    def __init__(self, url: str, directory: Directory, *, connections: int = 8, own_thread: bool = False) -> None:
        super().__init__(directory)
        self._home = OwnThread()
        self._own_thread = own_thread
        self._connections = Connections(url, connections, self.changes)
        self._alone_now: set[asyncio.Task[Any]] = set()
        self._batchers: dict[Callable[..., Any], Batcher] = {
            script: Batcher(self._connections, script, lanes=lanes, concerns=concerns)
            for script, lanes, concerns in (
                (self._take, _LANES, _concerned),
                (self._commit, _LANES, _run),
                (self._record, _LANES, _run),
                (self._finish_steps, 1, _nobody),
            )
        }
        self._closed = True
        self._has_role: bool | None = None
        """Whether the API's role can be taken; None until it is first wanted."""

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
        with suppress(StoreError):  # what is not noted now is found again
            await self.flush_changes(time.time())
        self._closed = True
        await self._home.run(self._finish())
        await self._home.close()

    async def _finish(self) -> None:
        for batcher in self._batchers.values():
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

    async def sole(self, task: str) -> SessionSole | None:
        return await self._home.run(SessionSole.taken(self._connections, self._home, task))

    def _kept(self, value: T) -> T:
        return cast(T, without_nul(value))

    async def _batched(
        self, script: Callable[[PostgresRows, Sequence[Any]], Coroutine[Any, Any, Any]], item: Any
    ) -> Any:
        batcher = self._batchers[script]
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

    async def _as_tenant(self, workspace_id: WorkspaceId, work: Callable[[PooledConnection], Awaitable[T]]) -> T:
        async def scoped(connection: PooledConnection) -> T:
            if self._has_role is None:
                self._has_role = await may_be_tenant(connection)
            return await as_tenant(connection, self._kept(workspace_id), work, has_role=self._has_role)

        return await self._read(scoped)

    async def retain(self, before: float, limit: int) -> int:
        return await self._alone(lambda rows: reading.retain(rows, before, limit))

    async def scrub(self) -> bool:
        return True  # its log and its dead rows are the server's own

    async def vitals(self, now: float, since: float) -> Vitals:
        return await self._read(lambda connection: reading.vitals(connection, now, since))

    async def next_due(self) -> float | None:
        return await self._read(reading.next_due)

    async def refused_credentials(self) -> dict[tuple[WorkspaceId, ChannelId], str]:
        return await self._read(reading.refused_credentials)

    async def paused_channels(self) -> list[tuple[WorkspaceId, ChannelId, str, float]]:
        return await self._read(reading.paused_channels)

    async def channel_standings(
        self, workspace_id: WorkspaceId, channels: Sequence[ChannelId]
    ) -> list[ChannelStanding]:
        return await self._read(lambda connection: reading.channel_standings(connection, workspace_id, channels))

    async def traffic(self) -> list[Traffic]:
        return await self._read(reading.traffic)

    async def history(self, key: ConversationKey, limit: int, since: float | None = None) -> list[Line]:
        return await self._read(lambda connection: reading.history(connection, key, limit, since))

    async def quoted(self, key: ConversationKey, channel_id: ChannelId, external_ids: Sequence[str]) -> dict[str, Line]:
        wanted = self._kept(list(external_ids))
        return await self._read(lambda connection: reading.quoted(connection, key, channel_id, wanted))

    async def moments(self, key: ConversationKey, limit: int) -> list[Moment]:
        return await self._read(lambda connection: reading.moments(connection, key, limit))

    async def recent(self, limit: int) -> list[Conversation]:
        return await self._read(lambda connection: reading.recent(connection, limit))

    async def find(self, workspace_id: WorkspaceId, channel_id: ChannelId, address: str) -> Conversation | None:
        return await self._read(lambda connection: reading.find(connection, workspace_id, channel_id, address))

    async def ledger(self) -> Ledger:
        return await self._read(reading.ledger)
