"""What the parts of the store are given by the whole: to run statements within a transaction, and to read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

import apsw

T = TypeVar("T")


def fetched(connection: apsw.Connection, sql: str, bindings: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    return connection.execute(sql, bindings).fetchall()


def run_now(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a script to its end; on SQLite nothing in it can wait."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    coroutine.close()
    raise RuntimeError("a script waited for something outside its transaction")


class Runs(ABC):
    """A part of a transaction."""

    @abstractmethod
    def run(self, sql: str, bindings: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a statement of the transaction."""


class Reads(ABC):
    """A part of the store that reads outside transactions."""

    @abstractmethod
    async def _read(self, query: Callable[[apsw.Connection], T]) -> T:
        """In a thread, on a connection that never holds up a commit."""

    @abstractmethod
    def _glance(self, query: Callable[[apsw.Connection], T]) -> T:
        """At once, by key: shorter than handing it to a thread."""
