"""The feeder in a test's hand: everything that was committed is in the inbox after `fed`."""

from tests.contracts.world import World
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.inbox import InboxFilter, InboxRow, SearchHit
from turnkeeper.testing.events import ADA

SHOP = WorkspaceId("default")


async def feed(w: World) -> None:
    """Write and feed what has changed, until nothing is left."""
    await w.store.flush_changes(w.now)
    for _ in range(50):
        if not await w.store.feed_inbox(50, w.now):
            return
    raise AssertionError("it is never fed")


async def fed(w: World, of: str = ADA) -> InboxRow:
    """Somebody's row after that."""
    await feed(w)
    row = await w.store.inbox_row((await w.conversation(of)).key)
    assert row is not None
    return row


async def listed(w: World, **wanted: object) -> list[str]:
    """The names of who is listed, in order."""
    rows = await w.store.inbox_page(w.channel.workspace_id, InboxFilter(**wanted), None, 100)  # type: ignore[arg-type]
    return [row.address for row in rows]


async def found(w: World, words: str, **wanted: object) -> list[SearchHit]:
    """What a search finds."""
    page = await w.store.search(w.channel.workspace_id, words, InboxFilter(**wanted), 50)  # type: ignore[arg-type]
    return page.hits


async def counted(w: World) -> dict[str, int]:
    """All figures but the times."""
    figures = await w.store.figures(w.channel.workspace_id, 0.0, w.now + 3600)
    return {each.name: each.value for each in figures if not each.name.startswith("time.")}
