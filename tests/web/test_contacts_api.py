"""The API of contacts: found, told of, changed, made one and two, taken along and erased; each by whoever may."""

import json
from typing import Any

import msgspec
import pytest

from tests.web.api_client import HOME, ApiClient
from turnkeeper.model.ids import BotId
from turnkeeper.store.base import Arrival, Intake
from turnkeeper.testing.events import ADA, Channels, channel, text

BOB = "15551230002"
T0 = 1_800_000_000.0
SHOP = channel()


class Shop(ApiClient):
    """The API, and people who have written."""

    def __init__(self) -> None:
        super().__init__(lambda: T0 + 100, directory=Channels(SHOP))

    async def written(self, *who: str) -> list[str]:
        """They write one after the other; their ids."""
        await self.open()
        for nth, each in enumerate(who):
            words = msgspec.structs.replace(text(f"I am {each}", of=each, at=T0 + nth), sender_name=f"Name {each}")
            await self.store.take(Intake([Arrival(SHOP, words, T0 + nth)]))
        await self.fed()
        items = (await self.get("/contacts")).body["items"]
        return [each["id"] for each in reversed(items)]

    async def fed(self) -> None:
        await self.store.flush_changes(T0)
        while await self.store.feed_inbox(50, T0 + 100):
            pass


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def test_contacts_are_listed_found_and_paged(shop: Shop) -> None:
    ada, bob = await shop.written(ADA, BOB)
    (newest,) = (first := (await shop.get("/contacts?limit=1")).body)["items"]
    assert (newest["id"], newest["name"], newest["address"]) == (bob, f"Name {BOB}", f"+{BOB}")
    rest = (await shop.get(f"/contacts?limit=1&after={first['next']}")).body
    assert ([each["id"] for each in rest["items"]], rest["next"]) == ([ada], None)
    assert [each["id"] for each in (await shop.get(f"/contacts?q={ADA[-5:]}")).body["items"]] == [ada]
    assert (await shop.get("/contacts?q=nobody")).body["items"] == []
    assert (await shop.get("/contacts", by="cafe")).body["items"] == []
    assert (await shop.get("/contacts?after=nonsense")).status == 422


async def test_a_colleague_changes_what_is_known(shop: Shop) -> None:
    (ada,) = await shop.written(ADA)
    fields = [{"bot": "assistant", "name": "size", "value": "M"}, {"bot": "assistant", "name": "since", "value": 2024}]
    change = {"name": "Ada <b>Lovelace</b>", "fields": fields, "tags": ["vip", "vip", " late "]}
    told = (await shop.send("PATCH", f"/contacts/{ada}", change, by="agent")).body
    assert (told["name"], told["tags"]) == ("Ada <b>Lovelace</b>", ["late", "vip"])
    assert {each["name"]: each["value"] for each in told["fields"]} == {"size": "M", "since": 2024}
    await shop.fed()
    assert [each["id"] for each in (await shop.get("/contacts?tag=vip")).body["items"]] == [ada]
    known = await shop.store.facts(HOME, ada, BotId("assistant"))  # type: ignore[arg-type]
    assert {each.name: json.loads(each.value) for each in known}["tags"] == ["vip", "late"]
    gone = {"fields": [{"bot": "assistant", "name": "size", "value": None}], "tags": []}
    told = (await shop.send("PATCH", f"/contacts/{ada}", gone)).body
    assert (told["tags"], [each["name"] for each in told["fields"]]) == ([], ["since"])


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"fields": [{"bot": "assistant", "name": "_secret", "value": 1}]},
        {"fields": [{"bot": "assistant", "name": "tags", "value": "x"}]},
        {"fields": [{"bot": "assistant", "name": "size", "value": ["M"]}]},
        {"fields": [{"bot": "assistant", "name": "size", "value": "x" * 2001}]},
        {"tags": ["x" * 61]},
        {"nonsense": 1},
    ],
)
async def test_what_is_no_change_is_refused(shop: Shop, change: dict[str, Any]) -> None:
    (ada,) = await shop.written(ADA)
    assert (await shop.send("PATCH", f"/contacts/{ada}", change)).status == 422
    assert await shop.store.facts(HOME, ada) == []  # type: ignore[arg-type]


async def test_consent_is_noted(shop: Shop) -> None:
    (ada,) = await shop.written(ADA)
    said = await shop.send("POST", f"/contacts/{ada}/consent", {"purpose": "marketing", "granted": False}, by="agent")
    assert [(each["purpose"], each["granted"], each["source"]) for each in said.body] == [
        ("marketing", False, "operator")
    ]
    wrong = await shop.send("POST", f"/contacts/{ada}/consent", {"purpose": "Not This", "granted": True})
    assert (wrong.status, wrong.body["errors"][0]["where"]) == (422, "purpose")


async def test_two_are_made_one_and_two_again(shop: Shop) -> None:
    ada, bob = await shop.written(ADA, BOB)
    told = (await shop.send("POST", f"/contacts/{ada}/merge", {"with": bob})).body
    assert len(told["addresses"]) == 2
    assert (await shop.get(f"/contacts/{bob}")).status == 404
    bobs = next(each["conversation"] for each in told["addresses"] if BOB in each["address"])
    part = (await shop.send("POST", f"/contacts/{ada}/split", {"conversation": bobs})).body["id"]
    assert [each["address"] for each in (await shop.get(f"/contacts/{part}")).body["addresses"]] == [f"phone:{BOB}"]
    assert (await shop.send("POST", f"/contacts/{part}/split", {"conversation": bobs})).status == 409
    assert (await shop.send("POST", f"/contacts/{ada}/merge", {"with": ada})).status == 422
    assert (await shop.send("POST", f"/contacts/{ada}/merge", {"with": "nobody"})).status == 404


async def test_everything_is_taken_along_and_then_erased(shop: Shop) -> None:
    (ada,) = await shop.written(ADA)
    await shop.send("PATCH", f"/contacts/{ada}", {"fields": [{"bot": "assistant", "name": "size", "value": "M"}]})
    export = await shop.get(f"/contacts/{ada}/export")
    (conversation,) = export.body["conversations"]
    (line,) = conversation["newest_first"]
    assert (line["who"], line["event"]["text"]) == ("contact", f"I am {ADA}")
    assert export.body["known"][0]["value"] == "M"
    assert b"attachment" in export.headers[b"content-disposition"]
    assert (await shop.send("POST", f"/contacts/{ada}/erase")).status == 204
    await shop.fed()
    left = (await shop.get(f"/contacts/{ada}/export")).text
    assert f"I am {ADA}" not in left
    assert f"Name {ADA}" not in left
    assert '"M"' not in left


async def test_roles(shop: Shop) -> None:
    ada, bob = await shop.written(ADA, BOB)
    assert (await shop.get(f"/contacts/{ada}", by="viewer")).status == 200
    assert (await shop.send("PATCH", f"/contacts/{ada}", {"name": "A"}, by="viewer")).status == 403
    for method, path, body in (
        ("POST", "merge", {"with": bob}),
        ("POST", "split", {"conversation": "x"}),
        ("GET", "export", None),
        ("POST", "erase", None),
    ):
        assert (await shop.send(method, f"/contacts/{ada}/{path}", body, by="agent")).status == 403
        assert (await shop.send(method, f"/contacts/{ada}/{path}", body, by="cafe")).status in (404, 409)
    assert (await shop.get(f"/contacts/{ada}")).body["name"] == f"Name {ADA}"
