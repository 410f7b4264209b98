"""The fake WAHA's sessions, and what stands in its chats and files."""

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from tests.testing.waha import CHAT, LID, PHONE, waha
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.fake_waha import (
    Engine,
)


def test_a_lost_session_sends_nothing_and_says_what_it_waits_for() -> None:
    @in_virtual_time
    async def play() -> None:
        async with waha(session_wait=15.0) as w:
            ada = await w.fake.person(PHONE)
            w.fake.session.lose("FAILED")
            began = w.fake.now()
            status, answer = await w.post("sendText", chatId=CHAT, text="x")
            assert (status, answer["status"], answer["expected"]) == (422, "FAILED", ["WORKING"])
            assert w.fake.now() - began == pytest.approx(15)
            assert (await w.ask("GET", f"/api/default/chats/{quote(CHAT)}/messages"))[0] == 422
            assert ada.received == []
            w.fake.session.recover()
            assert (await w.post("sendText", chatId=CHAT, text="y"))[0] == 201
            (failed, working) = await w.told("session.status")
            assert (failed["status"], working["status"]) == ("FAILED", "WORKING")
            assert [each["status"] for each in working["statuses"]] == ["FAILED", "WORKING"]

    play()


def test_a_code_lives_for_a_while_and_is_scanned() -> None:
    @in_virtual_time
    async def play() -> None:
        async with waha() as w:
            assert (await w.ask("GET", "/api/default/auth/qr"))[0] == 422
            w.fake.session.lose("SCAN_QR_CODE")
            await asyncio.sleep(1)
            _, first = await w.ask("GET", "/api/default/auth/qr?format=raw")
            assert (await w.ask("GET", "/api/default/auth/qr"))[1].startswith(b"\x89PNG")
            await asyncio.sleep(60)
            assert (await w.ask("GET", "/api/default/auth/qr?format=raw"))[1] != first
            await asyncio.sleep(100)
            assert (await w.ask("GET", "/api/sessions/default"))[1]["status"] == "FAILED"
            assert len(await w.told("session.status")) == 7
            await w.ask("POST", "/api/sessions/default/restart")
            await asyncio.sleep(1)
            w.fake.session.scan()
            _, shown = await w.ask("GET", "/api/sessions/default")
            assert (shown["status"], shown["me"]["pushName"]) == ("WORKING", "Shop")

    play()


async def test_stopping_keeps_the_login_and_logging_out_does_not() -> None:
    async with waha() as w:
        for word, expected in (("stop", "STOPPED"), ("start", "WORKING"), ("logout", "SCAN_QR_CODE")):
            assert (await w.ask("POST", f"/api/sessions/default/{word}"))[0] == 201
            await w.fake.wait_until(lambda expected=expected: w.fake.session.status == expected)  # type: ignore[misc]
        assert (await w.ask("GET", "/api/sessions/default/me")) == (200, None)


@pytest.mark.parametrize(
    "label, config, said",
    [
        ("no address", {"webhooks": [{"url": "us", "events": ["*"]}]}, "url must be a URL address"),
        ("no events", {"webhooks": [{"url": "http://us"}]}, "events must be an array"),
        ("an unknown event", {"webhooks": [{"url": "http://us", "events": ["message.status"]}]}, "message.status"),
        (
            "an unknown policy",
            {"webhooks": [{"url": "http://us", "events": [], "retries": {"policy": "never"}}]},
            "retries.policy must be one of",
        ),
    ],
)
async def test_a_configuration_is_checked(label: str, config: Any, said: str) -> None:
    async with waha() as w:
        status, answer = await w.ask("PUT", "/api/sessions/default", {"config": config})
        assert status == 400
        assert said in str(answer)


async def test_sessions_are_made_listed_and_changed() -> None:
    async with waha() as w:
        hook = {"url": "http://us", "events": ["message"]}
        made = {"name": "two", "start": False, "config": {"webhooks": [hook], "metadata": {"shop": "x"}}}
        assert (await w.ask("POST", "/api/sessions", made))[1]["status"] == "STOPPED"
        assert (await w.ask("POST", "/api/sessions", made))[0] == 422
        assert [each["name"] for each in (await w.ask("GET", "/api/sessions"))[1]] == ["default"]
        assert len((await w.ask("GET", "/api/sessions?all=true"))[1]) == 2
        assert (await w.ask("GET", "/api/sessions/three"))[0] == 404
        _, changed = await w.ask("PUT", "/api/sessions/default", {"config": {"webhooks": [hook]}})
        assert changed["config"]["webhooks"] == [hook]
        await w.fake.wait_until(lambda: w.fake.session.works)
        await (await w.fake.person(PHONE)).write("hi")
        (body,) = w.listener.events("message") or (await w.told("message") and w.listener.events("message"))
        assert body["session"] == "default"


@pytest.mark.parametrize("tells", [True, False])
async def test_what_is_written_meanwhile_stands_in_the_chats_once_it_is_back(tells: bool) -> None:
    async with waha(tells_missed=tells) as w:
        ada = await w.fake.person(PHONE)
        w.fake.session.lose()
        await ada.write("anybody?")
        assert await w.told("message") == []
        w.fake.session.recover()
        assert [told["body"] for told in await w.told("message")] == (["anybody?"] if tells else [])
        _, found = await w.ask("GET", f"/api/default/chats/{quote(CHAT)}/messages")
        assert [each["body"] for each in found] == ["anybody?"]


async def test_pages_filters_and_order() -> None:
    async with waha() as w:
        ada, bo = await w.fake.person(PHONE), await w.fake.person("15550000002", name="Bo")
        for number in range(5):
            await ada.write(str(number))
        await bo.write("other")
        await w.post("sendText", chatId=CHAT, text="ours")
        base = f"/api/default/chats/{quote(CHAT)}/messages"

        async def bodies(query: str) -> list[str]:
            return [each["body"] for each in (await w.ask("GET", f"{base}?{query}"))[1]]

        assert await bodies("limit=2&offset=0&sortOrder=asc") == ["0", "1"]
        assert await bodies("limit=2&offset=4&sortOrder=asc") == ["4", "ours"]
        assert await bodies("limit=9&offset=6") == []
        assert await bodies("limit=1") == ["ours"]
        assert len(await bodies("filter.fromMe=false")) == 5
        assert await bodies(f"filter.timestamp.gte={int(w.fake.now()) + 1}") == []
        assert (await w.ask("GET", f"{base}?limit=x"))[0] == 400
        _, overview = await w.ask("GET", "/api/default/chats/overview")
        assert [each["lastMessage"]["body"] for each in overview] == ["ours", "other"]
        asked = {"pagination": {"limit": 1, "offset": 1}}
        assert [each["name"] for each in (await w.ask("POST", "/api/default/chats/overview", asked))[1]] == ["Bo"]


@pytest.mark.parametrize("engine, status", [("WEBJS", 400), ("NOWEB", 200), ("GOWS", 200)])
async def test_everybodys_messages_at_once(engine: Engine, status: int) -> None:
    async with waha(engine=engine) as w:
        await (await w.fake.person(PHONE)).write("hi")
        assert (await w.ask("GET", "/api/default/chats/all/messages"))[0] == status


async def test_an_engine_without_its_store_keeps_nothing() -> None:
    async with waha(engine="NOWEB", keeps_messages=False) as w:
        status, said = await w.ask("GET", "/api/default/chats/overview")
        assert status == 400
        assert "Enable NOWEB store" in said["message"][0]


async def test_who_goes_by_which_id() -> None:
    async with waha() as w:
        await w.fake.person(PHONE, lid=LID)
        lid, phone = f"{LID}@lid", f"{PHONE}@c.us"
        assert (await w.ask("GET", f"/api/default/lids/{LID}"))[1] == {"lid": LID, "pn": phone}
        assert (await w.ask("GET", f"/api/default/lids/pn/{PHONE}"))[1] == {"lid": lid, "pn": PHONE}
        exists = "/api/contacts/check-exists?session=default&phone="
        assert (await w.ask("GET", exists + PHONE))[1] == {"numberExists": True, "chatId": phone}
        assert (await w.ask("GET", exists + "999"))[1] == {"numberExists": False}


def test_a_file_is_told_at_its_own_address_and_kept_for_a_while() -> None:
    @in_virtual_time
    async def play() -> None:
        async with waha() as w:
            ada = await w.fake.person(PHONE)
            written = await ada.send("image", b"jpeg", "image/jpeg", caption="look")
            (told,) = await w.told("message")
            assert (told["hasMedia"], told["body"], told["media"]["mimetype"]) == (True, "look", "image/jpeg")
            url = told["media"]["url"]
            assert url.startswith("http://localhost:3000/api/files/default/")
            path = url.removeprefix("http://localhost:3000")
            assert await w.ask("GET", path) == (200, b"jpeg")
            await asyncio.sleep(181)
            assert (await w.ask("GET", path))[0] == 404
            again = f"/api/default/chats/{quote(CHAT)}/messages/{quote(written.id('WEBJS'))}?downloadMedia=true"
            _, message = await w.ask("GET", again)
            assert message["media"]["url"] == url
            assert await w.ask("GET", path) == (200, b"jpeg")

    play()


async def test_a_file_that_was_not_fetched_is_told_to_be_there() -> None:
    async with waha(engine="NOWEB", downloads=False) as w:
        await (await w.fake.person(PHONE)).send("voice", b"ogg", "audio/ogg; codecs=opus")
        (told,) = await w.told("message")
        assert (told["hasMedia"], told["media"]) == (True, None)
        assert told["_data"]["message"]["audioMessage"]["ptt"] is True
