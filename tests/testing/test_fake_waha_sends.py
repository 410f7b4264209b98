"""The fake WAHA takes what the real one takes, and refuses what it refuses."""

import base64
import json
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from tests.testing.waha import CHAT, KEY, LID, PHONE, waha
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.fake_waha import (
    ENGINES,
    Engine,
    FakeWaha,
    close,
    engine_error,
    gateway_error,
    hold,
    running,
)


@pytest.mark.parametrize(
    "label, path, headers, expected",
    [
        ("none", "/api/sessions", {}, 401),
        ("a wrong one", "/api/sessions", {"x-api-key": "guess"}, 401),
        ("as a header", "/api/sessions", KEY, 200),
        ("in the address", "/api/sessions?x-api-key=waha-key", {}, 200),
        ("not needed", "/ping", {}, 200),
        ("needed for files", "/api/files/default/x.jpeg", {}, 401),
    ],
)
async def test_the_key(label: str, path: str, headers: dict[str, str], expected: int) -> None:
    async with waha() as w:
        status, body = await w.ask("GET", path, headers=headers)
        assert status == expected
        if expected == 401:
            assert body == {"message": "Unauthorized", "statusCode": 401}


FILE = {"mimetype": "image/png", "data": base64.b64encode(b"png").decode()}


SENT = [
    ("text", "sendText", {"text": "hi"}, "hi"),
    ("picture", "sendImage", {"file": FILE, "caption": "look"}, "look"),
    ("document", "sendFile", {"file": FILE}, "[document]"),
    ("voice, converted", "sendVoice", {"file": FILE, "convert": True}, "[voice]"),
    ("voice", "sendVoice", {"file": FILE | {"mimetype": "audio/ogg; codecs=opus"}, "convert": False}, "[voice]"),
    ("video", "sendVideo", {"file": FILE | {"mimetype": "video/mp4"}, "convert": False}, "[video]"),
    ("place", "sendLocation", {"latitude": 1.5, "longitude": 2, "title": "Here"}, "[location]"),
    ("contact", "sendContactVcard", {"contacts": [{"fullName": "Bo", "phoneNumber": "+1 555"}]}, "[contacts]"),
    ("vCard", "sendContactVcard", {"contacts": [{"vcard": "BEGIN:VCARD"}]}, "[contacts]"),
    ("poll", "sendPoll", {"poll": {"name": "Tea?", "options": ["a", "b"], "multipleAnswers": False}}, "Tea?"),
]


REFUSED = [
    ("without a session", "sendText", {"session": None, "text": "x"}, 400, "session must be a string"),
    ("an unknown session", "sendText", {"session": "two", "text": "x"}, 422, 'Session "two" does not exist'),
    ("without a chat", "sendText", {"chatId": None, "text": "x"}, 400, "chatId must be a string"),
    ("a number for a chat", "sendText", {"chatId": PHONE, "text": "x"}, 400, "chatId is not a chat's id"),
    ("nobody", "sendText", {"chatId": "999@c.us", "text": "x"}, 500, "No LID for user 999"),
    ("without a text", "sendText", {}, 400, "text must be a string"),
    ("a flat url", "sendImage", {"url": "http://x/y.png"}, 400, "file must be an object"),
    ("a file without a type", "sendImage", {"file": {"url": "http://x/y"}}, 400, "mimetype must be a string"),
    ("a file from nowhere", "sendImage", {"file": {"mimetype": "a/b"}}, 400, "url must be a string"),
    ("broken base64", "sendImage", {"file": FILE | {"data": "%"}}, 400, "file.data must be base64 encoded"),
    ("voice without convert", "sendVoice", {"file": FILE}, 400, "convert must be a boolean value"),
    ("video without convert", "sendVideo", {"file": FILE}, 400, "convert must be a boolean value"),
    ("a picture as voice", "sendVoice", {"file": FILE, "convert": False}, 500, "cannot play image/png"),
    ("a place as words", "sendLocation", {"latitude": "1", "longitude": 2, "title": "x"}, 400, "latitude must be a"),
    ("a place without a title", "sendLocation", {"latitude": 1, "longitude": 2}, 400, "title must be a string"),
    ("no contacts", "sendContactVcard", {"contacts": []}, 400, "contacts must be an array"),
    ("a poll of one", "sendPoll", {"poll": {"name": "x", "options": ["a"], "multipleAnswers": True}}, 400, "options"),
    ("buttons", "sendButtons", {"buttons": []}, 422, "Buttons are deprecated"),
    ("a list", "sendList", {"message": {"title": "t", "button": "b", "sections": [{"rows": [
        {"title": "r", "rowId": "1"}]}]}}, 422, "not available in engine WEBJS"),
]  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("label, what, body, text", SENT, ids=[row[0] for row in SENT])
async def test_what_is_taken_reaches_the_person(
    engine: Engine, label: str, what: str, body: dict[str, Any], text: str
) -> None:
    async with waha(engine=engine) as w:
        ada = await w.fake.person(PHONE, lid=LID)
        status, answer = await w.post(what, chatId=CHAT, **body)
        assert status == 201
        (got,) = ada.received
        assert got.text == text
        assert got.key in json.dumps(answer)


@pytest.mark.parametrize("label, what, body, expected, said", REFUSED, ids=[row[0] for row in REFUSED])
async def test_what_is_refused_reaches_nobody(
    label: str, what: str, body: dict[str, Any], expected: int, said: str
) -> None:
    async with waha() as w:
        ada = await w.fake.person(PHONE)
        status, answer = await w.post(what, **{"chatId": CHAT, **body})
        assert (status, ada.received) == (expected, [])
        assert said in json.dumps(answer).replace('\\"', '"')


async def test_a_file_by_its_address_is_fetched() -> None:
    async with waha() as w:
        ada = await w.fake.person(PHONE)
        by_url = {"mimetype": "image/png", "url": "http://us/file.png"}
        assert (await w.post("sendImage", chatId=CHAT, file=by_url))[0] == 201
        assert ada.received[0].file is not None
        w.listener.answers = [404]
        assert (await w.post("sendImage", chatId=CHAT, file=by_url))[0] == 500
        assert len(ada.received) == 1


@pytest.mark.parametrize("engine, taken", [("WEBJS", False), ("NOWEB", True), ("GOWS", True)])
async def test_an_id_that_was_made_beforehand(engine: Engine, taken: bool) -> None:
    async with waha(engine=engine) as w:
        ada = await w.fake.person(PHONE)
        status, made = await w.ask("GET", "/api/default/new-message-id")
        assert status == (200 if taken else 422)
        await w.post("sendText", chatId=CHAT, text="x", id=made.get("id", "MADE"))
        assert (ada.received[0].key == made.get("id")) is taken


async def test_reactions_ticks_and_typing_are_seen() -> None:
    async with waha() as w:
        ada = await w.fake.person(PHONE)
        written = await ada.write("hi")
        reaction = {"session": "default", "messageId": written.id("WEBJS"), "reaction": "❤"}
        assert (await w.ask("PUT", "/api/reaction", reaction))[0] == 200
        assert written.reactions == {"me": "❤"}
        assert (await w.ask("PUT", "/api/reaction", reaction | {"messageId": "false_x_Y"}))[0] == 404
        assert (await w.post("sendSeen", chatId=CHAT))[0] == 201
        assert written.read_at is not None
        assert await w.post("startTyping", chatId=CHAT) == (201, {"result": True})
        assert ada.typing
        await w.post("stopTyping", chatId=CHAT)
        assert not ada.typing
        await w.post("startTyping", chatId=CHAT)
        await w.post("sendText", chatId=CHAT, text="x")
        assert [typing.until is None for typing in ada.typings] == [False, False]


@pytest.mark.parametrize(
    "label, fault, status, got",
    [
        ("an error of the engine", engine_error(), 500, 0),
        ("an error, and taken", engine_error(taken=True), 500, 1),
        ("a proxy", gateway_error(503), 503, 0),
        ("late", hold(2.0), 201, 1),
        ("never, and taken", hold(), None, 1),
        ("never", hold(taken=False), None, 0),
        ("cut off, and taken", close(taken=True), None, 1),
        ("cut off", close(taken=False), None, 0),
    ],
)
def test_faults(label: str, fault: Any, status: int | None, got: int) -> None:
    @in_virtual_time
    async def play() -> None:
        async with waha() as w:
            ada = await w.fake.person(PHONE)
            w.fake.fail_next(fault)
            try:
                answered, _ = await w.post("sendText", chatId=CHAT, text="x")
            except httpx2.HTTPError:
                answered = None
            assert (answered, len(ada.received)) == (status, got)
            assert (await w.post("sendText", chatId=CHAT, text="y"))[0] == 201

    play()


async def test_over_a_socket_it_is_the_same_and_a_dead_container_answers_nothing() -> None:
    fake = FakeWaha()
    async with running(fake) as here, httpx2.AsyncClient(base_url=here.base_url, trust_env=False) as client:
        ada = await fake.person(PHONE)
        body = {"session": "default", "chatId": CHAT, "text": "hi"}
        assert (await client.post("/api/sendText", json=body, headers=KEY)).status_code == 201
        message = ada.received[0].id("WEBJS")
        path = f"/api/default/chats/{quote(CHAT)}/messages/{quote(message)}"
        assert (await client.get(path, headers=KEY)).json()["body"] == "hi"
        fake.down = True
        with pytest.raises(httpx2.RemoteProtocolError):
            await client.get("/ping")
