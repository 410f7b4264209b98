"""Tasks that one process of all machines does: an advisory lock, held by a direct connection of its own.

PostgreSQL gives the lock back when the connection ends: at once when the process dies; and, since the session may
neither be idle for long nor leave the network's probes unanswered, soon when the machine vanishes or stands still.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from hashlib import blake2b

import asyncpg

from turnkeeper.store.postgres.connecting import AWAY, Connections, meaning
from turnkeeper.store.postgres.own_thread import OwnThread

_SETTINGS = {
    "idle_session_timeout": "15s",  # from PostgreSQL 14 on
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "3",
}
_ANSWER_WITHIN = 5.0


class SessionSole:
    """A task that is ours as long as the session lives."""

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record], home: OwnThread) -> None:
        self._connection = connection
        self._home = home

    @classmethod
    async def taken(cls, connections: Connections, home: OwnThread, task: str) -> SessionSole | None:
        """The task, if nobody else has it; raises StoreUnavailable."""
        try:
            connection = await connections.direct()
        except Exception as error:
            raise meaning(error) from error
        mine = False
        try:
            for name, value in _SETTINGS.items():
                with suppress(asyncpg.UndefinedObjectError):
                    await connection.execute("select set_config($1, $2, false)", name, value, timeout=_ANSWER_WITHIN)
            asked = "select pg_try_advisory_lock($1)"
            mine = await connection.fetchval(asked, _number(task), timeout=_ANSWER_WITHIN)
        except Exception as error:
            raise meaning(error) from error
        finally:
            if not mine:
                connection.terminate()
        return cls(connection, home) if mine else None

    async def holds(self) -> bool:
        """Whether the session still lives; asking keeps it alive."""
        return await self._home.run(self._asked())

    async def _asked(self) -> bool:
        try:
            await self._connection.execute("select 1", timeout=_ANSWER_WITHIN)
        except (asyncpg.PostgresError, *AWAY):
            return False
        return True

    async def release(self) -> None:
        """End the session. What PostgreSQL is not told now it finds out soon."""
        await self._home.run(self._ended())

    async def _ended(self) -> None:
        with suppress(asyncpg.PostgresError, *AWAY):
            async with asyncio.timeout(_ANSWER_WITHIN):
                await self._connection.close()
        self._connection.terminate()


def _number(task: str) -> int:
    """What advisory locks are named by."""
    return int.from_bytes(blake2b(f"turnkeeper {task}".encode(), digest_size=8).digest(), "big", signed=True)
