"""Group commit: whoever comes while a commit is under way shares the next one.

A batch is one transaction. If anything in it raises, the batch is rolled back and its operations run again,
each alone, so that a bad one cannot take its neighbours with it.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

import apsw

from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.store.changes import Changes
from turnkeeper.store.sqlite.parts import run_now
from turnkeeper.store.sqlite.rows import SqliteRows

_LARGEST_BATCH = 128
"""Operations; a larger one would hold up the other processes for longer than a webhook should wait."""
_PATIENCE = 0.005
_MOST_PATIENCE = 0.5
"""Seconds that a begun transaction waits for the event loop."""
BUSY_MS = 10_000
"""How long a statement waits for someone who is none of ours."""
AWAY = (
    apsw.BusyError,
    apsw.CantOpenError,
    apsw.FullError,
    apsw.IOError,
    apsw.LockedError,
    apsw.ProtocolError,
    apsw.ReadOnlyError,
)
"""What passes, or is mended from outside; the same call may work later."""

Script = Callable[[SqliteRows, Sequence[Any]], Coroutine[Any, Any, Sequence[Any]]]
"""Plays a batch of items of one kind; gives a result or an Exception for each."""


class Operation:
    """One item for a script, and the future that waits for what becomes of it."""

    __slots__ = ("future", "item", "script")

    def __init__(self, script: Script, item: Any, future: asyncio.Future[Any]) -> None:
        self.script = script
        self.item = item
        self.future = future


class ProcessLock:
    """Processes on one file take turns without polling, in the order in which they come; None for a database in
    memory.

    Two locks: who waits for the turn holds the place next to it, so that whoever has just had a turn cannot be
    quicker than the one who is being woken.
    """

    def __init__(self, path: str | None) -> None:
        self._turn = _lock_file(path) if path else None
        self._next = _lock_file(f"{path}-next") if path else None

    def __enter__(self) -> None:
        if self._turn is not None and self._next is not None:
            fcntl.flock(self._next, fcntl.LOCK_EX)
            fcntl.flock(self._turn, fcntl.LOCK_EX)
            fcntl.flock(self._next, fcntl.LOCK_UN)

    def __exit__(self, *_: object) -> None:
        self.give_back()

    def take_now(self) -> bool:
        """Take the turn if it is free and nobody waits for it."""
        if self._turn is None or self._next is None:
            return True
        if not _taken(self._next):
            return False
        taken = _taken(self._turn)
        fcntl.flock(self._next, fcntl.LOCK_UN)
        return taken

    def give_back(self) -> None:
        """Let the next process have its turn."""
        if self._turn is not None:
            fcntl.flock(self._turn, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let the files go."""
        for file in (self._turn, self._next):
            if file is not None:
                os.close(file)


def _lock_file(path: str) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _taken(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class Batches:
    """Plays batches of operations on a connection; the same for both ways to run.

    `play` does it all. `begin` (or `begin_in_turn`), `statements` and `end` are its parts.
    """

    def __init__(self, connection: apsw.Connection, lock: ProcessLock, changes: Changes | None = None) -> None:
        self._connection = connection
        self._changes = changes
        self._rows = SqliteRows(connection)
        self._lock = lock

    def play(self, operations: Sequence[Operation]) -> list[Any]:
        """One result or Exception an operation, durable when this returns."""
        try:
            return self._transaction(operations)
        except Exception:  # noqa: BLE001 - whose fault it is shows when each runs alone
            return self.play_alone(operations)

    def play_alone(self, operations: Sequence[Operation]) -> list[Any]:
        """The same, each in a transaction of its own."""
        return [self._alone(operation) for operation in operations]

    def begin(self) -> bool:
        """Begin a transaction, if that is possible at once."""
        try:
            if not self._lock.take_now():
                return False
        except OSError:  # it too is raised again
            return False
        try:
            self._connection.set_busy_timeout(0)
            self._connection.execute("begin immediate")
        except apsw.Error:  # it is raised again where there is time for it
            self._lock.give_back()
            return False
        finally:
            self._connection.set_busy_timeout(BUSY_MS)
        return True

    def begin_in_turn(self) -> bool:
        """Begin a transaction when the other processes have had theirs."""
        self._lock.__enter__()
        try:
            self._connection.execute("begin immediate")
        except apsw.Error:
            self._lock.give_back()
            return False
        return True

    def statements(self, operations: Sequence[Operation]) -> list[Any]:
        """The results of what was begun, not yet durable; after an exception nothing of it is left."""
        try:
            return self._played(operations)
        except BaseException:
            self.abandon()
            raise

    def abandon(self) -> None:
        """Leave nothing of what was begun."""
        self._undo()
        self._lock.give_back()

    def end(self, operations: Sequence[Operation], results: list[Any]) -> list[Any]:
        """The results once they are durable."""
        try:
            self._connection.execute("commit")
        except Exception:  # noqa: BLE001 - as in `play`
            self._undo()
        else:
            self._note()
            return results
        finally:
            self._lock.give_back()
        return self.play_alone(operations)

    def _alone(self, operation: Operation) -> Any:
        try:
            return self._transaction([operation])[0]
        except AWAY as error:
            return StoreUnavailable(f"SQLite: {error}")
        except Exception as error:  # noqa: BLE001 - it belongs to whoever asked
            return error

    def _transaction(self, operations: Sequence[Operation]) -> list[Any]:
        with self._lock:
            self._connection.execute("begin immediate")
            try:
                results = self._played(operations)
                self._connection.execute("commit")
            except BaseException:
                self._undo()
                raise
            self._note()
        return results

    def _played(self, operations: Sequence[Operation]) -> list[Any]:
        groups: dict[Script, list[int]] = {}
        for place, operation in enumerate(operations):
            groups.setdefault(operation.script, []).append(place)
        results: list[Any] = [None] * len(operations)
        for script, places in groups.items():
            played = run_now(script(self._rows, [operations[place].item for place in places]))
            for place, result in zip(places, played, strict=True):
                results[place] = result
        return results

    def _note(self) -> None:
        """Pass on what the transaction has changed, now that it is committed."""
        noted = self._rows.noted
        if noted and self._changes is not None:
            self._changes.add(noted)
        noted.clear()

    def _undo(self) -> None:
        """Nothing is left of the transaction even where the disk does not answer; the lock must be given back."""
        self._rows.noted.clear()
        if self._connection.in_transaction:
            with suppress(apsw.Error):
                self._connection.execute("rollback")


def _settle(settled: Sequence[tuple[Operation, Any]]) -> None:
    for operation, result in settled:
        if operation.future.done():
            continue
        if isinstance(result, BaseException):
            operation.future.set_exception(result)
        else:
            operation.future.set_result(result)


Job = Callable[[], list[Any] | None]
"""The thread's part of a batch: its results, or None where the loop goes on with it."""


class _Offer:
    """A begun transaction that waits for the event loop: one of the two takes it, the loop or who gives it up."""

    def __init__(self) -> None:
        self.taken = threading.Event()
        self.given_up = threading.Event()
        """The thread does nothing more on the connection, which is for one at a time."""
        self._free = threading.Lock()

    def take(self) -> bool:
        """Whether the one who asks is the first."""
        first = self._free.acquire(blocking=False)
        if first:
            self.taken.set()
        return first


class ThreadWriter:
    """The writer of a real server. What may wait has a thread: another process's turn, the sync to disk.

    Statements run in the event loop: in the thread, each of them would have to wait for the interpreter until
    the loop lets go of it. A loop that is busy or blocked (by a bot) does not hold up the other processes: when
    it does not come soon, the turn is given back, and asked for again with more patience.
    """

    def __init__(self, batches: Batches, loop: asyncio.AbstractEventLoop) -> None:
        self._batches = batches
        self._loop = loop
        self._queue: deque[Operation] = deque()
        self._busy = False
        self._stopping = False
        self._jobs: SimpleQueue[tuple[Sequence[Operation], Job] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    def submit(self, script: Script, item: Any) -> asyncio.Future[Any]:
        """Queue an item for the next commit."""
        if self._stopping:
            raise StoreUnavailable("the store is closed")
        future: asyncio.Future[Any] = self._loop.create_future()
        self._queue.append(Operation(script, item, future))
        if not self._busy:
            self._busy = True
            self._loop.call_soon(self._next)
        return future

    def _next(self) -> None:
        """Play what has gathered; what comes until it is durable is the next batch."""
        if not self._queue:
            self._busy = False
            if self._stopping:
                self._jobs.put(None)
            return
        batch = [self._queue.popleft() for _ in range(min(len(self._queue), _LARGEST_BATCH))]
        if self._batches.begin():
            self._play(batch)
        else:
            self._jobs.put((batch, lambda: self._wait_for_turn(batch, _PATIENCE)))

    def _play(self, batch: Sequence[Operation]) -> None:
        """In the loop, once a transaction is begun."""
        batches = self._batches
        try:
            results = batches.statements(batch)
        except Exception:  # noqa: BLE001 - whose fault it is shows when each runs alone
            self._jobs.put((batch, lambda: batches.play_alone(batch)))
        else:
            self._jobs.put((batch, lambda: batches.end(batch, results)))

    def _wait_for_turn(self, batch: Sequence[Operation], patience: float) -> list[Any] | None:
        """In the thread: first for the other processes, then for the loop."""
        if not self._batches.begin_in_turn():
            return self._batches.play(batch)
        offer = _Offer()
        with suppress(RuntimeError):  # the loop is closed: nobody will come
            self._loop.call_soon_threadsafe(self._come, offer, batch, patience)
        if not offer.taken.wait(patience) and offer.take():
            self._batches.abandon()
            offer.given_up.set()
        return None

    def _come(self, offer: _Offer, batch: Sequence[Operation], patience: float) -> None:
        """In the loop: too late, if the turn was given back."""
        if offer.take() or (offer.given_up.is_set() and self._batches.begin()):
            self._play(batch)
        else:
            self._jobs.put((batch, lambda: self._wait_for_turn(batch, min(2 * patience, _MOST_PATIENCE))))

    def _run(self) -> None:
        while (asked := self._jobs.get()) is not None:
            batch, job = asked
            results: list[Any] | None
            try:
                results = job()
            except Exception as error:  # noqa: BLE001 - without this thread nothing would be written ever again
                results = [StoreUnavailable(f"SQLite: {error}") for _ in batch]
            if results is not None:
                self._settle_soon(batch, results)

    def _settle_soon(self, batch: Sequence[Operation], results: list[Any]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._settled, batch, results)

    def _settled(self, batch: Sequence[Operation], results: list[Any]) -> None:
        _settle(list(zip(batch, results, strict=True)))
        self._loop.call_soon(self._next)

    async def close(self) -> None:
        """Finish what is queued."""
        self._stopping = True
        if not self._busy:
            self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)


class InlineWriter:
    """The same transactions in the event loop itself: for simulations, whose seeds must repeat."""

    def __init__(self, batches: Batches, loop: asyncio.AbstractEventLoop) -> None:
        self._batches = batches
        self._loop = loop
        self._queue: list[Operation] = []

    def submit(self, script: Script, item: Any) -> asyncio.Future[Any]:
        """Queue an item for the commit at the loop's next turn."""
        future: asyncio.Future[Any] = self._loop.create_future()
        self._queue.append(Operation(script, item, future))
        if len(self._queue) == 1:
            self._loop.call_soon(self._flush)
        return future

    def _flush(self) -> None:
        batch, self._queue = self._queue, []
        _settle(list(zip(batch, self._batches.play(batch), strict=True)))

    async def close(self) -> None:
        """Nothing is ever left queued for longer than one turn of the loop."""
        await asyncio.sleep(0)
