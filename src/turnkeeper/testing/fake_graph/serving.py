"""Running the fake: on a free loopback port, in a thread, or in process without any socket."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from turnkeeper.testing import loopback
from turnkeeper.testing.fake_graph.fake import FakeGraph

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx2


class Running(loopback.Running[FakeGraph]):
    """A fake that serves at `base_url` (give it to your channel as `api_base`)."""

    @property
    def graph(self) -> FakeGraph:
        """The fake itself."""
        return self.fake


@contextlib.asynccontextmanager
async def running_fake_graph(graph: FakeGraph, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Running]:
    """Serve `graph` in this event loop until the block ends."""
    async with loopback.served(graph, graph, host, port) as address:
        yield Running(graph, address, asyncio.get_running_loop())


def serve_in_thread(
    graph: FakeGraph, host: str = "127.0.0.1", port: int = 0
) -> contextlib.AbstractContextManager[Running]:
    """Serve `graph` in a thread of its own, for tests that are not async."""
    return loopback.in_thread(running_fake_graph(graph, host, port))


class FakeGraphTransport(loopback.InProcess):
    """The fake as an httpx2 transport: no socket, so it also lives under virtual time.

    `prefix` is the path of your `api_base`, if it has one.
    """

    def __init__(self, graph: FakeGraph, prefix: str = "") -> None:
        super().__init__(graph, prefix)

    def path(self, url: httpx2.URL) -> str:
        """Decoded, as ASGI has it."""
        return url.path
