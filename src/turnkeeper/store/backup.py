"""What a copy of a whole store is: one snapshot in files, and what must be true of it again once it is restored."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from turnkeeper.model.errors import TurnkeeperError
from turnkeeper.store.base import Ledger
from turnkeeper.store.migrations import Migration

Progress = Callable[[str, int, int], None]
"""What is being done, and how much of how much, in bytes or rows; of 0: nobody knows."""
IN_USE = 15.0
"""Seconds: a worker that was heard of so lately may live."""

_TABLE = re.compile(r"^\s*create table (?:if not exists )?(\w+)", re.IGNORECASE | re.MULTILINE)


class BackupError(TurnkeeperError):
    """A backup could not be made or restored; says why, and nothing was changed."""


class Table(msgspec.Struct, frozen=True):
    """One table of a copy. `columns` in the order in which they are written, empty where the copy is a database."""

    rows: int
    columns: tuple[str, ...] = ()


class Dump(msgspec.Struct, frozen=True):
    """A snapshot of a store. `migrations`: name and checksum of each; `unsent`: answers that were on their way."""

    kind: Literal["sqlite", "postgres"]
    migrations: dict[str, str]
    tables: dict[str, Table]
    ledger: Ledger
    unsent: int


def tables_of(migrations: Iterable[Migration]) -> list[str]:
    """The tables that migrations make, in the order in which they are made."""
    return [name for each in migrations for name in _TABLE.findall(each.sql)]


def wanted(known: Iterable[Migration], dump: Dump) -> list[Migration]:
    """The migrations that make a dump's schema; raises BackupError for one that this program does not have."""
    by_name = {migration.name: migration for migration in known}
    check_known(dump.migrations, by_name.values())
    return [by_name[name] for name in sorted(dump.migrations)]


def check_known(applied: dict[str, str], known: Iterable[Migration]) -> None:
    """Raise BackupError where the schema is another program's."""
    checksums = {migration.name: migration.checksum for migration in known}
    for name, checksum in applied.items():
        if checksums.get(name) != checksum:
            raise BackupError(f"the schema is another release's (migration {name}): use that release, or a newer one")
    if not applied:
        raise BackupError("there are no tables yet: run `turnkeeper migrate`, or `serve`, once")


def compared(dump: Dump, tables: dict[str, int], ledger: Ledger) -> None:
    """Raise BackupError where what was restored is not what was saved."""
    for name, table in dump.tables.items():
        if tables.get(name) != table.rows:
            raise BackupError(f"{name} has {tables.get(name)} rows after the restore, and had {table.rows}")
    if ledger != dump.ledger:
        raise BackupError("the ledger's sums after the restore are not those of the backup")
