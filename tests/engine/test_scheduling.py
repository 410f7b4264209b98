"""Times of flows: who gets them, when, and how often, whoever dies meanwhile. In virtual time, over the engine."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests.bots.flow.drawn import bot, flow, says, start
from tests.engine import rig
from tests.engine.rig import Shop, shop
from turnkeeper.engine import scheduling
from turnkeeper.engine.flows import FixedShelf
from turnkeeper.engine.scheduling import LATE, Schedules
from turnkeeper.flows.model import Flow
from turnkeeper.model.agents import Fact
from turnkeeper.model.conversation import TimerRow
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.flows import Schedule
from turnkeeper.model.ids import BotId
from turnkeeper.model.policy import Channel, TurnPolicy
from turnkeeper.model.sequences import QuietHours
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.events import TURNS, text
from turnkeeper.testing.virtual_time import START

HOUR = 3600.0
DAY = 24 * HOUR
AWAKE = QuietHours(0, 0, "Asia/Jakarta")
"""Nobody's hours are quiet. It is 15:00 there as virtual time begins, a Friday."""
JAKARTA = ZoneInfo("Asia/Jakarta")


def at(**trigger: Any) -> Flow:
    every = {"kind": "schedule", "cron": "0 16 * * *", "tag": "vip", **trigger}
    return flow("news", start(every), says("a", "News."))


class Town(Shop):
    """People with tags, who wrote a while ago."""

    async def has(self, *people: str, tags: Sequence[str] = ("vip",), **facts: Any) -> None:
        for each in people:
            await self.hear(text("hi", of=each, at=self.clock.now()))
            found = await self.conversation(each)
            known = {"tags": list(tags), **facts}
            rows = [
                Fact(found.workspace_id, found.contact_id, BotId("b"), name, msgspec.json.encode(value), found.id, 1, 1)
                for name, value in known.items()
            ]
            await self.store._alone(lambda write, rows=rows: write.put_facts(rows))

    async def timers(self) -> list[TimerRow]:
        return await self.store.timers(self.channel.workspace_id, 1000)

    async def due(self) -> dict[str, str]:
        """When the timers are due, in Jakarta, by whose they are."""
        rows = await self.timers()
        return {row.conversation_id: f"{datetime.fromtimestamp(row.due_at, JAKARTA):%d %H:%M}" for row in rows}

    def times(self, *flows: Flow, channels: Sequence[Channel] = (), store: Any = None) -> Schedules:
        return Schedules(store or self.store, FixedShelf(flows), channels or [self.channel], self.clock)


@pytest.fixture(autouse=True)
def _towns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rig, "Shop", Town)
    monkeypatch.setattr(scheduling, "PAGE", 2)


def town(*flows: Flow, quiet: QuietHours = AWAKE, **more: Any) -> Any:
    turns: TurnPolicy = replace(TURNS, quiet_hours=quiet)
    return shop(bot(*flows), turns, **more)


@in_virtual_time
async def test_everybody_with_the_tag_each_time() -> None:
    news = at(cron="*/20 16 * * *")
    async with town(news) as place:
        await place.has("1", "2", "3", "4", "5")
        await place.has("6", tags=["other"])
        keeping = asyncio.create_task(place.times(news).run())
        await asyncio.sleep(HOUR - 1)
        assert place.texts == []
        await asyncio.sleep(30)
        assert place.texts == ["News."] * 5, "on time, in pages of two"
        await asyncio.sleep(HOUR)
        assert place.texts == ["News."] * 15
        keeping.cancel()


@in_virtual_time
@pytest.mark.parametrize("page", [0, 1, 2])
async def test_killed_in_the_middle(page: int) -> None:
    """Whoever takes over goes on where the other was, and nobody gets two."""
    news = at()
    async with town(news, workers=0) as place:
        await place.has("1", "2", "3", "4", "5")
        times = place.times(news)
        await times.look()
        await asyncio.sleep(HOUR)
        dying = asyncio.create_task(place.times(news, store=_Dying(place.store, page)).look())
        await asyncio.gather(dying, return_exceptions=True)
        assert len(await place.timers()) == min(2 * page, 5)
        await place.times(news).look()
        rows = await place.timers()
        assert len(rows) == len({row.conversation_id for row in rows}) == 5
        await place.times(news).look()
        assert len(await place.timers()) == 5


class _Dying:
    """A store whose process dies at the n-th page: before it is written."""

    def __init__(self, store: Any, pages: int) -> None:
        self._store = store
        self._pages = pages
        self.asked = 0

    async def tagged(self, *asked: Any) -> Any:
        self.asked += 1
        return await self._store.tagged(*asked)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def move_schedule(self, before: Schedule, after: Schedule, timers: Sequence[TimerRow]) -> bool:
        if self._pages == 0:
            raise StoreUnavailable("gone")
        self._pages -= 1
        return bool(await self._store.move_schedule(before, after, timers))


@in_virtual_time
async def test_two_machines_that_both_think_it_is_theirs() -> None:
    news = at()
    async with town(news, workers=0) as place:
        await place.has("1", "2", "3", "4", "5")
        one, other = place.times(news), place.times(news)
        await asyncio.gather(one.look(), other.look())
        await asyncio.sleep(HOUR)
        await asyncio.gather(one.look(), other.look())
        await asyncio.gather(one.look(), other.look())
        assert len(await place.timers()) == 5


@in_virtual_time
@pytest.mark.parametrize(
    ("label", "cron", "minutes", "found"),
    [
        ("a little", "0 16 * * *", 59, ["15 16:00"]),
        ("an hour", "0 16 * * *", 61, []),
        ("several times", "*/15 16 * * *", 44, ["15 16:30"]),
        ("a day", "0 16 * * *", 24 * 60 + 5, ["16 16:00"]),
    ],
)
async def test_an_outage(label: str, cron: str, minutes: float, found: list[str]) -> None:
    """Of the times that were missed the newest counts, if it is not over."""
    news = at(cron=cron)
    async with town(news, workers=0) as place:
        await place.has("1")
        times = place.times(news)
        await times.look()
        await asyncio.sleep(HOUR + minutes * 60)
        store = _Dying(place.store, 9)
        await place.times(news, store=store).look()
        assert list((await place.due()).values()) == found, label
        assert store.asked == bool(found), "nobody is looked up for what is over"
        (left,) = await place.store.schedules()
        assert left.due_at > place.clock.now()
        assert left.reached == ""


@in_virtual_time
async def test_quiet_hours_are_over_in_the_morning_and_several_times_are_one() -> None:
    news = at(cron="0,30 22 * * *")
    async with town(news, quiet=QuietHours(21 * 60, 8 * 60, "Asia/Jakarta"), workers=0) as place:
        await place.has("1")
        await place.has("2", time_zone="Europe/Berlin")
        times = place.times(news)
        await times.look()
        for seconds in (7.1 * HOUR, 0.5 * HOUR):
            await asyncio.sleep(seconds)
            await times.look()
        rows = sorted((row.due_at, row.too_late_at) for row in await place.timers())
        told = [f"{datetime.fromtimestamp(due_at, JAKARTA):%d %H:%M}" for due_at, _ in rows]
        assert told == ["15 22:00", "15 22:30", "16 08:00"], "it is afternoon in Berlin"
        assert all(late == due_at + LATE for due_at, late in rows)


@in_virtual_time
async def test_everybodys_own_time() -> None:
    news = at(cron="0 9 * * *", local=True)
    async with town(news, workers=0) as place:
        zones = ("Asia/Jakarta", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "Europe/Berlin")
        for n, zone in enumerate(zones):
            await place.has(str(n), time_zone=zone)
        times = place.times(news)
        found: set[tuple[str, float]] = set()
        while rig.now() < 2 * DAY + 60:
            await asyncio.sleep(max(0.0, await times.look() - place.clock.now()))
            found |= {(row.conversation_id, row.due_at) for row in await place.timers()}
        homes = {(await place.conversation(str(n))).id: ZoneInfo(zone) for n, zone in enumerate(zones)}
        shown = [f"{datetime.fromtimestamp(due_at, homes[who]):%H:%M}" for who, due_at in found]
        assert set(shown) == {"09:00"}
        assert len(found) == 10, "each of them on two days"
        assert all(START <= due_at < START + 2 * DAY + HOUR for _, due_at in found)


@in_virtual_time
async def test_an_outage_in_everybodys_own_time() -> None:
    news = at(cron="*/20 * * * *", local=True)
    async with town(news, workers=0) as place:
        await place.has("1", time_zone="Asia/Kathmandu")
        await place.times(news).look()
        await asyncio.sleep(5.5 * HOUR)
        times = place.times(news)
        while await times.look() <= place.clock.now():
            pass
        due = sorted(row.due_at for row in await place.timers())
        assert due[0] > place.clock.now() - LATE
        assert due == [due[0] + n * HOUR / 3 for n in range(5)], "for the last hour, and to the end of this one"


@in_virtual_time
async def test_who_has_no_time_for_it() -> None:
    news = at()
    async with town(news, workers=0) as place:
        await place.has("1", "2")
        await place.hear(text("STOP", of="1", at=place.clock.now()))
        other = replace(place.channel, bot_id=BotId("c"))
        elsewhere = replace(place.channel, elsewhere="staging")
        for channels, wanted in (([other], 0), ([elsewhere], 0), ([place.channel], 1)):
            times = place.times(news, channels=channels)
            await times.look()
            await asyncio.sleep(DAY if rig.now() else HOUR)
            await times.look()
            assert len(await place.timers()) == wanted, "not after a STOP, nor where another bot answers"


@in_virtual_time
async def test_what_is_untagged_opted_out_or_with_a_person_meanwhile() -> None:
    news = at()
    async with town(news) as place:
        await place.has("1", "2", "3", "4")
        times = place.times(news)
        await times.look()
        await asyncio.sleep(HOUR - 60)
        await place.store.set_mode((await place.conversation("3")).key, "human", place.clock.now())
        gone = (await place.conversation("1")).contact_id
        await asyncio.sleep(60)
        for worker in list(place.workers):
            place.kill(worker)
        await times.look()
        assert len(await place.timers()) == 4
        await place.store.forget_facts(place.channel.workspace_id, gone, BotId("b"), "tags")
        await place.hear(text("STOP", of="2", at=place.clock.now()))
        await place.work("w9")
        await asyncio.sleep(2 * HOUR)
        assert place.texts.count("News.") == 1, "for the fourth only"
        wake = await place.store.set_mode((await place.conversation("3")).key, "bot", place.clock.now())
        place.publish([wake] if wake else [])
        await asyncio.sleep(60)
        assert place.texts.count("News.") == 1, "what comes back from a person two hours later is over"
        assert (await place.ledger()).dropped["too_late"] == 1
        assert (await place.ledger()).dropped["opted_out"] >= 1


@in_virtual_time
async def test_flows_that_come_and_go() -> None:
    async with town(at(), workers=0) as place:
        await place.has("1")
        shelf: Any = _Shelf([at()])
        times = Schedules(place.store, shelf, [place.channel], place.clock)
        assert await times.look() <= place.clock.now() + 10
        (kept,) = await place.store.schedules()
        assert datetime.fromtimestamp(kept.due_at, UTC).hour == 9
        shelf.flows = []
        await asyncio.sleep(2 * HOUR)
        await times.look()
        assert await place.store.schedules() == [kept], "nothing is known of a bot without flows"
        shelf.flows = [at(cron="0 20 * * *")]
        await times.look()
        assert [each.cron for each in await place.store.schedules()] == ["0 20 * * *"]
        assert await place.timers() == []
        shelf.flows = [at(cron="0 25 * * *"), at(tag="")]
        await asyncio.sleep(DAY)
        await times.look()
        assert await place.store.schedules() == [], "what nobody should have published is left out"


class _Shelf(FixedShelf):
    """Flows that change."""

    def __init__(self, flows: Sequence[Flow]) -> None:
        self.flows = flows
        self._version = 0

    def now(self, *_: Any) -> dict[str, int]:
        self._version += 1
        return {f"{n}": self._version for n, _ in enumerate(self.flows)}

    async def open(self, *asked: Any) -> Any:
        return await FixedShelf([replace(each, name=f"{n}") for n, each in enumerate(self.flows)]).open(*asked)


@in_virtual_time
async def test_it_goes_on_after_the_store_was_away() -> None:
    news = at()
    async with town(news, workers=0) as place:
        await place.has("1", "2", "3")
        await place.times(news).look()
        store = _Dying(place.store, 1)
        keeping = asyncio.create_task(place.times(news, store=store).run())
        await asyncio.sleep(HOUR + 5)
        assert len(await place.timers()) == 2
        store._pages = 10
        await asyncio.sleep(30)
        assert len(await place.timers()) == 3
        keeping.cancel()
