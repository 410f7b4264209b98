"""The other side of the fake in these tests: a clock moved by hand and a scripted business."""

import asyncio
import heapq
import itertools
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

from turnkeeper.testing.fake_graph import Behaviour, FakeGraph, FakeGraphTransport, FakeNumber

NUMBER = FakeNumber("1000000001")
SECRET, VERIFY, TOKEN = "app-secret", "verify-me", "token-1"
WEBHOOK = "http://127.0.0.1:1/webhooks/shop"


class HandClock:
    """Time that passes only in `advance`."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._now = now
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), future))
        await future

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass; whoever wakes on the way runs at the right moment."""
        end = self._now + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            self._now, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)
            await settle()
        self._now = end


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(60):
        await asyncio.sleep(0)


class Business:
    """Receives webhooks in process. `answer` may be changed to anything."""

    def __init__(self) -> None:
        self.requests: list[httpx2.Request] = []
        self.answer: Callable[[httpx2.Request], Awaitable[httpx2.Response]] = self.ok

    async def ok(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            return httpx2.Response(200, text=request.url.params["hub.challenge"])
        return httpx2.Response(200)

    async def handle(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        self.requests.append(request)
        return await self.answer(request)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(r.content) for r in self.requests if r.method == "POST"]

    def values(self) -> list[dict[str, Any]]:
        entries = [entry for body in self.bodies for entry in body["entry"]]
        return [change["value"] for entry in entries for change in entry["changes"]]

    def messages(self) -> list[dict[str, Any]]:
        return [item for value in self.values() for item in value.get("messages", [])]

    def statuses(self) -> list[dict[str, Any]]:
        return [item for value in self.values() for item in value.get("statuses", [])]


class World:
    """A fake, a business, a clock, and a client for the Graph API; no sockets."""

    def __init__(self, behaviour: Behaviour | None = None, seed: int = 0, **more: Any) -> None:
        self.business = Business()
        self.clock = HandClock()
        transport = httpx2.MockTransport(self.business.handle)
        self.webhook_client = httpx2.AsyncClient(transport=transport, timeout=None)
        self.fake = FakeGraph(
            SECRET,
            VERIFY,
            TOKEN,
            WEBHOOK,
            [NUMBER, FakeNumber("1000000002", "15550002222", "2000000002")],
            clock=self.clock,
            seed=seed,
            behaviour=behaviour,
            webhook_client=self.webhook_client,
            **more,
        )
        self.client = httpx2.AsyncClient(
            transport=FakeGraphTransport(self.fake), base_url="http://graph.test", timeout=0.01
        )

    async def __aenter__(self) -> "World":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.fake.aclose()
        await self.client.aclose()
        await self.webhook_client.aclose()

    async def post(self, body: Any, *, number: str = "1000000001", token: str = TOKEN) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        path = f"/v25.0/{number}/messages"
        return await self.client.post(path, content=content, headers=headers)

    async def get(self, path: str, token: str = TOKEN) -> Any:
        return await self.client.get(path, headers={"Authorization": f"Bearer {token}"})


def message(kind: str = "text", payload: Any = None, to: str | None = "+15551234567", **more: Any):
    """A request body of the business."""
    body = {"messaging_product": "whatsapp", "recipient_type": "individual", "type": kind}
    if to is not None:
        body["to"] = to
    return {**body, kind: {"body": "hi"} if payload is None else payload, **more}
