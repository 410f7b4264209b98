"""What the fakes of gateways share: people, webhooks that are posted once or twice, faults, and serving in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
import uvicorn

_PATIENCE = 20.0
_LARGEST = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Fault:
    """What the next send meets: `status` in place of an answer, or silence. `taken`: it reaches the person all the
    same."""

    answer: Literal["status", "silence"] = "status"
    status: int = 502
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Got:
    """What reached a person."""

    kind: str
    text: str = ""
    file: bytes | None = None
    id: str = ""


@dataclass(slots=True)
class Person:
    """Somebody with a phone."""

    phone: str
    got: list[Got] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        """The words that reached them."""
        return [each.text for each in self.got]


@dataclass(frozen=True, slots=True)
class Posted:
    """A webhook and its answer; status 0: there was none."""

    body: Mapping[str, Any]
    status: int
    answer: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """A request to the gateway."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    fields: Mapping[str, Any]


class FakeGateway:
    """One device. `connected`: whether its phone is; `duplicate`: every so many webhooks come twice; `as_form`: they
    come as forms."""

    def __init__(self) -> None:
        self.base_url = ""
        self.webhook_url = ""
        self.connected = True
        self.duplicate = 0
        self.as_form = False
        self.people: dict[str, Person] = {}
        self.calls: list[Call] = []
        self.posted: list[Posted] = []
        self.faults: deque[Fault] = deque()
        self.files: dict[str, tuple[bytes, str]] = {}
        self._client: httpx2.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Future[Any]] = set()
        self._count = 0

    # What tests do, from their own thread.

    def person(self, phone: str) -> Person:
        """Somebody by their number."""
        return self.people.setdefault(phone, Person(phone))

    def fail_next(self, *faults: Fault) -> None:
        """What the next sends meet."""
        self.faults.extend(faults)

    def wait(self, condition: Callable[[], bool], within: float = _PATIENCE) -> None:
        """Until something is true of the fake."""
        deadline = time.monotonic() + within
        while not condition():
            if time.monotonic() > deadline:
                got = {phone: person.texts for phone, person in self.people.items()}
                raise AssertionError(f"never came true; people got {got}, webhooks {self.posted[-5:]}")
            time.sleep(0.02)

    def put(self, name: str, data: bytes, mime: str) -> str:
        """Keep a file that somebody sends; its address."""
        self.files[name] = (data, mime)
        return f"{self.base_url}/media/{name}"

    def post(self, body: Mapping[str, Any], url: str = "") -> Posted:
        """Post a webhook and wait for its answer."""
        assert self._loop is not None
        found: Posted = asyncio.run_coroutine_threadsafe(self._post(body, url or self.webhook_url), self._loop).result(
            _PATIENCE
        )
        return found

    # What the gateways do.

    async def answer(self, call: Call) -> tuple[int, Any]:
        """The status and the JSON that answer a call."""
        raise NotImplementedError

    def next_id(self) -> int:
        """Another number for each thing."""
        self._count += 1
        return self._count

    def tell(self, phone: str, got: Got) -> None:
        """Post what becomes of a message that was taken."""

    async def deliver(self, phone: str, got: Got) -> None:
        """Hand a message over, or act out the fault that is in its way."""
        fault = self.faults.popleft() if self.faults else None
        if fault is None or fault.taken:
            self.person(phone).got.append(got)
            self.tell(phone, got)
        if fault is not None:
            raise _Faulty(fault)

    async def fetch(self, address: object) -> bytes | None:
        """What is behind an address, as the gateway's own servers get it."""
        if not isinstance(address, str) or urlsplit(address).scheme not in ("http", "https"):
            return None
        assert self._client is not None
        try:
            found = await self._client.get(address, timeout=_PATIENCE)
        except httpx2.HTTPError:
            return None
        return found.content if found.status_code == 200 else None

    def later(self, seconds: float, body: Mapping[str, Any], url: str) -> None:
        """Post a webhook after a while."""

        async def work() -> None:
            await asyncio.sleep(seconds)
            await self._post(body, url)

        task = asyncio.ensure_future(work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _post(self, body: Mapping[str, Any], url: str) -> Posted:
        """Nothing is repeated for want of an answer: gateways are not known to."""
        twice = self.duplicate and (len(self.posted) + 1) % self.duplicate == 0
        first = await self._post_once(body, url)
        if twice:
            await self._post_once(body, url)
        return first

    async def _post_once(self, body: Mapping[str, Any], url: str) -> Posted:
        assert self._client is not None
        flat = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in body.items()}
        sent: dict[str, Any] = {"content": urlencode(flat).encode()} if self.as_form else {"json": body}
        kind = {"content-type": "application/x-www-form-urlencoded"} if self.as_form else {}
        try:
            found = await self._client.post(url, headers=kind, timeout=_PATIENCE, **sent)
            posted = Posted(body, found.status_code, found.content)
        except httpx2.HTTPError:
            posted = Posted(body, 0, b"")
        self.posted.append(posted)
        return posted

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request."""
        call = await _read(scope, receive)
        self.calls.append(call)
        if call.path.startswith("/media/"):
            data, mime = self.files.get(call.path.removeprefix("/media/"), (b"", ""))
            await _reply(send, 200 if mime else 404, data, mime or "text/plain")
            return
        try:
            status, value = await self.answer(call)
        except _Faulty as faulty:
            if faulty.fault.answer == "silence":
                while (await receive())["type"] != "http.disconnect":
                    pass
                return
            await _reply(send, faulty.fault.status, b"<html>no</html>", "text/html")
            return
        await _reply(send, status, json.dumps(value).encode(), "application/json")

    @contextlib.asynccontextmanager
    async def alive(self) -> Any:
        """While it is, it can post."""
        self._loop = asyncio.get_running_loop()
        async with httpx2.AsyncClient(trust_env=False) as self._client:
            yield
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)


class _Faulty(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.answer)
        self.fault = fault


async def _read(scope: Any, receive: Callable[[], Awaitable[Any]]) -> Call:
    body = b""
    while len(body) < _LARGEST:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    query = dict(parse_qsl(scope["query_string"].decode()))
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
    try:
        fields = json.loads(body) if body else {}
    except ValueError:
        fields = dict(parse_qsl(body.decode("utf-8", "replace")))
    return Call(scope["method"], scope["path"], query, headers, fields if isinstance(fields, dict) else {})


async def _reply(send: Callable[[Any], Awaitable[None]], status: int, body: bytes, kind: str) -> None:
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _Server(uvicorn.Server):
    """Leaves the signals to its host."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.contextmanager
def serving_gateway(fake: FakeGateway) -> Iterator[FakeGateway]:
    """Serve a fake on a free loopback port, in a thread of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    fake.base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(fake, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    server = _Server(config)

    async def main() -> None:
        async with fake.alive():
            await server.serve(sockets=[listener])

    thread = threading.Thread(target=lambda: asyncio.run(main()), name="fake-gateway", daemon=True)
    thread.start()
    try:
        fake.wait(lambda: server.started)
        yield fake
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
