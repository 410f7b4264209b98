"""Serving a fake provider: on a free loopback port, in a thread, or in process without any socket.

    async with running(fake) as here:              # here.base_url
    with serve_in_thread(fake) as here:            # here.call(person.write("hi")) from any other thread
    client = httpx2.AsyncClient(transport=InProcess(fake))

A fake is whatever answers requests that are plain values. Like the fakes, it depends on nothing else of this project.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from urllib.parse import parse_qsl

import httpx2
import uvicorn

from turnkeeper.testing.fake_graph.asgi import base_url, inner_path, read_body, send_reply, stay_silent
from turnkeeper.testing.fake_graph.http import NoReply, Reply, Request

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator

    from turnkeeper.testing.fake_graph.asgi import Receive, Scope, Send

BODY_LIMIT = 101 * 1024 * 1024
"""Bytes of a request."""


class Fake(Protocol):
    """What can be served."""

    base_url: str
    """Where it was last reached."""

    async def answer(self, request: Request) -> Reply:
        """Answer one request; raises NoReply where nothing is to be answered."""

    async def aclose(self) -> None:
        """Stop whatever it started."""


F = TypeVar("F", bound=Fake)
T = TypeVar("T")


class Running(Generic[F]):
    """A fake that serves at `base_url`."""

    def __init__(self, fake: F, address: str, loop: asyncio.AbstractEventLoop) -> None:
        self.fake = fake
        self.base_url = address
        self._loop = loop

    def call(self, work: Coroutine[Any, Any, T], timeout: float = 10.0) -> T:
        """From another thread: run `work` where the fake lives."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    def now(self, look: Callable[[], T]) -> T:
        """From another thread: what a function gives where the fake lives."""

        async def looked() -> T:
            return look()

        return self.call(looked())


@contextlib.asynccontextmanager
async def running(fake: F, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Running[F]]:
    """Serve a fake in this event loop until the block ends."""
    listener = socket.create_server((host, port))
    config = uvicorn.Config(_App(fake), log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if serving.done():
                serving.result()
                raise RuntimeError("the fake did not start")
            await asyncio.sleep(0.005)
        address = fake.base_url = f"http://{host}:{listener.getsockname()[1]}"
        yield Running(fake, address, asyncio.get_running_loop())
    finally:
        await fake.aclose()
        server.should_exit = True
        await serving
        listener.close()


@contextlib.contextmanager
def serve_in_thread(fake: F, host: str = "127.0.0.1", port: int = 0) -> Iterator[Running[F]]:
    """Serve a fake in a thread of its own, for tests that are not async."""
    ready = threading.Event()
    state: dict[str, Any] = {}

    async def main() -> None:
        stop = asyncio.Event()
        async with running(fake, host, port) as here:
            state.update(running=here, stop=stop, loop=asyncio.get_running_loop())
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

    thread = threading.Thread(target=work, name="fake-provider", daemon=True)
    thread.start()
    ready.wait(10)
    if "running" not in state:
        raise RuntimeError("the fake did not start") from state.get("failure")
    try:
        yield state["running"]
    finally:
        state["loop"].call_soon_threadsafe(state["stop"].set)
        thread.join(10)


class InProcess(httpx2.AsyncBaseTransport):
    """A fake as an httpx2 transport: no socket, so it also lives under virtual time."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        inner = Request(
            request.method,
            request.url.raw_path.partition(b"?")[0].decode("ascii"),
            dict(request.url.params),
            {name.lower(): value for name, value in request.headers.items()},
            await request.aread(),
            f"{request.url.scheme}://{request.url.netloc.decode('ascii')}",
        )
        timeout: float | None = request.extensions.get("timeout", {}).get("read")
        try:
            async with asyncio.timeout(timeout):
                reply = await self._answered(inner, request)
        except TimeoutError:
            raise httpx2.ReadTimeout("no answer", request=request) from None
        stream = _Stream(reply.stream or partial(_whole, reply.body), request)
        return httpx2.Response(reply.status, headers=reply.all_headers(), stream=stream, request=request)

    async def _answered(self, inner: Request, request: httpx2.Request) -> Reply:
        try:
            return await self._fake.answer(inner)
        except NoReply as silence:
            if silence.closed:
                message = "Server disconnected without sending a response."
                raise httpx2.RemoteProtocolError(message, request=request) from None
            await asyncio.Event().wait()
            raise AssertionError("unreachable") from None


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


class _App:
    """A fake as an ASGI app. Paths stay escaped: some name things that hold a slash."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        body = await read_body(receive, BODY_LIMIT)
        if body is None:
            await send_reply(send, Reply.json(413, {"error": "body too large"}))
            return
        request = Request(
            scope["method"],
            scope.get("raw_path", inner_path(scope).encode()).partition(b"?")[0].decode("ascii"),
            dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)),
            {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
            body,
            base_url(scope),
        )
        try:
            reply = await self._answered(request, receive)
        except NoReply as silence:
            await stay_silent(silence, receive, send)
            return
        if reply is not None:
            await send_reply(send, reply)

    async def _answered(self, request: Request, receive: Receive) -> Reply | None:
        """None: the caller left, and the answer would have been nobody else's."""
        ends_with_caller = getattr(self._fake, "ends_with_caller", None)
        if ends_with_caller is None or not ends_with_caller(request):
            return await self._fake.answer(request)
        answering, leaving = asyncio.ensure_future(self._fake.answer(request)), asyncio.ensure_future(_gone(receive))
        both: set[asyncio.Future[Any]] = {answering, leaving}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            return await answering if answering.done() else None
        finally:
            for each in both:
                each.cancel()
            await asyncio.gather(*both, return_exceptions=True)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class _Server(uvicorn.Server):
    """A uvicorn that leaves the signals to its host."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
