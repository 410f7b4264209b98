"""A shop with one channel, workers that can be killed or held up, and a provider that does what it is told."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from turnkeeper.channels.base import Calls, HttpCall, HttpReply
from turnkeeper.channels.registry import find
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloudConfig
from turnkeeper.engine.answer import Bot
from turnkeeper.engine.calling import played
from turnkeeper.engine.wakeups import OnWakes
from turnkeeper.engine.watching import Watch
from turnkeeper.engine.worker import Worker
from turnkeeper.model.conversation import Conversation
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.events import Inbound
from turnkeeper.model.ids import DEFAULT_WORKSPACE, BotId, ChannelId
from turnkeeper.model.policy import Channel, SendPolicy, TurnPolicy
from turnkeeper.store.base import Arrival, Intake, Ledger, Moment
from turnkeeper.store.runs import Wake
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import ADA, TURNS, Channels, text
from turnkeeper.testing.virtual_time import VirtualClock

CONFIG = WhatsAppCloudConfig("1001", "2001", "token", "secret", "verify")
SENDS = SendPolicy(window=86_400.0, on_unknown="wait_then_resend")
LEASE = 3.0
Reply = Callable[[HttpCall], Awaitable[HttpReply]]


@dataclass(frozen=True, slots=True)
class Told:
    """A message that the provider took. `at` in virtual seconds."""

    at: float
    text: str
    by: str


@dataclass(slots=True)
class Hold:
    """Stops whoever comes to it, until it is let go."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def here(self) -> None:
        self.reached.set()
        await self.go.wait()


class Provider:
    """One worker's connection to the provider. `answers`: what the next sends get instead of success."""

    def __init__(self, shop: "Shop", worker: str) -> None:
        self._shop = shop
        self._worker = worker

    async def play(self, calls: Calls[Any], *, timeout: float) -> Any:  # noqa: ARG002
        return await played(calls, self._reply)

    async def _reply(self, call: HttpCall) -> HttpReply:
        body: Any = call.json
        shop = self._shop
        if "typing_indicator" in body:
            shop.typing.append((now(), body["message_id"]))
            await asyncio.sleep(shop.typing_takes)
            return HttpReply(200, b'{"success":true}')
        shop.called.append(body["text"]["body"])
        if shop.on_send:
            return await shop.on_send.pop(0)(call)
        await asyncio.sleep(0.1)
        return shop.takes(body, self._worker)


class View:
    """A worker's view of the store: what is named in `hooks` runs around the next call of that name."""

    def __init__(self, shop: "Shop", worker: str) -> None:
        self._shop = shop
        self._worker = worker

    def __getattr__(self, operation: str) -> Any:
        real = getattr(self._shop.store, operation)

        async def call(*args: Any, **named: Any) -> Any:
            hooks = self._shop.hooks.get((self._worker, operation))
            hook = hooks.pop(0) if hooks else None
            if hook is None:
                return await real(*args, **named)
            return await hook(lambda: real(*args, **named))

        return call


async def answer_lost(call: Callable[[], Awaitable[Any]]) -> Any:
    """The store does it, and its answer is lost."""
    await call()
    raise StoreUnavailable("done, but nobody heard")


async def away(_: Callable[[], Awaitable[Any]]) -> Any:
    """The store does nothing."""
    raise StoreUnavailable("not done")


class Shop:
    """Everything of one test. `told`: what the provider took; `called`: every send that it was asked for."""

    def __init__(self, bot: Bot, turns: TurnPolicy = TURNS, sends: SendPolicy = SENDS) -> None:
        self.bot: Bot = bot
        self.channel = Channel(DEFAULT_WORKSPACE, ChannelId("shop"), "whatsapp_cloud", BotId("b"), turns, sends, CONFIG)
        self.adapter: Any = find("whatsapp_cloud").adapter
        self.store = SqliteStore(":memory:", Channels(self.channel), inline=True)
        self.clock = VirtualClock()
        self.told: list[Told] = []
        self.called: list[str] = []
        self.typing: list[tuple[float, str]] = []
        self.typing_takes = 0.1
        self.on_send: list[Reply] = []
        self.hooks: dict[tuple[str, str], list[Callable[[Any], Awaitable[Any]]]] = {}
        self.workers: dict[str, Worker] = {}
        self.ears: dict[str, OnWakes] = {}

    @property
    def texts(self) -> list[str]:
        return [told.text for told in self.told]

    def takes(self, body: Any, worker: str) -> HttpReply:
        """The message reaches the person."""
        self.told.append(Told(now(), body["text"]["body"], worker))
        return HttpReply(200, msgspec.json.encode({"messages": [{"id": f"out.{len(self.told)}"}]}))

    async def work(self, name: str = "w1", bot: Bot | None = None, watch: Watch | None = None) -> Worker:
        """Start a worker."""
        store: Any = View(self, name)
        adapters: Any = {"whatsapp_cloud": self.adapter}
        lives = iter(range(1000))
        worker = Worker(
            store,
            adapters,
            {"b": bot or self.bot},
            Provider(self, name),
            Ear(self, name),
            self.clock,
            lease=LEASE,
            rng=random.Random(1),
            name=lambda: f"{name}.{next(lives)}",
            watch=watch,
        )
        await worker.start()
        self.workers[name] = worker
        return worker

    def kill(self, name: str = "w1") -> None:
        """`kill -9`."""
        self.workers.pop(name).kill()
        self.ears.pop(name, None)

    async def dies_at(self, hold: Hold) -> None:
        """The worker dies where it is held, and another ends what it began."""
        await hold.reached.wait()
        self.kill()
        hold.go.set()
        await self.work("w2")
        await self.rests()

    def publish(self, wakes: Sequence[Wake]) -> None:
        for ear in list(self.ears.values()):
            ear(wakes)

    async def hear(self, *said: str | Inbound, of: str = ADA) -> None:
        """One webhook with these messages."""
        events = [text(each, of=of, at=self.clock.now()) if isinstance(each, str) else each for each in said]
        taken = await self.store.take(Intake([Arrival(self.channel, each, self.clock.now()) for each in events]))
        self.publish(taken.wakes)

    async def mode(self, mode: str) -> None:
        wake = await self.store.set_mode((await self.conversation()).key, mode, self.clock.now())
        self.publish([wake] if wake else [])

    async def conversation(self, of: str = ADA) -> Conversation:
        found = await self.store.find(DEFAULT_WORKSPACE, self.channel.id, f"phone:{of}")
        assert found is not None
        return found

    async def rests(self, limit: float = 900.0, of: str = ADA) -> None:
        """Until nothing is due, runs or waits to be sent."""
        over = now() + limit
        while now() < over:
            found = await self.conversation(of)
            if found.owner is None and found.due_at is None:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"never at rest: {await self.conversation(of)}, told {self.texts}")

    async def ledger(self) -> Ledger:
        return await self.store.ledger()

    async def states(self) -> dict[str, int]:
        return {state: n for state, n in (await self.store.ledger()).states.items() if n}

    async def moments(self, kind: str, of: str = ADA) -> list[Moment]:
        key = (await self.conversation(of)).key
        return [moment for moment in await self.store.moments(key, 1000) if moment.kind == kind]

    def steps(self) -> list[tuple[str, bool]]:
        """The journal: name, and whether a result is stored."""
        connection = self.store._opened()
        found = connection.execute("select name, result is not null from step order by began_at, name").fetchall()
        return [(str(name), bool(done)) for name, done in found]


class Ear:
    """A worker's end of the line."""

    def __init__(self, shop: Shop, name: str) -> None:
        self._shop = shop
        self._name = name

    def publish(self, wakes: Sequence[Wake]) -> None: ...

    async def start(self, on_wakes: OnWakes | None) -> None:
        if on_wakes is not None:
            self._shop.ears[self._name] = on_wakes

    async def close(self) -> None:
        self._shop.ears.pop(self._name, None)


@asynccontextmanager
async def shop(
    bot: Bot, turns: TurnPolicy = TURNS, sends: SendPolicy = SENDS, *, workers: int = 1, adapter: Any = None
) -> AsyncIterator[Shop]:
    """A shop that is open, with workers w1, w2, …; `adapter` instead of the Cloud API's."""
    place = Shop(bot, turns, sends)
    place.adapter = adapter or place.adapter
    await place.store.open()
    await place.store.migrate()
    for number in range(workers):
        await place.work(f"w{number + 1}")
    try:
        yield place
    finally:
        for name in list(place.workers):
            place.kill(name)
        await asyncio.sleep(0.01)
        await place.store.close()


def now() -> float:
    """Virtual seconds."""
    return asyncio.get_running_loop().time()
