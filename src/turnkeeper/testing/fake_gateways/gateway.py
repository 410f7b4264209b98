"""What the fakes of gateways share: people, webhooks that are posted once or twice, files, and faults."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2

from turnkeeper.testing.http import NoReply, Reply, Request

_PATIENCE = 20.0
"""Seconds for a webhook, and for fetching a file."""
MEDIA = "/media/"


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


class FakeGateway(ABC):
    """One device. `connected`: whether its phone is; `duplicate`: every so many webhooks come twice; `as_form`: they
    come as forms."""

    def __init__(self) -> None:
        self.base_url = ""
        self.webhook_url = ""
        self.connected = True
        self.duplicate = 0
        self.as_form = False
        self.people: dict[str, Person] = {}
        self.calls: list[Request] = []
        self.posted: list[Posted] = []
        self.faults: deque[Fault] = deque()
        self.files: dict[str, tuple[bytes, str]] = {}
        self._client: httpx2.AsyncClient | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._count = 0

    def person(self, phone: str) -> Person:
        """Somebody by their number."""
        return self.people.setdefault(phone, Person(phone))

    def fail_next(self, *faults: Fault) -> None:
        """What the next sends meet."""
        self.faults.extend(faults)

    def put(self, name: str, data: bytes, mime: str) -> str:
        """Keep a file that somebody sends; its address."""
        self.files[name] = (data, mime)
        return f"{self.base_url}{MEDIA}{name}"

    async def post(self, body: Mapping[str, Any], url: str = "") -> Posted:
        """Post a webhook. Nothing is repeated for want of an answer: gateways are not known to."""
        twice = self.duplicate and (len(self.posted) + 1) % self.duplicate == 0
        first = await self._post(body, url or self.webhook_url)
        if twice:
            await self._post(body, url or self.webhook_url)
        return first

    async def _post(self, body: Mapping[str, Any], url: str) -> Posted:
        sent: dict[str, Any] = {"json": body}
        if self.as_form:
            flat = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in body.items()}
            sent = {"content": urlencode(flat), "headers": {"content-type": "application/x-www-form-urlencoded"}}
        try:
            found = await self._http().post(url, timeout=_PATIENCE, **sent)
            posted = Posted(body, found.status_code, found.content)
        except httpx2.HTTPError:
            posted = Posted(body, 0, b"")
        self.posted.append(posted)
        return posted

    def later(self, seconds: float, body: Mapping[str, Any], url: str) -> None:
        """Post a webhook after a while."""

        async def work() -> None:
            await asyncio.sleep(seconds)
            await self.post(body, url)

        task = asyncio.create_task(work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def answer(self, request: Request) -> Reply:
        """Answer a request."""
        self.calls.append(request)
        if request.path.startswith(MEDIA):
            data, mime = self.files.get(request.path.removeprefix(MEDIA), (b"", ""))
            return Reply(200 if mime else 404, data, mime or "text/plain")
        return Reply.json(*await self.told(request, fields_of(request)))

    @abstractmethod
    async def told(self, request: Request, fields: Mapping[str, Any]) -> tuple[int, Any]:
        """The status and the JSON that answer a call of the API."""

    def next_id(self) -> int:
        """Another number for each thing."""
        self._count += 1
        return self._count

    @abstractmethod
    def tell(self, phone: str, got: Got) -> None:
        """Post what becomes of a message that was taken."""

    async def deliver(self, phone: str, got: Got) -> tuple[int, Any] | None:
        """Hand a message over; an answer where a fault gives one, None where all is as usual."""
        fault = self.faults.popleft() if self.faults else None
        if fault is None or fault.taken:
            self.person(phone).got.append(got)
            self.tell(phone, got)
        if fault is not None and fault.answer == "silence":
            raise NoReply(closed=False)
        return None if fault is None else (fault.status, "no")

    async def fetch(self, address: object) -> bytes | None:
        """What is behind an address, as the gateway's own servers get it."""
        if not isinstance(address, str) or urlsplit(address).scheme not in ("http", "https"):
            return None
        try:
            found = await self._http().get(address, timeout=_PATIENCE)
        except httpx2.HTTPError:
            return None
        return found.content if found.status_code == 200 else None

    def _http(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = httpx2.AsyncClient(trust_env=False)
        return self._client

    async def aclose(self) -> None:
        """Post nothing any more."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()


def fields_of(request: Request) -> dict[str, Any]:
    """What a call says, in JSON or as a form."""
    try:
        found = json.loads(request.body) if request.body else {}
    except ValueError:
        found = dict(parse_qsl(request.body.decode("utf-8", "replace")))
    return found if isinstance(found, dict) else {}
