"""The adapters of Wablas and WhatsApp Center against the fakes, and what these refuse."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from turnkeeper.channels.base import Calls, HttpCall, HttpReply
from turnkeeper.channels.wablas import Wablas, WablasConfig
from turnkeeper.channels.whacenter import WhaCenter, WhaCenterConfig
from turnkeeper.engine.http import Client
from turnkeeper.model.contents import Audio, Document, File, Image, Location, Sayable, Text, Video
from turnkeeper.model.events import SessionStatus
from turnkeeper.model.ids import ChannelId, ConversationId, OutboundKey, WorkspaceId
from turnkeeper.model.outbound import Accepted, NotSent, Outbound, Outcome, Rejected
from turnkeeper.testing.fake_gateways import FakeGateway, FakeWablas, FakeWhaCenter, Got
from turnkeeper.testing.fake_gateways.gateway import fields_of
from turnkeeper.testing.http import Request
from turnkeeper.testing.loopback import InProcess

T = TypeVar("T")
ADA, HOOK = "6281234567890", "a-secret-at-the-end"
KEY = OutboundKey(WorkspaceId("default"), ConversationId("c1"), 7)
WABLAS = WablasConfig("https://jogja.wablas.test", "token", "key", HOOK)
CENTER = WhaCenterConfig("device", HOOK)
FILES = {
    "https://files.test/a.jpg": b"picture", "https://files.test/a.pdf": b"paper", "https://files.test/a.mp4": b"film",
    "https://files.test/a.mp3": b"sound", "https://files.test/big.jpg": b"." * 3_000_000,
}  # fmt: skip


def fake_wablas() -> FakeWablas:
    fake = FakeWablas("token", "key")
    return with_files(fake)


def with_files(fake: Any) -> Any:
    async def fetch(address: object) -> bytes | None:
        return FILES.get(str(address))

    fake.fetch = fetch
    return fake


async def talk(calls: Calls[T], fake: FakeGateway) -> T:
    """An adapter's protocol against a fake, without a network."""
    client = Client(transport=InProcess(fake))
    try:
        return await client.play(calls, timeout=1.0)
    finally:
        await client.close()


def outbound(content: Sayable, address: str = f"phone:{ADA}", tries: int = 1) -> Outbound:
    links = {"k": "https://files.test/a.jpg"}
    return Outbound(KEY, ChannelId("c"), (address,), content, "tk1|default|c1|7", tries, links=links)


def linked(name: str) -> File:
    return File(link=f"https://files.test/{name}")


async def say(content: Sayable, fake: FakeGateway, address: str = f"phone:{ADA}") -> Outcome:
    if isinstance(fake, FakeWablas):
        return await talk(Wablas().send(outbound(content, address), WABLAS), fake)
    return await talk(WhaCenter().send(outbound(content, address), CENTER), fake)


SAID: list[tuple[str, Sayable, str, Mapping[str, object], Mapping[str, object], str, bytes | None]] = [
    ("a text", Text("Salam"), "message", {"message": "Salam"}, {"message": "Salam"}, "Salam", None),
    ("a picture", Image(linked("a.jpg"), "Look"), "image", {"image": "https://files.test/a.jpg", "caption": "Look"},
     {"message": "Look", "file": "https://files.test/a.jpg"}, "Look", b"picture"),
    ("a kept picture", Image(File(key="k")), "image", {"image": "https://files.test/a.jpg"},
     {"message": "", "file": "https://files.test/a.jpg"}, "", b"picture"),
    ("a document", Document(linked("a.pdf"), "Bill"), "document",
     {"document": "https://files.test/a.pdf", "caption": "Bill"},
     {"message": "Bill", "file": "https://files.test/a.pdf"}, "Bill", b"paper"),
    ("a film", Video(linked("a.mp4")), "video", {"video": "https://files.test/a.mp4"},
     {"message": "", "file": "https://files.test/a.mp4", "type": "video"}, "", b"film"),
    ("a sound", Audio(linked("a.mp3")), "audio", {"audio": "https://files.test/a.mp3"},
     {"message": "", "file": "https://files.test/a.mp3", "type": "audio"}, "", b"sound"),
]  # fmt: skip


@pytest.mark.parametrize("label, content, path, to_wablas, to_center, text, file", SAID, ids=[row[0] for row in SAID])
async def test_what_is_said_reaches_the_person(
    label: str,
    content: Sayable,
    path: str,
    to_wablas: Mapping[str, object],
    to_center: Mapping[str, object],
    text: str,
    file: bytes | None,
) -> None:
    wablas, center = fake_wablas(), with_files(FakeWhaCenter("device"))
    for fake in (wablas, center):
        assert isinstance(await say(content, fake), Accepted)
        (got,) = fake.person(ADA).got
        assert (got.text, got.file) == (text, file)
    (call,) = wablas.calls
    assert (call.path, call.headers["authorization"]) == (f"/api/v2/send-{path}", "token.key")
    assert fields_of(call) == {"data": [{"phone": ADA, "ref_id": "tk1|default|c1|7", **to_wablas}]}
    (call,) = center.calls
    assert (call.path, call.query) == ("/api/send", {})
    assert fields_of(call) == {"device_id": "device", "number": ADA, **to_center}


async def test_a_place_on_wablas() -> None:
    fake = fake_wablas()
    assert isinstance(await say(Location(-7.79, 110.37, "Palace"), fake), Accepted)
    place = {"name": "Palace", "address": "", "latitude": -7.79, "longitude": 110.37}
    assert fields_of(fake.calls[0])["data"][0]["message"] == place
    assert fake.person(ADA).got == [Got("location", "-7.79,110.37", id=fake.person(ADA).got[0].id)]


async def test_a_group_on_wablas_is_answered_by_the_id_that_it_came_with() -> None:
    sending = Wablas().send(outbound(Text("x"), "group:120363025@g.us"), WABLAS)
    call = next(sending)
    assert isinstance(call, HttpCall)
    assert call.json == {
        "data": [{"phone": "120363025@g.us", "isGroup": "true", "message": "x", "ref_id": "tk1|default|c1|7"}]
    }
    sending.close()


async def test_numbers_are_put_right_before_the_provider_loses_the_message() -> None:
    center = FakeWhaCenter("device")
    for number in ("081234567890", "+62 812-3456-7890", "\u202a6281234567890\u202c"):
        assert isinstance(await say(Text("x"), center, f"phone:{number}"), Accepted)
    assert (len(center.person(ADA).got), center.lost) == (3, [])
    found = await say(Text("x"), center, "phone:1234567")
    assert isinstance(found, Rejected)
    assert len(center.calls) == 3


REFUSED_BY_WABLAS: list[tuple[str, Sayable, dict[str, Any], type, str]] = [
    ("too long", Text("x" * 1025), {}, Rejected, "1024"),
    ("too large", Image(linked("big.jpg")), {}, Rejected, "2 MB"),
    ("not there", Image(linked("none.jpg")), {}, Rejected, "cannot be fetched"),
    ("of another type", Image(linked("a.pdf")), {}, Rejected, "link to one of"),
    ("the phone is away", Text("x"), {"connected": False}, NotSent, "QR"),
    ("nothing is left", Text("x"), {"quota": 0}, Rejected, "quota"),
    ("another key", Text("x"), {"authorization": "token"}, Rejected, "invalid"),
]


@pytest.mark.parametrize(
    "label, content, state, outcome, words", REFUSED_BY_WABLAS, ids=[row[0] for row in REFUSED_BY_WABLAS]
)
async def test_what_wablas_refuses(
    label: str, content: Sayable, state: dict[str, Any], outcome: type, words: str
) -> None:
    fake = fake_wablas()
    for name, value in state.items():
        setattr(fake, name, value)
    found = await say(content, fake)
    assert isinstance(found, (Rejected, NotSent))
    assert type(found) is outcome
    assert words in found.reason
    assert fake.people == {}


async def test_a_device_that_is_away_holds_the_channel_and_an_unknown_one_stops_it() -> None:
    center = FakeWhaCenter("device")
    center.connected = False
    found = await say(Text("x"), center)
    assert isinstance(found, NotSent)
    assert (found.scope, found.code, len(center.calls)) == ("session", "not connected", 2)
    other = FakeWhaCenter("another")
    stopped = await say(Text("x"), other)
    assert isinstance(stopped, Rejected)
    assert (stopped.remedy, "device_id" in stopped.reason) == ("stop_channel", True)


async def test_the_state_of_a_device_can_be_asked() -> None:
    for fake, asked in (
        (fake_wablas(), lambda: Wablas().session(WABLAS)),
        (FakeWhaCenter("device"), lambda: WhaCenter().session(CENTER)),
    ):
        found = await talk(asked(), fake)
        assert isinstance(found, SessionStatus)
        assert (found.works, found.mend) == (True, "")
        fake.connected = False
        found = await talk(asked(), fake)
        assert isinstance(found, SessionStatus)
        assert (found.works, "QR" in found.mend) == (False, True)


async def test_webhooks_are_registered_with_the_secret_at_the_end() -> None:
    address = f"https://bot.example.com/webhooks/shop/{HOOK}"
    wablas, center = fake_wablas(), FakeWhaCenter("device")
    for given in (address, address.removesuffix(f"/{HOOK}")):
        wablas.webhook_url = wablas.tracking_url = center.registered = ""
        found = await talk(Wablas().connect(given, WABLAS), wablas)
        assert [(each.link, each.ok) for each in found] == [("webhook", True), ("tracking", True)]
        assert (wablas.webhook_url, wablas.tracking_url) == (address, address)
        found = await talk(WhaCenter().connect(given, CENTER), center)
        assert [each.ok for each in found] == [True]
        assert center.registered == address
    (registered,) = [each.registered for each in await talk(WhaCenter().health(CENTER), center) if each.registered]
    assert registered == (address,)


async def test_a_secret_that_could_be_guessed_is_found() -> None:
    for fake, asked in (
        (fake_wablas(), lambda secret: Wablas().health(replace(WABLAS, webhook_secret=secret))),
        (FakeWhaCenter("device"), lambda secret: WhaCenter().health(replace(CENTER, webhook_secret=secret))),
    ):
        assert [each.link for each in await talk(asked("x" * 15), fake) if not each.ok] == ["webhook_secret"]
        assert all(each.ok for each in await talk(asked("x" * 16), fake))


async def test_what_was_not_stored_is_not_taken_for_set() -> None:
    center = FakeWhaCenter("device")
    told = center.told

    async def forgetful(request: Request, fields: Mapping[str, Any]) -> tuple[int, Any]:
        found = await told(request, fields)
        center.registered = "https://other.example/x"
        return found

    center.told = forgetful  # type: ignore[method-assign]
    (found,) = await talk(WhaCenter().connect("https://bot.example.com/webhooks/shop", CENTER), center)
    assert not found.ok
    assert found.mend


async def test_setting_the_webhook_by_post_stores_nothing() -> None:
    center = FakeWhaCenter("device")
    query = {"device_id": "device", "webhook": "https://bot.example.com/x"}
    assert (await center.answer(Request("POST", "/api/setWebhook", query, {}, b""))).status == 200
    assert center.registered == ""


async def test_tries_that_do_not_connect_are_a_second_and_three_apart() -> None:
    waits = []
    for tries in (1, 2, 3, 50):
        sending = WhaCenter().send(outbound(Text("x"), tries=tries), CENTER)
        next(sending)
        with pytest.raises(StopIteration) as ended:
            sending.send(HttpReply(failure="not_connected"))
        assert isinstance(ended.value.value, NotSent)
        waits.append((ended.value.value.retry_after, ended.value.value.limit))
    assert waits == [(1.0, None), (3.0, None), (None, None), (None, None)]
