"""Sending webhooks as Meta does: signed, at least once, retried with growing delays, never ordered.

Every try is recorded in `sent`. Whatever is random comes from the seed.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2

from turnkeeper.testing.fake_graph.payloads import FakeNumber, Update, encode, envelope

if TYPE_CHECKING:
    import random
    from collections.abc import Coroutine

    from turnkeeper.testing.fake_graph.behaviour import Behaviour
    from turnkeeper.testing.fake_graph.changes import Changes
    from turnkeeper.testing.fake_graph.clock import Clock

MOST_PENDING = 100_000
BODY_LIMIT = 3 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """One try to deliver one POST."""

    at: float
    latency: float
    """Seconds until the answer (or until it was given up)."""
    status: int | None
    """None: no answer came; `error` says why."""
    error: str
    attempt: int
    ids: tuple[str, ...]
    """`id` of each message, `id/status` of each status."""
    body: bytes

    @property
    def ok(self) -> bool:
        return self.status == 200


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of the GET handshake."""

    ok: bool
    status: int | None
    why: str


def signature(app_secret: str, body: bytes) -> str:
    """The value of X-Hub-Signature-256 for these raw bytes."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


class WebhookSender:
    """Takes updates, makes POSTs of them. Everything it starts ends with `aclose`."""

    def __init__(
        self,
        *,
        url: str,
        app_secret: str,
        behaviour: Behaviour,
        clock: Clock,
        rng: random.Random,
        changes: Changes,
        history: int,
        client: httpx2.AsyncClient | None,
    ) -> None:
        self.url = url
        self.overrides: dict[str, str] = {}
        """Where the webhooks of single numbers go instead, by phone_number_id."""
        self.app_secret = app_secret
        self.behaviour = behaviour
        self.clock = clock
        self.changes = changes
        self.sent: deque[WebhookCall] = deque(maxlen=history)
        self.lost: deque[Update] = deque(maxlen=history)
        self.pending = 0
        self._rng = rng
        self._client = client
        self._own_client: httpx2.AsyncClient | None = None
        self._lanes: dict[str, deque[Update]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way = 0
        self._outcomes: dict[str, bool] = {}
        self._outcomes_kept = history

    def put(self, update: Update) -> None:
        """Queue an update. Over `MOST_PENDING` the newest are lost, which `lost` tells."""
        if self.pending >= MOST_PENDING:
            self.lost.append(update)
            return
        self.pending += 1
        self.changes.happened()
        if self.behaviour.delay:
            self._start(self._put_later(update))
        else:
            self._enqueue(update)

    def acknowledged(self, message_id: str) -> bool | None:
        """True: a webhook with this message got its 200. False: given up. None: neither yet."""
        return self._outcomes.get(message_id)

    def target(self, number: FakeNumber) -> str:
        """Where a number's webhooks go."""
        return self.overrides.get(number.phone_number_id, self.url)

    async def verify(self, verify_token: str, url: str = "") -> Verified:
        """The GET handshake with hub.challenge; at the app's own address if not said."""
        challenge = str(self._rng.randrange(10**9, 10**10))
        query = {
            "hub.mode": "subscribe",
            "hub.verify_token": verify_token,
            "hub.challenge": challenge,
        }
        try:
            async with asyncio.timeout(self.behaviour.timeout):
                reply = await self._http().get(url or self.url, params=query)
        except (httpx2.HTTPError, TimeoutError) as error:
            return Verified(False, None, f"no answer: {type(error).__name__} {error}".strip())
        if reply.status_code != 200:
            return Verified(False, reply.status_code, f"answered {reply.status_code}, not 200")
        if reply.text.strip() != challenge:
            return Verified(False, 200, "the body is not the challenge")
        return Verified(True, 200, "")

    async def aclose(self) -> None:
        """Stop. What was not delivered stays undelivered."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._own_client is not None:
            await self._own_client.aclose()
            self._own_client = None

    async def _put_later(self, update: Update) -> None:
        await self.clock.sleep(self.behaviour.delay)
        self._enqueue(update)

    def _enqueue(self, update: Update) -> None:
        mixed = self.behaviour.batch > 1 or self.behaviour.reorder
        lane = "" if mixed else update.lane
        waiting = self._lanes.get(lane)
        if waiting is None:
            waiting = self._lanes[lane] = deque()
            self._start(self._drain(lane, waiting))
        waiting.append(update)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _http(self) -> httpx2.AsyncClient:
        if self._client is not None:
            return self._client
        if self._own_client is None:
            self._own_client = httpx2.AsyncClient(trust_env=False, timeout=None)
        return self._own_client

    async def _drain(self, lane: str, waiting: deque[Update]) -> None:
        try:
            while waiting:
                if not lane:
                    await self.clock.sleep(self.behaviour.gather)
                    if self.behaviour.reorder:
                        self._rng.shuffle(waiting)
                size = max(1, self.behaviour.batch)
                target = self.target(waiting[0].number)
                updates = [waiting.popleft()]
                while waiting and len(updates) < size and self.target(waiting[0].number) == target:
                    updates.append(waiting.popleft())
                await self._first_try(updates)
        finally:
            self._lanes.pop(lane, None)

    async def _first_try(self, updates: list[Update]) -> None:
        started_at = self.clock.now()
        body = encode(envelope(updates, self._rng))
        for _ in range(1, self.behaviour.duplicate):
            self._start(self._repeat(updates, body))
        if await self._try(updates, body, 1):
            self._settle(updates, acknowledged=True)
        elif self.behaviour.retry_alone and len(updates) > 1:
            for update in updates:
                self._start(self._retry([update], encode(envelope([update], self._rng)), started_at))
        else:
            self._start(self._retry(updates, body, started_at))

    async def _repeat(self, updates: list[Update], body: bytes) -> None:
        await self._try(updates, body, 1)

    async def _retry(self, updates: list[Update], body: bytes, started_at: float) -> None:
        wait = self.behaviour.retry_first
        attempt = 1
        while self.clock.now() + wait - started_at <= self.behaviour.retry_for:
            await self.clock.sleep(wait)
            attempt += 1
            if await self._try(updates, body, attempt):
                self._settle(updates, acknowledged=True)
                return
            wait = min(wait * self.behaviour.retry_factor, self.behaviour.retry_most)
        self.lost.extend(updates)
        self._settle(updates, acknowledged=False)

    async def _try(self, updates: list[Update], body: bytes, attempt: int) -> bool:
        while self._under_way >= max(1, self.behaviour.at_once):
            await self.changes.next()
        self._under_way += 1
        at = self.clock.now()
        try:
            status, error = await self._post(self.target(updates[0].number), body)
        finally:
            self._under_way -= 1
            self.changes.happened()
        latency = self.clock.now() - at
        ids = tuple(_name(update) for update in updates)
        call = WebhookCall(at, latency, status, error, attempt, ids, body)
        self.sent.append(call)
        self.changes.happened()
        return call.ok

    async def _post(self, url: str, body: bytes) -> tuple[int | None, str]:
        if self.behaviour.outage:
            return None, "outage"
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": signature(self.app_secret, body),
        }
        try:
            async with asyncio.timeout(self.behaviour.timeout):
                reply = await self._http().post(url, content=body, headers=headers)
        except TimeoutError:
            return None, "timeout"
        except httpx2.HTTPError as failure:
            return None, f"{type(failure).__name__} {failure}".strip()
        return reply.status_code, ""

    def _settle(self, updates: list[Update], *, acknowledged: bool) -> None:
        self.pending -= len(updates)
        for update in updates:
            if update.kind != "status":
                self._outcomes[update.id] = acknowledged
        while len(self._outcomes) > self._outcomes_kept:
            del self._outcomes[next(iter(self._outcomes))]
        self.changes.happened()


def _name(update: Update) -> str:
    return f"{update.id}/{update.item['status']}" if update.kind == "status" else update.id
