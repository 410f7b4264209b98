"""The spool as a SQLite file of its own: WAL, every commit synced to disk, many webhooks to a commit."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, cast

import apsw

from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.rules.spool import is_full
from turnkeeper.store.spool import SpoolEntry
from turnkeeper.store.sqlite.rows import SqliteRows
from turnkeeper.store.sqlite.writer import Batches, InlineWriter, ProcessLock, ThreadWriter

_PREPARE = (
    "pragma locking_mode = exclusive",
    "pragma auto_vacuum = full",
    "pragma journal_mode = wal",
    "pragma synchronous = full",
    "create table if not exists entry (no integer primary key, body blob not null)",
)
_BUSY_MS = 2_000
"""How long the process before us may take to let the file go."""

_ADD = "insert into entry (body) values (?)"
_FIRST = "select no, body from entry order by no"
_DROP = "delete from entry where no between ? and ?"
_SUMS = "select count(*), coalesce(sum(length(body)), 0) from entry"


class SqliteSpool:
    """The Spool port on one file; `inline` (tests, simulations) does everything in the event loop."""

    def __init__(self, path: str | Path, *, inline: bool = False) -> None:
        self._path = str(path)
        self._inline = inline
        self._connection: apsw.Connection | None = None
        self._writer: ThreadWriter | InlineWriter | None = None
        self.count = 0
        self.size = 0

    async def open(self) -> None:
        connection = self._connected() if self._inline else await asyncio.to_thread(self._connected)
        count, size = cast(tuple[int, int], connection.execute(_SUMS).fetchall()[0])
        self.count, self.size = count, size
        batches = Batches(connection, ProcessLock(None))
        loop = asyncio.get_running_loop()
        self._connection = connection
        self._writer = InlineWriter(batches, loop) if self._inline else ThreadWriter(batches, loop)

    def _connected(self) -> apsw.Connection:
        try:
            # Nobody else's to read: what people write is in it. SQLite gives its log the same permissions.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            connection = apsw.Connection(self._path)
        except (OSError, apsw.Error) as error:
            raise StoreUnavailable(f"cannot open {self._path}: {error}") from error
        try:
            connection.set_busy_timeout(_BUSY_MS)
            for statement in _PREPARE:
                connection.execute(statement).fetchall()
        except apsw.Error as error:
            connection.close()
            raise StoreUnavailable(f"cannot open {self._path}: {error}") from error
        return connection

    async def add(self, body: bytes) -> None:
        await self._play(_add, body)

    async def first(self) -> list[SpoolEntry]:
        return cast(list[SpoolEntry], await self._play(self._first, None))

    async def drop(self, entries: Sequence[SpoolEntry]) -> None:
        await self._play(_drop, (entries[0].no, entries[-1].no))

    async def close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            await writer.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _play(self, script: Callable[..., Coroutine[Any, Any, Any]], item: Any) -> Any:
        if self._writer is None:
            raise StoreUnavailable("the spool is not open")
        return await self._writer.submit(script, item)

    async def _first(self, _: SqliteRows, items: Sequence[None]) -> list[list[SpoolEntry]]:
        """Read row by row: one webhook may have 3 MB."""
        entries: list[SpoolEntry] = []
        size = 0
        assert self._connection is not None
        for no, body in self._connection.execute(_FIRST):
            entries.append(SpoolEntry(no, body))
            size += len(body)
            if is_full(len(entries), size):
                break
        return [entries for _ in items]


async def _add(rows: SqliteRows, bodies: Sequence[bytes]) -> list[None]:
    for body in bodies:
        rows.run(_ADD, (body,))
    return [None] * len(bodies)


async def _drop(rows: SqliteRows, ranges: Sequence[tuple[int, int]]) -> list[None]:
    for span in ranges:
        rows.run(_DROP, span)
    return [None] * len(ranges)
