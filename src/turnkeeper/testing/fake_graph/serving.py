"""Running the fake: on a free loopback port, in a thread, or in process without any socket."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import httpx2
import uvicorn

from turnkeeper.testing.fake_graph.http import NoReply, Request

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator

    from turnkeeper.testing.fake_graph.fake import FakeGraph

T = TypeVar("T")
_TICK = 0.1
"""Seconds, as uvicorn's own."""
_LOOK = 0.005


class Running:
    """A fake that serves at `base_url` (give it to your channel as `api_base`)."""

    def __init__(self, graph: FakeGraph, base_url: str, loop: asyncio.AbstractEventLoop) -> None:
        self.graph = graph
        self.base_url = base_url
        self._loop = loop

    def call(self, work: Coroutine[Any, Any, T], timeout: float = 10.0) -> T:
        """From another thread: run `work`, such as `person.write("hi")`, where the fake lives."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)


@contextlib.asynccontextmanager
async def running_fake_graph(graph: FakeGraph, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Running]:
    """Serve `graph` in this event loop until the block ends."""
    listener = socket.create_server((host, port))
    config = uvicorn.Config(graph, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    server = PromptServer(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if serving.done():
                serving.result()
                raise RuntimeError("the fake did not start")
            await asyncio.sleep(0.005)
        base_url = graph.base_url = f"http://{host}:{listener.getsockname()[1]}"
        yield Running(graph, base_url, asyncio.get_running_loop())
    finally:
        await graph.aclose()
        server.end()
        await serving
        listener.close()


@contextlib.contextmanager
def serve_in_thread(graph: FakeGraph, host: str = "127.0.0.1", port: int = 0) -> Iterator[Running]:
    """Serve `graph` in a thread of its own, for tests that are not async."""
    ready = threading.Event()
    state: dict[str, Any] = {}

    async def main() -> None:
        stop = asyncio.Event()
        async with running_fake_graph(graph, host, port) as running:
            state.update(running=running, stop=stop, loop=asyncio.get_running_loop())
            ready.set()
            await stop.wait()

    def work() -> None:
        try:
            asyncio.run(main())
        except BaseException as failure:
            state["failure"] = failure
            raise
        finally:
            ready.set()

    thread = threading.Thread(target=work, name="fake-graph", daemon=True)
    thread.start()
    ready.wait(10)
    if "running" not in state:
        raise RuntimeError("the fake did not start") from state.get("failure")
    try:
        yield state["running"]
    finally:
        state["loop"].call_soon_threadsafe(state["stop"].set)
        thread.join(10)


class FakeGraphTransport(httpx2.AsyncBaseTransport):
    """The fake as an httpx2 transport: no socket, so it also lives under virtual time.

    `prefix` is the path of your `api_base`, if it has one.
    """

    def __init__(self, graph: FakeGraph, prefix: str = "") -> None:
        self._graph = graph
        self._prefix = prefix

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        inner = Request(
            request.method,
            request.url.path.removeprefix(self._prefix),
            dict(request.url.params),
            {name.lower(): value for name, value in request.headers.items()},
            body,
            f"{request.url.scheme}://{request.url.netloc.decode('ascii')}{self._prefix}",
        )
        timeout: float | None = request.extensions.get("timeout", {}).get("read")
        try:
            async with asyncio.timeout(timeout):
                try:
                    reply = await self._graph.answer(inner)
                except NoReply as silence:
                    if silence.closed:
                        message = "Server disconnected without sending a response."
                        raise httpx2.RemoteProtocolError(message, request=request) from None
                    await asyncio.Event().wait()
                    raise AssertionError("unreachable") from None
        except TimeoutError:
            raise httpx2.ReadTimeout("no answer", request=request) from None
        stream = _Stream(reply.stream or partial(_whole, reply.body), request)
        return httpx2.Response(reply.status, headers=reply.all_headers(), stream=stream, request=request)


async def _whole(body: bytes) -> AsyncGenerator[bytes, None]:
    """As over a socket: a body that was given as one can be read only decoded."""
    yield body


class _Stream(httpx2.AsyncByteStream):
    """A body that comes piece by piece, or breaks off."""

    def __init__(self, stream: Callable[[], AsyncGenerator[bytes, None]], request: httpx2.Request) -> None:
        self._stream = stream
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async with contextlib.aclosing(self._stream()) as pieces:
                async for piece in pieces:
                    yield piece
        except NoReply:
            raise httpx2.RemoteProtocolError("peer closed connection", request=self._request) from None


class PromptServer(uvicorn.Server):
    """A uvicorn that leaves the signals to its host, and ends when it is told to, not some ticks later."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._told = asyncio.Event()

    def end(self) -> None:
        """Answer what was asked, then end."""
        self.should_exit = True
        self._told.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the host's."""
        yield

    async def main_loop(self) -> None:
        """Tick until told."""
        ticks = itertools.count()
        while not await self.on_tick(next(ticks)):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK):
                    await self._told.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait for nobody who has nothing to ask any more."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 - uvicorn's sets
                    await asyncio.sleep(_LOOK)
        for task in self.server_state.tasks:
            task.cancel()
