"""What the inbox can be narrowed by: what there is in one's own workspace, each once."""

import msgspec

from tests.contracts.conftest import OpenWorld
from tests.contracts.feeding import feed
from tests.contracts.world import T0
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.inbox import InboxChoices
from turnkeeper.testing.events import ADA, channel, text

SHOP, CAFE = WorkspaceId("default"), WorkspaceId("cafe")
BOB, EVE = "15551230002", "15551230003"


async def test_where_there_is_nothing_there_is_no_choice(world: OpenWorld) -> None:
    async with world() as w:
        assert await w.store.inbox_choices(SHOP) == InboxChoices()


async def test_each_is_told_once_in_order_and_to_its_own_workspace(world: OpenWorld) -> None:
    desk, cafe = channel("desk", bot="clerk"), channel("bar", workspace="cafe", bot="barista")
    async with world(channel(), desk, cafe) as w:
        people = [
            (ADA, w.channel, "paid", ["vip", "late"]),
            (BOB, w.channel, "asked", ["vip", "asleep"]),
            (ADA, desk, "paid", []),
            (EVE, cafe, "served", ["theirs"]),
        ]
        for who, where, stage, tags in people:
            await w.hear(text("hi", of=who, at=T0), channel=where)
            turn = await w.turn()
            session = msgspec.structs.replace(w.ending(turn).session, stage=stage)
            facts = {"tags": msgspec.json.encode(tags)}
            await w.deliver(await w.commit(turn, "hello", session=session, facts=facts))
        await feed(w)
        shop, bar = await w.store.inbox_choices(SHOP), await w.store.inbox_choices(CAFE)
        assert shop == InboxChoices(
            ("desk", "shop"), ("assistant", "clerk"), ("asked", "paid"), ("asleep", "late", "vip")
        )
        assert bar == InboxChoices(("bar",), ("barista",), ("served",), ("theirs",))
