"""Connections to PostgreSQL, transactions on them, and what their errors mean.

A transaction that lost a race is played again. An answer that never came, a commit's too, is
StoreUnavailable: every operation of the port may be repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

import asyncpg

from turnkeeper.model.errors import NotKept, StoreMismatch, StoreUnavailable
from turnkeeper.store.changes import Changes
from turnkeeper.store.postgres.rows import PostgresRows, Raced

if TYPE_CHECKING:
    from turnkeeper.store.postgres.pooled import PooledConnection

T = TypeVar("T")

_PLAYS = 5
_STEP_BACK = 0.01
"""Seconds that the loser of a race lets the winner pass; at once, it could take the same lock again."""
_CONNECT_WITHIN = 10.0
_ANSWER_WITHIN = 20.0
"""Seconds; above the server's own limit, so that it counts only where the network is gone."""

SETTINGS = {
    "application_name": "turnkeeper",
    # Plans are made once, for sets of any size, and find rows by their keys.
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_memoize": "off",
    "statement_timeout": "15s",
    # A process that is stopped in the middle of a transaction must not hold up the others.
    "idle_in_transaction_session_timeout": "5s",
}

LOST_A_RACE = (
    Raced,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.UniqueViolationError,
    asyncpg.InvalidCachedStatementError,
)
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.LockNotAvailableError,
    asyncpg.ObjectNotInPrerequisiteStateError,  # an administrator lets nobody in
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
_NOT_OURS = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.UndefinedObjectError)


def meaning(error: Exception) -> Exception:
    """The port's error for one of the driver's; others stay as they are."""
    if isinstance(error, _NOT_OURS):
        return StoreMismatch(f"PostgreSQL: {error}; run `turnkeeper migrate`")
    if isinstance(error, asyncpg.CharacterNotInRepertoireError):
        return NotKept(f"PostgreSQL: {error}")
    if isinstance(error, AWAY) and not isinstance(error, ValueError):
        return StoreUnavailable(f"PostgreSQL: {_told(error)}")
    return error


def _told(error: Exception) -> str:
    return str(error) or type(error).__name__


async def _keep_settings(_: object) -> None:
    """Connections come back as they were: nothing here changes a session."""


class Connections:
    """A pool of connections; more than the first are opened when they are needed."""

    def __init__(self, url: str, size: int, changes: Changes | None = None) -> None:
        self._url = url
        self._size = size
        self._changes = changes
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def open(self) -> None:
        """Connect once; raises StoreUnavailable."""
        try:
            self._pool = await asyncpg.create_pool(
                self._url,
                min_size=1,
                max_size=self._size,
                max_inactive_connection_lifetime=0,
                max_cached_statement_lifetime=0,
                timeout=_CONNECT_WITHIN,
                command_timeout=_ANSWER_WITHIN,
                server_settings=SETTINGS,
                reset=_keep_settings,
            )
        except (*AWAY, ValueError) as error:
            raise StoreUnavailable(f"cannot connect to PostgreSQL: {_told(error)}") from error

    async def direct(self) -> asyncpg.Connection[asyncpg.Record]:
        """A connection outside the pool, for whoever listens."""
        settings = {"application_name": "turnkeeper"}
        return await asyncpg.connect(self._url, timeout=_CONNECT_WITHIN, server_settings=settings)

    async def close(self) -> None:
        """Disconnect; those who are still at work finish first, within a time limit."""
        pool, self._pool = self._pool, None
        if pool is not None:
            with suppress(TimeoutError, *AWAY):
                await asyncio.wait_for(pool.close(), _ANSWER_WITHIN)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[PooledConnection]:
        """A connection of the pool; the driver's errors leave as the port's."""
        if self._pool is None:
            raise StoreUnavailable("the store is not open")
        try:
            async with self._pool.acquire(timeout=_CONNECT_WITHIN) as connection:
                yield connection
        except Exception as error:
            meant = meaning(error)
            if meant is error:
                raise
            raise meant from error

    async def transact(self, script: Callable[[PostgresRows], Awaitable[T]]) -> T:
        """Play a script in one transaction, again when it lost a race; durable when this returns."""
        for play in range(1, _PLAYS):
            with suppress(*LOST_A_RACE):
                return await self._once(script)
            await asyncio.sleep(play * _STEP_BACK)
        return await self._once(script)

    async def _once(self, script: Callable[[PostgresRows], Awaitable[T]]) -> T:
        async with self.connection() as connection:
            rows = PostgresRows(connection)
            async with connection.transaction():
                result = await script(rows)
            if rows.noted and self._changes is not None:
                self._changes.add(rows.noted)
            return result
