"""How far the times of flows have got, and for whom they are: the same in every store."""

import asyncio
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import T0, World
from turnkeeper.model.conversation import TimerRow
from turnkeeper.model.flows import Schedule, Tagged, TaggedPage
from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.testing.events import event, text

SHOP, CAFE = WorkspaceId("default"), WorkspaceId("cafe")
BOT, OTHER = BotId("assistant"), BotId("other")
DAILY = Schedule(SHOP, BOT, "news", "0 9 * * *", "vip", False, T0)
HOURLY = replace(DAILY, cron="0 * * * *", local=True, reached="c1")


async def tag(w: World, of: str, tags: object = ("vip",), **facts: bytes) -> Tagged:
    """Somebody with tags."""
    await w.hear(text("hi", of=of, at=w.now) if of.isdigit() else replace(event("text", "hi"), addresses=(of,)))
    await w.deliver(await w.commit(await w.turn(), "yes", facts={"tags": msgspec.json.encode(tags), **facts}))
    return await tagged_now(w, of, facts.get("time_zone"))


async def tagged_now(w: World, of: str, zone: bytes | None = None) -> Tagged:
    found = await w.conversation(of)
    return Tagged(found.contact_id, found.id, found.channel_id, found.addresses, found.opted_out, zone)


async def vips(w: World, after: str = "", limit: int = 10) -> TaggedPage:
    return await w.store.tagged(SHOP, BOT, "vip", after, limit)


def timer(contact: Tagged, known_as: str = "schedule:news 1") -> TimerRow:
    return TimerRow(
        SHOP, contact.conversation_id, known_as, contact.channel_id, T0, False, b"{}", "schedule:news", T0 + 3600
    )


async def test_they_are_kept_until_they_are_dropped(world: OpenWorld) -> None:
    async with world() as w:
        for each in (DAILY, HOURLY, replace(DAILY, workspace_id=CAFE), replace(DAILY, due_at=T0 + 9)):
            await w.store.add_schedule(each)
        assert await w.store.schedules() == [replace(DAILY, workspace_id=CAFE), HOURLY, DAILY]
        await w.store.drop_schedule(HOURLY.key._replace(local=False))
        await w.store.drop_schedule(DAILY.key)
        assert await w.store.schedules() == [replace(DAILY, workspace_id=CAFE), HOURLY]


async def test_how_far_it_is_moves_with_its_timers(world: OpenWorld) -> None:
    async with world() as w:
        ada, bob = await tag(w, "1"), await tag(w, "2")
        await w.store.add_schedule(DAILY)
        half = replace(DAILY, reached=ada.contact_id)
        assert await w.store.move_schedule(DAILY, half, [timer(ada)])
        assert not await w.store.move_schedule(DAILY, half, [timer(bob)])
        assert not await w.store.move_schedule(replace(half, due_at=T0 + 1), DAILY, [timer(bob)])
        assert [each.conversation_id for each in await w.store.timers(SHOP, 9)] == [ada.conversation_id]
        over = replace(DAILY, due_at=T0 + 86_400.0)
        assert await w.store.move_schedule(half, over, [timer(bob), timer(bob, "schedule:news 2")])
        assert await w.store.schedules() == [over]
        assert len(await w.store.timers(SHOP, 9)) == 3
        assert not await w.store.move_schedule(replace(HOURLY), HOURLY, [])


async def test_of_two_workers_one_sets_the_timers(two_stores: Any) -> None:
    async with two_stores() as (w, other):
        ada = await tag(w, "1")
        await w.store.add_schedule(DAILY)
        over = replace(DAILY, due_at=T0 + 86_400.0)
        stores = (w.store, other) * 3
        moved = await asyncio.gather(*(each.move_schedule(DAILY, over, [timer(ada)]) for each in stores))
        assert sorted(moved) == [False] * 5 + [True]
        assert len(await w.store.timers(SHOP, 9)) == 1


async def test_whom_they_are_for_in_pages(world: OpenWorld) -> None:
    async with world() as w:
        everybody = {str(n): await tag(w, str(n), ["new", "vip"] if n % 2 else ["vi", "vips"]) for n in range(1, 6)}
        wanted = sorted(everybody[n] for n in "135")
        assert await vips(w) == TaggedPage(wanted, "")
        found: list[Tagged] = []
        after, pages = "", 0
        while pages == 0 or after:
            page = await vips(w, after, 2)
            found, after, pages = found + page.contacts, page.last, pages + 1
        assert (found, pages) == (wanted, 3), "pages are of all that have tags"
        assert (await w.store.tagged(SHOP, OTHER, "vip", "", 9)).contacts == []
        assert (await w.store.tagged(CAFE, BOT, "vip", "", 9)).contacts == []
        assert (await w.store.tagged(SHOP, BOT, "VIP", "", 9)).contacts == []


@pytest.mark.parametrize("tags", ["vip", {"vip": 1}, None, [["vip"]], ["v\u0000ip", 3], []], ids=str)
async def test_what_are_no_tags(world: OpenWorld, tags: object) -> None:
    async with world() as w:
        await tag(w, "1", tags)
        bob = await tag(w, "2", ["\u0000", "vip"], time_zone=b'"Asia/Jakarta"')
        assert await vips(w) == TaggedPage([bob], "")


async def test_who_wants_nothing_is_told_of(world: OpenWorld) -> None:
    async with world() as w:
        await tag(w, "1")
        await w.hear(text("STOP", of="1", at=w.now))
        assert [each.opted_out for each in (await vips(w)).contacts] == [True]


@pytest.mark.parametrize("known_in", ["phone:1", "lid:9"])
async def test_people_who_turn_out_to_be_one_are_found_where_they_are_now(world: OpenWorld, known_in: str) -> None:
    async with world() as w:
        for each in ("phone:1", "lid:9"):
            await w.hear(replace(event("text", "hi"), addresses=(each,)))
            known = {"tags": b'["vip"]', "time_zone": b'"UTC"'} if each == known_in else {}
            await w.deliver(await w.commit(await w.turn(), "yes", facts=known))
            w.now += 10
        await w.hear(replace(event("text", "it is me"), addresses=("phone:1", "lid:9")))
        await w.answer("yes")
        found = (await vips(w)).contacts
        assert found == [await tagged_now(w, "phone:1", b'"UTC"')]
        assert found == [await tagged_now(w, "lid:9", b'"UTC"')]
