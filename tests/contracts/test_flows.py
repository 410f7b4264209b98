"""What is kept of flows: drafts, versions, and how often nodes were passed: the same in every store."""

import asyncio
import random
from typing import Any

import pytest

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import T0, W2, World
from turnkeeper.model.errors import Fenced
from turnkeeper.model.flows import Counted, FlowCount, FlowDraft, FlowHead, FlowKey, FlowVersion, VersionHead
from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.store.base import ClaimedTurn, Store
from turnkeeper.testing.events import text

SHOP, CAFE = WorkspaceId("default"), WorkspaceId("cafe")
BOT, OTHER = BotId("assistant"), BotId("other")
KEY = FlowKey(SHOP, BOT, "welcome")
ASKED = Counted("welcome", 1, "ask")
LEFT = Counted("welcome", 1, "ask", "next")


async def draft(store: Store, key: FlowKey = KEY, document: bytes = b"{}") -> FlowDraft:
    kept = await store.put_flow(key, document, None, "ada", T0)
    assert kept is not None
    return kept


async def published(store: Store, key: FlowKey = KEY, mapping: bytes = b"{}") -> FlowVersion:
    found = await store.flow(key)
    assert found is not None
    version = await store.publish_flow(key, found.revision, mapping, "better", "ada", T0 + 1)
    assert version is not None
    return version


async def test_a_draft_is_replaced_by_whoever_has_seen_it(world: OpenWorld) -> None:
    async with world() as w:
        assert await draft(w.store) == FlowDraft(SHOP, BOT, "welcome", 1, T0, "ada", None, b"{}")
        assert await w.store.put_flow(KEY, b"[1]", None, "ben", T0 + 1) is None
        changed = await w.store.put_flow(KEY, b"[2]", 1, "ben", T0 + 2)
        assert changed == FlowDraft(SHOP, BOT, "welcome", 2, T0 + 2, "ben", None, b"[2]")
        assert await w.store.put_flow(KEY, b"[3]", 1, "eve", T0 + 3) is None
        assert await w.store.flow(KEY) == changed
        assert await w.store.put_flow(KEY._replace(name="nobody's"), b"{}", 1, "eve", T0) is None


async def test_a_flow_is_one_bots_in_one_workspace(world: OpenWorld) -> None:
    async with world() as w:
        keys = [KEY, KEY._replace(bot_id=OTHER), KEY._replace(workspace_id=CAFE), KEY._replace(name="orders")]
        for n, key in enumerate(keys):
            await draft(w.store, key, b"%d" % n)
        assert [each.key for each in await w.store.flows(SHOP)] == [keys[3], keys[0], keys[1]]
        assert [each.key for each in await w.store.flows(SHOP, BOT)] == [keys[3], keys[0]]
        assert await w.store.flows(CAFE) == [FlowHead(CAFE, BOT, "welcome", 1, T0, "ada", None)]
        assert await w.store.flows(WorkspaceId("nobody")) == []
        await published(w.store)
        assert await w.store.drop_flow(keys[2])
        assert await w.store.flow_version(keys[2], 1) is None
        assert await w.store.flow_versions(keys[1]) == []
        assert not await w.store.show_flow(keys[1], 1)
        assert [each.key for each in await w.store.flows(SHOP)] == [keys[3], keys[0], keys[1]]


async def test_a_version_is_never_changed(world: OpenWorld) -> None:
    async with world() as w:
        await draft(w.store, document=b"[1]")
        first = await published(w.store)
        assert first == FlowVersion(SHOP, BOT, "welcome", 1, T0 + 1, "ada", "better", b"{}", b"[1]")
        await w.store.put_flow(KEY, b"[2]", 1, "ben", T0 + 2)
        assert await w.store.publish_flow(KEY, 1, b"{}", "", "eve", T0) is None
        second = await published(w.store, mapping=b'{"1":{"a":"b"}}')
        assert (second.version, second.document, second.mapping) == (2, b"[2]", b'{"1":{"a":"b"}}')
        assert await w.store.flow_version(KEY, 1) == first
        assert await w.store.flow_versions(KEY) == [
            VersionHead(SHOP, BOT, "welcome", 2, T0 + 1, "ada", "better", b'{"1":{"a":"b"}}'),
            VersionHead(SHOP, BOT, "welcome", 1, T0 + 1, "ada", "better", b"{}"),
        ]


async def test_which_version_people_begin(world: OpenWorld) -> None:
    async def begun() -> list[tuple[Any, ...]]:
        return [(each.workspace_id, each.name, each.published) for each in await w.store.published_flows()]

    async with world() as w:
        await draft(w.store)
        await draft(w.store, KEY._replace(workspace_id=CAFE))
        assert await begun() == []
        await published(w.store)
        await published(w.store, KEY._replace(workspace_id=CAFE))
        await published(w.store)
        assert await begun() == [(CAFE, "welcome", 1), (SHOP, "welcome", 2)]
        assert await w.store.show_flow(KEY, 1)
        assert not await w.store.show_flow(KEY, 3)
        assert await begun() == [(CAFE, "welcome", 1), (SHOP, "welcome", 1)]
        assert not await w.store.drop_flow(KEY)
        assert await w.store.show_flow(KEY, None)
        assert await begun() == [(CAFE, "welcome", 1)]


async def test_versions_outlive_their_flow(world: OpenWorld) -> None:
    async with world() as w:
        await draft(w.store)
        first = await published(w.store)
        await w.store.show_flow(KEY, None)
        assert await w.store.drop_flow(KEY)
        assert await w.store.flow(KEY) is None
        assert not await w.store.show_flow(KEY, 1)
        assert not await w.store.drop_flow(KEY)
        assert await w.store.flow_version(KEY, 1) == first
        await draft(w.store)
        assert (await published(w.store)).version == 2


async def test_of_two_who_write_at_once_one_is_heard(two_stores: Any) -> None:
    async with two_stores() as (w, other):
        made = await asyncio.gather(*(each.put_flow(KEY, b"{}", None, "ada", T0) for each in (w.store, other)))
        assert len([each for each in made if each is not None]) == 1
        put = await asyncio.gather(*(each.put_flow(KEY, b"[]", 1, "ada", T0) for each in (w.store, other)))
        assert len([each for each in put if each is not None]) == 1
        out = [each.publish_flow(KEY, 2, b"{}", "", "ada", T0) for each in (w.store, other) for _ in range(3)]
        assert sorted(each.version for each in await asyncio.gather(*out)) == [1, 2, 3, 4, 5, 6]


# Counts.


async def passed(w: World, counts: dict[Counted, int], of: str = "1") -> None:
    await w.hear("hi")
    await w.deliver(await w.commit(await w.turn(), "hello", counts=counts))


async def test_what_a_turn_passed_is_counted_with_its_commit(world: OpenWorld) -> None:
    async with world() as w:
        await passed(w, {ASKED: 2, LEFT: 1})
        await passed(w, {ASKED: 1, ASKED._replace(version=2): 5, Counted("orders", 1, "ask"): 1})
        everything = [
            FlowCount(Counted("orders", 1, "ask"), 1),
            FlowCount(ASKED, 3),
            FlowCount(LEFT, 1),
            FlowCount(ASKED._replace(version=2), 5),
        ]
        assert await w.store.flow_counts(SHOP, BOT) == everything
        assert await w.store.flow_counts(SHOP, BOT, "orders") == everything[:1]
        assert await w.store.flow_counts(SHOP, OTHER) == []
        assert await w.store.flow_counts(CAFE, BOT) == []


async def test_a_commit_whose_answer_was_lost_counts_once(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        commit = w.ending(await w.turn(), "hello", counts={ASKED: 1})
        await w.store.commit(commit)
        await w.deliver(await w.store.commit(commit))
        assert await w.store.flow_counts(SHOP, BOT) == [FlowCount(ASKED, 1)]


async def test_a_turn_that_lost_its_conversation_counts_nothing(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        turn = await w.turn()
        await w.die()
        await w.turn(W2)
        with pytest.raises(Fenced):
            await w.commit(turn, "hello", counts={ASKED: 1})
        assert await w.store.flow_counts(SHOP, BOT) == []


async def test_turns_that_end_at_once_are_all_counted(two_stores: Any) -> None:
    nodes = [ASKED._replace(node=f"n{n}") for n in range(5)]
    async with two_stores() as (w, other):
        for n in range(12):
            await w.hear(text("hi", of=f"{n}"))
        await w.until_due()
        turns = [each for each in await w.claim() if isinstance(each, ClaimedTurn)]
        assert len(turns) == 12
        ends = []
        for n, turn in enumerate(turns):
            passed = nodes if n % 3 else nodes[::-1]
            ends.append((w.store, other)[n % 2].commit(w.ending(turn, counts=dict.fromkeys(passed, 1))))
        await asyncio.gather(*ends)
        assert await other.flow_counts(SHOP, BOT) == [FlowCount(node, 12) for node in nodes]


async def test_a_node_of_any_name_is_counted(world: OpenWorld) -> None:
    async with world() as w:
        await passed(w, {Counted("a\x00b", 1, "c\x00d", "é"): 1})
        ((counted, times),) = await w.store.flow_counts(SHOP, BOT)
        assert (counted.version, counted.exit, times) == (1, "é", 1)


async def test_the_longest_names_that_a_flow_may_have_are_counted(world: OpenWorld) -> None:
    """Of the characters that take the most room, as many as reading and checking allow (flows.limits)."""
    rng = random.Random(8)

    def name(characters: int) -> str:
        return "".join(chr(rng.randrange(0x20000, 0x2A000)) for _ in range(characters))

    longest = Counted(name(100), 2**31 - 1, name(200), name(200))
    async with world() as w:
        await passed(w, {longest: 1})
        assert await w.store.flow_counts(SHOP, BOT) == [FlowCount(longest, 1)]
