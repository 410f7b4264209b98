"""Every kind of message that a business can send: taken within Meta's limits, refused beyond them."""

import json
from typing import Any

import httpx2
import pytest

from tests.testing.business import World, message
from turnkeeper.testing.fake_graph import Link

MB = 1024 * 1024
OPUS = b"OggS" + bytes(24) + b"OpusHead\x01\x01" + bytes(60)
STEREO = OPUS.replace(b"\x01\x01", b"\x01\x02")
VORBIS = b"OggS" + bytes(24) + b"\x01vorbis" + bytes(60)
ANIMATED = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02" + bytes(9)
FILES: dict[str, tuple[bytes, str]] = {
    "jpeg": (b"\xff\xd8\xff", "image/jpeg"),
    "jpeg of 5 MB": (bytes(5 * MB), "image/jpeg"),
    "jpeg over 5 MB": (bytes(5 * MB + 1), "image/jpeg"),
    "mp4": (b"film", "video/mp4"),
    "mp4 over 16 MB": (bytes(16 * MB + 1), "video/mp4"),
    "mp3": (b"sound", "audio/mpeg"),
    "pdf": (b"%PDF-", "application/pdf"),
    "pdf of 17 MB": (bytes(17 * MB), "application/pdf"),
    "opus": (OPUS, "audio/ogg; codecs=opus"),
    "stereo": (STEREO, "audio/ogg"),
    "vorbis": (VORBIS, "audio/ogg"),
    "sticker of 100 KB": (bytes(100 * 1024), "image/webp"),
    "sticker over 100 KB": (bytes(100 * 1024 + 1), "image/webp"),
    "animated of 500 KB": (ANIMATED + bytes(500 * 1024 - len(ANIMATED)), "image/webp"),
    "animated over 500 KB": (ANIMATED + bytes(500 * 1024), "image/webp"),
}


def media_id(name: str) -> dict[str, str]:
    """Stands for the id of one of FILES."""
    return {"id": f"<{name}>"}


def with_ids(world: World, payload: Any) -> Any:
    text = json.dumps(payload)
    for name, (data, mime) in FILES.items():
        if f"<{name}>" in text:
            text = text.replace(f"<{name}>", world.fake.media.put(data, mime))
    return json.loads(text)


def button(number: int, title: str | None = None) -> dict[str, Any]:
    return {"type": "reply", "reply": {"id": f"b{number}", "title": title or f"Choice {number}"}}


def row(number: int, **more: str) -> dict[str, Any]:
    return {"id": f"r{number}", "title": f"Row {number}", **more}


def interactive(kind: str, action: Any, body: Any = "Pick one", **more: Any) -> dict[str, Any]:
    return {"type": kind, "body": {"text": body}, "action": action, **more}


def buttons(*which: dict[str, Any], **more: Any) -> dict[str, Any]:
    return interactive("button", {"buttons": list(which) or [button(1)]}, **more)


def rows(*sections: dict[str, Any], label: str = "Open", **more: Any) -> dict[str, Any]:
    return interactive("list", {"button": label, "sections": list(sections) or [{"rows": [row(1)]}]}, **more)


def link(label: str = "Go", url: Any = "https://x.example", **more: Any) -> dict[str, Any]:
    parameters = {"display_text": label, "url": url}
    return interactive("cta_url", {"name": "cta_url", "parameters": parameters}, **more)


def place(**fields: Any) -> dict[str, Any]:
    return {"latitude": 21.4, "longitude": 39.8, **fields}


def card(**fields: Any) -> list[dict[str, Any]]:
    return [{"name": {"formatted_name": "Ada L.", "first_name": "Ada"}, **fields}]


ask = interactive("location_request_message", {"name": "send_location"})
TEN = [row(number) for number in range(10)]

GOOD: list[tuple[str, str, Any]] = [
    ("text of 4096", "text", {"body": "ä" * 4096, "preview_url": True}),
    ("image by id, longest caption", "image", {**media_id("jpeg"), "caption": "c" * 1024}),
    ("image of 5 MB", "image", media_id("jpeg of 5 MB")),
    ("image by link", "image", {"link": "https://x.example/a.png?x=1"}),
    ("video", "video", {**media_id("mp4"), "caption": "c"}),
    ("audio", "audio", media_id("mp3")),
    ("voice note", "audio", {**media_id("opus"), "voice": True}),
    ("voice note by link", "audio", {"link": "https://x.example/a.ogg", "voice": True}),
    ("document", "document", {**media_id("pdf"), "filename": "a.pdf", "caption": "c"}),
    ("document of 17 MB", "document", media_id("pdf of 17 MB")),
    ("picture as a document", "document", media_id("jpeg over 5 MB")),
    ("sticker of 100 KB", "sticker", media_id("sticker of 100 KB")),
    ("animated sticker of 500 KB", "sticker", media_id("animated of 500 KB")),
    ("location", "location", place()),
    ("location at the world's end", "location", place(latitude="-90", longitude=180, name="Here", address="There")),
    ("contacts", "contacts", card(phones=[{"phone": "+15550002222", "type": "CELL", "wa_id": "15550002222"}])),
    ("contact with more", "contacts", card(emails=[{"email": "a@x.example"}], org={"company": "X"})),
    ("three buttons, all at their longest", "interactive", buttons(
        *({"type": "reply", "reply": {"id": f"{n}" * 256, "title": f"{n}" * 20}} for n in range(3)),
        body="b" * 1024, header={"type": "text", "text": "h" * 60}, footer={"text": "f" * 60},
    )),
    ("buttons under a picture", "interactive", buttons(header={"type": "image", "image": media_id("jpeg")})),
    ("list, all at its longest", "interactive", rows(
        *({"title": f"{n}" * 24, "rows": [row(n, title=f"{n}" * 24, description="d" * 72)]} for n in range(10)),
        label="l" * 20,
    )),
    ("list of ten rows in one section without a title", "interactive", rows({"rows": TEN})),
    ("rows of the same title", "interactive", rows({"rows": [row(1, title="x"), row(2, title="x")]})),
    ("url button", "interactive", link("l" * 20, header={"type": "text", "text": "h"})),
    ("location request", "interactive", ask),
    ("template that nobody defined", "template", {"name": "hello", "language": {"code": "en"}}),
]  # fmt: skip


@pytest.mark.parametrize("label, kind, payload", GOOD, ids=[each[0] for each in GOOD])
async def test_takes(label: str, kind: str, payload: Any) -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567")
        await ada.write("hi")
        payload = with_ids(world, payload)
        reply = await world.post(message(kind, payload))
        assert reply.status_code == 200, reply.text
        (sent,) = ada.received
        assert (sent.kind, sent.body[kind]) == (kind, payload)
        if "id" in payload:
            assert world.fake.media[payload["id"]].sends == 1


BAD: list[tuple[str, str, Any, int]] = [
    ("text of 4097", "text", {"body": "x" * 4097}, 100),
    ("empty text", "text", {"body": ""}, 100),
    ("text without body", "text", {}, 131008),
    ("text not an object", "text", "hi", 100),
    ("preview in words", "text", {"body": "x", "preview_url": "yes"}, 100),
    ("a key that Meta does not know", "text", {"body": "x", "colour": "red"}, 100),
    ("no such type", "fax", {}, 100),
    ("image without id or link", "image", {}, 131008),
    ("image with both", "image", {**media_id("jpeg"), "link": "https://x.example/a.png"}, 100),
    ("image by ftp", "image", {"link": "ftp://x.example/a.png"}, 100),
    ("image by a link without host", "image", {"link": "https://"}, 100),
    ("caption of 1025", "image", {**media_id("jpeg"), "caption": "x" * 1025}, 131009),
    ("caption on audio", "audio", {**media_id("mp3"), "caption": "x"}, 100),
    ("caption on a sticker", "sticker", {**media_id("sticker of 100 KB"), "caption": "x"}, 100),
    ("filename on an image", "image", {**media_id("jpeg"), "filename": "x.jpg"}, 100),
    ("voice in words", "audio", {**media_id("opus"), "voice": "true"}, 100),
    ("an id that is not one", "image", {"id": "12345"}, 100),
    ("image over 5 MB", "image", media_id("jpeg over 5 MB"), 131053),
    ("image that is a film", "image", media_id("mp4"), 131053),
    ("image that is a sticker", "image", media_id("sticker of 100 KB"), 131053),
    ("video over 16 MB", "video", media_id("mp4 over 16 MB"), 131053),
    ("video that is a document", "video", media_id("pdf"), 131053),
    ("audio that is a film", "audio", media_id("mp4"), 131053),
    ("audio in vorbis", "audio", media_id("vorbis"), 131053),
    ("audio in stereo", "audio", media_id("stereo"), 131053),
    ("voice note in mp3", "audio", {**media_id("mp3"), "voice": True}, 131053),
    ("voice note in vorbis", "audio", {**media_id("vorbis"), "voice": True}, 131053),
    ("still sticker over 100 KB", "sticker", media_id("sticker over 100 KB"), 131053),
    ("animated sticker over 500 KB", "sticker", media_id("animated over 500 KB"), 131053),
    ("sticker that is a picture", "sticker", media_id("jpeg"), 131053),
    ("latitude 91", "location", place(latitude=91), 131009),
    ("longitude -181", "location", place(longitude=-181), 131009),
    ("latitude in words", "location", place(latitude="up"), 131009),
    ("latitude that is true", "location", place(latitude=True), 131009),
    ("latitude that is not a number", "location", place(latitude="nan"), 131009),
    ("no longitude", "location", {"latitude": 1}, 131008),
    ("contacts that are one", "contacts", card()[0], 100),
    ("no contacts", "contacts", [], 131009),
    ("258 contacts", "contacts", card() * 258, 131009),
    ("contact without name", "contacts", [{}], 131008),
    ("contact without formatted name", "contacts", [{"name": {"first_name": "A"}}], 131008),
    ("contact without a part of the name", "contacts", [{"name": {"formatted_name": "A"}}], 131008),
    ("contact with a phone of no number", "contacts", card(phones=[{"type": "CELL"}]), 131008),
    ("reaction to nothing", "reaction", {"emoji": "👍"}, 131008),
    ("reaction of nothing", "reaction", {"message_id": "wamid.x"}, 131008),
    ("reaction in words", "reaction", {"message_id": "wamid.x", "emoji": "ok"}, 131009),
    ("interactive of no kind", "interactive", {}, 131008),
    ("interactive of an unknown kind", "interactive", interactive("wheel", {}), 131009),
    ("four buttons", "interactive", buttons(*map(button, range(4))), 131009),
    ("no buttons", "interactive", interactive("button", {"buttons": []}), 131009),
    ("buttons missing", "interactive", interactive("button", {}), 131008),
    ("action missing", "interactive", interactive("button", None), 131008),
    ("button of another type", "interactive", buttons({"type": "url", "url": "x"}), 131009),
    ("button title of 21", "interactive", buttons(button(1, "x" * 21)), 131009),
    ("button title empty", "interactive", buttons({"type": "reply", "reply": {"id": "1", "title": ""}}), 131009),
    ("button id of 257", "interactive", buttons({"type": "reply", "reply": {"id": "x" * 257, "title": "x"}}), 131009),
    ("same button id twice", "interactive", buttons(button(1, "x"), button(1, "y")), 131009),
    ("same button title twice", "interactive", buttons(button(1, "x"), button(2, "x")), 131009),
    ("body of 1025", "interactive", buttons(body="x" * 1025), 131009),
    ("body empty", "interactive", buttons(body=""), 131009),
    ("body missing", "interactive", {"type": "button", "action": {"buttons": [button(1)]}}, 131008),
    ("footer of 61", "interactive", buttons(footer={"text": "x" * 61}), 131009),
    ("header of 61", "interactive", buttons(header={"type": "text", "text": "x" * 61}), 131009),
    ("header of no kind", "interactive", buttons(header={"type": "audio", "audio": media_id("mp3")}), 131009),
    ("header with a strange picture", "interactive", buttons(header={"type": "image", "image": {"id": "1"}}), 100),
    ("header with too large a picture", "interactive",
     buttons(header={"type": "image", "image": media_id("jpeg over 5 MB")}), 131053),
    ("picture above a list", "interactive", rows(header={"type": "image", "image": media_id("jpeg")}), 131009),
    ("eleven rows", "interactive", rows({"title": "a", "rows": TEN}, {"title": "b", "rows": [row(11)]}), 131009),
    ("eleven sections", "interactive", rows(*({"title": f"{n}", "rows": [row(n)]} for n in range(11))), 131009),
    ("section without rows", "interactive", rows({"rows": []}), 131009),
    ("two sections, one untitled", "interactive", rows({"title": "a", "rows": [row(1)]}, {"rows": [row(2)]}), 131008),
    ("section title of 25", "interactive", rows({"title": "x" * 25, "rows": [row(1)]}), 131009),
    ("row title of 25", "interactive", rows({"rows": [row(1, title="x" * 25)]}), 131009),
    ("row without a title", "interactive", rows({"rows": [{"id": "1"}]}), 131008),
    ("row id of 201", "interactive", rows({"rows": [row(1, id="x" * 201)]}), 131009),
    ("row description of 73", "interactive", rows({"rows": [row(1, description="x" * 73)]}), 131009),
    ("same row id twice", "interactive", rows({"rows": [row(1), row(1)]}), 131009),
    ("list button of 21", "interactive", rows(label="x" * 21), 131009),
    ("url button of 21", "interactive", link("x" * 21), 131009),
    ("url button to nowhere", "interactive", link(url="x.example"), 100),
    ("url button by another scheme", "interactive", link(url="tel:+15550001111"), 100),
    ("url button of another name", "interactive", interactive("cta_url", {"name": "cta"}), 131009),
    ("location request with a footer", "interactive", {**ask, "footer": {"text": "x"}}, 100),
    ("location request with a header", "interactive", {**ask, "header": {"type": "text", "text": "x"}}, 131009),
]  # fmt: skip


@pytest.mark.parametrize("label, kind, payload, code", BAD, ids=[each[0] for each in BAD])
async def test_refuses(label: str, kind: str, payload: Any, code: int) -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567")
        await ada.write("hi")
        refused(await world.post(message(kind, with_ids(world, payload))), code)
        assert ada.received == []
        assert world.fake.calls[-1].code == code


def refused(reply: httpx2.Response, code: int) -> None:
    """Assert the shape of Meta's answer."""
    error = reply.json()["error"]
    assert error["code"] == code, error
    assert reply.status_code == 400
    assert error["fbtrace_id"]
    assert error["type"] == "OAuthException"
    assert f"(#{code})" in error["message"]
    if code >= 130_000:
        assert error["error_data"]["messaging_product"] == "whatsapp"
        assert error["error_data"]["details"]


ENVELOPES: list[tuple[str, Any, int]] = [
    ("no payload", {**message(), "text": None}, 131008),
    ("no product", {**message(), "messaging_product": None}, 100),
    ("nobody", message(to=None), 100),
    ("a number as a number", {**message(), "to": 15551234567}, 100),
    ("recipient_type", message(recipient_type="crowd"), 100),
    ("callback data of 513", message(biz_opaque_callback_data="x" * 513), 100),
    ("context without id", message(context={}), 131008),
    ("two payloads", message(image={"link": "https://x.example/a.png"}), 100),
    (
        "a reaction that quotes",
        message("reaction", {"message_id": "x", "emoji": "👍"}, context={"message_id": "x"}),
        100,
    ),
    ("not JSON", b"{", 100),
    ("deep JSON", b"[" * 100_000, 100),
    ("a list", b"[]", 100),
    ("invalid UTF-8", b'{"\xff": 1}', 100),
    ("to itself", message(to="+15550001111"), 131021),
    ("not on WhatsApp", message(to="+15559999999"), 131026),
]


@pytest.mark.parametrize("label, body, code", ENVELOPES, ids=[each[0] for each in ENVELOPES])
async def test_refuses_the_envelope(label: str, body: Any, code: int) -> None:
    async with World() as world:
        await (await world.fake.person("15551234567")).write("hi")
        refused(await world.post(body), code)


MEDIA: list[tuple[str, float, str, int]] = [
    ("of this number", 0, "1000000001", 200),
    ("of another number", 0, "1000000002", 400),
    ("just before 30 days", 30 * 86400 - 1, "1000000001", 200),
    ("after 30 days", 30 * 86400, "1000000001", 400),
]


@pytest.mark.parametrize("label, after, number, status", MEDIA, ids=[each[0] for each in MEDIA])
async def test_an_upload_belongs_to_its_number_for_thirty_days(
    label: str, after: float, number: str, status: int
) -> None:
    async with World() as world:
        form = {"messaging_product": "whatsapp", "type": "image/jpeg"}
        files = {"file": ("a.jpg", b"\xff\xd8\xff", "image/jpeg")}
        headers = {"Authorization": "Bearer token-1"}
        uploaded = await world.client.post("/v25.0/1000000001/media", data=form, files=files, headers=headers)
        await world.clock.advance(after)
        ada = await world.fake.person("15551234567", number=world.fake.numbers[number])
        await ada.write("hi")
        reply = await world.post(message("image", {"id": uploaded.json()["id"]}), number=number)
        assert reply.status_code == status


LINKS: list[tuple[str, str, Link | None, int | None]] = [
    ("there", "image", Link("image/png", 100), None),
    ("not there", "image", None, 131053),
    ("gone", "image", Link("image/png", status=410), 131053),
    ("a page", "image", Link("text/html"), 131053),
    ("too large", "image", Link("image/png", 6 * MB), 131053),
    ("a large document", "document", Link("application/pdf", 6 * MB), None),
]


@pytest.mark.parametrize("label, kind, found, code", LINKS, ids=[each[0] for each in LINKS])
async def test_what_is_behind_a_link(label: str, kind: str, found: Link | None, code: int | None) -> None:
    async with World() as world:
        await (await world.fake.person("15551234567")).write("hi")
        world.fake.media.links = {} if found is None else {"https://x.example/f": found}
        reply = await world.post(message(kind, {"link": "https://x.example/f"}))
        assert reply.status_code == 200 if code is None else reply.json()["error"]["code"] == code


async def test_a_file_may_be_refused_later() -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567")
        await ada.write("hi")
        world.fake.behaviour.media_refusal = "status"
        reply = await world.post(message("image", with_ids(world, media_id("mp4"))))
        assert reply.status_code == 200
        await world.clock.advance(1)
        (status,) = world.business.statuses()
        assert (status["status"], status["errors"][0]["code"]) == ("failed", 131053)
        assert ada.received == []


async def test_reactions_are_only_sent_and_need_their_message() -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567")
        written = await ada.write("hi")
        bob = await world.fake.person("15557654321")
        other = await bob.write("hi")
        for message_id in (written.id, "wamid.unknown", other.id):
            reply = await world.post(message("reaction", {"message_id": message_id, "emoji": "👍"}))
            assert reply.status_code == 200
        own = ada.received[0].id
        await world.post(message("reaction", {"message_id": own, "emoji": "👍"}))
        await world.post(message("reaction", {"message_id": written.id, "emoji": ""}))
        await world.clock.advance(5)
        codes = [(s["status"], s.get("errors", [{}])[0].get("code")) for s in world.business.statuses()]
        assert codes == [("sent", None), *[("failed", 131009)] * 3, ("sent", None)]
        assert [each.text for each in ada.received] == ["👍", ""]


QUOTES: list[tuple[str, str, Any, bool]] = [
    ("a message of theirs", "text", {"body": "this"}, True),
    ("under a list", "interactive", rows(), True),
    ("under a template", "template", {"name": "x", "language": {"code": "en"}}, False),
]


@pytest.mark.parametrize("label, kind, payload, shown", QUOTES, ids=[each[0] for each in QUOTES])
async def test_quotes(label: str, kind: str, payload: Any, shown: bool) -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567")
        written = await ada.write("hi")
        await world.post(message(kind, payload, context={"message_id": written.id}))
        assert ada.received[0].quotes == (written.id if shown else None)
        assert ada.received[0].reply_to == written.id


async def test_a_quote_of_what_meta_does_not_have_is_left_out() -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567")
        old = await ada.write("hi")
        await world.clock.advance(30 * 86400)
        await ada.write("again")
        for message_id in ("wamid.unknown", old.id):
            reply = await world.post(message(context={"message_id": message_id}))
            assert reply.status_code == 200
        assert [each.quotes for each in ada.received] == [None, None]
