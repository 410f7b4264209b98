"""/health, /ready and /metrics: for whoever keeps the server running, never on a message's path."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Protocol

import msgspec

from turnkeeper.model.errors import StoreError
from turnkeeper.store.base import Ledger, Vitals
from turnkeeper.web.asgi import Answer, Receive, Scope, Send, answer, send_answer
from turnkeeper.web.counters import BUCKETS, WebhookCounters

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


class Spooled(Protocol):
    """What waits on this machine for the database."""

    @property
    def length(self) -> int:
        """How many webhooks."""

    @property
    def accepts(self) -> bool:
        """Whether more would be kept."""


class Ops:
    """The three addresses as one ASGI app. `spool`: None where webhooks are refused while the database is away."""

    def __init__(
        self,
        store: Reading,
        counters: WebhookCounters,
        now: Callable[[], float],
        lease: float = 3.0,
        spool: Spooled | None = None,
    ) -> None:
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
        ledger, vitals = None, None
        try:
            async with asyncio.timeout(_PATIENCE):
                ledger = await self._ledger()
                vitals = await self._vitals()
        except (StoreError, TimeoutError):
            pass  # what the process itself counted is told all the same
        text = await asyncio.to_thread(_exposition, self._counters, ledger, vitals, self._spool)
        return answer(200, text, _FRESH, kind=_TEXT)

    async def _ledger(self) -> Ledger:
        now = self._now()
        if self._counted is None or not 0 <= now - self._counted[0] < _KEPT:
            self._counted = now, await self._store.ledger()
        return self._counted[1]


def _json(status: int, value: object) -> Answer:
    return answer(status, msgspec.json.encode(value), _FRESH, kind=_JSON)


def _exposition(
    counters: WebhookCounters, ledger: Ledger | None, vitals: Vitals | None, spool: Spooled | None
) -> bytes:
    # Imported by the first scrape: it takes memory that an unscraped server need not spend.
    from prometheus_client import CollectorRegistry, generate_latest

    class Collector:
        def collect(self) -> Iterator[Any]:
            yield from _of_webhooks(counters)
            yield from _of_spool(spool)
            yield from _of_store(ledger, vitals)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector())
    return generate_latest(registry)


def _of_webhooks(counters: WebhookCounters) -> Iterator[Any]:
    from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

    requests = CounterMetricFamily(
        "turnkeeper_webhooks", "Webhook requests by what became of them.", labels=["outcome"]
    )
    for outcome, count in sorted(counters.outcomes.items()):
        requests.add_metric([outcome], count)
    yield requests
    yield CounterMetricFamily("turnkeeper_webhook_events", "Events that were new.", value=counters.events)
    yield CounterMetricFamily("turnkeeper_webhook_duplicates", "Events that had been here.", value=counters.duplicates)
    seconds = HistogramMetricFamily("turnkeeper_webhook_seconds", "From the first byte of a webhook to its answer.")
    below, buckets = 0, []
    for edge, count in zip([*map(str, BUCKETS), "+Inf"], counters.buckets, strict=True):
        below += count
        buckets.append((edge, float(below)))
    seconds.add_metric([], buckets, counters.seconds)
    yield seconds


def _of_spool(spool: Spooled | None) -> Iterator[Any]:
    from prometheus_client.core import GaugeMetricFamily

    if spool is not None:
        yield GaugeMetricFamily("turnkeeper_spool_webhooks", "Webhooks that wait for the database.", value=spool.length)


def _of_store(ledger: Ledger | None, vitals: Vitals | None) -> Iterator[Any]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    yield GaugeMetricFamily("turnkeeper_store_up", "Whether the database answered.", value=float(ledger is not None))
    if ledger is not None:
        yield CounterMetricFamily("turnkeeper_accepted", "Events in the ledger.", value=ledger.accepted)
        yield CounterMetricFamily(
            "turnkeeper_duplicates", "Deliveries of events that had been here.", value=ledger.duplicates
        )
        states = GaugeMetricFamily("turnkeeper_events", "Events by where they stand.", labels=["state", "reason"])
        for state, count in sorted(ledger.states.items()):
            states.add_metric([state, ""], count)
        for reason, count in sorted(ledger.dropped.items()):
            states.add_metric(["dropped", reason], count)
        yield states
    if vitals is not None:
        yield GaugeMetricFamily("turnkeeper_workers", "Live workers.", value=vitals.workers)
        yield GaugeMetricFamily(
            "turnkeeper_due_conversations", "Conversations that wait for a worker.", value=vitals.due
        )
