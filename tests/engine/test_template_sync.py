"""Asking providers for their templates: when, how often, and what becomes of a provider that does not answer."""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from turnkeeper.channels.base import Calls, HttpReply
from turnkeeper.channels.registry import find
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloudConfig
from turnkeeper.engine.calling import played
from turnkeeper.engine.template_sync import AGAIN, EVERY, TemplateSyncing
from turnkeeper.engine.templates import FRESH, TemplateLookup
from turnkeeper.model.contents import Template, Text
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.events import TemplateReport
from turnkeeper.model.ids import DEFAULT_WORKSPACE, BotId, ChannelId
from turnkeeper.model.outbound import NotSent
from turnkeeper.model.policy import Channel
from turnkeeper.model.templates import TemplateNews, TemplateRow
from turnkeeper.store.base import Intake
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.store.templates import SOON
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.events import Channels
from turnkeeper.testing.virtual_time import VirtualClock

CONFIG = WhatsAppCloudConfig("1001", "2001", "token", "secret", "verify")
SHOP = Channel(DEFAULT_WORKSPACE, ChannelId("shop"), "whatsapp_cloud", BotId("b"), config=CONFIG)
CHAT = Channel(DEFAULT_WORKSPACE, ChannelId("chat"), "telegram", BotId("b"))
ADAPTERS: dict[str, Any] = {kind: find(kind).adapter for kind in ("whatsapp_cloud", "telegram")}
BODY = b'{"data": [{"id": "7", "name": "bill", "language": "en", "status": "%s", "category": "UTILITY"}]}'
TOO_MANY = HttpReply(400, b'{"error": {"code": 80007, "message": "slow down"}}')


class Meta:
    """What the provider answers; `asked`: when."""

    def __init__(self, clock: VirtualClock) -> None:
        self.status = "APPROVED"
        self.refusal: HttpReply | None = None
        self.later: float | None = None
        self.hangs = False
        self.asked: list[float] = []
        self._clock = clock

    async def play(self, calls: Calls[Any], *, timeout: float) -> Any:  # noqa: ARG002
        if self.later is not None:
            self.asked.append(self._clock.now())
            return NotSent("not now", retry_after=self.later)

        async def reply(_: object) -> HttpReply:
            self.asked.append(self._clock.now())
            if self.hangs:
                await asyncio.sleep(3600)
            return self.refusal or HttpReply(200, BODY % self.status.encode())

        return await played(calls, reply)


def rig(test: Callable[[SqliteStore, Meta, VirtualClock], Any]) -> Callable[[], None]:
    """With a store, a provider and somebody who asks it for ever."""

    @in_virtual_time
    async def call() -> None:
        clock = VirtualClock()
        store = SqliteStore(":memory:", Channels(SHOP, CHAT), inline=True)
        await store.open()
        await store.migrate()
        meta = Meta(clock)
        asking = asyncio.create_task(TemplateSyncing(store, ADAPTERS, [SHOP, CHAT], meta, clock).run())
        await asyncio.sleep(1)
        try:
            await test(store, meta, clock)
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            await store.close()

    return call


async def rows(store: SqliteStore) -> list[TemplateRow]:
    return await store.templates(DEFAULT_WORKSPACE, SHOP.id)


@rig
async def test_at_once_and_then_every_hour(store: SqliteStore, meta: Meta, clock: VirtualClock) -> None:
    assert [(row.name, row.status) for row in await rows(store)] == [("bill", "APPROVED")]
    began, meta.status = clock.now(), "PAUSED"
    await asyncio.sleep(EVERY + 10)
    assert [row.status for row in await rows(store)] == ["PAUSED"]
    assert len(meta.asked) == 2
    assert meta.asked[1] - began == pytest.approx(EVERY, abs=10)


@rig
async def test_soon_after_a_webhook(store: SqliteStore, meta: Meta, clock: VirtualClock) -> None:
    for status in ("PAUSED", "DISABLED", "PAUSED"):
        report = TemplateReport(external_id="7", name="bill", language="en", status=status)
        await store.take(Intake(templates=[TemplateNews(DEFAULT_WORKSPACE, report, clock.now())]))
        await asyncio.sleep(1)
    assert [row.status for row in await rows(store)] == ["PAUSED"]
    await asyncio.sleep(SOON + 5)
    assert [row.status for row in await rows(store)] == ["APPROVED"]  # the provider's last word
    assert len(meta.asked) == 2


@rig
async def test_a_provider_that_refuses_is_asked_again_and_it_is_said(
    store: SqliteStore, meta: Meta, clock: VirtualClock
) -> None:
    meta.refusal = TOO_MANY
    await asyncio.sleep(EVERY + 10)
    [sync] = await store.template_syncs()
    assert "slow down" in (sync.problem or "")
    assert len(await rows(store)) == 1
    meta.refusal = None
    await asyncio.sleep(610)
    [sync] = await store.template_syncs()
    assert sync.problem is None
    assert len(meta.asked) == 3


@rig
async def test_one_that_says_when_is_asked_then(store: SqliteStore, meta: Meta, clock: VirtualClock) -> None:
    meta.later = 2 * AGAIN
    await asyncio.sleep(EVERY + 5 * AGAIN)
    assert [later - before for before, later in itertools.pairwise(meta.asked[1:])] == [
        pytest.approx(2 * AGAIN, abs=10)
    ] * 2


@rig
async def test_one_that_hangs_is_given_up(store: SqliteStore, meta: Meta, clock: VirtualClock) -> None:
    meta.hangs = True
    await asyncio.sleep(EVERY + 100)
    [sync] = await store.template_syncs()
    assert sync.problem == "the list of templates took too long"
    meta.hangs = False
    await asyncio.sleep(AGAIN + 5)
    [sync] = await store.template_syncs()
    assert sync.problem is None


class Asked:
    """A store that counts, and may be away."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.times = 0
        self.away = False

    async def template(self, *key: Any) -> TemplateRow | None:
        self.times += 1
        await asyncio.sleep(0.1)
        if self.away:
            raise StoreUnavailable("away")
        return await self._store.template(*key)


@rig
async def test_a_thousand_reminders_ask_the_store_once(store: SqliteStore, meta: Meta, clock: VirtualClock) -> None:
    asked: Any = Asked(store)
    lookup = TemplateLookup(asked, clock)
    assert await lookup.definitions(SHOP, ["words", Text("words")]) == {}
    assert asked.times == 0
    found = await asyncio.gather(*(lookup.find(SHOP, "bill", "en") for _ in range(1000)))
    assert all(found)
    assert asked.times == 1
    await asyncio.sleep(FRESH + 0.1)
    assert await lookup.find(SHOP, "other", "en") is None
    assert await lookup.find(SHOP, "other", "en") is None
    assert asked.times == 2
    asked.away = True
    await asyncio.sleep(FRESH + 0.1)
    assert await lookup.find(SHOP, "bill", "en") is not None
    assert asked.times == 3


@rig
async def test_channels_without_templates_know_none(store: SqliteStore, meta: Meta, clock: VirtualClock) -> None:
    lookup = TemplateLookup(store, clock)
    assert await lookup.refusal(CHAT, Template("bill", "en"), ADAPTERS["telegram"]) is None
    assert [each.channel_id for each in await store.template_syncs()] == ["shop"]
