"""The rows of people, on SQLite. Every statement names its workspace; there are no roles."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from turnkeeper.model.ids import WorkspaceId
from turnkeeper.store.people_rows import PeopleRows, Row, Statements
from turnkeeper.store.sqlite.parts import Reads, Runs, fetched

T = TypeVar("T")


class _Statements:
    def __init__(self, rows: Runs) -> None:
        self._rows = rows

    async def run(self, statement: str, *given: Any) -> list[Row]:
        return list(self._rows.run(_numbered(statement), given))

    async def one_at_a_time(self, _: str) -> None:
        """There is one writer."""


def _numbered(statement: str) -> str:
    return statement.replace("$", "?")


class SqlitePeople(PeopleRows, Reads):
    """The PeopleRecords port, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[Runs], Coroutine[Any, Any, T]]) -> T: ...

    async def _rows_of(self, _: WorkspaceId | None, statement: str, *given: Any) -> list[Row]:
        return list(await self._read(lambda at: fetched(at, _numbered(statement), given)))

    async def _transacted(self, _: WorkspaceId | None, script: Callable[[Statements], Awaitable[T]]) -> T:
        async def play(rows: Runs) -> T:
            return await script(_Statements(rows))

        return await self._alone(play)
