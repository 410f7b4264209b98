"""An ASGI app behind a real server on loopback, and requests written byte by byte."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Mapping

import uvicorn

from turnkeeper.app.connections import Connection, Server
from turnkeeper.testing.loopback import PromptServer
from turnkeeper.web.asgi import App


class _Server(PromptServer, Server):
    """The web process's, without its ticks at the end."""


@contextlib.asynccontextmanager
async def serving(app: App, port: int = 0, slowest_headers: float = 10.0) -> AsyncIterator[int]:
    """The port on which `app` is served as the web process serves it."""
    listener = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    started = asyncio.Event()
    server = _Server(config, started.set, slowest_headers)
    task = asyncio.create_task(server.serve([listener]))
    try:
        await started.wait()
        yield listener.getsockname()[1]
    finally:
        server.end()
        await task
        listener.close()


def request(method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """A whole request on the wire, after which the connection closes."""
    named = {"host": "x", "connection": "close", "content-length": str(len(body))}
    lines = [f"{key}: {value}" for key, value in (named | dict(headers or {})).items()]
    return f"{method} {path} HTTP/1.1\r\n".encode() + "\r\n".join([*lines, "", ""]).encode() + body


async def exchange(port: int, *pieces: bytes) -> tuple[int, bytes]:
    """Write the pieces, then read status and body of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(20):
            answer = await reader.read()
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]) if head else 0, body
