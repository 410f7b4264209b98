"""Telling others: webhooks signed and retried, each subscription on its own; chats through the same queue."""

import asyncio
import json
import random
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from turnkeeper.channels import registry
from turnkeeper.engine.announcing import Announcing, Notice, Told
from turnkeeper.engine.figures import Figures
from turnkeeper.engine.http import Client
from turnkeeper.engine.speaking import Speaker
from turnkeeper.engine.telling import ChatTeller, WebhookTeller
from turnkeeper.model.contents import Content, Template, words_of
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.policy import SendPolicy
from turnkeeper.model.subscriptions import EVENTS, Subscription
from turnkeeper.rules.announcing import GIVES_UP, again_at
from turnkeeper.rules.signing import is_proven
from turnkeeper.store.base import Arrival, Intake
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.events import ADA, Channels, channel, text
from turnkeeper.testing.http import NoReply, Reply, Request
from turnkeeper.testing.loopback import InProcess
from turnkeeper.testing.virtual_time import VirtualClock

MINE = WorkspaceId("default")
SECRET = "secret-of-the-crm"
SHOP = channel()
DAY = 86_400.0


def wants(name: str = "crm", *events: str, texts: bool = True) -> Subscription:
    return Subscription(MINE, name, "webhook", events or EVENTS, texts=texts)


class Subscriber:
    """Answers with these statuses, then with 200; `slow`: seconds until each answer. 0: not at all."""

    base_url = ""

    def __init__(self, *statuses: int, slow: float = 0.0) -> None:
        self.statuses = deque(statuses)
        self.slow = slow
        self.told: list[dict[str, Any]] = []
        self.at: list[float] = []
        self.proven: list[bool] = []

    async def answer(self, request: Request) -> Reply:
        clock = VirtualClock()
        self.at.append(clock.now())
        header = request.headers["x-turnkeeper-signature"]
        self.proven.append(is_proven(header, SECRET, request.body, clock.now()))
        said = json.loads(request.body)
        assert request.headers["x-turnkeeper-event"] == said["event"]
        assert request.headers["x-turnkeeper-id"] == said["id"]
        self.told.append(said)
        await asyncio.sleep(self.slow)
        status = self.statuses.popleft() if self.statuses else 200
        if not status:
            raise NoReply(closed=True)
        return Reply(status, b"x" * 1000)

    async def aclose(self) -> None: ...

    @property
    def texts(self) -> list[str]:
        return [each["data"].get("text", "") for each in self.told]


class Rig:
    """A store, subscribers, and whoever tells them."""

    def __init__(self, store: SqliteStore, directory: Channels) -> None:
        self.store = store
        self.directory = directory
        self.clock = VirtualClock()
        self.figures = Figures()
        self.tellers: list[tuple[Subscription, Any]] = []
        self.clients: list[Client] = []
        self.running: asyncio.Task[None] | None = None

    def subscribe(self, subscription: Subscription, subscriber: Subscriber) -> None:
        client = Client(transport=InProcess(subscriber))
        self.clients.append(client)
        self.add(subscription, WebhookTeller(client, "http://10.0.0.7/told", SECRET, self.clock))

    def add(self, subscription: Subscription, teller: Any) -> None:
        self.tellers.append((subscription, teller))
        self.directory.subscriptions = tuple(each for each, _ in self.tellers)

    def start(self, public_url: str = "", every: float = 0.5) -> None:
        announcing = Announcing(
            self.store,
            self.tellers,
            self.clock,
            public_url=public_url,
            figures=self.figures,
            every=every,
            rng=random.Random(1),
        )
        self.running = asyncio.create_task(announcing.run())

    async def dies(self) -> None:
        assert self.running is not None
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)

    async def hears(self, *said: str, of: str = ADA) -> None:
        arrivals = [Arrival(SHOP, text(each, of=of), self.clock.now()) for each in said]
        await self.store.take(Intake(arrivals))


@asynccontextmanager
async def rig(*channels: Any) -> AsyncIterator[Rig]:
    directory = Channels(*(channels or (SHOP,)))
    store = SqliteStore(":memory:", directory, inline=True)
    await store.open()
    await store.migrate()
    made = Rig(store, directory)
    try:
        yield made
    finally:
        if made.running is not None:
            await made.dies()
        for client in made.clients:
            await client.close()
        await store.close()


@in_virtual_time
async def test_what_happened_is_told_signed_and_in_order_whatever_fails_first() -> None:
    async with rig() as r:
        crm = Subscriber(500, 0, 302)
        r.subscribe(wants(), crm)
        r.start()
        await r.hears("one", "two", "three")
        await asyncio.sleep(300)
        assert crm.texts == ["one", "one", "one", "one", "two", "three"]
        assert all(crm.proven)
        assert len({each["id"] for each in crm.told}) == 3
        first = crm.told[0]
        assert (first["event"], first["channel"], first["workspace"]) == ("message.received", "shop", "default")
        assert first["contact"]["addresses"] == [f"phone:{ADA}"]
        waits = [after - before for before, after in zip(crm.at, crm.at[1:], strict=False)]
        assert 1.5 <= waits[0] <= 3.1 <= waits[1] <= 5.6 <= waits[2] <= 10.6
        assert max(waits[3:]) < 1
        assert r.figures.announcements == {("crm", "later"): 3, ("crm", "sent"): 3}


@in_virtual_time
async def test_a_slow_subscriber_delays_nobody_else_and_no_other_conversation() -> None:
    async with rig() as r:
        slow, quick = Subscriber(slow=8.0), Subscriber()
        r.subscribe(wants("slow"), slow)
        r.subscribe(wants("quick"), quick)
        r.start()
        for n in range(20):
            await r.hears("one", "two", of=f"1555000{n:04}")
        await asyncio.sleep(2)
        assert len(quick.told) == 40
        assert len(slow.told) == 16
        await asyncio.sleep(60)
        assert len(slow.told) == 40
        assert all(slow.texts[n] in ("one", "two") for n in range(40))


@in_virtual_time
async def test_after_three_days_the_next_goes_on_and_410_ends_it_at_once() -> None:
    async with rig() as r:
        crm = Subscriber(*[500] * 200)
        r.subscribe(wants(), crm)
        r.start(every=300)
        await r.hears("one")
        await asyncio.sleep(2 * DAY)
        await r.hears("two")
        await asyncio.sleep(1.5 * DAY)
        assert set(crm.texts) == {"one", "two"}
        assert crm.texts.index("two") == crm.texts.count("one") > 15
        crm.statuses.clear()
        crm.statuses.append(410)
        tries = crm.texts.count("two")
        await r.hears("three")
        await asyncio.sleep(6 * 3600)
        assert crm.texts[-2:] == ["two", "three"]
        assert crm.texts.count("two") == tries + 1
        assert await r.store.waiting_announcements() == []


@in_virtual_time
async def test_why_it_could_not_be_told_is_kept() -> None:
    async with rig() as r:
        crm = Subscriber(503, 410)
        r.subscribe(wants(), crm)
        r.start()
        await r.hears("one")
        await asyncio.sleep(1)
        assert await kept(r) == [("waiting", "answered with status 503")]
        await asyncio.sleep(60)
        assert await kept(r) == [("failed", "answered with status 410")]
        await r.hears("two")
        await asyncio.sleep(1)
        assert (await kept(r))[1:] == [("sent", None)]


async def kept(r: Rig) -> list[tuple[str, str | None]]:
    """How each stands, and why."""
    return await r.store._read(  # type: ignore[attr-defined,no-any-return]
        lambda at: at.execute("select state, reason from announcement order by seq").fetchall()
    )


@in_virtual_time
async def test_a_worker_that_dies_loses_nothing() -> None:
    async with rig() as r:
        crm = Subscriber(slow=5.0)
        r.subscribe(wants(), crm)
        r.start()
        await r.hears("one", "two")
        await asyncio.sleep(1)
        await r.dies()
        assert crm.texts == ["one"]
        r.start()
        await asyncio.sleep(120)
        assert crm.texts == ["one", "one", "two"]
        assert crm.told[0] == crm.told[1]


@in_virtual_time
async def test_a_way_of_telling_that_hangs_or_raises_is_tried_again() -> None:
    async with rig() as r:
        tries: list[str] = []

        class Odd:
            async def tell(self, notice: Notice) -> Told:
                tries.append(notice.event)
                if len(tries) == 1:
                    await asyncio.sleep(3600)
                if len(tries) == 2:
                    raise RuntimeError("a mistake")
                return Told("sent")

        r.add(wants(), Odd())
        r.start()
        await r.hears("one")
        await asyncio.sleep(200)
        assert len(tries) == 3
        assert await r.store.waiting_announcements() == []


async def notice_of(r: Rig, address: str = ADA, event: str = "conversation.escalated") -> Notice:
    payload = {
        "id": "default-1",
        "event": event,
        "at": 1.0,
        "workspace": "default",
        "conversation": "c1",
        "channel": "shop",
        "contact": {"id": "p1", "addresses": [f"phone:{address}"]},
        "data": {
            "reason": "wants a person",
            "lines": [{"role": "contact", "text": "help\n*me*"}],
            "url": "https://b/c1",
        },
    }
    return Notice("default-1", event, payload)


async def outbox(r: Rig, address: str) -> list[Content]:
    import msgspec

    found = await r.store.find(MINE, SHOP.id, f"phone:{address}")
    if found is None:
        return []
    rows = await r.store._read(  # type: ignore[attr-defined]
        lambda at: at.execute("select content from outbound where conversation_id = ?", (found.id,)).fetchall()
    )
    return [msgspec.json.decode(row[0], type=Content) for row in rows]


def chat(r: Rig, to: str, *, window: float | None = None, template: tuple[str, str] | None = None) -> ChatTeller:
    team = channel(sends=SendPolicy(window))
    adapters = {team.kind: registry.find(team.kind).adapter}
    return ChatTeller(Speaker(r.store, adapters, r.clock), r.store, team, f"phone:{to}", r.clock, template)


@in_virtual_time
async def test_a_chat_is_told_once_in_words() -> None:
    async with rig() as r:
        teller = chat(r, "15550009999")
        notice = await notice_of(r)
        assert [await teller.tell(notice), await teller.tell(notice)] == [Told("sent"), Told("sent")]
        (said,) = await outbox(r, "15550009999")
        words = words_of(said)
        for part in ("A person is wanted: +15551230001 on shop", "Why: wants a person", "https://b/c1", "They: help"):
            assert part in words


@in_virtual_time
async def test_a_chat_is_not_told_of_itself() -> None:
    async with rig() as r:
        assert (await chat(r, ADA).tell(await notice_of(r))).outcome == "sent"
        assert await outbox(r, ADA) == []


@in_virtual_time
async def test_a_chat_whose_window_is_closed_gets_the_template() -> None:
    async with rig() as r:
        teller = chat(r, "15550009999", window=DAY, template=("team_notice", "en"))
        await teller.tell(await notice_of(r))
        (said,) = await outbox(r, "15550009999")
        assert isinstance(said, Template)
        assert (said.name, said.language) == ("team_notice", "en")
        assert "\n" not in said.body[0]
        assert "wants a person" in said.body[0]


@in_virtual_time
async def test_a_chat_whose_window_is_open_gets_words() -> None:
    async with rig() as r:
        await r.hears("hello", of="15550009999")
        await chat(r, "15550009999", window=DAY, template=("team_notice", "en")).tell(await notice_of(r))
        (said,) = await outbox(r, "15550009999")
        assert not isinstance(said, Template)
        assert "wants a person" in words_of(said)


AGAIN = [
    ("the first", 0.0, 1, 2.0),
    ("the fifth", 1000.0, 5, 1032.0),
    ("never more than six hours", 10_000.0, 50, 10_000.0 + 6 * 3600 / 1.25),
    ("the last moment", GIVES_UP - 1, 20, GIVES_UP - 1 + 6 * 3600 / 1.25),
    ("too late", GIVES_UP, 2, None),
]


@pytest.mark.parametrize("label, now, tries, expected", AGAIN, ids=[case[0] for case in AGAIN])
def test_when_it_is_told_again(label: str, now: float, tries: int, expected: float | None) -> None:
    found = again_at(created_at=0.0, tries=tries, now=now, jitter=0.5)
    assert found == (pytest.approx(expected) if expected is not None else None)
