"""The other side of the fake Bot API in these tests: a bot that calls methods, and a webhook that takes updates."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

from tests.testing.business import HandClock
from turnkeeper.testing.fake_telegram import Behaviour, FakeTelegram
from turnkeeper.testing.loopback import InProcess

WEBHOOK = "http://127.0.0.1:1/webhooks/desk"
ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member", "message_reaction")


class Bot:
    """A fake, a clock moved by hand, a bot and its webhook; no sockets."""

    def __init__(self, behaviour: Behaviour | None = None, seed: int = 0) -> None:
        self.clock = HandClock()
        self.requests: list[httpx2.Request] = []
        self.answer: Callable[[httpx2.Request], Awaitable[httpx2.Response]] = self.ok
        self.webhook_client = httpx2.AsyncClient(transport=httpx2.MockTransport(self._hear), timeout=None)
        self.fake = FakeTelegram(clock=self.clock, seed=seed, behaviour=behaviour, webhook_client=self.webhook_client)
        self.client = httpx2.AsyncClient(transport=InProcess(self.fake), base_url="http://bot.test", timeout=None)

    async def __aenter__(self) -> "Bot":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.fake.aclose()
        await self.client.aclose()
        await self.webhook_client.aclose()

    async def ok(self, _: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200)

    async def _hear(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        self.requests.append(request)
        return await self.answer(request)

    @property
    def heard(self) -> list[dict[str, Any]]:
        return [json.loads(request.content) for request in self.requests]

    async def call(self, method: str, token: str = "", **fields: Any) -> dict[str, Any]:
        """The answer's body, which always says the HTTP status too."""
        reply = await self.client.post(f"/bot{token or self.fake.token}/{method}", json=fields)
        body: dict[str, Any] = reply.json()
        assert reply.status_code == (200 if body["ok"] else body["error_code"])
        return body

    async def upload(self, method: str, part: str, data: bytes, name: str = "a.bin", **fields: str) -> dict[str, Any]:
        reply = await self.client.post(f"/bot{self.fake.token}/{method}", data=fields, files={part: (name, data)})
        body: dict[str, Any] = reply.json()
        return body

    async def updates(self, **fields: Any) -> list[dict[str, Any]]:
        body = await self.call("getUpdates", allowed_updates=list(ALLOWED), **fields)
        assert body["ok"], body
        return list(body["result"])
