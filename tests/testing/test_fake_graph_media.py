"""The fake's media: uploads, addresses that expire, and what is said of them falsely."""

import base64
import gzip
import hashlib
from typing import Any

import httpx2
import pytest

from tests.testing.business import TOKEN, World
from turnkeeper.testing.fake_graph import Cut, Endless, GzipBomb, Lie, Redirect, Slow, refuse
from turnkeeper.testing.fake_graph.media_rules import SIZES, UPLOADABLE

AUTH = {"Authorization": f"Bearer {TOKEN}"}
DAY = 24 * 3600
JPEG = b"\xff\xd8\xff\xe0" + b"pixels" * 20
MEDIA = "/v25.0/1000000001/media"


async def upload(world: World, data: bytes = JPEG, mime: str = "image/jpeg", **more: Any) -> httpx2.Response:
    fields = {"messaging_product": "whatsapp", "type": mime.partition(";")[0], **more}
    fields = {name: value for name, value in fields.items() if value is not None}
    files = {"file": ('ünï "q".jpg', data, mime)}
    return await world.client.post(MEDIA, data=fields, files=files, headers=AUTH)


async def test_what_a_person_sends_can_be_fetched() -> None:
    async with World() as world:
        media = world.fake.media
        media_id = media.put(JPEG, "image/jpeg")
        found = (await world.get(f"/v25.0/{media_id}")).json()
        assert found == {
            "messaging_product": "whatsapp",
            "url": found["url"],
            "mime_type": "image/jpeg",
            "sha256": hashlib.sha256(JPEG).hexdigest(),
            "file_size": len(JPEG),
            "id": media_id,
        }
        assert found["url"].startswith("http://graph.test/whatsapp_business/attachments/?mid=")
        reply = await world.client.get(found["url"], headers=AUTH)
        assert (reply.status_code, reply.content) == (200, JPEG)
        assert (reply.headers["content-type"], reply.headers["content-length"]) == ("image/jpeg", str(len(JPEG)))
        assert (await world.client.get(found["url"])).status_code == 401
        assert (media[media_id].lookups, media[media_id].downloads) == (1, 1)


async def test_the_object_of_a_webhook() -> None:
    async with World() as world:
        media_id = world.fake.media.put(JPEG, "image/jpeg")
        item = world.fake.media.webhook(media_id)
        assert base64.b64decode(item.pop("sha256")) == hashlib.sha256(JPEG).digest()
        assert item == {"id": media_id, "mime_type": "image/jpeg"}
        await world.get(f"/v25.0/{media_id}")
        item = world.fake.media.webhook(media_id)
        assert (await world.client.get(item["url"], headers=AUTH)).content == JPEG


async def test_an_upload_and_its_end() -> None:
    async with World() as world:
        reply = await upload(world)
        assert reply.status_code == 200, reply.text
        media_id = reply.json()["id"]
        (kept,) = world.fake.media.uploads
        assert (kept.id, kept.data, kept.mime, kept.filename) == (media_id, JPEG, "image/jpeg", 'ünï "q".jpg')
        here = await world.get(f"/v25.0/{media_id}?phone_number_id=1000000001")
        assert here.status_code == 200
        elsewhere = await world.get(f"/v25.0/{media_id}?phone_number_id=1000000002")
        assert elsewhere.json()["error"]["code"] == 100
        gone = await world.client.delete(f"/v25.0/{media_id}", headers=AUTH)
        assert gone.json() == {"success": True}
        assert (await world.get(f"/v25.0/{media_id}")).json()["error"]["error_subcode"] == 33


LIFETIMES = [
    ("an address, just", "address", 299.0, 200),
    ("an address, too old", "address", 300.0, 404),
    ("what a person sent, just", "webhook", 7 * DAY - 1, 200),
    ("what a person sent, too old", "webhook", 7 * DAY, 400),
    ("an upload, just", "upload", 30 * DAY - 1, 200),
    ("an upload, too old", "upload", 30 * DAY, 400),
]


@pytest.mark.parametrize("label, what, after, status", LIFETIMES, ids=[row[0] for row in LIFETIMES])
async def test_lifetimes(label: str, what: str, after: float, status: int) -> None:
    async with World() as world:
        media_id = (await upload(world)).json()["id"] if what == "upload" else world.fake.media.put(JPEG, "image/jpeg")
        path = f"/v25.0/{media_id}"
        if what == "address":
            path = (await world.get(path)).json()["url"]
        await world.clock.advance(after)
        assert (await world.get(path)).status_code == status


REFUSED: list[tuple[str, dict[str, Any], int]] = [
    ("no product", {"messaging_product": None}, 100),
    ("no type", {"type": None}, 100),
    ("another type", {"type": "image/png"}, 100),
    ("no known type", {"mime": "image/gif"}, 100),
    ("nothing said of the type", {"mime": "application/octet-stream"}, 100),
    ("empty", {"data": b""}, 100),
]


@pytest.mark.parametrize("label, given, code", REFUSED, ids=[row[0] for row in REFUSED])
async def test_refused_uploads(label: str, given: dict[str, Any], code: int) -> None:
    async with World() as world:
        reply = await upload(world, **given)
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, code)
        assert world.fake.media.uploads == []
        assert world.fake.calls[-1].kind == "upload"


async def test_the_largest_document_is_the_largest_upload(monkeypatch: pytest.MonkeyPatch) -> None:
    assert SIZES["document"] == 100 * 1024 * 1024
    monkeypatch.setitem(SIZES, "document", 1000)
    async with World() as world:
        assert (await upload(world, bytes(1000), "video/mp4")).status_code == 200
        assert (await upload(world, bytes(1001), "video/mp4")).json()["error"]["code"] == 131053


@pytest.mark.parametrize("mime", UPLOADABLE)
async def test_every_type_of_the_list_is_taken(mime: str) -> None:
    async with World() as world:
        assert (await upload(world, b"x", mime)).status_code == 200


async def test_the_address_is_asked_for_again_after_a_fault() -> None:
    async with World() as world:
        media_id = world.fake.media.put(JPEG, "image/jpeg")
        world.fake.fail_next(refuse(131000), on="media")
        world.fake.fail_next(refuse(131000), on="upload")
        assert (await world.get(f"/v25.0/{media_id}")).status_code == 500
        assert (await upload(world)).status_code == 500
        url = (await world.get(f"/v25.0/{media_id}")).json()["url"]
        world.fake.fail_next(refuse(2), on="download")
        assert (await world.client.get(url, headers=AUTH)).status_code == 503
        assert (await world.client.get(url, headers=AUTH)).content == JPEG
        world.fake.media.forget_addresses()
        assert (await world.client.get(url, headers=AUTH)).status_code == 404


async def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("turnkeeper.testing.fake_graph.media.MOST_BYTES", 250)
    async with World(history=5) as world:
        ids = [world.fake.media.put(bytes(100), "text/plain") for _ in range(4)]
        assert [world.fake.media.get(each) is not None for each in ids] == [False, False, True, True]
        for _ in range(9):
            world.fake.media.put(b"", "text/plain")
        assert world.fake.media.get(ids[3]) is None


async def test_lies_about_a_medium() -> None:
    async with World() as world:
        lie = Lie(mime="image/png", sha256="00" * 32, file_size=3, content_type="text/html")
        media_id = world.fake.media.put(JPEG, "image/jpeg", lie=lie)
        found = (await world.get(f"/v25.0/{media_id}")).json()
        assert (found["mime_type"], found["sha256"], found["file_size"]) == ("image/png", "00" * 32, 3)
        reply = await world.client.get(found["url"], headers=AUTH)
        assert (reply.headers["content-type"], reply.content) == ("text/html", JPEG)
        assert world.fake.media.webhook(media_id)["mime_type"] == "image/png"


async def served_by(world: World, lie: Lie) -> httpx2.Response:
    media_id = world.fake.media.put(JPEG, "image/jpeg")
    world.fake.media.lie(media_id, lie)
    url = (await world.get(f"/v25.0/{media_id}")).json()["url"]
    return await world.client.get(url, headers=AUTH)


async def test_bytes_that_do_not_end_bombs_and_redirects() -> None:
    async with World() as world:
        endless = await served_by(world, Lie(body=Endless(1_000_001)))
        assert "content-length" not in endless.headers
        assert len(endless.content) == 1_000_001
        bomb = await served_by(world, Lie(body=GzipBomb(1_000_001)))
        assert bomb.headers["content-encoding"] == "gzip"
        assert bomb.content == bytes(1_000_001)
        assert len(gzip.compress(bomb.content)) < 2_000
        away = await served_by(world, Lie(body=Redirect("http://127.0.0.1/x", 307)))
        assert (away.status_code, away.headers["location"]) == (307, "http://127.0.0.1/x")


async def test_bytes_that_break_off_or_crawl() -> None:
    async with World() as world:
        with pytest.raises(httpx2.RemoteProtocolError):
            await served_by(world, Lie(body=Cut(after=10)))
        slow = await served_by(world, Lie(body=Slow(chunk=100, pause=0)))
        assert slow.content == JPEG
