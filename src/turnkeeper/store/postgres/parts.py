"""What the parts of the store are given by the whole: to run statements within a transaction, and to read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from turnkeeper.store.postgres.pooled import PooledConnection

T = TypeVar("T")


class Runs(ABC):
    """A part of a transaction."""

    @abstractmethod
    async def run(self, statement: str, *arguments: Any) -> list[Any]:
        """All rows of a statement of the transaction."""


class Reads(ABC):
    """A part of the store that reads outside transactions."""

    @abstractmethod
    async def _read(self, query: Callable[[PooledConnection], Awaitable[T]]) -> T:
        """On a connection of the pool."""
