"""Notifications between machines, outside every transaction; LISTEN has a direct connection of its own.

They only say where to look: one that is lost, or that came while the connection was away, costs time, not a
message. After a reconnect there is an empty one.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncpg

from turnkeeper.store.postgres.connecting import AWAY, Connections

_NAME = "turnkeeper"
_LONGEST = 7_999
"""Bytes of text that PostgreSQL takes."""
_RETRY_AFTER = (0.1, 0.5, 2.0, 5.0)
_LOOK_EVERY = 30.0
_ANSWER_WITHIN = 10.0


async def notify(connections: Connections, payload: bytes) -> None:
    """Send to all who listen; a payload that is too long becomes the empty one: look for yourself."""
    text = base64.b64encode(payload).decode()
    async with connections.connection() as connection:
        await connection.execute("select pg_notify($1, $2)", _NAME, text if len(text) <= _LONGEST else "")


class Listener:
    """Passes payloads on until it is closed, whatever becomes of its connection."""

    def __init__(self, connections: Connections, callback: Callable[[bytes], None]) -> None:
        self._connections = connections
        self._callback = callback
        self._gone = asyncio.Event()
        self._heard = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen from now on, or, if the database is away, from its return on."""
        self._task = asyncio.get_running_loop().create_task(self._run())
        waiting = asyncio.ensure_future(self._heard.wait())
        await asyncio.wait({waiting}, timeout=_ANSWER_WITHIN)
        waiting.cancel()

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        tries = 0
        while True:
            with suppress(asyncpg.PostgresError, *AWAY):
                await self._listen()
                tries = 0
            await asyncio.sleep(_RETRY_AFTER[min(tries, len(_RETRY_AFTER) - 1)])
            tries += 1

    async def _listen(self) -> None:
        connection = await self._connections.direct()
        try:
            self._gone.clear()
            connection.add_termination_listener(lambda _: self._gone.set())
            await connection.add_listener(_NAME, self._on_notification)
            if self._heard.is_set():
                self._callback(b"")
            self._heard.set()
            while not self._gone.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._gone.wait(), _LOOK_EVERY)
                if not self._gone.is_set():
                    await connection.execute("select 1", timeout=_ANSWER_WITHIN)
        finally:
            connection.terminate()

    def _on_notification(self, connection: Any, pid: int, name: str, payload: object) -> None:  # noqa: ARG002
        with suppress(binascii.Error):
            self._callback(base64.b64decode(str(payload)))
