"""The store on SQLite: WAL, every commit synced to disk, one writer a process."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast

import apsw

from turnkeeper.model.conversation import Conversation
from turnkeeper.model.errors import Fenced, StoreError, StoreMismatch, StoreUnavailable
from turnkeeper.model.ids import ChannelId, ConversationKey, WorkspaceId
from turnkeeper.model.policy import Directory
from turnkeeper.store import migrations
from turnkeeper.store.base import Ledger, Moment
from turnkeeper.store.channels import ChannelStanding, Traffic
from turnkeeper.store.lines import Line
from turnkeeper.store.scripted import ScriptedStore
from turnkeeper.store.sqlite import reading
from turnkeeper.store.sqlite.agents import SqliteAgents
from turnkeeper.store.sqlite.announcements import SqliteAnnouncements
from turnkeeper.store.sqlite.colleagues import SqliteColleagues
from turnkeeper.store.sqlite.configured import SqliteConfigured
from turnkeeper.store.sqlite.consents import SqliteConsents
from turnkeeper.store.sqlite.contacts import SqliteContacts
from turnkeeper.store.sqlite.documents import SqliteDocuments
from turnkeeper.store.sqlite.feeding import SqliteFeeding
from turnkeeper.store.sqlite.flows import SqliteFlows
from turnkeeper.store.sqlite.inbox import SqliteInbox
from turnkeeper.store.sqlite.knowledge import SqliteKnowledge
from turnkeeper.store.sqlite.media import SqliteMedia
from turnkeeper.store.sqlite.payments import SqlitePayments
from turnkeeper.store.sqlite.people import SqlitePeople
from turnkeeper.store.sqlite.rows import SqliteRows
from turnkeeper.store.sqlite.schedules import SqliteSchedules
from turnkeeper.store.sqlite.simulating import SqliteSimulating
from turnkeeper.store.sqlite.sole import FileSole, named
from turnkeeper.store.sqlite.speaking import SqliteSpeaking
from turnkeeper.store.sqlite.templates import SqliteTemplates
from turnkeeper.store.sqlite.thread import SqliteThread
from turnkeeper.store.sqlite.timers import SqliteTimers
from turnkeeper.store.sqlite.traces import SqliteTraces
from turnkeeper.store.sqlite.writer import AWAY, BUSY_MS, Batches, InlineWriter, ProcessLock, ThreadWriter
from turnkeeper.store.workers import Vitals

T = TypeVar("T")

_PRAGMAS = (
    "pragma journal_mode = wal",
    "pragma synchronous = full",
    "pragma cache_size = -65536",
    # Every commit of another process empties this one's cache: what is mapped need not be read again.
    "pragma mmap_size = 2147418112",
    # Pages (64 MB): a page that changes often is written back once, however large the file.
    "pragma wal_autocheckpoint = 16000",
    "pragma foreign_keys = off",
    # What is erased is gone from the file, not only from its tables; what that takes cannot be measured.
    "pragma secure_delete = on",
)
_OLDEST_FIXED = (3, 51, 3)


def _emptied_log(connection: apsw.Connection, lock: ProcessLock) -> bool:
    """Move what the log holds into the database, and cut it off; False: somebody reads it now."""
    try:
        connection.execute("pragma wal_checkpoint(passive)").fetchall()
        connection.set_busy_timeout(0)
        try:
            with lock:
                busy, *_ = connection.execute("pragma wal_checkpoint(truncate)").fetchall()[0]
        finally:
            connection.set_busy_timeout(BUSY_MS)
    except (*AWAY, OSError):
        return False
    return not busy


def _asked(connection: apsw.Connection, query: Callable[[apsw.Connection], T]) -> T:
    try:
        return query(connection)
    except AWAY as error:
        raise StoreUnavailable(f"SQLite: {error}") from error


class SqliteStore(
    SqliteMedia,
    SqliteAgents,
    SqliteKnowledge,
    SqliteDocuments,
    SqliteContacts,
    SqliteSpeaking,
    SqlitePayments,
    SqliteTemplates,
    SqliteTimers,
    SqliteConsents,
    SqliteFlows,
    SqliteSchedules,
    SqlitePeople,
    SqliteTraces,
    SqliteSimulating,
    SqliteConfigured,
    SqliteInbox,
    SqliteFeeding,
    SqliteColleagues,
    SqliteThread,
    ScriptedStore[SqliteRows],
    SqliteAnnouncements,
):
    """The Store port on one file, or in memory with `inline` (simulations)."""

    def __init__(self, path: str | Path, directory: Directory, *, inline: bool = False) -> None:
        self._path = str(path)
        super().__init__(directory)
        self._inline = inline
        self._connection: apsw.Connection | None = None
        self._reader: apsw.Connection | None = None
        self._near: apsw.Connection | None = None
        self._reading = threading.Lock()
        self._lock = ProcessLock(None)
        self._writer: ThreadWriter | InlineWriter | None = None
        self._tasks: set[str] = set()

    async def open(self) -> None:
        """Connect, to a new file if there is none; raises StoreUnavailable, or StoreMismatch for an old SQLite."""
        self._connection = self._connect()
        in_memory = self._path == ":memory:"
        self._lock = ProcessLock(None if in_memory else f"{self._path}.lock")
        self._reader = self._connection if in_memory else self._connect()
        self._near = self._connection if in_memory else self._connect()
        batches = Batches(self._connection, self._lock, self.changes)
        loop = asyncio.get_running_loop()
        self._writer = InlineWriter(batches, loop) if self._inline else ThreadWriter(batches, loop)

    def _connect(self) -> apsw.Connection:
        if tuple(map(int, apsw.sqlite_lib_version().split("."))) < _OLDEST_FIXED:
            raise StoreMismatch(
                f"SQLite {apsw.sqlite_lib_version()} can lose commits at a WAL reset; use 3.51.3 or later"
            )
        try:
            connection = apsw.Connection(self._path, statementcachesize=256)
            connection.set_busy_timeout(BUSY_MS)
            for pragma in _PRAGMAS:
                connection.execute(pragma)
        except apsw.Error as error:
            raise StoreUnavailable(f"cannot open {self._path}: {error}") from error
        return connection

    async def close(self) -> None:
        """Finish what is queued, then let the file go."""
        if self._writer is not None:
            with suppress(StoreError, apsw.Error):  # what is not noted now is found again
                await self.flush_changes(time.time())
            await self._writer.close()
        for connection in {self._connection, self._reader, self._near} - {None}:
            cast(apsw.Connection, connection).close()
        self._lock.close()
        self._connection = self._reader = self._near = self._writer = None

    async def migrate(self) -> list[str]:
        """Apply what is missing, each in one transaction."""
        if self._inline:
            return self._migrate()
        return await asyncio.to_thread(self._migrate)

    def _migrate(self) -> list[str]:
        connection = self._opened()
        names: list[str] = []
        with self._lock:
            self._refuse_others(connection)
            connection.execute(
                "create table if not exists migration (name text primary key, checksum text not null) without rowid"
            )
            found = connection.execute("select name, checksum from migration").fetchall()
            applied = {str(name): str(checksum) for name, checksum in found}
            for migration in migrations.pending(migrations.migrations(__package__), applied):
                connection.execute("begin immediate")
                try:
                    connection.execute(migration.sql)
                    connection.execute("insert into migration values (?, ?)", (migration.name, migration.checksum))
                    connection.execute("commit")
                except BaseException:
                    connection.execute("rollback")
                    raise
                names.append(migration.name)
        return names

    def _refuse_others(self, connection: apsw.Connection) -> None:
        tables = {str(row[0]) for row in connection.execute("select name from sqlite_schema where type = 'table'")}
        if tables and "migration" not in tables:
            raise StoreMismatch(f"{self._path} is a database, but not one of ours; nothing was changed")

    def _opened(self) -> apsw.Connection:
        if self._connection is None:
            raise StoreUnavailable("the store is not open")
        return self._connection

    async def _batched(self, script: Callable[[SqliteRows, Sequence[Any]], Coroutine[Any, Any, Any]], item: Any) -> Any:
        if self._writer is None:
            raise StoreUnavailable("the store is not open")
        return await self._writer.submit(script, item)

    async def _alone(self, script: Callable[[SqliteRows], Coroutine[Any, Any, T]]) -> T:
        """A transaction for which no batch is gathered; it still shares a commit with others."""

        async def one(rows: SqliteRows, _: Sequence[None]) -> list[T | Fenced]:
            try:
                return [await script(rows)]
            except Fenced as fenced:  # raised before anything is written: no reason to play the batch again
                return [fenced]

        return cast(T, await self._batched(one, None))

    async def _read(self, query: Callable[[apsw.Connection], T]) -> T:
        """Reads have their own connection and never hold up a commit."""
        connection = self._reader
        if connection is None:
            raise StoreUnavailable("the store is not open")
        if self._inline:
            return _asked(connection, query)

        def locked() -> T:
            with self._reading:
                return _asked(connection, query)

        return await asyncio.to_thread(locked)

    def _glance(self, query: Callable[[apsw.Connection], T]) -> T:
        """A read by key, on the way of every turn: shorter than handing it to a thread."""
        if self._near is None:
            raise StoreUnavailable("the store is not open")
        return _asked(self._near, query)

    async def sole(self, task: str) -> FileSole | None:
        in_memory = self._path == ":memory:"
        return FileSole.taken(None if in_memory else f"{self._path}.{named(task)}", self._tasks, task)

    async def retain(self, before: float, limit: int) -> int:
        return await self._alone(lambda rows: reading.retain(rows, before, limit))

    async def scrub(self) -> bool:
        if self._inline:
            return self._scrub()
        return await asyncio.to_thread(self._scrub)

    def _scrub(self) -> bool:
        """First what holds up nobody, so that little is left to do while everybody waits."""
        if self._reader is None:
            raise StoreUnavailable("the store is not open")
        lock = ProcessLock(None if self._path == ":memory:" else f"{self._path}.lock")  # the writer's is its thread's
        try:
            with self._reading:
                return _emptied_log(self._reader, lock)
        finally:
            lock.close()

    async def vitals(self, now: float, since: float) -> Vitals:
        return await self._read(lambda connection: reading.vitals(connection, now, since))

    async def next_due(self) -> float | None:
        return self._glance(reading.next_due)

    async def refused_credentials(self) -> dict[tuple[WorkspaceId, ChannelId], str]:
        return await self._read(reading.refused_credentials)

    async def paused_channels(self) -> list[tuple[WorkspaceId, ChannelId, str, float]]:
        return await self._read(reading.paused_channels)

    async def channel_standings(
        self, workspace_id: WorkspaceId, channels: Sequence[ChannelId]
    ) -> list[ChannelStanding]:
        return await self._read(lambda connection: reading.channel_standings(connection, workspace_id, list(channels)))

    async def traffic(self) -> list[Traffic]:
        return await self._read(reading.traffic)

    async def history(self, key: ConversationKey, limit: int, since: float | None = None) -> list[Line]:
        return self._glance(lambda connection: reading.history(connection, key, limit, since))

    async def quoted(self, key: ConversationKey, channel_id: ChannelId, external_ids: Sequence[str]) -> dict[str, Line]:
        return self._glance(lambda connection: reading.quoted(connection, key, channel_id, external_ids))

    async def moments(self, key: ConversationKey, limit: int) -> list[Moment]:
        return await self._read(lambda connection: reading.moments(connection, key, limit))

    async def recent(self, limit: int) -> list[Conversation]:
        return await self._read(lambda connection: reading.recent(connection, limit))

    async def find(self, workspace_id: WorkspaceId, channel_id: ChannelId, address: str) -> Conversation | None:
        return self._glance(lambda connection: reading.find(connection, workspace_id, channel_id, address))

    async def ledger(self) -> Ledger:
        return await self._read(reading.ledger)
