"""The inbox: what the list shows of each conversation, alike on every store."""

from typing import Any

import pytest

from tests.contracts.conftest import OpenWorld
from turnkeeper.model.ids import ConversationId, ConversationKey, WorkspaceId
from turnkeeper.model.inbox import InboxChoices, InboxCounts, InboxFilter, InboxPlace

SHOP = WorkspaceId("default")
FILTERS: list[dict[str, Any]] = [
    {},
    {"mode": "human"},
    {"mode": "bot", "channel_id": "shop", "bot_id": "assistant", "stage": "paid", "tag": "vip"},
    {"unread": True, "waiting": True, "escalated": True, "failed": True, "closing": (1.0, 2.0)},
    {"order": "waiting", "tag": "vip", "mode": "human"},
    {"order": "closing", "closing": (1.0, 2.0)},
]


@pytest.mark.parametrize("wanted", FILTERS)
async def test_where_there_is_nothing_nothing_is_found(world: OpenWorld, wanted: dict[str, Any]) -> None:
    narrowed = InboxFilter(**wanted)
    async with world() as w:
        for after in (None, InboxPlace(5.0, "c")):
            assert await w.store.inbox_page(SHOP, narrowed, after, 10) == []
        assert (await w.store.search(SHOP, "hello wor", narrowed, 10)).hits == []
        assert await w.store.inbox_counts(SHOP) == InboxCounts(0, 0, 0, 0, 0, 0, 0)
        assert await w.store.inbox_choices(SHOP) == InboxChoices()
        assert await w.store.inbox_since(SHOP, 0, 10) == []
        assert await w.store.inbox_seq(SHOP) == 0
        assert await w.store.inbox_rows(SHOP, [ConversationId("c")]) == []
        assert await w.store.inbox_row(ConversationKey(SHOP, ConversationId("c"))) is None
        assert not await w.store.mark_seen(ConversationKey(SHOP, ConversationId("c")))
        assert await w.store.figures(SHOP, 0.0, 1.0, "day") == []
