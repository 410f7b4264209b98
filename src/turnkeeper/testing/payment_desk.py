"""What the fakes of payment providers share: faults, and webhooks that come once, twice, out of order or never."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import httpx2

from turnkeeper.testing.http import NoReply, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_PATIENCE = 20.0
"""Seconds for a webhook."""
Tells = Literal["once", "twice", "never", "held"]


class NotPayable(Exception):
    """A person cannot pay this: it was paid, has expired or was closed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What a call meets instead of its answer: a status, silence, or a connection that ends.

    `acts`: it is done all the same. `on`: only a call whose method and path hold these words ("POST /payment_links").
    """

    answer: Literal["status", "silence", "reset"] = "status"
    status: int = 503
    acts: bool = False
    on: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A webhook and its answer; status 0: there was none (yet)."""

    event: str
    body: bytes
    headers: dict[str, str]
    status: int = 0


@dataclass(slots=True)
class _Shelf:
    posted: list[Told] = field(default_factory=list)
    held: list[Told] = field(default_factory=list)


class PaymentDesk(ABC):
    """One account. `tells`: how often a webhook comes; `held` ones wait for `release`. `pays_at_once`: whoever gets a
    link has paid it this way, and the webhook has come, before the call that made it is answered. `now`: unix seconds.
    """

    def __init__(self, webhook_secret: str, now: Callable[[], float] = time.time) -> None:
        self.base_url = ""
        self.webhook_url = ""
        self.webhook_secret = webhook_secret
        self.now = now
        self.tells: Tells = "once"
        self.pays_at_once: str | None = None
        self.calls: list[Request] = []
        self.faults: deque[Fault] = deque()
        self._shelf = _Shelf()
        self._client: httpx2.AsyncClient | None = None
        self._count = 0

    @property
    def posted(self) -> list[Told]:
        """Every webhook that was posted, with its answer."""
        return self._shelf.posted

    @property
    def held(self) -> list[Told]:
        """Those that wait."""
        return self._shelf.held

    def fail_next(self, *faults: Fault) -> None:
        """What the next calls meet."""
        self.faults.extend(faults)

    def next_id(self, prefix: str) -> str:
        """Another id for each thing, as long as the real ones."""
        self._count += 1
        return f"{prefix}{self._count:014d}"

    async def answer(self, request: Request) -> Reply:
        """Answer a call of the API, or what it meets instead."""
        self.calls.append(request)
        fault = self._fault(request)
        if fault is None:
            return await self.told(request)
        if fault.acts:
            await self.told(request)
        if fault.answer != "status":
            raise NoReply(closed=fault.answer == "reset")
        return self.failed(request, fault)

    def _fault(self, request: Request) -> Fault | None:
        called = f"{request.method} {request.path}"
        for place, fault in enumerate(self.faults):
            if fault.on in called:
                del self.faults[place]
                return fault
        return None

    def failed(self, request: Request, fault: Fault) -> Reply:  # noqa: ARG002 - some remember it
        """An answer that a fault gives."""
        said = {"error": {"code": "SERVER_ERROR", "type": "api_error", "description": "a fault", "message": "a fault"}}
        return replace(Reply.json(fault.status, said), headers=fault.headers)

    @abstractmethod
    async def told(self, request: Request) -> Reply:
        """The answer to a call of the API."""

    @abstractmethod
    def headers_of(self, event_id: str, body: bytes) -> dict[str, str]:
        """What proves a webhook."""

    async def tell(self, event: str, event_id: str, content: dict[str, Any]) -> None:
        """Post a webhook, as often as is set."""
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        told = Told(event, body, self.headers_of(event_id, body))
        if self.tells == "held":
            self.held.append(told)
        elif self.tells != "never" and self.webhook_url:
            for _ in range(2 if self.tells == "twice" else 1):
                await self.post(told)

    async def release(self, order: Iterable[int] | None = None) -> list[Told]:
        """Post what was held, in any order by place (None: the last first); gives the answers."""
        held, self.held[:] = list(self.held), []
        places = reversed(range(len(held))) if order is None else order
        return [await self.post(held[place]) for place in places]

    async def again(self, place: int = -1) -> Told:
        """Post a webhook once more, as providers do that got no 200."""
        return await self.post(self.posted[place])

    async def post(self, told: Told) -> Told:
        """Post a webhook now."""
        if self._client is None:
            self._client = httpx2.AsyncClient(trust_env=False)
        headers = {"content-type": "application/json", **told.headers}
        status = 0
        with contextlib.suppress(httpx2.HTTPError, asyncio.TimeoutError):
            found = await self._client.post(self.webhook_url, content=told.body, headers=headers, timeout=_PATIENCE)
            status = found.status_code
        done = replace(told, status=status)
        self.posted.append(done)
        return done

    async def aclose(self) -> None:
        """Post nothing any more."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None
