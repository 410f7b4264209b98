"""Events from outside: who may tell them, what is taken, what is refused in words; nothing gives a 500."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.provider import channel
from turnkeeper.app.naming import address_of
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.ids import ChannelId, WorkspaceId
from turnkeeper.model.outside import outside
from turnkeeper.model.policy import Channel
from turnkeeper.rules.signing import signature
from turnkeeper.store.base import Intake, Taken
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import Channels
from turnkeeper.web.api.events import LARGEST_BODY, Events, Source

NOW = 1_800_000_000.0
TOKEN, SECRET = "token-of-the-shop", "secret-of-the-shop"
OTHER_TOKEN, OTHER_SECRET = "token-of-another", "secret-of-another"
ORDER: dict[str, Any] = {
    "id": "order-1",
    "type": "order.paid",
    "channel": "shop",
    "to": "+62 812-3456-7890",
    "data": {"total": 3},
}
SHOP = channel("shop")
AWAY = replace(channel("away", "1000000003"), elsewhere="staging")
TELEGRAM = replace(SHOP, id=ChannelId("chats"), kind="telegram", config=None)
THEIRS = replace(channel("theirs", "1000000002"), workspace_id=WorkspaceId("other"))


class Api:
    """The API before a store in memory."""

    def __init__(self, *channels: Channel) -> None:
        self.channels = channels or (SHOP, AWAY, TELEGRAM, THEIRS)
        self.store = SqliteStore(":memory:", Channels(*self.channels), inline=True)
        self.intakes: list[Intake] = []
        self.taken: list[Taken] = []
        self.raises: Exception | None = None
        mine = {each.id: each for each in self.channels if each.workspace_id == "default"}
        sources = [
            Source("orders", TOKEN, SECRET, mine),
            Source("others", OTHER_TOKEN, OTHER_SECRET, {THEIRS.id: THEIRS}),
        ]
        self.app = Events(sources, self, address_of, lambda: NOW, self.taken.append, frozenset({"welcome"}))

    async def __aenter__(self) -> "Api":
        await self.store.open()
        await self.store.migrate()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.store.close()

    async def take(self, intake: Intake) -> Taken:
        if self.raises is not None:
            raise self.raises
        self.intakes.append(intake)
        return await self.store.take(intake)

    async def post(self, said: object, **changed: Any) -> tuple[int, Any]:
        """Signed as it should be. `token`, `secret`, `at`: instead of what they should be."""
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        signed = signature(changed.get("secret", SECRET), body, changed.get("at", NOW))
        headers = {"authorization": f"Bearer {changed.get('token', TOKEN)}", "x-turnkeeper-signature": signed}
        status, said, _ = await self.ask("POST", body, headers | changed.get("headers", {}))
        return status, said

    async def ask(
        self, method: str, body: bytes, headers: Mapping[str, str], path: str = "/api/v1/events"
    ) -> tuple[int, Any, dict[bytes, bytes]]:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: Any) -> None:
            sent.append(message)

        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items() if value]
        await self.app({"type": "http", "method": method, "path": path, "headers": raw}, receive, send)
        return sent[0]["status"], json.loads(sent[1]["body"]), dict(sent[0]["headers"])


async def test_an_event_goes_into_a_mailbox_that_it_makes_once() -> None:
    async with Api() as api:
        more = {"stage": "thanks", "sequence": "welcome", "at": "2026-11-20T10:00:00Z", "escalate": "why"}
        status, first = await api.post(ORDER | more)
        assert (status, first["event"], first["duplicate"]) == (202, "order-1", False)
        found = await api.store.find(SHOP.workspace_id, SHOP.id, "phone:6281234567890")
        assert found is not None
        assert found.id == first["conversation"]
        assert found.mode == "human"
        (arrival,) = api.intakes[0].arrivals
        assert (arrival.event.kind, arrival.event.text, arrival.event.timestamp) == ("api", None, 1_795_168_800)
        told = outside(arrival.event)
        assert told is not None
        assert msgspec.structs.astuple(told) == (
            *("order.paid", "order-1", {"total": 3}, "orders", "thanks", "welcome", "why"),
        )
        again = await api.post(ORDER | {"data": "other"})
        assert again == (202, {**first, "duplicate": True})
        assert (await api.store.ledger()).states["person"] == 1
        assert [wake.conversation_id for each in api.taken for wake in each.wakes] == [found.id]


async def test_a_batch_is_taken_whole_or_not_at_all() -> None:
    async with Api() as api:
        batch = [ORDER | {"id": f"o{n}", "to": f"+62812345678{n:02}"} for n in range(100)]
        batch[7] = batch[6]
        status, said = await api.post({"events": batch})
        assert status == 202
        assert [each["duplicate"] for each in said["events"]] == [n == 7 for n in range(100)]
        assert len({each["conversation"] for each in said["events"]}) == 99
        assert len(api.intakes) == 1
        wrong = [ORDER | {"id": "new"}, ORDER | {"id": "wrong", "channel": "nowhere"}, ORDER | {"typo": 1}]
        status, said = await api.post({"events": wrong})
        assert (status, [each["where"] for each in said["errors"]]) == (422, ["$.events[2]"])
        status, said = await api.post({"events": wrong[:2]})
        assert (status, [each["where"] for each in said["errors"]]) == (422, ["$.events[1].channel"])
        assert len(api.intakes) == 1
        assert (await api.post({"events": [*batch, ORDER]}))[0] == 422
        assert (await api.post({"events": []}))[0] == 422


UNPROVEN: list[tuple[str, dict[str, Any]]] = [
    ("another token", {"token": "token-of-nobody"}),
    ("no token", {"headers": {"authorization": ""}}),
    ("another scheme", {"headers": {"authorization": f"Basic {TOKEN}"}}),
    ("another's secret", {"secret": OTHER_SECRET}),
    ("another's token", {"token": OTHER_TOKEN}),
    ("no signature", {"headers": {"x-turnkeeper-signature": ""}}),
    ("an old signature", {"at": NOW - 301}),
    ("a signature from the future", {"at": NOW + 301}),
]


@pytest.mark.parametrize("label, changed", UNPROVEN, ids=[case[0] for case in UNPROVEN])
async def test_whoever_does_not_prove_both_is_refused_unread(label: str, changed: dict[str, Any]) -> None:
    api = Api()
    for body in (ORDER, b"\xff{"):
        status, said = await api.post(body, **changed)
        assert (status, said["status"], said["title"]) == (401, 401, "not authorized")
    assert api.intakes == []
    assert api.app.outcomes == {"forbidden": 2}


async def test_a_source_reaches_the_channels_of_its_workspace_only() -> None:
    async with Api() as api:
        assert (await api.post(ORDER | {"channel": "theirs"}))[0] == 422
        assert (await api.post(ORDER | {"channel": "theirs"}, token=OTHER_TOKEN, secret=OTHER_SECRET))[0] == 202
        assert (await api.post(ORDER, token=OTHER_TOKEN, secret=OTHER_SECRET))[0] == 422
        assert [arrival.channel for intake in api.intakes for arrival in intake.arrivals] == [THEIRS]


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("no such channel", {"channel": "sho"}, "$.channel"),
    ("another environment's channel", {"channel": "away"}, "$.channel"),
    ("not a number", {"to": "Ada"}, "$.to"),
    ("a phone number on Telegram", {"channel": "chats", "to": "+62 812-3456-7890"}, "$.to"),
    ("an address with a space", {"to": "phone:62 812"}, "$.to"),
    ("a type that is a sentence", {"type": "Order paid!"}, "$.type"),
    ("a type that ends in a line break", {"type": "order.paid\n"}, "$.type"),
    ("a type of the server's own", {"type": "payment.paid"}, "$.type"),
    ("a timer", {"type": "timer.later"}, "$.type"),
    ("no such sequence", {"sequence": "goodbye"}, "$.sequence"),
    ("an id of nothing", {"id": ""}, "$.id"),
    ("an id that breaks lines", {"id": "a\nb"}, "$.id"),
    ("a number for an id", {"id": 7}, "$.id"),
    ("a time without a zone", {"at": "2026-11-20T10:00:00"}, "$.at"),
    ("a time that is none", {"at": "soon"}, "$.at"),
    ("a time long ago", {"at": "0001-01-01T00:00:00+00:00"}, "$.at"),
    ("a time that is true", {"at": True}, "$.at"),
    ("a key too many", {"typo": 1}, "$"),
]


@pytest.mark.parametrize("label, changed, where", WRONG, ids=[case[0] for case in WRONG])
async def test_what_is_wrong_is_told_by_its_place(label: str, changed: dict[str, Any], where: str) -> None:
    api = Api()
    status, said = await api.post(ORDER | changed)
    assert (status, [each["where"] for each in said["errors"]]) == (422, [where])
    assert all(each["problem"] for each in said["errors"])
    assert api.intakes == []


BODIES = [
    ("not JSON", b"{", 400),
    ("not UTF-8", b'{"id": "\xff"}', 400),
    ("nested deep", b"[" * 100_000, 400),
    ("a list", b"[]", 400),
    ("empty", b"", 400),
    ("data nested deep", json.dumps(ORDER | {"data": json.loads("[" * 70 + "]" * 70)}).encode(), 422),
    ("too large", json.dumps(ORDER | {"data": "x" * LARGEST_BODY}).encode(), 413),
]


@pytest.mark.parametrize("label, body, code", BODIES, ids=[case[0] for case in BODIES])
async def test_bodies_that_are_not_taken(label: str, body: bytes, code: int) -> None:
    api = Api()
    status, said = await api.post(body)
    assert status == code
    assert label != "nested deep" or said["detail"] == "the body is not JSON: nested too deep"
    assert api.intakes == []


async def test_other_methods_and_addresses() -> None:
    api = Api()
    status, _, headers = await api.ask("GET", b"", {})
    assert (status, headers[b"allow"]) == (405, b"POST")
    assert (await api.ask("POST", b"", {}, "/api/v1/else"))[0] == 404


async def test_a_store_that_is_away_is_said_and_a_spool_tells_no_conversation() -> None:
    api = Api()
    for error in (StoreUnavailable("away"), RuntimeError("a mistake")):
        api.raises = error
        assert (await api.post(ORDER))[0] == 503

    async def spooled(_: Intake) -> Taken:
        return Taken(0, 0, [])

    api.take = spooled  # type: ignore[method-assign]
    assert await api.post(ORDER) == (202, {"event": "order-1", "conversation": None, "duplicate": None})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*ORDER, "at", "stage", "events"]), JSON, max_size=9))
@settings(max_examples=40, deadline=None)
async def test_whatever_is_said_is_answered(said: dict[str, Any]) -> None:
    async with Api() as api:
        assert (await api.post(ORDER | said))[0] in (202, 400, 422)
