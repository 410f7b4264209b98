"""SQLite as we run it: synced, one writer a process, a batch a commit, and nothing lost between processes."""

import asyncio
import fcntl
import os
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import apsw
import pytest

from turnkeeper.model.conversation import Conversation, EventRow, OutboundRow, StepRow, TurnRow
from turnkeeper.model.errors import StoreMismatch, StoreUnavailable
from turnkeeper.model.ids import BotId, ContactId, ConversationId, ConversationKey
from turnkeeper.store.base import Arrival, Intake
from turnkeeper.store.rows import TurnEnd
from turnkeeper.store.sqlite import store as module
from turnkeeper.store.sqlite.rows import SqliteRows
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.store.sqlite.writer import Batches, InlineWriter, Operation, ProcessLock, ThreadWriter, run_now
from turnkeeper.testing.events import Channels, channel, text

SHOP = channel()


def intake(said: str, **more: Any) -> Intake:
    return Intake([Arrival(SHOP, text(said, **more), 1_800_000_000.0)])


async def opened(path: Path | str, **more: Any) -> SqliteStore:
    store = SqliteStore(path, Channels(SHOP), **more)
    await store.open()
    await store.migrate()
    return store


async def test_commits_are_synced_and_what_was_taken_is_there_after_a_restart(tmp_path: Path) -> None:
    store = await opened(tmp_path / "a.db")
    await store.take(intake("hi"))
    connection = store._opened()
    assert connection.execute("pragma synchronous").fetchall() == [(2,)]
    assert connection.execute("pragma journal_mode").fetchall() == [("wal",)]
    await store.close()
    again = await opened(tmp_path / "a.db")
    assert (await again.ledger()).accepted == 1
    await again.close()


async def test_whoever_comes_during_a_commit_shares_the_next_one(tmp_path: Path) -> None:
    store = await opened(tmp_path / "a.db")
    commits = 0

    def count() -> bool:
        nonlocal commits
        commits += 1
        return False

    store._opened().set_commit_hook(count)
    await asyncio.gather(*(store.take(intake("hi", of=str(n))) for n in range(500)))
    assert commits < 50
    assert (await store.ledger()).accepted == 500
    await store.close()


async def test_a_bad_operation_fails_alone(tmp_path: Path) -> None:
    store = await opened(tmp_path / "a.db")

    async def bad(rows: Any, items: Any) -> list[None]:
        rows.run("insert into contact values ('default', 'half', null, 0)")
        raise ValueError("no")

    results = await asyncio.gather(
        store.take(intake("one")), store._batched(bad, None), store.take(intake("two")), return_exceptions=True
    )
    assert isinstance(results[1], ValueError)
    assert (await store.ledger()).accepted == 2
    assert store._opened().execute("select count(*) from contact where id = 'half'").fetchall() == [(0,)]
    await store.close()


async def test_a_caller_who_went_away_takes_nobody_along(tmp_path: Path) -> None:
    store = await opened(tmp_path / "a.db")
    tasks = [asyncio.create_task(store.take(intake("hi", of=str(n)))) for n in range(10)]
    await asyncio.sleep(0)
    tasks[3].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(result, asyncio.CancelledError) for result in results) == 1
    assert (await store.ledger()).accepted >= 9
    await store.close()


async def test_closing_finishes_what_is_queued(tmp_path: Path) -> None:
    store = await opened(tmp_path / "a.db")
    tasks = [asyncio.create_task(store.take(intake("hi", of=str(n)))) for n in range(50)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*tasks)
    with pytest.raises(StoreUnavailable):
        await store.take(intake("late"))
    again = await opened(tmp_path / "a.db")
    assert (await again.ledger()).accepted == 50
    await again.close()


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "a.db", Channels(SHOP))
    for ask in (store.migrate, store.ledger, store.next_due, lambda: store.take(intake("hi"))):
        with pytest.raises(StoreUnavailable):
            await ask()


@pytest.mark.parametrize(
    "label, content, error",
    [("no database", b"this is not a database" * 100, StoreUnavailable), ("a folder", None, StoreUnavailable)],
)
async def test_what_cannot_be_opened_is_told(
    tmp_path: Path, label: str, content: bytes | None, error: type[Exception]
) -> None:
    path = tmp_path / "a.db"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(error, match="cannot open"):
        await SqliteStore(path, Channels()).open()


async def test_an_sqlite_that_loses_commits_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_OLDEST_FIXED", (99, 0, 0))
    with pytest.raises(StoreMismatch, match="WAL reset"):
        await SqliteStore(tmp_path / "a.db", Channels()).open()


async def test_a_full_disk_is_unavailable_and_passes(tmp_path: Path) -> None:
    store = await opened(tmp_path / "a.db")
    connection = store._opened()
    pages = connection.execute("pragma page_count").fetchall()[0][0]
    connection.execute(f"pragma max_page_count = {pages}")
    with pytest.raises(StoreUnavailable, match="SQLite"):
        await store.take(intake("x" * 100_000))
    connection.execute("pragma max_page_count = 1000000")
    await store.take(intake("x" * 100_000))
    assert (await store.ledger()).accepted == 1
    await store.close()


@pytest.mark.parametrize("where", ["begin", "begin in turn", "commit"])
async def test_a_lock_that_fails_costs_a_batch_and_not_the_writer(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await opened(tmp_path / "a.db")

    def fails(*_: object) -> Any:
        raise OSError("no locks available")

    with monkeypatch.context() as broken:
        if where == "commit":
            broken.setattr(Batches, "end", fails)
        else:
            broken.setattr(ProcessLock, "take_now", fails if where == "begin" else lambda _: False)
        if where == "begin in turn":
            broken.setattr(ProcessLock, "__enter__", fails)
        async with asyncio.timeout(5):
            if where == "begin":
                await store.take(intake("one"))
            else:
                with pytest.raises(StoreUnavailable, match="no locks"):
                    await store.take(intake("one"))
    if where == "commit":
        store._writer._batches.abandon()  # type: ignore[union-attr]
    async with asyncio.timeout(5):
        await store.take(intake("two"))
    await store.close()


@pytest.mark.parametrize("read", ["history", "ledger"])
async def test_a_disk_that_cannot_be_read_is_unavailable(read: str, tmp_path: Path) -> None:
    store = await opened(tmp_path / "a.db")

    def fails(*_: object) -> bool:
        raise apsw.IOError("disk I/O error")

    for connection in (store._near, store._reader):
        assert connection is not None
        connection.exec_trace = fails
    with pytest.raises(StoreUnavailable, match="disk"):
        await (store.ledger() if read == "ledger" else store.history(HISTORY, 10))
    await store.close()


def test_processes_take_turns_by_the_lock(tmp_path: Path) -> None:
    one, other = ProcessLock(str(tmp_path / "lock")), ProcessLock(str(tmp_path / "lock"))
    order: list[str] = []
    waiting = threading.Event()

    def second() -> None:
        waiting.set()
        with other:
            order.append("second")

    with one:
        thread = threading.Thread(target=second)
        thread.start()
        waiting.wait(5)
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]
    one.close()
    other.close()


def test_a_script_that_waits_for_something_else_is_a_mistake() -> None:
    async def waits() -> None:
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="outside its transaction"):
        run_now(waits())


async def test_both_writers_play_the_same_batches(tmp_path: Path) -> None:
    connection = apsw.Connection(":memory:")
    connection.execute("create table t (x)")
    batches = Batches(connection, ProcessLock(None))

    async def add(rows: Any, items: Any) -> list[int]:
        for item in items:
            rows.run("insert into t values (?)", (item,))
        return [item * 10 for item in items]

    for writer in (
        InlineWriter(batches, asyncio.get_running_loop()),
        ThreadWriter(batches, asyncio.get_running_loop()),
    ):
        assert await asyncio.gather(*(writer.submit(add, n) for n in range(5))) == [0, 10, 20, 30, 40]
        await writer.close()
    assert connection.execute("select count(*) from t").fetchall() == [(10,)]


async def test_an_answer_for_nobody_is_no_error() -> None:
    """A future that was cancelled meanwhile is passed over."""
    from turnkeeper.store.sqlite.writer import _settle

    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    future.cancel()

    async def nothing(rows: Any, items: Any) -> list[int]:
        return []

    _settle([(Operation(nothing, None, future), 1)])
    assert future.cancelled()


async def add(rows: Any, items: Any) -> list[int]:
    for item in items:
        rows.run("insert into t values (?)", (item,))
    return list(items)


def two_on_one_file(path: str) -> list[apsw.Connection]:
    connections = [apsw.Connection(path) for _ in range(2)]
    for statement in ("pragma journal_mode = wal", "create table t (x)"):
        connections[0].execute(statement).fetchall()
    return connections


async def test_a_turn_is_given_back_by_a_loop_that_does_not_come(tmp_path: Path) -> None:
    """Another process's commit does not wait for a bot that blocks its loop; the batch is played afterwards."""
    path = str(tmp_path / "a.db")
    connections = two_on_one_file(path)
    one, other = (Batches(connection, ProcessLock(f"{path}.lock")) for connection in connections)
    writer = ThreadWriter(one, asyncio.get_running_loop())
    assert other.begin()
    waiting = writer.submit(add, 1)
    await asyncio.sleep(0.01)  # real: the writer's thread is now waiting for its turn
    assert other.end([], []) == []
    took_turns: list[bool] = []
    deadline = time.monotonic() + 5
    while not took_turns and time.monotonic() < deadline:  # the loop is blocked, as a bot would
        if other.begin():
            took_turns.append(other.end([], []) == [])
        time.sleep(0.001)
    assert took_turns == [True]
    assert await waiting == 1
    await writer.close()
    assert connections[1].execute("select x from t").fetchall() == [(1,)]


async def test_a_loop_that_comes_while_its_turn_is_given_back_waits_for_another(tmp_path: Path) -> None:
    """The connection is the thread's until then; what the loop did on it would fail, and nothing be written again."""
    path = str(tmp_path / "a.db")
    connections = two_on_one_file(path)
    under_way, go_on = threading.Event(), threading.Event()

    def held() -> bool:
        under_way.set()
        return go_on.wait(5)

    class Slow(Batches):
        def abandon(self) -> None:
            connections[0].execute("select held()").fetchall()
            super().abandon()

    connections[0].create_scalar_function("held", held, 0)
    other = Batches(connections[1], ProcessLock(f"{path}.lock"))
    writer = ThreadWriter(Slow(connections[0], ProcessLock(f"{path}.lock")), asyncio.get_running_loop())
    assert other.begin()
    waiting = writer.submit(add, 1)
    await asyncio.sleep(0.01)  # real: the writer's thread is now waiting for its turn
    assert other.end([], []) == []
    assert under_way.wait(5), "the loop is blocked meanwhile, as a bot would"
    await asyncio.sleep(0.01)  # the loop comes
    go_on.set()
    assert await asyncio.wait_for(waiting, 5) == 1
    await writer.close()
    assert connections[1].execute("select x from t").fetchall() == [(1,)]


def test_who_waits_for_a_turn_is_not_overtaken(tmp_path: Path) -> None:
    """The one who has just had a turn cannot be quicker than the one who is being woken."""
    one, other = ProcessLock(str(tmp_path / "lock")), ProcessLock(str(tmp_path / "lock"))
    had = threading.Event()

    def wait() -> None:
        with other:
            had.set()

    assert one.take_now()
    thread = threading.Thread(target=wait)
    thread.start()
    deadline = time.monotonic() + 5
    while is_free(tmp_path / "lock-next") and time.monotonic() < deadline:
        time.sleep(0.001)
    one.give_back()
    overtaken = one.take_now() and not had.is_set()
    assert not overtaken
    one.give_back()
    thread.join(5)
    assert had.is_set()
    for lock in (one, other):
        lock.close()


def is_free(path: Path) -> bool:
    """Whether nobody holds the lock file now."""
    file = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(file)
    return True


HISTORY = ConversationKey(SHOP.workspace_id, ConversationId("c1"))
BY_CONVERSATION: list[tuple[str, Callable[[SqliteRows, int], Coroutine[Any, Any, Any]]]] = [
    ("cancel_queued", lambda rows, _: rows.cancel_queued(HISTORY, 2.0)),
    ("recent_dedups", lambda rows, _: rows.recent_dedups(HISTORY, 1e12)),
    ("open_events", lambda rows, last: rows.open_events([(HISTORY, last - 1)])),
    ("first_open", lambda rows, last: rows.first_open([(HISTORY, last - 1)])),
    ("any_open_send", lambda rows, last: rows.any_open_send(HISTORY, last - 1)),
    ("turn_states", lambda rows, last: rows.turn_states([(*HISTORY, last)])),
    ("turns", lambda rows, last: rows.turns([(*HISTORY, last)])),
    ("steps", lambda rows, last: rows.steps([(*HISTORY, last)])),
    ("end_turns", lambda rows, last: rows.end_turns([TurnEnd(HISTORY, last, last, last, "answered", 2.0)])),
    ("outbound_by_external", lambda rows, _: rows.outbound_by_external([(SHOP.workspace_id, SHOP.id, "none")])),
]


async def work_of(call: Callable[[SqliteRows, int], Coroutine[Any, Any, Any]], turns: int) -> int:
    """Steps of SQLite's machine for one call, in a conversation that had so many turns."""
    store = await opened(":memory:", inline=True)
    connection = store._opened()
    rows = SqliteRows(connection)
    key = (SHOP.workspace_id, ConversationId("c1"))
    numbers = range(1, turns + 1)
    await rows.create([Conversation(*key, SHOP.id, ContactId("p1"), out_done=turns - 1)])
    done = {"settled_at": 1.0}
    await rows.add_events(
        [EventRow(*key, n, SHOP.id, b"%d" % n, None, "text", False, b"{}", 1.0, "answered", **done) for n in numbers]
    )
    await rows.add_outbound([OutboundRow(*key, n, SHOP.id, n, 0, b"{}", "accepted", **done) for n in numbers])
    await rows.put_turns([TurnRow(*key, n, "committed", 1, n, n, BotId("b"), "1", 1.0) for n in numbers])
    await rows.put_steps([StepRow(*key, n, 1, "s", 1, "", False, 1.0, b"1", 1.0) for n in numbers])
    steps = 0

    def count() -> bool:
        nonlocal steps
        steps += 1
        return False

    connection.set_progress_handler(count, 1)
    await call(rows, turns)
    connection.set_progress_handler(None)
    await store.close()
    return steps


@pytest.mark.parametrize(("label", "call"), BY_CONVERSATION, ids=[label for label, _ in BY_CONVERSATION])
async def test_a_long_history_makes_no_statement_slower(label: str, call: Any) -> None:
    assert await work_of(call, 5_000) <= 1.2 * await work_of(call, 100), label
