"""The flows as a worker knows them: what is published, and the versions in which people are."""

from collections.abc import Sequence

import msgspec
import pytest

from turnkeeper.engine.flows import Chosen, Flows
from turnkeeper.flows.state import FlowState, Frame
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.flows import FlowKey, FlowVersion
from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import Channels

SHOP, CAFE, BOT = WorkspaceId("shop"), WorkspaceId("cafe"), BotId("guide")
NOBODY = FlowState()


def document(name: str, ask: str = "ask") -> bytes:
    nodes = [{"id": "start", "type": "start", "data": {}}, {"id": ask, "type": "ask", "data": {"text": "Name?"}}]
    return msgspec.json.encode({"name": name, "nodes": nodes, "edges": [{"source": "start", "target": ask}]})


class Library:
    """A store, and what is done to it."""

    def __init__(self) -> None:
        self.store = SqliteStore(":memory:", Channels(), inline=True)
        self.reads: list[str] = []

    async def __aenter__(self) -> "Library":
        await self.store.open()
        await self.store.migrate()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.store.close()

    async def publish(
        self, name: str = "welcome", ask: str = "ask", mapping: bytes = b"{}", at: WorkspaceId = SHOP, raw: bytes = b""
    ) -> None:
        key = FlowKey(at, BOT, name)
        there = await self.store.flow(key)
        put = await self.store.put_flow(key, raw or document(name, ask), there.revision if there else None, "ada", 1.0)
        assert put is not None
        assert await self.store.publish_flow(key, put.revision, mapping, "", "ada", 1.0)


async def test_what_is_published_is_known_after_a_look() -> None:
    async with Library() as kept:
        flows = Flows(kept.store, {BOT: Chosen("welcome")})
        await kept.publish()
        await kept.publish("orders")
        await kept.publish("menu", at=CAFE)
        assert flows.now(SHOP, BOT) == {}
        await flows.look()
        assert flows.now(SHOP, BOT) == {"welcome": 1, "orders": 1}
        assert flows.now(CAFE, BOT) == {"menu": 1}
        assert flows.now(SHOP, BotId("other")) == {}
        opened = await flows.open(SHOP, BOT, flows.now(SHOP, BOT), NOBODY)
        assert {name: flow.version for name, flow in opened.published.items()} == {"welcome": 1, "orders": 1}
        assert opened.default == "welcome"
        await kept.store.show_flow(FlowKey(SHOP, BOT, "orders"), None)
        await kept.publish()
        await flows.look()
        assert flows.now(SHOP, BOT) == {"welcome": 2}


async def test_a_bot_with_files_has_those_flows_only() -> None:
    async with Library() as kept:
        flows = Flows(kept.store, {BOT: Chosen("welcome", frozenset({"welcome"}))})
        await kept.publish()
        await kept.publish("left behind")
        await flows.look()
        assert flows.now(SHOP, BOT) == {"welcome": 1}


async def test_whoever_is_inside_stays_in_their_version() -> None:
    async with Library() as kept:
        flows = Flows(kept.store)
        await kept.publish()
        await kept.publish("welcome", "name")
        await flows.look()
        inside = FlowState("welcome", 1, "ask", ("reply",))
        opened = await flows.open(SHOP, BOT, flows.now(SHOP, BOT), inside)
        assert (opened.state, opened.told) == (inside, ())
        assert (opened.book["welcome"].version, opened.published["welcome"].version) == (1, 2)
        called = FlowState("orders", 1, "x", ("reply",), stack=(Frame("welcome", 1, "ask", {}),))
        opened = await flows.open(SHOP, BOT, flows.now(SHOP, BOT), called)
        assert opened.book["welcome"].version == 1
        assert "orders" not in opened.book


async def test_whoever_was_mapped_is_moved() -> None:
    async with Library() as kept:
        flows = Flows(kept.store)
        await kept.publish()
        await kept.publish("welcome", "name", b'{"1":{"ask":"name"}}')
        await flows.look()
        before = flows.now(SHOP, BOT)
        inside = FlowState("welcome", 1, "ask", ("reply",))
        opened = await flows.open(SHOP, BOT, before, inside)
        assert (opened.state.version, opened.state.at, opened.book["welcome"].version) == (2, "name", 2)
        assert opened.told == ("welcome: moved from ask (version 1) to name (version 2)",)
        assert len(opened.passed) == 2
        await kept.publish("welcome", "who", b'{"2":{"name":"who"}}')
        await flows.look()
        opened = await flows.open(SHOP, BOT, flows.now(SHOP, BOT), inside)
        assert (opened.state.version, opened.state.at) == (3, "who")
        again = await flows.open(SHOP, BOT, before, inside)
        assert (again.state.version, again.state.at, again.published["welcome"].version) == (2, "name", 2)


async def test_who_is_moved_where_is_read_once_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Library() as kept:
        flows = Flows(kept.store)
        await kept.publish()
        await kept.publish("welcome", "name", b'{"1":{"ask":"name"}}')
        await flows.look()
        reads, read = list[FlowKey](), kept.store.flow_versions

        async def counted(key: FlowKey) -> Sequence[FlowVersion]:
            reads.append(key)
            return await read(key)

        monkeypatch.setattr(kept.store, "flow_versions", counted)
        for _ in range(3):
            opened = await flows.open(SHOP, BOT, flows.now(SHOP, BOT), FlowState("welcome", 1, "ask", ("reply",)))
            assert opened.state.at == "name"
        assert reads == [FlowKey(SHOP, BOT, "welcome")]


async def test_a_version_that_is_gone_is_in_no_book() -> None:
    async with Library() as kept:
        flows = Flows(kept.store)
        await kept.publish()
        await flows.look()
        opened = await flows.open(SHOP, BOT, flows.now(SHOP, BOT), FlowState("welcome", 7, "ask", ("reply",)))
        assert opened.book == {}
        assert opened.published["welcome"].version == 1


async def test_what_cannot_be_read_is_left_out() -> None:
    async with Library() as kept:
        flows = Flows(kept.store)
        await kept.publish(raw=b'{"nodes": 5}')
        await kept.publish("orders", mapping=b'{"x": 1}')
        await kept.publish("orders")
        await flows.look()
        opened = await flows.open(SHOP, BOT, flows.now(SHOP, BOT), FlowState("orders", 1, "ask", ("reply",)))
        assert list(opened.published) == ["orders"]
        assert opened.state.version == 1


async def test_without_a_database_what_was_known_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Library() as kept:
        flows = Flows(kept.store)
        await kept.publish()
        await flows.look()
        await flows.open(SHOP, BOT, flows.now(SHOP, BOT), NOBODY)

        async def away(*_: object) -> None:
            raise StoreUnavailable("away")

        for name in ("published_flows", "flow_version"):
            monkeypatch.setattr(kept.store, name, away)
        await flows.look()
        opened = await flows.open(SHOP, BOT, flows.now(SHOP, BOT), NOBODY)
        assert opened.published["welcome"].version == 1
        with pytest.raises(StoreUnavailable):
            await flows.open(SHOP, BOT, {"welcome": 2}, NOBODY)


async def test_drawings_are_kept_by_their_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """With 1,000 flows published every turn read all of them again, as only 500 were kept."""
    async with Library() as kept:
        flows = Flows(kept.store)
        names = [f"flow {n}" for n in range(20)]
        for name in names:
            await kept.publish(name)
        await flows.look()
        asked: list[str] = []
        read = kept.store.flow_version

        async def reading(key: FlowKey, version: int) -> FlowVersion | None:
            asked.append(key.name)
            return await read(key, version)

        monkeypatch.setattr(kept.store, "flow_version", reading)
        for _ in range(2):
            await flows.open(SHOP, BOT, flows.now(SHOP, BOT), NOBODY)
        assert sorted(asked) == sorted(names), "each once"
        monkeypatch.setattr("turnkeeper.engine.flows.MOST_READ", 8)
        await kept.publish("one more")
        await flows.look()
        await flows.open(SHOP, BOT, {"one more": 1}, NOBODY)
        asked.clear()
        await flows.open(SHOP, BOT, {"one more": 1, "flow 9": 1, "flow 0": 1}, NOBODY)
        assert asked == ["flow 0"], "of two nodes each four are kept"
