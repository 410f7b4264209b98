"""Sending webhooks as WAHA does: one event in each POST, all at once, tried again for a while, kept in memory only.

Every try is recorded in `sent`; `lost` are events that were given up.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2

if TYPE_CHECKING:
    from turnkeeper.testing.fake_waha.core import Core, Json

RETRIES = {"policy": "constant", "delaySeconds": 2, "attempts": 15}
"""Where a webhook's own configuration says nothing."""


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """One try to deliver one event."""

    at: float
    event: str
    status: int | None
    """None: no answer came."""
    attempt: int
    body: bytes
    headers: dict[str, str]

    @property
    def ok(self) -> bool:
        """Whether it is not tried again."""
        return self.status is not None and 200 <= self.status < 300


def signature(key: str, body: bytes) -> str:
    """The value of X-Webhook-Hmac for these raw bytes."""
    return hmac.new(key.encode(), body, hashlib.sha512).hexdigest()


class WebhookSender:
    """Takes events with the hooks that want them."""

    def __init__(self, core: Core, client: httpx2.AsyncClient | None) -> None:
        self._core = core
        self._client = client
        self._own_client: httpx2.AsyncClient | None = None
        self.sent: deque[WebhookCall] = deque(maxlen=core.history)
        self.lost: deque[Json] = deque(maxlen=core.history)
        self.pending = 0
        self._under_way: set[asyncio.Task[None]] = set()

    def put(self, envelope: Json, hook: Json) -> None:
        """Begin to deliver an event to one address."""
        body = json.dumps(envelope, separators=(",", ":"), ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "WAHA/2026.7.1",
            "X-Webhook-Request-Id": self._core.token(26),
            "X-Webhook-Timestamp": str(envelope.get("timestamp", int(self._core.now() * 1000))),
            **{str(each["name"]): str(each["value"]) for each in hook.get("customHeaders") or ()},
        }
        key = (hook.get("hmac") or {}).get("key")
        if key:
            headers |= {"X-Webhook-Hmac": signature(key, body), "X-Webhook-Hmac-Algorithm": "sha512"}
        for _ in range(max(1, self._core.behaviour.duplicate)):
            self.pending += 1
            task = self._core.start(self._deliver(envelope, hook, body, headers))
            self._under_way.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self.pending -= 1
        self._core.changes.happened()

    async def forget(self) -> None:
        """What was to be tried again is lost, as at a restart."""
        tasks = list(self._under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def aclose(self) -> None:
        """Stop."""
        await self.forget()
        if self._own_client is not None:
            await self._own_client.aclose()
            self._own_client = None

    def client(self) -> httpx2.AsyncClient:
        """What calls are made with."""
        if self._client is not None:
            return self._client
        if self._own_client is None:
            self._own_client = httpx2.AsyncClient(trust_env=False, timeout=None)
        return self._own_client

    async def _deliver(self, envelope: Json, hook: Json, body: bytes, headers: dict[str, str]) -> None:
        behaviour, clock = self._core.behaviour, self._core.clock
        wait = behaviour.delay + (behaviour.gather * self._core.rng.random() if behaviour.reorder else 0.0)
        if wait:
            await clock.sleep(wait)
        retries = RETRIES | (hook.get("retries") or {})
        attempts = int(retries["attempts"])
        for attempt in range(1, attempts + 2):
            status = await self._post(hook["url"], body, headers)
            self.sent.append(WebhookCall(self._core.now(), envelope["event"], status, attempt, body, headers))
            self._core.changes.happened()
            if self.sent[-1].ok:
                return
            if attempt <= attempts:
                await clock.sleep(_pause(retries, attempt))
        self.lost.append(envelope)

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> int | None:
        if self._core.behaviour.outage:
            return None
        try:
            async with asyncio.timeout(self._core.behaviour.timeout):
                reply = await self.client().post(url, content=body, headers=headers)
        except (TimeoutError, httpx2.HTTPError):
            return None
        return reply.status_code


def _pause(retries: Json, attempt: int) -> float:
    delay = float(retries["delaySeconds"])
    match retries["policy"]:
        case "exponential":
            return delay * 2.0 ** (attempt - 1)
        case "linear":
            return delay * attempt
    return delay
