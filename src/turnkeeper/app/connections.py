"""Connections that must say what they want: whole headers within 10 s, and not more than 64 kB of them.

uvicorn waits for a request's headers as long as the other side likes. A sweep over the connections ends
that; a timer for each request would cost more than the request.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

SLOWEST_HEADERS = 10.0
LARGEST_HEADERS = 64 * 1024
_LOOK = 0.05
_TICKS_PER_SWEEP = 5
"""uvicorn ticks ten times a second."""


class Connection(HttpToolsProtocol):
    """One connection. `waiting_since`: when its headers began to be awaited; None once they are there."""

    waiting_since: float | None = None
    _header_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Nothing has been heard yet."""
        self.waiting_since = self.loop.time()
        super().connection_made(transport)  # type: ignore[arg-type]

    def on_message_begin(self) -> None:
        """A request begins, perhaps the second on this connection."""
        self.waiting_since = self.loop.time()
        self._header_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """From here on the application reads, with limits of its own."""
        self.waiting_since = None
        super().on_headers_complete()
        if getattr(self.server_state, "leaving", False) and self.cycle is not None:
            self.cycle.keep_alive = False

    def data_received(self, data: bytes) -> None:
        """Bytes count as headers while those are awaited."""
        super().data_received(data)
        if self.waiting_since is not None:
            self._header_bytes += len(data)
            if self._header_bytes > LARGEST_HEADERS:
                self.transport.abort()


class Server(uvicorn.Server):
    """A uvicorn that leaves the signals to its host, and connections alone only for so long."""

    def __init__(
        self,
        config: uvicorn.Config,
        on_started: Callable[[], None],
        slowest_headers: float = SLOWEST_HEADERS,
    ) -> None:
        super().__init__(config)
        self._on_started = on_started
        self._slowest_headers = slowest_headers
        self.lingers = 0.0
        """Seconds at the end in which connections are still answered, each for the last time, but no new ones taken:
        a successor does that."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the host's."""
        yield

    async def startup(self, sockets: list[Any] | None = None) -> None:
        """Listen, then tell."""
        await super().startup(sockets)
        self._on_started()

    async def shutdown(self, sockets: list[Any] | None = None) -> None:
        """Linger first, so that no request meets a connection that is just being closed."""
        if self.lingers:
            for server in self.servers:
                server.close()
            self.server_state.leaving = True  # type: ignore[attr-defined]
            for connection in list(self.server_state.connections):
                if connection.cycle is not None:  # type: ignore[union-attr]
                    connection.cycle.keep_alive = False  # type: ignore[union-attr]
            loop = asyncio.get_running_loop()
            until = loop.time() + self.lingers
            while self.server_state.connections and loop.time() < until:  # noqa: ASYNC110 - uvicorn does not tell
                await asyncio.sleep(_LOOK)
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        """Twice a second, end what waits for headers too long."""
        if counter % _TICKS_PER_SWEEP == 0:
            before = asyncio.get_running_loop().time() - self._slowest_headers
            for each in list(self.server_state.connections):
                since = getattr(each, "waiting_since", None)
                if since is not None and since < before:
                    each.transport.abort()
        return await super().on_tick(counter)
