"""The fake's templates: sends against their definitions, reviews, creation, lists in pages."""

from typing import Any

import httpx2
import pytest

from tests.testing.business import TOKEN, World, message

AUTH = {"Authorization": f"Bearer {TOKEN}"}
PATH = "/v25.0/2000000001/message_templates"
PICTURE = {"link": "https://x.example/a.png"}
SHOWN = {"type": "image", "image": PICTURE}
YES = {"type": "payload", "payload": "yes"}


def text(*values: str, **named: str) -> list[dict[str, str]]:
    plain = [{"type": "text", "text": value} for value in values]
    return plain + [{"type": "text", "parameter_name": name, "text": value} for name, value in named.items()]


def part(kind: str, *parameters: Any, **more: Any) -> dict[str, Any]:
    return {"type": kind, "parameters": list(parameters), **more}


def button(sub_type: str, *parameters: Any, index: Any = "0") -> dict[str, Any]:
    return part("button", *parameters, sub_type=sub_type, index=index)


def coupon(code: str) -> dict[str, Any]:
    return button("copy_code", {"type": "coupon_code", "coupon_code": code})


BODY = part("body", *text("Ada", "5"))
URL = {"type": "URL", "text": "Track", "url": "https://x.example/{{1}}"}
STATIC = {"type": "URL", "text": "Track", "url": "https://x.example/"}
QUICK = {"type": "QUICK_REPLY", "text": "Yes"}
COUPON = {"type": "COPY_CODE", "example": "SAVE"}
COORDINATES = {"latitude": 1, "longitude": 2, "name": "Here", "address": "There"}

# label, the definition, what is sent, the code (None: taken)
SENDS: list[tuple[str, dict[str, Any], list[Any], int | None]] = [
    ("nothing wanted, nothing given", {}, [], None),
    ("two wanted, two given", {"body": "{{1}} has {{2}} left"}, [BODY], None),
    ("two wanted, none given", {"body": "{{1}} has {{2}} left"}, [], 132000),
    ("two wanted, one given", {"body": "{{1}} has {{2}} left"}, [part("body", *text("Ada"))], 132000),
    ("none wanted, two given", {}, [BODY], 132000),
    ("one, used twice", {"body": "Dear {{1}}, {{1}}!"}, [part("body", *text("Ada"))], None),
    ("money and dates", {"body": "{{1}} on {{2}} now"}, [part(
        "body",
        {"type": "currency", "currency": {"fallback_value": "5 €", "code": "EUR", "amount_1000": 5000}},
        {"type": "date_time", "date_time": {"fallback_value": "Monday"}},
    )], None),
    ("a picture in the body", {"body": "Dear {{1}}!"}, [part("body", SHOWN)], 132012),
    ("names", {"body": "Dear {{name}}!"}, [part("body", *text(name="Ada"))], None),
    ("names missing", {"body": "Dear {{name}}!"}, [part("body", *text("Ada"))], 100),
    ("other names", {"body": "Dear {{name}}!"}, [part("body", *text(nom="Ada"))], 132000),
    ("names that are not wanted", {"body": "Dear {{1}}!"}, [part("body", *text(name="Ada"))], 132012),
    ("a line break", {"body": "Dear {{1}}!"}, [part("body", *text("A\nB"))], 132018),
    ("a tab", {"body": "Dear {{1}}!"}, [part("body", *text("A\tB"))], 132018),
    ("four spaces", {"body": "Dear {{1}}!"}, [part("body", *text("A    B"))], None),
    ("five spaces", {"body": "Dear {{1}}!"}, [part("body", *text("A     B"))], 132018),
    ("an empty value", {"body": "Dear {{1}}!"}, [part("body", *text(""))], 131008),
    ("1,024 in all", {"body": "Dear {{1}}!"}, [part("body", *text("x" * 1018))], None),
    ("1,025 in all", {"body": "Dear {{1}}!"}, [part("body", *text("x" * 1019))], 132005),
    ("a code of 15", {"body": "{{1}} is it.", "category": "AUTHENTICATION"}, [part("body", *text("1" * 15))], None),
    ("a code of 16", {"body": "{{1}} is it.", "category": "AUTHENTICATION"}, [part("body", *text("1" * 16))], 132018),
    ("header of words", {"header": "For {{1}}"}, [part("header", *text("Ada"))], None),
    ("header of words, none given", {"header": "For {{1}}"}, [], 132000),
    ("header of words, a picture given", {"header": "For {{1}}"}, [part("header", SHOWN)], 132012),
    ("picture", {"header": "IMAGE"}, [part("header", SHOWN)], None),
    ("picture, none given", {"header": "IMAGE"}, [], 132012),
    ("picture, words given", {"header": "IMAGE"}, [part("header", *text("Ada"))], 132012),
    ("picture, a film given", {"header": "IMAGE"}, [part("header", {"type": "video", "video": PICTURE})], 132012),
    ("picture without an address", {"header": "IMAGE"}, [part("header", {"type": "image", "image": {}})], 131008),
    ("picture of an unknown id", {"header": "IMAGE"}, [part("header", {"type": "image", "image": {"id": "7"}})], 100),
    ("no header, one given", {}, [part("header", *text("Ada"))], 132018),
    ("place", {"header": "LOCATION"}, [part("header", {"type": "location", "location": COORDINATES})], None),
    ("place without name", {"header": "LOCATION"}, [
        part("header", {"type": "location", "location": {**COORDINATES, "name": ""}})], 131008),
    ("url button", {"buttons": [URL]}, [button("url", *text("order-7"))], None),
    ("url button by a number", {"buttons": [URL]}, [button("URL", *text("order-7"), index=0)], None),
    ("url button without its end", {"buttons": [URL]}, [], 131008),
    ("url button that wants none", {"buttons": [STATIC]}, [button("url", *text("order-7"))], 132018),
    ("url button that wants none and gets none", {"buttons": [STATIC]}, [], None),
    ("the wrong kind of button", {"buttons": [URL]}, [button("quick_reply", YES)], 132018),
    ("a button that is not there", {"buttons": [STATIC]}, [button("url", *text("x"), index="1")], 132018),
    ("a button of a strange place", {"buttons": [URL]}, [button("url", *text("x"), index="²")], 131009),
    ("a button of no place", {"buttons": [URL]}, [button("url", *text("x"), index="x")], 131009),
    ("a button twice", {"buttons": [URL]}, [button("url", *text("x"))] * 2, 131009),
    ("quick reply", {"buttons": [QUICK]}, [button("quick_reply", YES)], None),
    ("quick reply without payload", {"buttons": [QUICK]}, [], None),
    ("quick reply with words", {"buttons": [QUICK]}, [button("quick_reply", *text("yes"))], 132012),
    ("coupon", {"buttons": [COUPON]}, [coupon("SAVE25")], None),
    ("coupon of 16", {"buttons": [COUPON]}, [coupon("x" * 16)], 132018),
    ("coupon missing", {"buttons": [COUPON]}, [], 131008),
    ("a component of no kind", {}, [part("foot")], 131009),
    ("a parameter of no kind", {}, [part("body", {"type": "colour"})], 100),
    ("body twice", {"body": "{{1}} has {{2}} left"}, [BODY, BODY], 131009),
]  # fmt: skip


def template(name: str, language: str = "en_US", components: Any = ()) -> Any:
    return message("template", {"name": name, "language": {"code": language}, "components": list(components)})


@pytest.mark.parametrize("label, definition, sent, code", SENDS, ids=[each[0] for each in SENDS])
async def test_a_send_is_held_against_the_definition(
    label: str, definition: dict[str, Any], sent: list[Any], code: int | None
) -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567")
        world.fake.templates.add("order", **definition)
        reply = await world.post(template("order", components=sent))
        if code is None:
            assert reply.status_code == 200, reply.text
            assert reply.json()["messages"][0]["message_status"] == "accepted"
            assert len(ada.received) == 1
        else:
            assert (reply.status_code, reply.json()["error"]["code"]) == (400, code)
            assert ada.received == []


async def test_the_person_reads_the_words() -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567")
        await world.post(template("order", components=[BODY]))
        world.fake.templates.add("order", body="{{1}} has {{2}} left.")
        world.fake.templates.add("dear", body="Dear {{name}}!")
        await world.post(template("order", components=[BODY]))
        await world.post(template("dear", components=[part("body", *text(name="Ada"))]))
        assert ada.texts == ["[template order]", "Ada has 5 left.", "Dear Ada!"]


MISSING: list[tuple[str, str, str, str, int, int]] = [
    ("unknown name", "order2", "en_US", "APPROVED", 404, 132001),
    ("another language", "order", "en", "APPROVED", 404, 132001),
    ("not yet approved", "order", "en_US", "PENDING", 404, 132001),
    ("rejected", "order", "en_US", "REJECTED", 404, 132001),
    ("paused", "order", "en_US", "PAUSED", 400, 132015),
    ("disabled", "order", "en_US", "DISABLED", 400, 132016),
]


@pytest.mark.parametrize("label, name, language, state, status, code", MISSING, ids=[each[0] for each in MISSING])
async def test_only_approved_ones_are_sent(
    label: str, name: str, language: str, state: str, status: int, code: int
) -> None:
    async with World() as world:
        await world.fake.person("15551234567")
        world.fake.templates.add("order", status=state)
        reply = await world.post(template(name, language))
        assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)


async def test_another_account_does_not_have_it() -> None:
    async with World() as world:
        await world.fake.person("15551234567")
        world.fake.templates.add("order")
        body = {**template("order")}
        assert (await world.post(body)).status_code == 200
        assert (await world.post(body, number="1000000002")).json()["error"]["code"] == 132001


async def test_a_review_is_told() -> None:
    async with World() as world:
        order = world.fake.templates.add("order", status="PENDING")
        world.fake.templates.review("order", "REJECTED", reason="INVALID_FORMAT")
        await world.fake.drained()
        change = world.business.bodies[0]["entry"][0]["changes"][0]
        assert change == {
            "field": "message_template_status_update",
            "value": {
                "event": "REJECTED",
                "message_template_id": int(order.id),
                "message_template_name": "order",
                "message_template_language": "en_US",
                "message_template_category": "UTILITY",
                "reason": "INVALID_FORMAT",
            },
        }
        assert order.status == "REJECTED"


async def get(world: World, query: str = "") -> Any:
    return (await world.get(f"{PATH}?{query}")).json()


async def test_pages() -> None:
    async with World() as world:
        for number in range(7):
            world.fake.templates.add(f"t{number}")
        names: list[str] = []
        sizes: list[int] = []
        page = await get(world, "limit=3&fields=name")
        while True:
            names += [each["name"] for each in page["data"]]
            sizes.append(len(page["data"]))
            if "next" not in page["paging"]:
                break
            assert page["paging"]["next"].startswith("http://graph.test/v25.0/2000000001/message_templates?")
            page = await get(world, f"limit=3&fields=name&after={page['paging']['cursors']['after']}")
        assert names == [f"t{number}" for number in range(7)]
        assert sizes == [3, 3, 1]
        assert set(page["data"][0]) == {"id", "name"}
        assert (await get(world, "after=" + page["paging"]["cursors"]["after"])) == {"data": []}
        assert "next" not in (await get(world, "limit=7"))["paging"]
        for query in ("limit=0", "limit=x", "limit=1001", "after=%21%21", "after=eHg"):
            assert (await get(world, query))["error"]["code"] == 100


async def test_filters_and_one() -> None:
    async with World() as world:
        order = world.fake.templates.add("order", category="MARKETING", status="PAUSED", header="IMAGE", footer="x")
        world.fake.templates.add("ordered", "de")
        world.fake.templates.add("other", account="2000000002")
        for query, found in [
            ("", ["order", "ordered"]),
            ("name=rdere", ["ordered"]),
            ("status=PAUSED,DISABLED", ["order"]),
            ("category=UTILITY", ["ordered"]),
            ("language=de", ["ordered"]),
        ]:
            assert [each["name"] for each in (await get(world, query))["data"]] == found
        one = (await world.get(f"/v25.0/{order.id}?fields=status,components,quality_score,rejected_reason")).json()
        assert one == {
            "id": order.id,
            "status": "PAUSED",
            "quality_score": {"score": "UNKNOWN"},
            "rejected_reason": "NONE",
            "components": [
                {"type": "HEADER", "format": "IMAGE"},
                {"type": "BODY", "text": "Hello"},
                {"type": "FOOTER", "text": "x"},
            ],
        }
        assert (await world.get("/v25.0/999/message_templates")).json()["error"]["error_subcode"] == 33


def definition(**more: Any) -> dict[str, Any]:
    body = {"type": "BODY", "text": "Dear {{1}}!", "example": {"body_text": [["Ada"]]}}
    return {"name": "order_1", "language": "en_US", "category": "UTILITY", "components": [body], **more}


def with_a(component: dict[str, Any]) -> dict[str, Any]:
    return definition(components=[*definition()["components"], component])


async def create(world: World, body: Any) -> httpx2.Response:
    return await world.client.post(PATH, json=body, headers=AUTH)


async def test_creating_reviewing_and_deleting() -> None:
    async with World() as world:
        made = await create(world, definition())
        assert made.status_code == 200, made.text
        assert made.json() == {"id": made.json()["id"], "status": "PENDING", "category": "UTILITY"}
        again = await create(world, definition())
        assert again.json()["error"]["error_subcode"] == 2388024
        await world.fake.person("15551234567")
        world.fake.templates.review("order_1", "APPROVED")
        reply = await world.post(template("order_1", components=[part("body", *text("Ada"))]))
        assert reply.status_code == 200
        gone = await world.client.delete(f"{PATH}?name=order_1", headers=AUTH)
        assert gone.json() == {"success": True}
        assert (await get(world))["data"] == []
        gone = await world.client.delete(f"{PATH}?name=order_1", headers=AUTH)
        assert gone.json()["error"]["code"] == 100


WRONG: list[tuple[str, dict[str, Any], int]] = [
    ("a name in capitals", definition(name="Order"), 100),
    ("no name", definition(name=""), 131008),
    ("another category", definition(category="NEWS"), 100),
    ("no body", definition(components=[{"type": "FOOTER", "text": "x"}]), 100),
    ("a body of 1025", definition(components=[{"type": "BODY", "text": "x" * 1025}]), 131009),
    ("a parameter at the end", definition(components=[{"type": "BODY", "text": "Dear {{1}}", "example": {}}]), 100),
    ("a parameter first", definition(components=[{"type": "BODY", "text": "{{1}}, hi", "example": {}}]), 100),
    ("out of sequence", definition(components=[{"type": "BODY", "text": "Dear {{2}}!", "example": {}}]), 100),
    ("no example", definition(components=[{"type": "BODY", "text": "Dear {{1}}!"}]), 100),
    ("two in a header", with_a({"type": "HEADER", "text": "{{1}} {{2}}"}), 100),
    ("one in a footer", with_a({"type": "FOOTER", "text": "{{1}}"}), 100),
    ("a body twice", with_a(definition()["components"][0]), 100),
    ("a header of no format", with_a({"type": "HEADER", "format": "SONG"}), 100),
    ("a picture without example", with_a({"type": "HEADER", "format": "IMAGE"}), 131008),
    ("no buttons", with_a({"type": "BUTTONS", "buttons": []}), 131009),
    ("a button of no kind", with_a({"type": "BUTTONS", "buttons": [{"type": "BELL", "text": "x"}]}), 100),
    ("a label of 26", with_a({"type": "BUTTONS", "buttons": [{**QUICK, "text": "x" * 26}]}), 131009),
    ("three addresses", with_a({"type": "BUTTONS", "buttons": [STATIC] * 3}), 100),
    ("an address without example", with_a({"type": "BUTTONS", "buttons": [URL]}), 100),
    ("no address at all", with_a({"type": "BUTTONS", "buttons": [{**STATIC, "url": "x.example"}]}), 100),
    ("a parameter within an address", with_a({"type": "BUTTONS", "buttons": [
        {**URL, "url": "https://x.example/{{1}}/x", "example": ["x"]}]}), 100),
    ("a coupon of 16", with_a({"type": "BUTTONS", "buttons": [{**COUPON, "example": "x" * 16}]}), 131009),
    ("another component", with_a({"type": "HAND"}), 100),
]  # fmt: skip


async def test_creates_with_every_part() -> None:
    async with World() as world:
        header = {"type": "header", "format": "IMAGE", "example": {"header_handle": ["4::x"]}}
        buttons = [
            QUICK,
            {**URL, "example": ["x"]},
            COUPON,
            {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+1"},
        ]
        body = with_a(header)
        body["components"] += [{"type": "FOOTER", "text": "x"}, {"type": "BUTTONS", "buttons": buttons}]
        assert (await create(world, body)).status_code == 200
        assert [each["type"] for each in world.fake.templates.get("order_1").components] == [
            "BODY",
            "HEADER",
            "FOOTER",
            "BUTTONS",
        ]


@pytest.mark.parametrize("label, body, code", WRONG, ids=[each[0] for each in WRONG])
async def test_refuses_to_create(label: str, body: dict[str, Any], code: int) -> None:
    async with World() as world:
        assert (await create(world, body)).json()["error"]["code"] == code


async def test_people_and_meta_judge_and_it_is_told() -> None:
    async with World() as world:
        order = world.fake.templates.add("order")
        world.fake.templates.rate("order", "YELLOW")
        assert (order.quality, order.status) == ("YELLOW", "APPROVED")
        world.fake.templates.rate("order", "RED")
        world.fake.templates.recategorize("order", "MARKETING")
        await world.fake.drained()
        changes = [change for body in world.business.bodies for entry in body["entry"] for change in entry["changes"]]
        assert [change["field"] for change in changes] == [
            "message_template_quality_update",
            "message_template_quality_update",
            "message_template_status_update",
            "template_category_update",
        ]
        assert changes[2]["value"]["other_info"]["title"] == "FIRST_PAUSE"
        assert (order.status, order.category) == ("PAUSED", "MARKETING")


async def test_another_wording_is_reviewed_anew() -> None:
    async with World() as world:
        order = world.fake.templates.add("order", status="PENDING")
        path = f"/v25.0/{order.id}"
        body = {"category": "UTILITY", "components": [{"type": "BODY", "text": "Other words"}]}
        assert (await world.client.post(path, json=body, headers=AUTH)).status_code == 400
        order.status = "REJECTED"
        assert (await world.client.post(path, json=body, headers=AUTH)).json() == {"success": True}
        assert (order.status, order.components) == ("PENDING", body["components"])
        order.status = "APPROVED"
        changed = {**body, "category": "MARKETING"}
        assert (await world.client.post(path, json=changed, headers=AUTH)).status_code == 400
