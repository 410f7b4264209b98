"""The inbox over the API: narrowed, paged and searched in one's own workspace."""

import json
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest

from turnkeeper.model.ids import BotId, ChannelId, ContactId, ConversationId, ConversationKey, WorkspaceId
from turnkeeper.model.inbox import (
    InboxChoices,
    InboxCounts,
    InboxFilter,
    InboxPlace,
    InboxRow,
    SearchHit,
    SearchPage,
)
from turnkeeper.model.people import Role, UserId
from turnkeeper.web.api.access import Identity
from turnkeeper.web.api.backend import Backend
from turnkeeper.web.api.conversations import router
from turnkeeper.web.api.site import build_api
from turnkeeper.web.asgi import Scope

SHOP = WorkspaceId("shop")
NOW = 1000.0


def row(number: int, **more: Any) -> InboxRow:
    ids = (SHOP, ConversationId(f"c{number}"), number, ChannelId("desk"), BotId("ann"), ContactId(f"p{number}"))
    return InboxRow(*ids, last_at=100.0 - number, **more)


class Inbox:
    """A store of seven conversations that notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.rows = [row(number, waiting_since=float(number)) for number in range(1, 8)]

    async def inbox_page(
        self, workspace_id: WorkspaceId, wanted: InboxFilter, after: InboxPlace | None, limit: int
    ) -> list[InboxRow]:
        self.asked.append((workspace_id, wanted, after))
        begin = 0 if after is None else int(after.conversation_id[1:])
        return self.rows[begin : begin + limit]

    async def search(
        self, workspace_id: WorkspaceId, words: str, wanted: InboxFilter, limit: int, after: str | None = None
    ) -> SearchPage:
        self.asked.append((workspace_id, words, wanted, limit, after))
        return SearchPage([SearchHit(self.rows[0], "in", 4, "contact", 9.0, "… hello", ((2, 7),))], "77")

    async def inbox_counts(self, workspace_id: WorkspaceId) -> InboxCounts:
        assert workspace_id == SHOP
        return InboxCounts(7, 1, 2, 3, 4, 5, 1001)

    async def inbox_choices(self, workspace_id: WorkspaceId) -> InboxChoices:
        assert workspace_id == SHOP
        return InboxChoices(("desk",), ("ann",), (), ("vip",))

    async def mark_seen(self, key: ConversationKey, seen: int | None = None) -> bool:
        self.asked.append((key, seen))
        return key.id == "c1"


class People:
    """Who asks is an agent, or whom the cookie names."""

    async def identify(self, scope: Scope) -> Identity | None:
        role = Role.VIEWER if (b"cookie", b"vera") in scope["headers"] else Role.AGENT
        return Identity("ann", {SHOP: role}, UserId("ann"), sign_in=b"s")

    def is_ours(self, _: Scope) -> bool:
        return True


class Said(NamedTuple):
    status: int
    body: Any


class Api:
    def __init__(self) -> None:
        self.inbox: Any = Inbox()
        self.app = build_api(Backend(self.inbox, lambda: NOW, lambda _: None, People()), [router])

    async def ask(self, path: str, body: Any = None, by: str = "ann", **query: Any) -> Said:
        sent: list[Any] = []
        content = b"" if body is None else json.dumps(body).encode()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "GET" if body is None else "POST",
            "path": f"/api/v1/conversations{path}",
            "query_string": urlencode(query).encode(),
            "headers": [(b"cookie", by.encode()), (b"content-type", b"application/json")],
            "client": ("127.0.0.1", 5),
        }
        await self.app(scope, receive, send)
        told = b"".join(each.get("body", b"") for each in sent[1:])
        return Said(sent[0]["status"], json.loads(told) if told else None)


NARROWED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"mode": "human"}, {"mode": "human"}),
    ({"channel": "desk", "bot": "ann", "stage": "paid"}, {"channel_id": "desk", "bot_id": "ann", "stage": "paid"}),
    ({"tag": "ü 1", "unread": "true"}, {"tag": "ü 1", "unread": True}),
    ({"waiting": "true", "order": "waiting"}, {"waiting": True, "order": "waiting"}),
    ({"escalated": "true", "failed": "true"}, {"escalated": True, "failed": True}),
    ({"closes_within": "60", "order": "closing"}, {"closing": (NOW, NOW + 60), "order": "closing"}),
]


@pytest.mark.parametrize("asked, wanted", NARROWED)
async def test_what_is_asked_for_is_what_the_store_is_asked(asked: dict[str, Any], wanted: dict[str, Any]) -> None:
    api = Api()
    assert (await api.ask("", **asked)).status == 200
    assert api.inbox.asked == [(SHOP, InboxFilter(**wanted), None)]


async def test_a_row_tells_who_wrote_and_what_waits() -> None:
    api = Api()
    api.inbox.rows = [row(1, name="Ann", contact_count=5, seen_count=3, tags=("vip",), window_closes_at=0.0)]
    (item,) = (await api.ask("")).body["items"]
    assert item["id"] == "c1"
    assert (item["name"], item["unread"], item["tags"], item["window_closes_at"]) == ("Ann", 2, ["vip"], 0.0)
    assert "workspace_id" not in item


@pytest.mark.parametrize("order", ["newest", "waiting"])
async def test_pages_follow_each_other(order: str) -> None:
    api = Api()
    seen, after = [], {}
    for _ in range(3):
        page = (await api.ask("", limit=3, order=order, **after)).body
        seen.append([each["id"] for each in page["items"]])
        after = {"after": page["next"]}
    assert seen == [["c1", "c2", "c3"], ["c4", "c5", "c6"], ["c7"]]
    assert page["next"] is None
    assert (await api.ask("", limit=7, order=order)).body["next"] is None
    assert api.inbox.asked[1][2] == InboxPlace(97.0 if order == "newest" else 3.0, ConversationId("c3"))


BAD = [
    {"mode": "robot"},
    {"order": "oldest"},
    {"limit": "0"},
    {"limit": "101"},
    {"closes_within": "-1"},
    {"closes_within": "nan"},
    {"after": "x"},
    {"after": "WyJ3YWl0aW5nIiwxLjAsImMxIl0"},  # of another order
    {"after": "W10"},
    {"after": "ü"},
    {"tag": "x" * 201},
]


@pytest.mark.parametrize("asked", BAD)
async def test_what_cannot_be_asked_for_is_refused(asked: dict[str, str]) -> None:
    api = Api()
    said = await api.ask("", **asked)
    assert (said.status, api.inbox.asked) == (422, [])
    assert said.body["detail"]


async def test_searching() -> None:
    api = Api()
    said = await api.ask("/search", words="hello", tag="vip")
    assert said.body["next"] == "77"
    (found,) = said.body["items"]
    assert (found["conversation"]["id"], found["source"], found["seq"], found["hits"]) == (
        "c1",
        "in",
        4,
        [{"start": 2, "end": 7}],
    )
    assert (await api.ask("/search", words="hello", after="77", limit=5)).status == 200
    narrowed = InboxFilter(tag="vip")
    assert api.inbox.asked == [(SHOP, "hello", narrowed, 30, None), (SHOP, "hello", InboxFilter(), 5, "77")]
    for bad in ({"words": ""}, {"words": "x" * 201}, {"words": "a", "after": "-1"}, {"words": "a", "after": "9" * 30}):
        assert (await api.ask("/search", **bad)).status == 422


async def test_counts_and_choices() -> None:
    api = Api()
    counts = (await api.ask("/counts")).body
    assert (counts["all"], counts["paused"], counts["most"]) == (7, 1001, 1000)
    choices = (await api.ask("/choices")).body
    assert choices == {"channels": ["desk"], "bots": ["ann"], "stages": [], "tags": ["vip"]}


async def test_marking_as_seen() -> None:
    api = Api()
    assert await api.ask("/c1/seen", {}) == (204, None)
    assert (await api.ask("/c1/seen", {"messages": 3})).status == 204
    assert (await api.ask("/c9/seen", {})).status == 404
    assert api.inbox.asked == [((SHOP, "c1"), None), ((SHOP, "c1"), 3), ((SHOP, "c9"), None)]
    assert (await api.ask("/c1/seen", {"messages": -1})).status == 422
    assert (await api.ask("/c1/seen", {}, by="vera")).status == 403
