"""A fake WAHA with whoever gets its webhooks and whoever calls it, all in process."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from turnkeeper.testing.fake_waha import (
    Behaviour,
    FakeWaha,
    InProcess,
)
from turnkeeper.testing.http import Reply, Request

KEY = {"x-api-key": "waha-key"}
PHONE, LID = "15551234567", "199000000000001"
CHAT = f"{PHONE}@c.us"


class LoopClock:
    """Virtual time, from an instant in this century."""

    def now(self) -> float:
        return 1_800_000_000.0 + asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Listener:
    """Whoever gets the webhooks. `answers`: the next statuses, then 200."""

    base_url = ""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, Request]] = []
        self.answers: list[int] = []

    async def answer(self, request: Request) -> Reply:
        self.heard.append((json.loads(request.body or b"{}"), request))
        return Reply.json(self.answers.pop(0) if self.answers else 200, {})

    async def aclose(self) -> None: ...

    def events(self, *named: str) -> list[Any]:
        return [body for body, _ in self.heard if not named or body["event"] in named]

    def payloads(self, *named: str) -> list[Any]:
        return [body["payload"] for body in self.events(*named)]


class Waha:
    """A fake, its listener, and a client of its API."""

    def __init__(self, **behaviour: Any) -> None:
        self.listener = Listener()
        client = httpx2.AsyncClient(transport=InProcess(self.listener))
        behaved = Behaviour(**behaviour)
        self.fake = FakeWaha(clock=LoopClock(), client=client, behaviour=behaved)
        self.fake.hook("http://us/webhooks/wa", hmac="k")
        self._api = httpx2.AsyncClient(transport=InProcess(self.fake), base_url="http://waha", timeout=30.0)

    async def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        reply = await self._api.request(method, path, json=body, headers=KEY if headers is None else headers)
        told = reply.headers["content-type"]
        return reply.status_code, reply.json() if told.startswith("application/json") else reply.content

    async def post(self, path: str, **body: Any) -> Any:
        return await self.ask("POST", f"/api/{path}", {"session": "default", **body})

    async def told(self, *named: str) -> list[Any]:
        await self.fake.drained(60)
        return self.listener.payloads(*named)


@asynccontextmanager
async def waha(**behaviour: Any) -> AsyncIterator[Waha]:
    made = Waha(**behaviour)
    try:
        yield made
    finally:
        await made.fake.aclose()
