"""A real MCP server, for tests: over HTTP where it is imported, over its standard input where it is run."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp_types import ToolAnnotations


def shop() -> MCPServer:
    server = MCPServer("shop")

    @server.tool()
    def find(word: str) -> str:
        """Find something in the shop."""
        return f"found {word} {os.environ.get('SHELF', '')}".strip()

    @server.tool(annotations=ToolAnnotations(destructive_hint=True))
    def clear() -> str:
        """Throw everything away."""
        return "cleared"

    @server.tool()
    def breaks() -> str:
        """Break."""
        raise ValueError("the shelf fell down")

    @server.tool()
    async def sleeps() -> str:
        """Sleep."""
        await asyncio.sleep(60)
        return "late"

    @server.tool()
    def who() -> str:
        """The program's process."""
        return str(os.getpid())

    @server.tool()
    def absurd(word: str = "a" * 20_000) -> str:
        """Its parameters are longer than any question."""
        return word

    return server


@contextlib.asynccontextmanager
async def serving(port: int = 0, token: str = "") -> AsyncIterator[str]:
    """The shop on a loopback port; its address. `token`: without it nobody is let in."""
    listener = socket.create_server(("127.0.0.1", port))
    inner = shop().streamable_http_app()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and dict(scope["headers"]).get(b"authorization", b"").decode() != token:
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body"})
        else:
            await inner(scope, receive, send)

    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    server = _Quiet(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
    finally:
        server.should_exit = True
        await running
        listener.close()


class _Quiet(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


if __name__ == "__main__":
    shop().run("stdio")
