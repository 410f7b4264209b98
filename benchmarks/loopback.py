"""A provider on the loopback that says yes to everything and notes when each message came."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter

import httptools

Arrivals = asyncio.Queue[tuple[float, str]]
"""When a message's first byte came, by the monotonic clock, and for whom it is."""


class _Provider(asyncio.Protocol):
    def __init__(self, arrived: Arrivals) -> None:
        self._arrived = arrived
        self._parser = httptools.HttpRequestParser(self)
        self._body = b""
        self._came_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it open."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        self._came_at = perf_counter()
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Gather the body."""
        self._body += body

    def on_message_complete(self) -> None:
        """Tell of messages, not of read marks."""
        call = json.loads(self._body)
        self._body = b""
        if "text" in call:
            self._arrived.put_nowait((self._came_at, call["to"]))
        answer = b'{"messages":[{"id":"wamid.out%d"}]}' % random.getrandbits(60)
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(answer)
        self._transport.write(head + answer)  # type: ignore[attr-defined]


@asynccontextmanager
async def provider() -> AsyncIterator[tuple[str, Arrivals]]:
    """Its address, and what arrives."""
    arrived: Arrivals = asyncio.Queue()
    server = await asyncio.get_running_loop().create_server(lambda: _Provider(arrived), "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", arrived
    finally:
        server.close()
