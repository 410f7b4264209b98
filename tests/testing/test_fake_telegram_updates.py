"""How the fake Bot API tells the bot: by webhook, with its ways to fail, and by long polling."""

import asyncio
import json
from typing import Any

import httpx2
import pytest

from tests.testing.bot import ALLOWED, WEBHOOK, Bot
from tests.testing.business import settle
from turnkeeper.testing.fake_telegram import (
    Behaviour,
    FakeTelegram,
    close,
    flood,
    gateway_error,
    hold,
    refuse,
    server_error,
)
from turnkeeper.testing.loopback import running

SECRET = "word-1"


async def hooked(bot: Bot) -> Bot:
    body = await bot.call("setWebhook", url=WEBHOOK, secret_token=SECRET, allowed_updates=list(ALLOWED))
    assert body["ok"], body
    return bot


def texts(updates: list[dict[str, Any]]) -> list[str]:
    return [update["message"]["text"] for update in updates]


async def test_updates_are_posted_with_the_secret_one_by_one_in_order() -> None:
    async with Bot() as bot:
        await hooked(bot)
        ada = await bot.fake.person(name="Ada", username="ada")
        await ada.start("ref-1")
        await ada.write("two")
        await bot.fake.drained()
        assert texts(bot.heard) == ["/start ref-1", "two"]
        first, second = bot.heard
        assert second["update_id"] == first["update_id"] + 1
        assert first["message"]["from"] == {
            "id": 1001, "is_bot": False, "first_name": "Ada", "username": "ada", "language_code": "en",
        }  # fmt: skip
        assert first["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
        assert {request.headers["x-telegram-bot-api-secret-token"] for request in bot.requests} == {SECRET}


async def test_what_is_not_taken_comes_again_while_others_go_on() -> None:
    async with Bot() as bot:
        await hooked(bot)
        failing = {"one": 2}

        async def answer(request: httpx2.Request) -> httpx2.Response:
            text = json.loads(request.content)["message"]["text"]
            failing[text] = failing.get(text, 0) - 1
            return httpx2.Response(500 if failing[text] >= 0 else 200)

        bot.answer = answer
        ada = await bot.fake.person()
        await ada.write("one")
        await ada.write("two")
        await settle()
        info = (await bot.call("getWebhookInfo"))["result"]
        assert (info["pending_update_count"], info["last_error_message"]) == (1, "Wrong response from the webhook: 500")
        await bot.clock.advance(3)
        assert texts(bot.heard) == ["one", "two", "one", "one"]
        assert [call.attempt for call in bot.fake.updates.sent] == [1, 1, 2, 3]
        assert not bot.fake.updates.pending


async def test_after_a_day_an_update_is_lost() -> None:
    async with Bot(Behaviour(outage=True)) as bot:
        await hooked(bot)
        await (await bot.fake.person()).write("one")
        await bot.clock.advance(25 * 3600)
        assert [update.payload["text"] for update in bot.fake.updates.lost] == ["one"]


async def test_webhooks_come_twice_and_overtake_each_other() -> None:
    async with Bot(Behaviour(duplicate=2, shuffle=True), seed=3) as bot:
        await hooked(bot)
        ada = await bot.fake.person()
        for number in range(8):
            await ada.write(str(number))
        await bot.clock.advance(1)
        told = texts(bot.heard)
        assert sorted(told) == sorted([str(number) for number in range(8)] * 2)
        assert list(dict.fromkeys(told)) != [str(number) for number in range(8)]


async def test_no_more_than_max_connections_are_under_way() -> None:
    async with Bot(Behaviour(shuffle=True)) as bot:
        await bot.fake.hook(WEBHOOK, at_once=2)
        most = now = 0

        async def answer(_: httpx2.Request) -> httpx2.Response:
            nonlocal most, now
            now += 1
            most = max(most, now)
            await bot.clock.sleep(1)
            now -= 1
            return httpx2.Response(200)

        bot.answer = answer
        for _ in range(6):
            await (await bot.fake.person()).write("hi")
        await bot.clock.advance(10)
        assert (most, len(bot.heard)) == (2, 6)


async def test_a_200_may_name_a_method() -> None:
    async with Bot() as bot:
        await hooked(bot)

        async def answer(request: httpx2.Request) -> httpx2.Response:
            chat = json.loads(request.content)["message"]["chat"]["id"]
            return httpx2.Response(200, json={"method": "sendMessage", "chat_id": chat, "text": "told"})

        bot.answer = answer
        ada = await bot.fake.person()
        await ada.write("hi")
        assert (await ada.next_message()).text == "told"
        (call,) = bot.fake.called("sendMessage")
        assert call.in_200


async def test_only_what_was_asked_for_comes() -> None:
    async with Bot() as bot:
        await bot.call("setWebhook", url=WEBHOOK)
        ada = await bot.fake.person()
        message = await ada.write("hi")
        await ada.react(message)
        await ada.edit(message, "hi!")
        await bot.fake.drained()
        assert [set(update) - {"update_id"} for update in bot.heard] == [{"message"}, {"edited_message"}]
        await hooked(bot)
        await ada.react(message, "")
        await bot.fake.drained()
        assert bot.heard[-1]["message_reaction"]["old_reaction"] == [{"type": "emoji", "emoji": "👍"}]


BAD_HOOKS = [
    ("http", {"url": "http://shop.example/a"}, "bad webhook: An HTTPS URL must be provided for webhook"),
    ("secret", {"url": WEBHOOK, "secret_token": "a b"}, "secret token contains unallowed characters"),
    ("many", {"url": WEBHOOK, "max_connections": 101}, "bad webhook: max_connections must be between 1 and 100"),
]


@pytest.mark.parametrize("label, fields, why", BAD_HOOKS, ids=[row[0] for row in BAD_HOOKS])
async def test_addresses_that_are_not_taken(label: str, fields: dict[str, Any], why: str) -> None:
    async with Bot() as bot:
        assert (await bot.call("setWebhook", **fields))["description"] == f"Bad Request: {why}"


async def test_polling_gives_what_is_pending_until_it_is_confirmed() -> None:
    async with Bot() as bot:
        ada = await bot.fake.person()
        for text in ("one", "two", "three"):
            await ada.write(text)
        first = await bot.updates(limit=2)
        assert texts(first) == ["one", "two"]
        assert await bot.updates(limit=2) == first, "not confirmed, so they come again"
        rest = await bot.updates(offset=first[-1]["update_id"] + 1)
        assert (texts(rest), bot.fake.updates.confirmed) == (["three"], 2)
        assert await bot.updates(offset=rest[-1]["update_id"] + 1) == []


async def test_a_long_poll_ends_with_the_first_update_or_its_time() -> None:
    async with Bot() as bot:
        ada = await bot.fake.person()
        waiting = asyncio.create_task(bot.updates(timeout=30))
        await bot.clock.advance(10)
        assert bot.fake.updates.polling
        await ada.write("one")
        assert texts(await waiting) == ["one"]
        waiting = asyncio.create_task(bot.updates(offset=2**40, timeout=30))
        await bot.clock.advance(29)
        assert not waiting.done()
        await bot.clock.advance(2)
        assert await waiting == []


async def test_one_poller_at_a_time_and_none_beside_a_webhook() -> None:
    async with Bot() as bot:
        ada = await bot.fake.person()
        first = asyncio.create_task(bot.call("getUpdates", timeout=30))
        await settle()
        second = asyncio.create_task(bot.call("getUpdates", timeout=30))
        await settle()
        body = await first
        assert (body["error_code"], "other getUpdates request" in body["description"]) == (409, True)
        await ada.write("one")
        assert texts((await second)["result"]) == ["one"]
        third = asyncio.create_task(bot.call("getUpdates", offset=2**40, timeout=30))
        await settle()
        await hooked(bot)
        assert "setWebhook" in (await third)["description"]
        assert "while webhook is active" in (await bot.call("getUpdates"))["description"]
        assert bot.fake.updates.conflicts == 3
        await bot.call("deleteWebhook")
        await ada.write("two")
        assert texts(await bot.updates()) == ["two"]


async def test_what_waited_is_posted_once_there_is_a_webhook_or_dropped() -> None:
    async with Bot() as bot:
        ada = await bot.fake.person()
        await ada.write("one")
        await bot.call("setWebhook", url=WEBHOOK)
        await bot.fake.drained()
        assert texts(bot.heard) == ["one"]
        await bot.call("deleteWebhook")
        await ada.write("two")
        await bot.call("deleteWebhook", drop_pending_updates=True)
        assert await bot.updates() == []


async def test_whoever_leaves_while_polling_is_told_nothing() -> None:
    fake = FakeTelegram()
    async with running(fake) as here, httpx2.AsyncClient(base_url=here.base_url) as client:
        path = f"/bot{fake.token}/getUpdates"
        with pytest.raises(httpx2.ReadTimeout):
            await client.post(path, json={"timeout": 20}, timeout=httpx2.Timeout(5, read=0.05))
        await fake.wait_until(lambda: not fake.updates.polling)
        ada = await fake.person()
        await ada.write("one")
        assert texts((await client.post(path, json={})).json()["result"]) == ["one"]


FAULTS = [
    ("server error", server_error(), 500, False),
    ("taken, then an error", server_error(taken=True), 500, True),
    ("a proxy's page", gateway_error(), 502, False),
    ("any refusal", refuse(400, "Bad Request: as told"), 400, False),
    ("flood", flood(7), 429, False),
    ("slow", hold(3.0), 200, True),
    ("closed before", close(taken=False), None, False),
    ("closed after", close(taken=True), None, True),
]


@pytest.mark.parametrize("label, fault, status, taken", FAULTS, ids=[row[0] for row in FAULTS])
async def test_faults(label: str, fault: Any, status: int | None, taken: bool) -> None:
    async with Bot() as bot:
        ada = await bot.fake.person()
        await ada.write("hi")
        bot.fake.fail_next(fault)
        path = f"/bot{bot.fake.token}/sendMessage"
        sending = asyncio.create_task(bot.client.post(path, json={"chat_id": ada.who.id, "text": "a"}))
        await bot.clock.advance(5)
        if status is None:
            with pytest.raises(httpx2.RemoteProtocolError):
                await sending
        else:
            assert (await sending).status_code == status
        assert ada.texts == (["a"] if taken else [])
        assert (await bot.call("sendMessage", chat_id=ada.who.id, text="b"))["ok"]
        assert [call.status for call in bot.fake.called("sendMessage")] == [status, 200]


async def test_people_send_everything() -> None:
    async with Bot() as bot:
        ada = await bot.fake.person()
        files = ("photo", "voice", "video", "animation", "audio", "video_note", "sticker", "document")
        others = ("location", "venue", "contact", "poll", "dice", "game", "story")
        for kind in files:
            await ada.send(kind, b"data", caption="" if kind in ("sticker", "video_note") else "words")
        for kind in others:
            await ada.send(kind)
        await ada.contact("+43660123")
        await ada.album([("photo", b"a"), ("video", b"b")], caption="both")
        told = [update["message"] for update in await bot.updates()]
        assert [kind for kind, message in zip(files + others, told, strict=False) if kind not in message] == []
        assert "document" in told[3], "an animation is told as a document too"
        assert told[0]["photo"][-1]["file_size"] == 4
        assert told[15]["contact"]["user_id"] == ada.who.id
        assert (told[16]["media_group_id"], told[16]["caption"]) == (told[17]["media_group_id"], "both")
        assert "caption" not in told[17]


async def test_a_bot_in_privacy_hears_of_a_group_what_concerns_it() -> None:
    async with Bot() as bot:
        group = await bot.fake.group()
        ada = await bot.fake.person()
        await ada.write("not for you", into=group)
        await ada.write("/help@shop_bot", into=group)
        await ada.write("what does @Shop_Bot say?", into=group)
        sent = await bot.call("sendMessage", chat_id=group.chat.id, text="this")
        await ada.write("why?", into=group, reply_to=sent["result"]["message_id"])
        assert texts(await bot.updates()) == ["/help@shop_bot", "what does @Shop_Bot say?", "why?"]
        bot.fake.reads_groups = True
        await ada.write("everything", into=group)
        assert texts(await bot.updates())[3:] == ["everything"]


async def test_blocking_and_leaving_are_told() -> None:
    async with Bot() as bot:
        ada, group = await bot.fake.person(), await bot.fake.group()
        await ada.block()
        await ada.write("nobody hears this")
        await ada.unblock()
        await group.kick(ada)
        told = [update["my_chat_member"] for update in await bot.updates()]
        assert [(each["chat"]["id"], each["new_chat_member"]["status"]) for each in told] == [
            (ada.who.id, "kicked"), (ada.who.id, "member"), (group.chat.id, "kicked"),
        ]  # fmt: skip
