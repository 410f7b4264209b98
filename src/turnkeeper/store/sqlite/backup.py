"""Copying a SQLite store while it serves, by the online backup, and putting a copy in its place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw

from turnkeeper.store import migrations
from turnkeeper.store.backup import IN_USE, BackupError, Dump, Progress, Table, check_known, compared, wanted
from turnkeeper.store.base import Ledger
from turnkeeper.store.sqlite import reading

FILE = "turnkeeper.db"
_PAGES = 2_000
_BUSY_MS = 10_000


def dump(path: Path, folder: Path, tell: Progress) -> Dump:
    """Copy a database into a folder as FILE, checked. Raises BackupError."""
    copy = folder / FILE
    with _opened(path, writable=False) as source, _opened(copy, writable=True) as target:
        # One snapshot to the end: without it, each commit of the server would begin the copy anew.
        source.execute("begin")
        source.execute("select count(*) from sqlite_schema").fetchall()
        with target.backup("main", source, "main") as copying:
            while not copying.done:
                copying.step(_PAGES)
                tell("copying the database", copying.page_count - copying.remaining, copying.page_count)
        source.execute("rollback")
        target.execute("pragma journal_mode = delete").fetchall()
        return _examined(target, tell)


def load(path: Path, folder: Path, saved: Dump, now: float, *, force: bool, tell: Progress) -> None:
    """Put a copy where a store is to be. Raises BackupError: in use, not empty (unless `force`), or not what it was.

    The place is taken in one step, once everything about the copy is known to be right.
    """
    _refuse(path, now, force=force)
    wanted(migrations.migrations(__package__), saved)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.restoring")
    try:
        tell("copying the database", 0, 0)
        with (folder / FILE).open("rb") as source, os.fdopen(os.open(beside, _NEW, 0o600), "wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
            target.flush()
            os.fsync(target.fileno())
        with _opened(beside, writable=True) as connection:
            found = _examined(connection, tell)
            compared(saved, {name: table.rows for name, table in found.tables.items()}, found.ledger)
        _remove_logs(path)
        beside.replace(path)
        _sync(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def copy_spool(path: Path, copy: Path) -> int | None:
    """Copy a spool; how many webhooks wait in it, None while a server has it."""
    entries = spooled(path)
    if entries:
        with _opened(path, writable=False) as source, _opened(copy, writable=True) as target:
            with target.backup("main", source, "main") as copying:
                copying.step(-1)
            target.execute("pragma journal_mode = delete").fetchall()
    return entries


def spooled(path: Path) -> int | None:
    """How many webhooks wait in a spool; None while a server has it."""
    with _opened(path, writable=False) as connection:
        connection.set_busy_timeout(0)
        try:
            return int(connection.execute("select count(*) from entry").get)
        except apsw.BusyError:
            return None
        except apsw.SQLError:  # not a table in it yet
            return 0


_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC


def _refuse(path: Path, now: float, *, force: bool) -> None:
    if not path.exists() or not path.stat().st_size:
        return
    with _opened(path, writable=False) as connection:
        tables = _counts(connection)
        if "worker" in tables:
            alive = connection.execute("select count(*) from worker where beat_at > ?", (now - IN_USE,)).get
            if alive:
                raise BackupError(f"{path} is in use: stop the server, and wait {IN_USE:.0f} seconds if it was killed")
    if any(rows for name, rows in tables.items() if name not in ("migration", "worker")) and not force:
        raise BackupError(f"{path} is not empty; --force replaces what is in it")


def _remove_logs(path: Path) -> None:
    """What the old database had not yet written back must not be taken for the new one's."""
    if path.exists():
        with _opened(path, writable=True) as connection, suppress(apsw.Error):
            connection.execute("pragma wal_checkpoint(truncate)").fetchall()
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _examined(connection: apsw.Connection, tell: Progress) -> Dump:
    tell("checking the copy", 0, 0)
    found = [row[0] for row in connection.execute("pragma integrity_check")]
    if found != ["ok"]:
        raise BackupError(f"the copy is damaged: {found[0]}")
    tables = _counts(connection)
    if "migration" not in tables:
        raise BackupError("the database is not one of ours, or has no tables yet")
    applied = {str(name): str(checksum) for name, checksum in connection.execute("select * from migration")}
    check_known(applied, migrations.migrations(__package__))
    unsent = connection.execute("select count(*) from outbound where settled_at is null").get
    ledger: Ledger = reading.ledger(connection)
    counted = {name: Table(rows) for name, rows in tables.items() if name != "migration"}
    return Dump("sqlite", applied, counted, ledger, int(unsent))


def _counts(connection: apsw.Connection) -> dict[str, int]:
    names = [str(row[0]) for row in connection.execute("select name from sqlite_schema where type = 'table'")]
    return {name: int(connection.execute(f'select count(*) from "{name}"').get) for name in names}


@contextmanager
def _opened(path: Path, *, writable: bool) -> Iterator[apsw.Connection]:
    flags = apsw.SQLITE_OPEN_READWRITE | (apsw.SQLITE_OPEN_CREATE if writable else 0)
    try:
        connection = apsw.Connection(str(path), flags=flags)
    except apsw.Error as error:
        raise BackupError(f"cannot open {path}: {error}") from None
    try:
        connection.set_busy_timeout(_BUSY_MS)
        yield connection
    except apsw.Error as error:
        raise BackupError(f"{path}: {error}") from error
    finally:
        connection.close()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
