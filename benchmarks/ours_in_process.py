"""Ours inside one process, for what is measured without HTTP: a store, a worker, and a provider that says yes."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from benchmarks import traffic
from turnkeeper import app
from turnkeeper.app.garbage import settle
from turnkeeper.channels.base import Calls, HttpReply
from turnkeeper.channels.whatsapp_cloud.adapter import WhatsAppCloudConfig
from turnkeeper.channels.whatsapp_cloud.parse import parse_body
from turnkeeper.engine.answer import Answer, Work
from turnkeeper.engine.clock import SystemClock
from turnkeeper.engine.wakeups import LocalWakeups
from turnkeeper.engine.worker import Worker
from turnkeeper.model.events import Inbound
from turnkeeper.model.ids import BotId, ChannelId, WorkspaceId
from turnkeeper.model.policy import Channel, SendPolicy, TurnPolicy
from turnkeeper.model.subscriptions import Subscription
from turnkeeper.store.base import Arrival, Intake, Store

T = TypeVar("T")

CHANNEL = Channel(
    workspace_id=WorkspaceId("default"),
    id=ChannelId("shop"),
    kind="whatsapp_cloud",
    bot_id=BotId("assistant"),
    turns=TurnPolicy(quiet=0.0, max_wait=0.0, adaptive=False, overlap="queue", rate_limit=None),
    sends=SendPolicy(window=86_400.0, on_unknown="wait_then_resend"),
    config=WhatsAppCloudConfig(traffic.PHONE_NUMBER_ID, traffic.WABA_ID, "token", traffic.SECRET, "verify"),
)


class OneChannel:
    """The Directory of a configuration with one channel."""

    def channel(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> Channel | None:
        """The channel, whoever asks."""
        return CHANNEL if (workspace_id, channel_id) == (CHANNEL.workspace_id, CHANNEL.id) else None

    def wanting(self, workspace_id: WorkspaceId, event: str) -> tuple[Subscription, ...]:  # noqa: ARG002 - the port's
        """Nobody is told."""
        return ()


class Provider:
    """Takes every call at once; counts what was sent."""

    def __init__(self) -> None:
        self.sent = 0
        self._wanted = 0
        self._enough = asyncio.Event()
        self._ids = itertools.count()

    async def play(self, calls: Calls[T], *, timeout: float) -> T:  # noqa: ARG002, ASYNC109 - the port's
        """Answer each call as Meta does."""
        try:
            call = next(calls)
            while True:
                if isinstance(call.json, dict) and "typing_indicator" not in call.json:
                    self.sent += 1
                    if self.sent >= self._wanted:
                        self._enough.set()
                body = b'{"messages":[{"id":"wamid.out%d"}]}' % next(self._ids)
                call = calls.send(HttpReply(200, body))
        except StopIteration as done:
            result: T = done.value
            return result

    async def until(self, count: int) -> None:
        """Until so many messages were sent since the beginning."""
        self._wanted = count
        if self.sent < count:
            self._enough.clear()
            await self._enough.wait()


class SimulatedBot:
    """Reads the history, keeps a count in the session, asks the given model, answers."""

    version = "1"

    def __init__(self, model: Callable[[str], Awaitable[str]]) -> None:
        self._model = model

    async def answer(self, work: Work) -> Answer:
        """One turn."""
        await work.history(10)
        text = "\n".join(event.text for event in work.events if event.text)
        reply = await self._model(text)
        return Answer((reply,), {"turns": work.state.get("turns", 0) + 1})


class Ours:
    """A store with a worker on it."""

    def __init__(self, store: Store, worker: Worker, wakeups: LocalWakeups, provider: Provider) -> None:
        self.store = store
        self.worker = worker
        self.provider = provider
        self._wakeups = wakeups

    async def accept(self, event: Inbound) -> None:
        """What the webhook does after parsing."""
        taken = await self.store.take(Intake([Arrival(CHANNEL, event, time.time())]))
        self._wakeups.publish(taken.wakes)


@asynccontextmanager
async def running(url: str, model: Callable[[str], Awaitable[str]]) -> AsyncIterator[Ours]:
    """A migrated store and a worker that claims, in a process that is settled as a worker's is."""
    store = app.open_store(url, OneChannel())
    await store.open()
    await store.migrate()
    provider = Provider()
    wakeups = LocalWakeups()
    worker = Worker(
        store,
        {"whatsapp_cloud": app.adapter("whatsapp_cloud")},
        {"assistant": SimulatedBot(model)},
        provider,
        wakeups,
        SystemClock(),
        make_heart_store=lambda: app.open_store(url, OneChannel()),
    )
    await worker.start()
    settle()
    try:
        yield Ours(store, worker, wakeups, provider)
    finally:
        await worker.drain(5.0)
        await store.close()


def read(body: bytes) -> list[Inbound]:
    """The messages of a webhook's body."""
    return [event for event in parse_body(body) if isinstance(event, Inbound)]


def events(count: int, people: int, first: int = 0) -> list[Inbound]:
    """Messages as the adapter reads them: one from each person in turn."""
    said_at = int(time.time())
    bodies = (traffic.body(number, number % people, said_at) for number in range(first, first + count))
    return [event for body in bodies for event in read(body)]
