"""However often a conversation is fed, and whenever, its row, its figures and what is found of it are the same."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

import pytest
from msgspec.structs import replace

from tests.contracts.feeding import SHOP, feed, found
from tests.contracts.world import T0, World
from turnkeeper.model.inbox import InboxFilter, InboxRow
from turnkeeper.model.outbound import NotSent, Rejected
from turnkeeper.store.base import ClaimedTurn
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import Channels, channel, deleted, echo, edited, reaction, status, text

Seen = tuple[InboxRow, dict[str, int], list[list[tuple[str, int]]]]


class Story(World):
    """A conversation whose next deed is drawn; every id is the story's own."""

    def __init__(self, store: SqliteStore, seed: int) -> None:
        super().__init__(store, Channels(channel()), channel())
        self._rng = Random(seed)
        self._said = 0

    async def tell(self, deeds: int, after_each: Callable[[], Awaitable[None]]) -> None:
        await self.start()
        for _ in range(deeds):
            self.now += self._rng.choice([0.0, 1.0, 30.0, 4000.0])
            await self._rng.choice([self.writes, self.writes, self.goes_on, self.goes_on, self.colleague, self.news])()
            await after_each()

    async def writes(self) -> None:
        self._said += 1
        first = text(f"apple{self._said} pear", at=self.now, id=f"in.{self._said}")
        liked = reaction("!", f"in.{self._said}")
        later = self._rng.choice([[], [], [edited(first, "plum")], [deleted(first)], [liked]])
        later = [replace(each, dedup_key=f"later.{self._said}", message_id=f"later.{self._said}") for each in later]
        await self.hear(first, *later)

    async def goes_on(self) -> None:
        """Whatever is due next, in one of its ways."""
        if await self.store.next_due() is None:
            return
        await self.until_due()
        for claimed in await self.claim():
            if not isinstance(claimed, ClaimedTurn):
                await self.record(claimed)
                continue
            replies = self._rng.choice([(), ("orange",), ("orange", "lemon")])
            dispatch = await self.commit(claimed, *replies, failed=bool(replies) and self._rng.random() < 0.3)
            while dispatch.send is not None:
                outcome = self._rng.choice([None, None, NotSent("busy"), Rejected("131026", "no such number")])
                dispatch = await self.record(dispatch.send, outcome)

    async def colleague(self) -> None:
        if not self._said:
            return
        self._said += 1
        what = self._rng.choice(["takes", "gives", "types"])
        if what == "types":
            await self.hear(echo("cherry", id=f"echo.{self._said}"))
        else:
            await self.mode("human" if what == "takes" else "bot")

    async def news(self) -> None:
        """That something fails later on changes what was counted already, so it is not told here."""
        await self.report(status(self._rng.choice(["delivered", "read"]), id=f"out.{self._rng.randint(1, 5)}"))


async def told(seed: int, *, often: bool) -> Seen:
    store = SqliteStore(":memory:", Channels(channel()), inline=True)
    await store.open()
    await store.migrate()
    story = Story(store, seed)
    try:
        await story.tell(25, (lambda: feed(story)) if often else (lambda: asyncio.sleep(0)))
        await feed(story)
        rows = await store.inbox_page(SHOP, InboxFilter(), None, 10)
        sums = await store.figures(SHOP, T0 - 1e6, T0 + 1e6)
        figures = {each.name: each.value for each in sums}
        asked = ("apple", "pear", "plum", "orange", "lemon", "cherry")
        hits = [[(hit.source, hit.seq) for hit in await found(story, word)] for word in asked]
        return replace(rows[0], seq=0), figures, hits
    finally:
        await store.close()


@pytest.mark.parametrize("seed", range(12))
async def test_it_comes_to_the_same(seed: int) -> None:
    often, once = await told(seed, often=True), await told(seed, often=False)
    assert often[0] == once[0]
    assert often[1] == once[1]
    assert often[2] == once[2]
