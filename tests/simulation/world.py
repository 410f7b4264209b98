"""A small world for the engine: people who write, a provider that fails in every way, workers that die.

Everything is drawn from one seed; the store is the production store, in memory, played in the loop.
"""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import structlog

from turnkeeper.channels.base import Calls, HttpCall, HttpReply
from turnkeeper.channels.registry import find
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloudConfig
from turnkeeper.engine.answer import Answer, Later, Work
from turnkeeper.engine.wakeups import OnWakes
from turnkeeper.engine.worker import Worker
from turnkeeper.model.contents import List, Reply
from turnkeeper.model.errors import Fenced, StoreUnavailable
from turnkeeper.model.events import DeliveryUpdate, Inbound
from turnkeeper.model.ids import DEFAULT_WORKSPACE, BotId, ChannelId
from turnkeeper.model.policy import Channel, RateLimit, SendPolicy, TurnPolicy
from turnkeeper.model.subscriptions import Subscription
from turnkeeper.store.base import Arrival, Intake, Report
from turnkeeper.store.runs import Wake
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.virtual_time import VirtualClock

QUIET = structlog.make_filtering_bound_logger(50)
"""The wrapper class of logs that nobody reads, set by whoever runs worlds: other tests read theirs."""

CONFIG = WhatsAppCloudConfig(
    phone_number_id="1001", waba_id="2001", access_token="token", app_secret="secret", verify_token="verify"
)


IDLE = frozenset({"beat", "claim", "fire_timers", "next_due", "register"})
"""Calls that a worker makes with nothing in hand."""


@dataclass
class Faults:
    """What may go wrong, as probabilities of each occasion; `kill_at`: the occasion at which a worker dies.

    `stop_at`: at which it is told to stop, and has a second to finish.
    """

    store_before: float = 0.0
    store_after: float = 0.0
    not_connected: float = 0.0
    refused: float = 0.0
    taken_then_lost: float = 0.0
    lost_before_taken: float = 0.0
    lost_wakes: float = 0.0
    duplicated_webhooks: float = 0.2
    lost_webhook_answer: float = 0.1
    raising_bot: float = 0.0
    kill_at: int | None = None
    stop_at: int | None = None
    pause_at: int | None = None
    takeover: bool = False


@dataclass
class Told:
    """What the provider took, in its order."""

    person: str
    tracker: str
    text: str
    at: float


class Killed(BaseException):
    """The process is gone."""


class Occasions:
    """Counts the places at which something may go wrong, and tells the world when it is time."""

    def __init__(self, world: "World") -> None:
        self.count = 0
        self._paused: dict[str, float] = {}
        self._world = world

    async def here(self, name: str, *, counts: bool = True) -> None:
        """Called at every await that leaves the worker; idle ones (`counts` False) are no place for a fault."""
        self.count += counts
        world = self._world
        if counts and self.count == world.faults.kill_at:
            world.log(f"kill {name} at {self.count}")
            world.kill(name)
            await asyncio.sleep(3600)
        if counts and self.count == world.faults.stop_at:
            world.stop(name)
        if counts and self.count == world.faults.pause_at:
            world.log(f"pause {name} at {self.count}")
            self._paused[name] = world.clock.now() + world.rng.choice([3.0, 8.0, 60.0])
        while (left := self._paused.get(name, 0.0) - world.clock.now()) > 0:
            await asyncio.sleep(max(left, 0.01))


class FaultyStore:
    """A worker's view of the store: every call may fail before or after it was done."""

    def __init__(self, store: SqliteStore, world: "World", name: str) -> None:
        self._store = store
        self._world = world
        self._name = name

    def __getattr__(self, operation: str) -> Any:
        real = getattr(self._store, operation)

        async def call(*args: Any, **named: Any) -> Any:
            world = self._world
            idle = operation in IDLE
            await world.occasions.here(self._name, counts=not idle)
            if world.rng.random() < world.faults.store_before:
                raise StoreUnavailable(f"{operation}: not done")
            result = await real(*args, **named)
            await world.occasions.here(self._name, counts=not idle or (operation == "claim" and bool(result)))
            if world.rng.random() < world.faults.store_after:
                raise StoreUnavailable(f"{operation}: done, answer lost")
            return result

        return call


class Provider:
    """Takes sends as the Cloud API does, and reports on them; keeps what reached people."""

    def __init__(self, world: "World", name: str) -> None:
        self._world = world
        self._name = name

    async def play(self, calls: Calls[Any], *, timeout: float) -> Any:
        try:
            call = next(calls)
            while True:
                call = calls.send(await self._reply(call, timeout))
        except StopIteration as done:
            return done.value

    async def _reply(self, call: HttpCall, timeout: float) -> HttpReply:
        world = self._world
        body: Any = call.json
        if body.get("status") == "read":
            return HttpReply(200, b'{"success":true}')
        began = world.clock.now()
        world.calls.append((person_of(body), began))
        await world.occasions.here(self._name)
        if world.clock.now() - began > timeout:
            return HttpReply(failure="not_connected")
        roll = world.rng.random()
        faults = world.faults
        await asyncio.sleep(world.rng.uniform(0.01, 0.4))
        if (roll := roll - faults.not_connected) < 0:
            return HttpReply(failure="not_connected")
        if (roll := roll - faults.refused) < 0:
            return HttpReply(400, b'{"error":{"code":130429,"message":"slow down"}}')
        if (roll := roll - faults.lost_before_taken) < 0:
            await asyncio.sleep(timeout)
            return HttpReply(failure="no_answer")
        external_id = world.taken(body)
        await world.occasions.here(self._name)
        if (roll := roll - faults.taken_then_lost) < 0:
            await asyncio.sleep(world.rng.choice([0.1, timeout]))
            return HttpReply(failure="no_answer")
        await asyncio.sleep(world.rng.uniform(0.01, 0.4))
        reply = {"messaging_product": "whatsapp", "contacts": [], "messages": [{"id": external_id}]}
        return HttpReply(200, msgspec.json.encode(reply))


def person_of(body: dict[str, Any]) -> str:
    """To whom a call sends."""
    return str(body.get("to") or body.get("recipient")).lstrip("+")


def paced(rng: random.Random) -> SendPolicy:
    """How fast the channel may send, and what a part waits for."""
    return SendPolicy(
        window=86_400.0,
        on_unknown="wait_then_resend",
        per_second=rng.choice((None, 80.0, 4.0, 1.0, 0.4)),
        pair=rng.choice((None, None, RateLimit(2, 6.0))),
        parts=rng.choice(("accepted", "delivered")),
        parts_wait=rng.choice((0.0, 2.0)),
    )


class Line:
    """Wake-ups between the web and the workers; some are lost."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def publish(self, wakes: Sequence[Wake]) -> None:
        for on_wakes in list(self._world.listeners.values()):
            if self._world.rng.random() >= self._world.faults.lost_wakes:
                asyncio.get_running_loop().call_soon(on_wakes, wakes)


class Ear:
    """One worker's end of the line."""

    def __init__(self, world: "World", name: str) -> None:
        self._world = world
        self._name = name

    def publish(self, wakes: Sequence[Wake]) -> None: ...

    async def start(self, on_wakes: OnWakes | None) -> None:
        if on_wakes is not None:
            self._world.listeners[self._name] = on_wakes

    async def close(self) -> None:
        self._world.listeners.pop(self._name, None)


class EchoBot:
    """Says which messages it answers; with steps, an effect now and then, and a temper."""

    version = "1"

    def __init__(self, world: "World") -> None:
        self._world = world

    async def answer(self, work: Work) -> Answer:
        world = self._world
        said = [event.text or "timer" for event in work.events]
        for event in work.events:
            world.chosen[event.text or ""].add(event.choice.id if event.choice is not None else None)
        plan = random.Random(f"{world.seed}:{','.join(said)}")

        async def think(_: str) -> bytes:
            await asyncio.sleep(plan.uniform(0.2, 3.0))
            return msgspec.json.encode(said)

        await work.step("think", think, b"", effect=False, on_unknown="retry")
        if world.rng.random() < world.faults.raising_bot:
            raise ValueError("the bot is cross")
        if plan.random() < 0.3:

            async def book(key: str) -> bytes:
                world.booked[key] += 1
                await asyncio.sleep(plan.uniform(0.0, 1.0))
                return b"true"

            await work.step("book", book, b"", effect=True, on_unknown="retry")
        if plan.random() < 0.3:
            await work.say_now(f"one moment {work.number}")
        replies: list[Reply] = [f"answer {part}: {' '.join(said)}" for part in range(plan.randint(1, 3))]
        if plan.random() < 0.3:  # more rows than a list holds: numbered text, whose labels are what people write
            replies.append(List("which?", "show", [f"m{n}" for n in range(11)]))
        timers = [Later(plan.uniform(5.0, 20.0), "nudge")] if said[0] != "timer" and plan.random() < 0.2 else []
        return Answer(replies, {"turns": work.number}, "talk", timers)


@dataclass
class World:
    """One run. `people` write `messages` in all, within `span` virtual seconds."""

    seed: int
    faults: Faults = field(default_factory=Faults)
    turns: TurnPolicy = field(default_factory=lambda: TurnPolicy(quiet=1.0, max_wait=6.0, rate_limit=None))
    people: int = 2
    messages: int = 8
    span: float = 25.0

    def __post_init__(self) -> None:
        self.rng = random.Random(f"world {self.seed}")
        self.occasions = Occasions(self)
        self.moments = self._moments()
        self.listeners: dict[str, OnWakes] = {}
        self.told: list[Told] = []
        self.calls: list[tuple[str, float]] = []
        self.booked: Counter[str] = Counter()
        self.story: list[str] = []
        self.workers: dict[str, Worker] = {}
        self.names = 0
        self.webhooks: set[asyncio.Task[None]] = set()
        self.accepted: dict[str, str] = {}
        self.chosen: defaultdict[str, set[str | None]] = defaultdict(set)
        edits = random.Random(f"edits {self.seed}")
        self.edits = {n: edits.uniform(-3.0, 4.0) for n in range(self.messages) if edits.random() < 0.2}
        """Messages that are edited to "m3e": how many seconds after they were written; below zero, it comes first."""
        sends = paced(random.Random(f"pace {self.seed}"))
        self.channel = Channel(
            DEFAULT_WORKSPACE, ChannelId("shop"), "whatsapp_cloud", BotId("echo"), self.turns, sends, CONFIG
        )

    def _moments(self) -> list[float]:
        """When each message is written: people write in bursts, so that turns are interrupted."""
        bursts = [self.rng.uniform(0.0, self.span) for _ in range(3)]
        return [self.rng.choice(bursts) + self.rng.expovariate(0.5) for _ in range(self.messages)]

    def log(self, line: str) -> None:
        self.story.append(f"{asyncio.get_running_loop().time():8.3f} {line}")

    async def run(self) -> None:
        """Let everything happen, then wait until the dust has settled."""
        self.store = SqliteStore(":memory:", Directory(self.channel), inline=True)
        await self.store.open()
        await self.store.migrate()
        self.clock = VirtualClock()
        self.line = Line(self)
        await self.new_worker()
        await self.new_worker()
        await asyncio.gather(
            *(self._write(number) for number in range(self.messages)),
            *(self._edit(number, later) for number, later in self.edits.items()),
            self._take_over(),
        )
        await self._settle()
        for name in list(self.workers):
            self.kill(name, replace_it=False)
        await asyncio.sleep(0.1)
        self.ledger = await self.store.ledger()
        await self.store.close()

    async def new_worker(self) -> None:
        self.names += 1
        name = f"w{self.names}"
        store: Any = FaultyStore(self.store, self, name)
        adapters: Mapping[str, Any] = {"whatsapp_cloud": find("whatsapp_cloud").adapter}
        worker = Worker(
            store,
            adapters,
            {"echo": EchoBot(self)},
            Provider(self, name),
            Ear(self, name),
            self.clock,
            rng=random.Random(f"{self.seed}{name}"),
            name=self._ids(name),
        )
        while True:
            try:
                await worker.start()
                break
            except StoreUnavailable:
                worker.kill()
                await self.new_worker()
                return
        self.workers[name] = worker

    def _ids(self, name: str) -> Callable[[], str]:
        lives = iter(range(1_000_000))
        return lambda: f"{name}.{next(lives)}"

    def kill(self, name: str, *, replace_it: bool = True) -> None:
        """`kill -9`; a supervisor starts another worker soon after."""
        worker = self.workers.pop(name, None)
        self.listeners.pop(name, None)
        if worker is None:
            return
        worker.kill()
        if replace_it:
            self._background(self._replace())

    def stop(self, name: str) -> None:
        """SIGTERM: it finishes or hands over; the next one is started meanwhile."""
        worker = self.workers.pop(name, None)
        if worker is not None:
            self.log(f"stop {name} at {self.occasions.count}")
            self._background(worker.drain(1.0))
            self._background(self._replace())

    async def _replace(self) -> None:
        await asyncio.sleep(self.rng.uniform(0.2, 1.0))
        await self.new_worker()

    def _background(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.webhooks.add(task)
        task.add_done_callback(self.webhooks.discard)

    async def _write(self, number: int) -> None:
        await asyncio.sleep(self.moments[number])
        person = f"1555000{number % self.people}"
        event = Inbound(
            kind="text",
            account_id="1001",
            message_id=f"wamid.{number}",
            text=f"m{number}",
            timestamp=int(self.clock.now()),
            addresses=(f"user:US.{person}", f"phone:{person}"),
            dedup_key=f"m:wamid.{number}",
        )
        self.accepted[f"m{number}"] = person
        await self._webhook(Intake(arrivals=[Arrival(self.channel, event, self.clock.now())]))

    async def _edit(self, number: int, later: float) -> None:
        await asyncio.sleep(max(0.0, self.moments[number] + later))
        person = f"1555000{number % self.people}"
        event = Inbound(
            kind="edited",
            account_id="1001",
            message_id=f"wamid.{number}.edit",
            target_message_id=f"wamid.{number}",
            text=f"m{number}e",
            timestamp=int(self.clock.now()),
            addresses=(f"user:US.{person}", f"phone:{person}"),
            dedup_key=f"m:wamid.{number}.edit",
        )
        await self._webhook(Intake(arrivals=[Arrival(self.channel, event, self.clock.now())]))

    async def _webhook(self, intake: Intake) -> None:
        """Delivered at least once: again when its answer was lost, and sometimes for no reason."""
        while True:
            taken = await self.store.take(intake)
            self.line.publish(taken.wakes)
            if self.rng.random() < self.faults.duplicated_webhooks:
                await asyncio.sleep(self.rng.uniform(0.0, 3.0))
                continue
            if self.rng.random() >= self.faults.lost_webhook_answer:
                return
            await asyncio.sleep(self.rng.uniform(0.1, 2.0))

    def taken(self, body: dict[str, Any]) -> str:
        """The provider has a message: it reaches the person, and reports follow."""
        external_id = f"wamid.out.{len(self.told)}"
        person = person_of(body)
        tracker = body["biz_opaque_callback_data"]
        self.told.append(Told(person, tracker, body["text"]["body"], self.clock.now()))
        self.log(f"told {person}: {body['text']['body']}")
        for status, delay in (("sent", 2.0), ("delivered", 3.0), ("read", 5.0)):
            update = DeliveryUpdate(
                status=status,  # type: ignore[arg-type]
                account_id="1001",
                message_id=external_id,
                timestamp=int(self.clock.now()),
                tracker=tracker,
            )
            self._background(self._report(update, self.rng.uniform(0.0, delay * 3)))
        return external_id

    async def _report(self, update: DeliveryUpdate, delay: float) -> None:
        await asyncio.sleep(delay)
        await self._webhook(Intake(reports=[Report(self.channel, update, self.clock.now())]))

    async def _take_over(self) -> None:
        if not self.faults.takeover:
            return
        await asyncio.sleep(self.rng.uniform(1.0, self.span))
        found = await self.store.find(DEFAULT_WORKSPACE, ChannelId("shop"), "phone:15550000")
        if found is None:
            return
        wake = await self.store.set_mode(found.key, "human", self.clock.now())
        self.line.publish([wake] if wake else [])
        self.log("a person takes over")
        self.handed_over_at = self.clock.now()
        await asyncio.sleep(self.rng.uniform(2.0, 10.0))
        wake = await self.store.set_mode(found.key, "bot", self.clock.now())
        self.line.publish([wake] if wake else [])

    async def _settle(self) -> None:
        """Until nothing waits or runs any more, at most half an hour."""
        calm = dict.fromkeys(("store_before", "store_after", "raising_bot", "not_connected", "refused"), 0.0)
        self.faults = replace(self.faults, **calm)
        for _ in range(360):
            await asyncio.sleep(5.0)
            states = (await self.store.ledger()).states
            if not self.webhooks and not states["waiting"] and not states["running"]:
                if await self.store.next_due() is None:
                    return
        raise AssertionError(f"never settled: {await self.store.ledger()}")


@dataclass
class Directory:
    """One channel."""

    only: Channel

    def channel(self, workspace_id: str, channel_id: str) -> Channel | None:
        return self.only if (workspace_id, channel_id) == (self.only.workspace_id, self.only.id) else None

    def wanting(self, *_: str) -> tuple[Subscription, ...]:
        return ()


__all__ = ["Faults", "Fenced", "World"]
