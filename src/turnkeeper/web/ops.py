"""/health, /ready and /metrics: for whoever keeps the server running, never on a message's path."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from turnkeeper.engine.figures import Figures
from turnkeeper.model.errors import StoreError
from turnkeeper.model.ids import ChannelId, WorkspaceId
from turnkeeper.store.announcements import Waiting
from turnkeeper.store.base import Ledger
from turnkeeper.store.workers import Vitals
from turnkeeper.web.asgi import Answer, Receive, Scope, Send, answer, send_answer
from turnkeeper.web.counters import WebhookCounters
from turnkeeper.web.metrics import (
    Spooled,
    exposition,
    of_announcements,
    of_channels,
    of_spool,
    of_store,
    of_takes,
    of_webhooks,
    of_workers,
)

_PATIENCE = 2.0
"""Seconds for which the database may think before it counts as away."""
_KEPT = 5.0
"""Seconds for which the counted ledger is reused: counting is work for the database."""
_JSON = b"application/json"
_TEXT = b"text/plain; version=0.0.4; charset=utf-8"
_FRESH = (b"cache-control", b"no-store")


class Reading(Protocol):
    """What these pages need of the store."""

    async def vitals(self, now: float, since: float) -> Vitals:
        """Count the workers that have beaten `since`, and the conversations that are due."""

    async def ledger(self) -> Ledger:
        """How many events stand where."""

    async def paused_channels(self) -> list[tuple[WorkspaceId, ChannelId, str, float]]:
        """Channels that are stopped: workspace, channel, reason, since."""

    async def waiting_announcements(self) -> list[Waiting]:
        """What waits to be told, by subscription."""

    async def open_escalations_count(self) -> list[tuple[WorkspaceId, str, int]]:
        """Conversations that need a person, by workspace and state."""


class Ops:
    """The three addresses as one ASGI app. `spool`: None where webhooks are refused while the database is away."""

    def __init__(
        self,
        store: Reading,
        counters: WebhookCounters,
        now: Callable[[], float],
        lease: float = 3.0,
        spool: Spooled | None = None,
        workers: Callable[[], Figures] = Figures,
    ) -> None:
        """`workers`: what this machine's have counted."""
        self._workers = workers
        self._spool = spool
        self._store = store
        self._counters = counters
        self._now = now
        self._lease = lease
        self._counted: tuple[float, Ledger] | None = None
        self.pages: dict[str, Callable[[], Awaitable[Answer]]] = {
            "/health": self._health,
            "/ready": self._ready,
            "/metrics": self._metrics,
        }

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] not in ("GET", "HEAD"):
            await send_answer(send, answer(405, b"use GET\n", (b"allow", b"GET, HEAD")))
            return
        start, body = await self.pages[scope["path"]]()
        await send_answer(send, (start, body if scope["method"] == "GET" else {**body, "body": b""}))

    async def _health(self) -> Answer:
        return _json(200, {"status": "ok"})

    async def _ready(self) -> Answer:
        """Whether a message that came now would be kept and, once the database is there, answered; 503 if not."""
        spool = self._spool
        try:
            async with asyncio.timeout(_PATIENCE):
                vitals = await self._vitals()
        except (StoreError, TimeoutError) as error:
            if spool is not None and spool.accepts:
                return _json(200, {"ready": True, "store": f"away, spooling {spool.length}", "workers": None})
            why = str(error) or "the database does not answer"
            return _json(503, {"ready": False, "store": why, "workers": None})
        ready = vitals.workers > 0
        store = f"ok, {spool.length} in the spool" if spool is not None and spool.length else "ok"
        return _json(200 if ready else 503, {"ready": ready, "store": store, "workers": vitals.workers})

    async def _vitals(self) -> Vitals:
        now = self._now()
        return await self._store.vitals(now, now - self._lease)

    async def _metrics(self) -> Answer:
        ledger, vitals, paused, waiting, wanted = None, None, None, None, None
        try:
            async with asyncio.timeout(_PATIENCE):
                ledger = await self._ledger()
                vitals = await self._vitals()
                paused = [str(row[1]) for row in await self._store.paused_channels()]
                waiting = await self._store.waiting_announcements()
                wanted = await self._store.open_escalations_count()
        except (StoreError, TimeoutError):
            pass  # what the process itself counted is told all the same
        sources = [
            of_webhooks(self._counters),
            of_spool(self._spool),
            of_store(ledger, vitals, self._now()),
            of_channels(paused),
            of_announcements(waiting, wanted),
            of_workers(self._workers()),
            of_takes(self._counters),
        ]
        text = await asyncio.to_thread(exposition, sources)
        return answer(200, text, _FRESH, kind=_TEXT)

    async def _ledger(self) -> Ledger:
        now = self._now()
        if self._counted is None or not 0 <= now - self._counted[0] < _KEPT:
            self._counted = now, await self._store.ledger()
        return self._counted[1]


def _json(status: int, value: object) -> Answer:
    return answer(status, msgspec.json.encode(value), _FRESH, kind=_JSON)
