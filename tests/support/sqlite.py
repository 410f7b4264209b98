"""SQLite's tables are copied into a database that has none yet: making them takes 5 ms, in a file 15, and some
thousand tests want them. tests/store/test_migrations.py is about making them, and goes without this.
"""

import functools

import apsw

from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import Channels

make_tables = SqliteStore._migrate


@functools.cache
def made() -> tuple[bytes, list[str]]:
    """A database with nothing but our tables, made as any other; and the names of its migrations."""
    store = SqliteStore(":memory:", Channels())
    store._connection = apsw.Connection(":memory:")
    names = make_tables(store)
    return store._connection.serialize("main"), names


def tables_of(store: SqliteStore) -> list[str]:
    """In the place of SqliteStore._migrate."""
    connection = store._opened()
    with store._lock:
        if not connection.execute("select 1 from sqlite_schema").fetchall():
            content, names = made()
            tables = apsw.Connection(":memory:")
            tables.deserialize("main", content)
            with connection.backup("main", tables, "main") as copy:
                copy.step(-1)
            tables.close()
            return list(names)
    return make_tables(store)


def copy_tables() -> None:
    """From now on, in this process."""
    SqliteStore._migrate = tables_of  # type: ignore[assignment, method-assign]
