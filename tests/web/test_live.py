"""Following a workspace: what changes is told at once, to members alone, and whoever comes back has missed nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from tests.contracts.feeding import feed
from tests.contracts.world import World
from tests.web.api_client import HOME
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.people import Role, UserId
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.events import Channels, channel, text
from turnkeeper.web import following
from turnkeeper.web.api.access import Identity
from turnkeeper.web.api.backend import Backend
from turnkeeper.web.api.live import router
from turnkeeper.web.api.site import build_api
from turnkeeper.web.asgi import Scope
from turnkeeper.web.following import Live

CAFE = WorkspaceId("cafe")


class Event(NamedTuple):
    kind: str
    id: str
    data: Any


class Stream:
    """What one browser is told. `stuck`: it reads no more."""

    def __init__(self) -> None:
        self.status = 0
        self.raw = b""
        self.ended = False
        self.stuck = False
        self.left = asyncio.Event()

    @property
    def events(self) -> list[Event]:
        found = []
        for block in self.raw.decode().split("\n\n")[:-1]:
            fields = dict(line.split(": ", 1) for line in block.split("\n"))
            found.append(Event(fields["event"], fields.get("id", ""), json.loads(fields["data"])))
        return found

    def told(self, kind: str = "conversation") -> list[str]:
        """The previews of the rows that were told."""
        return [event.data.get("preview", event.data) for event in self.events if event.kind == kind]

    async def receive(self) -> Any:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if self.stuck:
            await asyncio.Event().wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.raw += message.get("body", b"")
            self.ended = not message.get("more_body", False)


class Members:
    """Somebody in each workspace; `out`: who has signed out."""

    def __init__(self) -> None:
        self.out: set[str] = set()

    async def identify(self, scope: Scope) -> Identity | None:
        name = next((value.decode() for key, value in scope["headers"] if key == b"cookie"), "")
        workspace = {"ada": HOME, "eve": CAFE}.get(name)
        if workspace is None or name in self.out:
            return None
        return Identity(name, {workspace: Role.VIEWER}, UserId(name), sign_in=b"s")

    def is_ours(self, _: Scope) -> bool:
        return True


class House(World):
    """A world with pages that follow it."""

    members: Members
    live: Live
    app: Any
    tasks: list[asyncio.Task[None]]

    async def follow(self, by: str = "ada", *, after: int | None = None, headed: str = "", wait: float = 1.0) -> Stream:
        """Open a stream and wait a moment."""
        stream = Stream()
        query = "" if after is None else f"after={after}"
        headers = [(b"cookie", by.encode())] + ([(b"last-event-id", headed.encode())] if headed else [])
        scope = {
            "type": "http", "method": "GET", "path": "/api/v1/live", "raw_path": b"", "query_string": query.encode(),
            "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "scheme": "http",
            "root_path": "", "http_version": "1.1",
        }  # fmt: skip
        self.tasks.append(asyncio.create_task(self.app(scope, stream.receive, stream.send)))
        while not stream.status:
            await asyncio.sleep(0)
        await asyncio.sleep(wait)
        return stream

    async def say(self, *said: str, of: str = "15551230001", at: Any = None) -> None:
        """Somebody writes, and it is in the list."""
        self.now += 1
        for each in said:
            await self.hear(text(each, of=of, at=self.now), channel=at)
            await feed(self)
        await asyncio.sleep(1.0)


@asynccontextmanager
async def house() -> AsyncIterator[House]:
    shop, cafe = channel(), channel("cafe", workspace="cafe")
    directory = Channels(shop, cafe)
    store = SqliteStore(":memory:", directory, inline=True)
    await store.open()
    await store.migrate()
    w = House(store, directory, shop)
    w.members, w.live, w.tasks = Members(), Live(store), []
    w.app = build_api(Backend(store, lambda: w.now, lambda _: None, w.members, live=w.live), [router])
    try:
        yield w
    finally:
        await w.live.close()
        for task in w.tasks:
            task.cancel()
        await asyncio.gather(*w.tasks, return_exceptions=True)
        await store.close()


@in_virtual_time
async def test_what_changes_is_told_as_it_changes() -> None:
    async with house() as w:
        await w.say("before")
        stream = await w.follow()
        assert (stream.status, [event.kind for event in stream.events]) == (200, ["hello"])
        await w.say("one", "two")
        assert stream.told() == ["two"] or stream.told() == ["one", "two"]
        (row,) = [event for event in stream.events if event.kind == "conversation"][-1:]
        assert (row.id, row.data["seq"], row.data["unread"]) == ("3", 3, 3)


@in_virtual_time
async def test_a_workspace_hears_nothing_of_the_other_and_strangers_nothing_at_all() -> None:
    async with house() as w:
        ours, theirs, strangers = await w.follow(), await w.follow("eve"), await w.follow("mallory")
        cafe = channel("cafe", workspace="cafe")
        await w.say("for us")
        await w.say("for them", of="15559999999", at=cafe)
        w.live.publish(CAFE, "presence", {"who": "eve"})
        await asyncio.sleep(1.0)
        assert (ours.told(), theirs.told(), strangers.status) == (["for us"], ["for them"], 401)
        assert (len(ours.told("presence")), len(theirs.told("presence"))) == (0, 1)


@in_virtual_time
async def test_whoever_comes_back_is_told_what_was_missed() -> None:
    async with house() as w:
        await w.say("one")
        for how in ({"after": 1}, {"headed": "1"}, {"after": 0, "headed": "1"}):
            stream = await w.follow(**how)  # type: ignore[arg-type]
            assert stream.told() == []
            stream.left.set()
        await w.say("two")
        await w.say("three", of="15551230002")
        stream = await w.follow(after=1)
        assert stream.told() == ["two", "three"]
        await w.say("four")
        assert stream.told() == ["two", "three", "four"]
        assert len(w.live._listeners[HOME]) == 1


@in_virtual_time
async def test_what_somebody_knows_when_they_come_is_not_told_again() -> None:
    async with house() as w:
        first = await w.follow()
        await w.hear("just now")
        await feed(w)
        second = await w.follow()
        assert (first.told(), second.told()) == (["just now"], [])


@in_virtual_time
async def test_who_missed_too_much_is_told_to_read_anew() -> None:
    async with house() as w:
        most, following.MOST_BEHIND = following.MOST_BEHIND, 2
        try:
            for n in range(4):
                await w.say("hi", of=f"1555000000{n}")
            for after in (1, 99):
                stream = await w.follow(after=after)
                assert [(event.kind, event.id) for event in stream.events] == [("hello", ""), ("reset", "4")]
                stream.left.set()
            stream = await w.follow(after=2)
            assert (stream.told("reset"), len(stream.told())) == ([], 2)
        finally:
            following.MOST_BEHIND = most


@in_virtual_time
async def test_it_beats_and_ends_with_the_sign_in() -> None:
    async with house() as w:
        stream = await w.follow(wait=31.0)
        assert [event.kind for event in stream.events] == ["hello", "beat", "beat"]
        w.members.out.add("ada")
        await asyncio.sleep(16.0)
        assert (stream.ended, len(stream.events), w.live._listeners) == (True, 3, {})


@in_virtual_time
async def test_who_reads_no_more_is_cut_off_and_holds_up_nobody() -> None:
    async with house() as w:
        stuck, other = await w.follow(), await w.follow()
        stuck.stuck = True
        for n in range(2500):
            w.live.publish(HOME, "presence", {"n": n})
            if n % 100 == 0:
                await asyncio.sleep(0.01)
        assert sorted(each.is_cut for each in w.live._listeners[HOME]) == [False, True]
        await asyncio.sleep(60.0)
        assert len(other.told("presence")) == 2500
        assert [each.is_cut for each in w.live._listeners[HOME]] == [False]


@in_virtual_time
async def test_a_database_that_is_away_ends_no_stream() -> None:
    async with house() as w:
        stream = await w.follow()
        whole = w.live._store

        class Away:
            async def inbox_seq(self, _: WorkspaceId) -> int:
                raise StoreUnavailable("away")

        w.live._store = Away()  # type: ignore[assignment]
        await asyncio.sleep(5.0)
        await w.say("meanwhile")
        w.live._store = whole
        await asyncio.sleep(2.0)
        assert (stream.told(), stream.ended) == (["meanwhile"], False)


@in_virtual_time
async def test_when_the_server_stops_all_streams_end() -> None:
    async with house() as w:
        stream = await w.follow()
        await w.live.close()
        await asyncio.sleep(0.1)
        assert stream.ended
        assert (await w.follow()).status == 503


@in_virtual_time
async def test_nobody_takes_the_room_of_all_others() -> None:
    async with house() as w:
        streams = [await w.follow(wait=0) for _ in range(following.MOST_OF_ONE + 1)]
        assert [each.status for each in streams] == [200] * following.MOST_OF_ONE + [429]
        assert (await w.follow("eve")).status == 200
        streams[0].left.set()
        await asyncio.sleep(1.0)
        assert (await w.follow()).status == 200


async def test_no_workspace_takes_the_room_of_the_others() -> None:
    async with house() as w:
        for n in range(following.MOST_LISTENERS // 2):
            assert w.live.has_room(HOME, f"token {n}")
            await w.live.join(HOME, None, lambda _: b"", f"token {n}")
        assert not w.live.has_room(HOME, "ada")
        assert w.live.has_room(CAFE, "eve")
        assert not w.live.is_full
