"""What the fake Bot API takes, shows and refuses: each row is one call and Telegram's words for it."""

from typing import Any

import pytest

from tests.testing.bot import Bot
from turnkeeper.testing.fake_telegram import Behaviour

JPEG = b"\xff\xd8\xff\xe0pixels"
BUTTON = {"text": "Yes", "callback_data": "yes"}
FREE = Behaviour(chat_per_second=None, group_per_minute=None, bot_per_second=None)

REFUSED: list[tuple[str, str, dict[str, Any], int, str]] = [
    ("empty", "sendMessage", {"text": "  "}, 400, "message text is empty"),
    ("only tags", "sendMessage", {"text": "<b></b>", "parse_mode": "HTML"}, 400, "message text is empty"),
    ("too long", "sendMessage", {"text": "x" * 4097}, 400, "message is too long"),
    ("too many units", "sendMessage", {"text": "🙂" * 2049}, 400, "message is too long"),
    ("unknown tag", "sendMessage", {"text": "a<p>b</p>", "parse_mode": "HTML"}, 400,
     'can\'t parse entities: Unsupported start tag "p" at byte offset 1'),
    ("never closed", "sendMessage", {"text": "<b>a", "parse_mode": "HTML"}, 400,
     'can\'t parse entities: Can\'t find end tag corresponding to start tag "b"'),
    ("crossed", "sendMessage", {"text": "<b><i>a</b></i>", "parse_mode": "HTML"}, 400,
     'can\'t parse entities: Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
    ("end without begin", "sendMessage", {"text": "ä</b>", "parse_mode": "HTML"}, 400,
     "can't parse entities: Unexpected end tag at byte offset 2"),
    ("a lone sign", "sendMessage", {"text": "1 < 2", "parse_mode": "HTML"}, 400,
     "can't parse entities: Unclosed start tag at byte offset 2"),
    ("parse mode", "sendMessage", {"text": "a", "parse_mode": "wiki"}, 400, "unsupported parse_mode"),
    ("long data", "sendMessage",
     {"text": "a", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "ü" * 33}]]}}, 400,
     "BUTTON_DATA_INVALID"),
    ("a button that does nothing", "sendMessage", {"text": "a", "reply_markup": {"inline_keyboard": [[{"text": "a"}]]}},
     400, "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
    ("rows that are none", "sendMessage", {"text": "a", "reply_markup": {"inline_keyboard": [BUTTON]}}, 400,
     'field "inline_keyboard" must be of type Array of Arrays'),
    ("a link of a button", "sendMessage",
     {"text": "a", "reply_markup": {"inline_keyboard": [[{"text": "a", "url": "javascript:1"}]]}}, 400,
     "inline keyboard button URL 'javascript:1' is invalid: Wrong HTTP URL"),
    ("quote of nothing", "sendMessage", {"text": "a", "reply_parameters": {"message_id": 999}}, 400,
     "message to be replied not found"),
    ("caption", "sendPhoto", {"photo": "https://a.example/a.jpg", "caption": "x" * 1025}, 400,
     "message caption is too long"),
    ("no such file id", "sendPhoto", {"photo": "AgACnothing"}, 400, "wrong file identifier/HTTP URL specified"),
    ("no file", "sendPhoto", {}, 400, "there is no photo in the request"),
    ("a link to nothing", "sendPhoto", {"photo": "https://a.example/b.jpg"}, 400, "failed to get HTTP URL content"),
    ("no album", "sendMediaGroup", {"media": [{"type": "photo", "media": "https://a.example/a.jpg"}]}, 400,
     "media group must include 2-10 items"),
    ("nowhere", "sendLocation", {"latitude": 91, "longitude": 0}, 400, "wrong latitude or longitude specified"),
    ("no title", "sendVenue", {"latitude": 1, "longitude": 0, "address": "a"}, 400, "title must be non-empty"),
    ("no name", "sendContact", {"phone_number": "+1"}, 400, "first name must be non-empty"),
    ("unknown action", "sendChatAction", {"action": "sleeping"}, 400, "wrong parameter action in request"),
    ("an emoji that is none of these", "setMessageReaction",
     {"message_id": 1, "reaction": [{"type": "emoji", "emoji": "🥦"}]}, 400, "REACTION_INVALID"),
    ("reaction to nothing", "setMessageReaction", {"message_id": 99, "reaction": []}, 400,
     "message to react not found"),
    ("edit of another's", "editMessageText", {"message_id": 1, "text": "a"}, 400, "message can't be edited"),
    ("no press", "answerCallbackQuery", {"callback_query_id": "1"}, 400,
     "query is too old and response timeout expired or query ID is invalid"),
    ("no file to fetch", "getFile", {"file_id": "x"}, 400, "wrong file_id or the file is temporarily unavailable"),
    ("no method", "sendNothing", {}, 404, "method not found"),
]  # fmt: skip


@pytest.mark.parametrize("label, method, fields, code, why", REFUSED, ids=[row[0] for row in REFUSED])
async def test_refused(label: str, method: str, fields: dict[str, Any], code: int, why: str) -> None:
    async with Bot(FREE) as bot:
        bot.fake.files.links["https://a.example/a.jpg"] = JPEG
        ada = await bot.fake.person()
        await ada.write("hi")
        body = await bot.call(method, chat_id=ada.who.id, **fields)
        assert (body["error_code"], body["description"].partition(": ")[2]) == (code, why)
        assert ada.received == []


async def test_what_is_shown_is_what_was_meant() -> None:
    async with Bot(FREE) as bot:
        ada = await bot.fake.person()
        await ada.write("hi")
        html = ' <b>A &lt; <i>B</i></b> 🙂<a href="https://a.example/?a&amp;b">c</a> &nbsp;&#33; '
        html += '<pre><code class="language-py">x</code></pre>'
        markup = {"inline_keyboard": [[BUTTON], [{"text": "Site", "url": "https://a.example"}]]}
        quote = {"message_id": 1}
        body = await bot.call(
            "sendMessage", chat_id=ada.who.id, text=html, parse_mode="HTML", reply_markup=markup, reply_parameters=quote
        )
        (shown,) = ada.received
        assert shown.text == "A < B 🙂c &nbsp;! x"
        assert shown.entities == [
            {"type": "bold", "offset": 0, "length": 5},
            {"type": "italic", "offset": 4, "length": 1},
            {"type": "text_link", "offset": 8, "length": 1, "url": "https://a.example/?a&b"},
            {"type": "pre", "offset": 18, "length": 1, "language": "py"},
        ]
        assert (shown.labels, shown.reply_to) == (["Yes", "Site"], 1)
        result = body["result"]
        assert result["chat"] == {"id": ada.who.id, "type": "private", "first_name": "Ada"}
        assert result["reply_to_message"]["text"] == "hi"
        assert result["reply_markup"] == markup


async def test_the_largest_text_is_counted_after_its_tags_and_in_units() -> None:
    async with Bot(FREE) as bot:
        ada = await bot.fake.person()
        await ada.write("hi")
        for text in ("<b>" + "&lt;" * 4096 + "</b>", "🙂" * 2048):
            assert (await bot.call("sendMessage", chat_id=ada.who.id, text=text, parse_mode="HTML"))["ok"]


async def test_files_go_up_once_come_back_by_their_id_and_can_be_fetched() -> None:
    async with Bot(FREE) as bot:
        ada = await bot.fake.person()
        await ada.write("hi")
        chat = str(ada.who.id)
        photo = await bot.upload(
            "sendPhoto", "photo", JPEG, "a.jpg", chat_id=chat, caption="<b>x</b>", parse_mode="HTML"
        )
        known = photo["result"]["photo"][-1]["file_id"]
        assert (await bot.call("sendPhoto", chat_id=chat, photo=known))["ok"]
        wrong = await bot.call("sendDocument", chat_id=chat, document=known)
        assert wrong["description"] == "Bad Request: can't use file of type Photo as Document"
        (upload,) = bot.fake.files.uploads
        assert (upload.data, upload.sends, len(ada.received), ada.received[0].text) == (JPEG, 1, 2, "x")
        located = (await bot.call("getFile", file_id=known))["result"]
        address = f"/file/bot{bot.fake.token}/{located['file_path']}"
        assert (await bot.client.get(address)).content == JPEG
        await bot.clock.advance(3600)
        assert (await bot.client.get(address)).status_code == 404
        assert upload.downloads == 1
        bot.fake.files.forget(upload)
        assert "wrong file identifier" in (await bot.call("sendPhoto", chat_id=chat, photo=known))["description"]


SIZES = [
    ("a photo too large", "sendPhoto", "photo", JPEG + bytes(10 * 1024 * 1024), 400, "too big for a photo"),
    ("no picture", "sendPhoto", "photo", b"%PDF", 400, "IMAGE_PROCESS_FAILED"),
    ("too large at all", "sendDocument", "document", bytes(50 * 1024 * 1024 + 1), 413, "Request Entity Too Large"),
    ("empty", "sendDocument", "document", b"", 400, "file must be non-empty"),
]


@pytest.mark.parametrize("label, method, part, data, code, why", SIZES, ids=[row[0] for row in SIZES])
async def test_files_that_are_not_taken(label: str, method: str, part: str, data: bytes, code: int, why: str) -> None:
    async with Bot(FREE) as bot:
        ada = await bot.fake.person()
        await ada.write("hi")
        body = await bot.upload(method, part, data, chat_id=str(ada.who.id))
        assert (body["error_code"], why in body["description"]) == (code, True)


async def test_a_file_of_more_than_20_mb_cannot_be_fetched_and_a_voice_note_is_ogg() -> None:
    async with Bot(FREE) as bot:
        ada = await bot.fake.person()
        video = await ada.send("video", b"mp4", size=20 * 1024 * 1024 + 1)
        assert video.file is not None
        assert (await bot.call("getFile", file_id=video.file.id))["description"] == "Bad Request: file is too big"
        for data, kind in ((b"OggS...", "voice"), (b"RIFFwave", "document")):
            assert kind in (await bot.upload("sendVoice", "voice", data, chat_id=str(ada.who.id)))["result"]


STANDINGS = [
    ("blocked", "block", 403, "Forbidden: bot was blocked by the user"),
    ("deactivated", "leave_telegram", 403, "Forbidden: user is deactivated"),
]


@pytest.mark.parametrize("label, act, code, why", STANDINGS, ids=[row[0] for row in STANDINGS])
async def test_people_who_take_nothing(label: str, act: str, code: int, why: str) -> None:
    async with Bot() as bot:
        ada = await bot.fake.person()
        await ada.write("hi")
        await getattr(ada, act)()
        body = await bot.call("sendMessage", chat_id=ada.who.id, text="a")
        assert (body["error_code"], body["description"]) == (code, why)


async def test_whom_the_bot_may_not_write_to() -> None:
    async with Bot() as bot:
        ada = await bot.fake.person()
        told = [
            (await bot.call("sendMessage", chat_id=each, text="a"))["description"] for each in (ada.who.id, 404, "x")
        ]
        assert told[0] == "Forbidden: bot can't initiate conversation with a user"
        assert told[1:] == ["Bad Request: chat not found"] * 2
        await ada.start()
        assert (await bot.call("sendMessage", chat_id=ada.who.id, text="a"))["ok"]


async def test_a_group_that_became_a_supergroup_tells_its_new_id() -> None:
    async with Bot() as bot:
        group = await bot.fake.group()
        new = await group.migrate()
        body = await bot.call("sendMessage", chat_id=group.chat.id, text="a")
        assert body["parameters"] == {"migrate_to_chat_id": new.chat.id}
        assert (await bot.call("sendMessage", chat_id=new.chat.id, text="a"))["ok"]
        told = [each["message"] for each in await bot.updates()]
        assert [each.get("migrate_to_chat_id") or each["migrate_from_chat_id"] for each in told] == [
            new.chat.id, group.chat.id,
        ]  # fmt: skip


async def test_one_chat_takes_a_burst_and_then_one_a_second() -> None:
    async with Bot(Behaviour(chat_burst=3)) as bot:
        ada, bob = await bot.fake.person(), await bot.fake.person()
        for each in (ada, bob):
            await each.write("hi")

        async def sent(to: Any) -> Any:
            body = await bot.call("sendMessage", chat_id=to.who.id, text="a")
            return body["ok"] or body["parameters"]["retry_after"]

        assert [await sent(ada) for _ in range(5)] == [True, True, True, 1, 1]
        assert await sent(bob) is True
        await bot.clock.advance(1)
        assert [await sent(ada), await sent(ada)] == [True, 1]


async def test_the_whole_bot_takes_thirty_a_second_and_a_group_twenty_a_minute() -> None:
    async with Bot() as bot:
        chats = [(await bot.fake.person()).who.id for _ in range(31)]
        for chat in bot.fake.chats.values():
            chat.standing = "member"
        codes = [(await bot.call("sendMessage", chat_id=each, text="a")).get("error_code") for each in chats]
        assert codes == [None] * 30 + [429]
        await bot.clock.advance(60)
        group = await bot.fake.group()
        codes = [(await bot.call("sendMessage", chat_id=group.chat.id, text="a")).get("error_code") for _ in range(21)]
        assert codes == [None] * 20 + [429]
        await bot.clock.advance(3)
        assert (await bot.call("sendMessage", chat_id=group.chat.id, text="a"))["ok"]


async def test_typing_is_shown_for_five_seconds_or_until_the_message() -> None:
    async with Bot() as bot:
        ada = await bot.fake.person()
        await ada.write("hi")
        began = bot.clock.now()
        for _ in range(2):
            await bot.call("sendChatAction", chat_id=ada.who.id, action="typing")
            await bot.clock.advance(4)
        await bot.call("sendMessage", chat_id=ada.who.id, text="a")
        await bot.call("sendChatAction", chat_id=ada.who.id, action="upload_photo")
        typing, uploading = ada.typings
        assert (typing.action, typing.at, typing.until, typing.shown) == ("typing", began, began + 8, 2)
        assert (typing.by_reply, uploading.by_reply) == (True, False)
        assert uploading.until == uploading.at + 5


async def test_messages_are_changed_and_deleted() -> None:
    async with Bot() as bot:
        ada = await bot.fake.person()
        await ada.write("hi")
        sent = (await bot.call("sendMessage", chat_id=ada.who.id, text="a"))["result"]["message_id"]
        here = {"chat_id": ada.who.id, "message_id": sent}
        same = await bot.call("editMessageText", **here, text="a")
        assert "message is not modified" in same["description"]
        assert (await bot.call("editMessageText", **here, text="<i>b</i>", parse_mode="HTML"))["result"]["edit_date"]
        assert ada.texts == ["b"]
        heart = [{"type": "emoji", "emoji": "❤"}]
        assert (await bot.call("setMessageReaction", chat_id=ada.who.id, message_id=1, reaction=heart))["ok"]
        assert ada.written[0].reactions == {bot.fake.bot.id: "❤"}
        assert (await bot.call("deleteMessage", **here))["ok"]
        assert ada.texts == []


async def test_a_press_is_answered_within_its_time() -> None:
    async with Bot() as bot:
        ada = await bot.fake.person()
        await ada.write("hi")
        markup = {"inline_keyboard": [[BUTTON]]}
        await bot.call("sendMessage", chat_id=ada.who.id, text="a", reply_markup=markup)
        first, second = await ada.press(ada.received[0], "Yes"), await ada.press(ada.received[0], "yes")
        assert (await bot.call("answerCallbackQuery", callback_query_id=first.id, text="ok"))["ok"]
        await bot.clock.advance(16)
        assert "too old" in (await bot.call("answerCallbackQuery", callback_query_id=second.id))["description"]
        assert [(each.answered_at is None, each.answer) for each in ada.presses] == [(False, "ok"), (True, "")]
        with pytest.raises(ValueError, match="no button"):
            await ada.press(ada.received[0], "No")


async def test_wrong_tokens() -> None:
    async with Bot() as bot:
        revoked = f"{bot.fake.bot.id}:other"
        assert (await bot.call("getMe", token=revoked))["error_code"] == 401
        assert (await bot.call("getMe", token="nonsense"))["error_code"] == 404
        assert (await bot.call("getMe"))["result"]["username"] == "shop_bot"
        bot.fake.behaviour.token_revoked = True
        assert (await bot.call("getMe"))["description"] == "Unauthorized"
