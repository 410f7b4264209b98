"""A shop whose provider is the fake Graph API, files and all, in virtual time and without a socket."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2

from turnkeeper.bots.python import Bot
from turnkeeper.bots.turn import Turn
from turnkeeper.channels.base import Webhook
from turnkeeper.channels.registry import find
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloudConfig
from turnkeeper.engine.erasing import Erasing
from turnkeeper.engine.http import Client
from turnkeeper.engine.media import FileKeeper, Links
from turnkeeper.engine.sorting import sorted_out
from turnkeeper.engine.wakeups import LocalWakeups
from turnkeeper.engine.worker import Worker
from turnkeeper.media.base import MediaStore
from turnkeeper.media.disk import DiskStore
from turnkeeper.model.conversation import Conversation
from turnkeeper.model.ids import DEFAULT_WORKSPACE, BotId, ChannelId
from turnkeeper.model.policy import Channel, SendPolicy, TurnPolicy
from turnkeeper.store.base import Moment
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import ADA, TURNS, Channels
from turnkeeper.testing.fake_graph import FakeGraph, FakeGraphTransport, FakeNumber, Lie
from turnkeeper.testing.fake_graph.people import Person, Received
from turnkeeper.testing.virtual_time import VirtualClock

API = "https://graph.test"
NUMBER = FakeNumber("1001", waba_id="2001")
CONFIG = WhatsAppCloudConfig("1001", "2001", "token", "secret", "verify", api_base=API)
STALE = find("whatsapp_cloud").adapter.capabilities.stale_uploads
SENDS = SendPolicy(window=86_400.0, on_unknown="wait_then_resend", stale_uploads=STALE)
LARGEST = 100 * 1024 * 1024
PUBLIC = "https://bot.example.com"
Stage = Callable[[Turn], Awaitable[None]]
ADDRESSES = {"files.example.com": "93.184.216.34", "inside.example.com": "10.0.0.7", "bot.example.com": "10.0.0.8"}


class LoopClock(VirtualClock):
    """The fake's clock is the engine's."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def resolved(host: str, _: int) -> list[str]:
    """The names of these tests; an address is its own."""
    if host in ADDRESSES:
        return [ADDRESSES[host]]
    if host.endswith((".example.com", ".test")):
        raise OSError("no such host")
    return [host]


class Studio:
    """Everything of one test. `kept` is where files are; `fake.media` what the provider has."""

    def __init__(
        self,
        folder: Path,
        bot: Stage,
        turns: TurnPolicy,
        kept: MediaStore | None = None,
        database: str = ":memory:",
    ) -> None:
        self.folder = folder
        self.bot = Bot("b", version="1")
        self.bot.stage("only", first=True)(bot)
        self.channel = Channel(DEFAULT_WORKSPACE, ChannelId("shop"), "whatsapp_cloud", BotId("b"), turns, SENDS, CONFIG)
        self.store = SqliteStore(database, Channels(self.channel), inline=True)
        self.erasing: Erasing | None = None
        """What new workers tell of their turns."""
        self.webhooks: list[bytes] = []
        """Every webhook's body."""
        self.clock = LoopClock()
        self.adapter: Any = find("whatsapp_cloud").adapter
        self.wakeups = LocalWakeups()
        self.kept = kept or DiskStore(folder / "media")
        self.fake = FakeGraph(
            "secret",
            "verify",
            "token",
            "http://hooks.test/",
            [NUMBER],
            clock=self.clock,
            webhook_client=httpx2.AsyncClient(transport=httpx2.MockTransport(self._hear)),
        )
        self.elsewhere: dict[str, bytes] = {}
        """What other hosts than the Graph API's answer, by address."""
        self.called: list[str] = []
        """Every address that was called, host first, as it went over the wire."""
        self.methods: list[str] = []
        """And how."""
        self.client = Client(transport=_Wire(self), resolve=resolved)
        self.largest = LARGEST
        self.workers: list[Worker] = []

    async def _hear(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        self.webhooks.append(body)
        received = self.adapter.parse(Webhook({}, body), CONFIG)
        own = {"1001": self.channel, "2001": self.channel}
        taken = await self.store.take(sorted_out(received, own, self.channel, self.clock.now()))
        self.wakeups.publish(taken.wakes)
        return httpx2.Response(200)

    def keeper(self) -> FileKeeper:
        return FileKeeper(
            self.store,
            self.kept,
            {"whatsapp_cloud": self.adapter},
            self.client,
            self.clock,
            incoming=self.folder / "media" / "incoming",
            largest=self.largest,
            signing=Links(lambda: b"a secret", PUBLIC),
        )

    async def work(self) -> Worker:
        """Start a worker."""
        self.wakeups = LocalWakeups()
        life = len(self.workers) + 1
        worker = Worker(
            self.store,
            {"whatsapp_cloud": self.adapter},
            {"b": self.bot},
            self.client,
            self.wakeups,
            self.clock,
            rng=random.Random(1),
            name=lambda: f"w{life}",
            files=self.keeper(),
            erasing=self.erasing,
        )
        await worker.start()
        self.workers.append(worker)
        return worker

    async def crash(self) -> None:
        """`kill -9`, and another worker."""
        self.workers[-1].kill()
        await self.work()

    async def sleeps(self, seconds: float) -> None:
        """Nothing happens for so long: without a server, whose heart would beat all the while."""
        await self.workers[-1].drain(0.0)
        await asyncio.sleep(seconds)
        await self.work()

    async def sends(
        self, kind: str, data: bytes, mime: str, filename: str | None = None, lie: Lie | None = None, **more: Any
    ) -> str:
        """The person sends a file; its id."""
        media_id = self.fake.media.put(data, mime, filename, lie=lie)
        payload = self.fake.media.webhook(media_id) | more
        if filename is not None:
            payload["filename"] = filename
        await (await self.person()).send(kind, payload)
        return media_id

    async def writes(self, said: str) -> None:
        await (await self.person()).write(said)

    async def person(self) -> Person:
        return await self.fake.person(phone=ADA)

    @property
    def received(self) -> list[Received]:
        """What reached the person."""
        person = self.fake.find_person(ADA)
        return [] if person is None else list(person.thread().received)

    @property
    def heard(self) -> list[str]:
        """The words that reached the person."""
        return [each.text for each in self.received]

    async def conversation(self) -> Conversation:
        (found,) = await self.store.recent(10)
        return found

    async def rests(self, limit: float = 900.0) -> None:
        """Until nothing is due, runs or waits to be sent."""
        over, calm = self.clock.now() + limit, 0
        while self.clock.now() < over:
            await asyncio.sleep(0.25)
            found = await self.store.recent(10)
            calm = calm + 1 if found and found[0].owner is None and found[0].due_at is None else 0
            if calm > 8:
                return
        raise AssertionError(f"never at rest: {await self.store.recent(10)}")

    async def moments(self, kind: str) -> list[Moment]:
        key = (await self.conversation()).key
        return [moment for moment in await self.store.moments(key, 1000) if moment.kind == kind]

    def files(self) -> list[Path]:
        """What is on the disk."""
        return sorted(path for path in (self.folder / "media").rglob("*") if path.is_file())


class _Wire(httpx2.AsyncBaseTransport):
    """The Graph API, and other hosts."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._graph = FakeGraphTransport(studio.fake)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self._studio.called.append(str(request.url))
        self._studio.methods.append(request.method)
        if request.url.host == "graph.test":
            return await self._graph.handle_async_request(request)
        content = self._studio.elsewhere.get(str(request.url))
        if content is None:
            raise httpx2.ConnectError("nobody is there", request=request)
        return httpx2.Response(200, stream=_Streamed(content), request=request)


class _Streamed(httpx2.AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content


@asynccontextmanager
async def studio(
    bot: Stage, turns: TurnPolicy = TURNS, kept: MediaStore | None = None, *, on_disk: bool = False
) -> AsyncIterator[Studio]:
    """A studio that is open, with a worker. `on_disk`: its database too."""
    with TemporaryDirectory() as folder:
        database = f"{folder}/turnkeeper.db" if on_disk else ":memory:"
        place = Studio(Path(folder), bot, turns, kept, database)
        await place.store.open()
        await place.store.migrate()
        await place.work()
        try:
            yield place
        finally:
            place.workers[-1].kill()
            await asyncio.sleep(0.01)
            await place.fake.aclose()
            await place.client.close()
            await place.store.close()
