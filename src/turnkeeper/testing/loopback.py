"""Serving a fake provider: on a free loopback port, in a thread, or in process without any socket.

    async with running(fake) as here:              # here.base_url
    with serve_in_thread(fake) as here:            # here.call(person.write("hi")) from any other thread
    client = httpx2.AsyncClient(transport=InProcess(fake))

A fake is whatever answers requests that are plain values. Like the fakes, it depends on nothing else of this project.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from urllib.parse import parse_qsl

import httpx2
import uvicorn

from turnkeeper.testing.asgi import base_url, inner_path, left, read_body, send_reply, stay_silent
from turnkeeper.testing.http import NoReply, Reply, Request

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator

    from turnkeeper.testing.asgi import App, Receive, Scope, Send

BODY_LIMIT = 101 * 1024 * 1024
"""Bytes of a request."""
_TICK = 0.1
"""Seconds, as uvicorn's own."""
_LOOK = 0.005


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
    async with served(fake, _App(fake), host, port) as address:
        yield Running(fake, address, asyncio.get_running_loop())


def serve_in_thread(fake: F, host: str = "127.0.0.1", port: int = 0) -> contextlib.AbstractContextManager[Running[F]]:
    """Serve a fake in a thread of its own, for tests that are not async."""
    return in_thread(running(fake, host, port))


@contextlib.asynccontextmanager
async def served(fake: Fake, app: App, host: str, port: int) -> AsyncIterator[str]:
    """Serve a fake as `app` until the block ends; gives where."""
    listener = socket.create_server((host, port))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio sets it for sockets that name TCP only
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    server = PromptServer(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if serving.done():
                serving.result()
                raise RuntimeError("the fake did not start")
            await asyncio.sleep(_LOOK)
        fake.base_url = f"http://{host}:{listener.getsockname()[1]}"
        yield fake.base_url
    finally:
        await fake.aclose()
        server.end()
        await serving
        listener.close()


@contextlib.contextmanager
def in_thread(running: contextlib.AbstractAsyncContextManager[T]) -> Iterator[T]:
    """Hold an async block open in a thread of its own until this one ends."""
    ready = threading.Event()
    state: dict[str, Any] = {}

    async def main() -> None:
        stop = asyncio.Event()
        async with running as here:
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
    """A fake as an httpx2 transport: no socket, so it also lives under virtual time.

    `prefix` is the path of your `api_base`, if it has one.
    """

    def __init__(self, fake: Fake, prefix: str = "") -> None:
        self._fake = fake
        self._prefix = prefix

    def path(self, url: httpx2.URL) -> str:
        """The path as the fake reads it: still escaped, as over a socket."""
        return url.raw_path.partition(b"?")[0].decode("ascii")

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        inner = Request(
            request.method,
            self.path(request.url).removeprefix(self._prefix),
            dict(request.url.params),
            {name.lower(): value for name, value in request.headers.items()},
            await request.aread(),
            f"{request.url.scheme}://{request.url.netloc.decode('ascii')}{self._prefix}",
        )
        if (told := request.extensions.get("trace")) is not None:
            await told("http11.send_request_headers.started", {})  # as a connection says that a request leaves
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
        answering, leaving = asyncio.ensure_future(self._fake.answer(request)), asyncio.ensure_future(left(receive))
        both: set[asyncio.Future[Any]] = {answering, leaving}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            return await answering if answering.done() else None
        finally:
            for each in both:
                each.cancel()
            await asyncio.gather(*both, return_exceptions=True)


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
