"""Telegram bots, for the contract suite. Their finer points: test_telegram_*.py."""

from typing import Any

from tests.channels.scripts import reply
from tests.channels.table import Body, Cases, always
from tests.channels.telegram_bodies import (
    ADA,
    ADA_ID,
    AT,
    BOT,
    BOT_ID,
    CHAT,
    GROUP,
    GROUP_ID,
    SECRET,
    TOKEN,
    message,
    press,
    refused,
    signed,
    taken,
    update,
)
from turnkeeper.channels.base import HttpCall, HttpReply, Webhook
from turnkeeper.channels.telegram.parse import ALLOWED_UPDATES
from turnkeeper.model.outbound import Accepted, NotSent, Rejected, Unknown

ANYONE = {
    "account_id": BOT_ID,
    "message_id": "5",
    "chat_id": str(ADA_ID),
    "sender_id": str(ADA_ID),
    "sender_name": "Ada L",
    "timestamp": AT,
}
FILE = {"file_id": "F1", "file_unique_id": "U1", "file_size": 900}
SIZES = [
    {**FILE, "file_id": "S", "width": 90, "height": 60, "file_size": 90},
    {**FILE, "width": 1280, "height": 960},
    {**FILE, "file_id": "M", "width": 320, "height": 240, "file_size": 300},
]
KEPT = {"id": "F1", "size": 900}
PLACE = {"latitude": 21.4225, "longitude": 39.8262}
CARD = {"phone_number": "+44 7700 900123", "first_name": "Omar", "last_name": "H", "vcard": "BEGIN:VCARD"}

MESSAGES: list[tuple[str, Any, dict[str, Any]]] = [
    ("text", message(), {"kind": "text", "text": "Salam"}),
    ("an empty text", message(text=""), {"kind": "text", "text": ""}),
    ("a command", message(text="/start ref-42"), {"kind": "text", "text": "/start ref-42"}),
    ("photo: the largest size", message(photo=SIZES, caption="Look"),
     {"kind": "image", "media": KEPT, "text": "Look"}),
    ("live photo", message(live_photo={"file_id": "V", "photo": SIZES}, photo=SIZES),
     {"kind": "image", "media": KEPT}),
    ("video", message(video={**FILE, "mime_type": "video/mp4", "file_name": "a.mp4"}),
     {"kind": "video", "media": {**KEPT, "mime": "video/mp4", "filename": "a.mp4"}}),
    ("animation, which is a document too", message(animation=FILE, document=FILE),
     {"kind": "animation", "media": KEPT}),
    ("round video", message(video_note=FILE), {"kind": "video_note", "media": KEPT}),
    ("audio", message(audio=FILE), {"kind": "audio", "media": KEPT}),
    ("voice", message(voice={**FILE, "mime_type": "audio/ogg"}),
     {"kind": "voice", "media": {**KEPT, "mime": "audio/ogg"}}),
    ("document", message(document={**FILE, "file_name": "a.pdf"}, caption="Here"),
     {"kind": "document", "media": {**KEPT, "filename": "a.pdf"}, "text": "Here"}),
    ("sticker", message(sticker={**FILE, "emoji": "👍", "is_video": True}), {"kind": "sticker", "media": KEPT}),
    ("numbers in other words", message(sticker={**FILE, "is_animated": 1}, date=str(AT), message_id="5"),
     {"kind": "sticker", "media": KEPT}),
    ("a text that no database keeps", message(text="a\x00b"), {"kind": "text", "text": "a\ufffdb"}),
    ("a file without an id", message(document={"file_name": "a.pdf"}),
     {"kind": "document", "media": {"filename": "a.pdf"}, "media_unavailable": True}),
    ("one of an album", message(photo=SIZES, media_group_id="13"),
     {"kind": "image", "media": KEPT, "album": "13"}),
    ("location", message(location={**PLACE, "live_period": 60}), {"kind": "location", "location": PLACE}),
    ("venue, which is a location too",
     message(venue={"location": PLACE, "title": "Haram", "address": "Makkah"}, location=PLACE),
     {"kind": "location", "location": {**PLACE, "name": "Haram", "address": "Makkah"}}),
    ("somebody's card", message(contact={**CARD, "user_id": 42}),
     {"kind": "contacts", "contacts_count": 1, "contact_name": "Omar H"}),
    ("their own card", message(contact={**CARD, "user_id": ADA_ID}),
     {"kind": "contacts", "contacts_count": 1, "contact_name": "Omar H"}),
    ("what a page sent", message(web_app_data={"data": "size-xl", "button_text": "Choose"}),
     {"kind": "button_reply", "text": "Choose", "choice": {"id": "size-xl", "title": "Choose"}}),
    *((name, message(**{name: {"x": 1}}), {"kind": "unsupported"})
      for name in ("poll", "dice", "game", "story", "checklist", "paid_media", "invoice", "rich_message")),
    ("a kind of tomorrow", message(hologram={"x": 1}), {"kind": "unsupported"}),
    ("nothing at all", message(text=None), {"kind": "unsupported"}),
    ("an answer", message(text="Yes", reply_to_message={**message(text="Well?"), "message_id": 4}),
     {"kind": "text", "text": "Yes", "reply_to": "4"}),
    ("forwarded", message(text="Look", forward_origin={"type": "user"}),
     {"kind": "text", "text": "Look", "forwarded": True}),
    ("forwarded, as it was told before", message(text="Look", forward_date=AT),
     {"kind": "text", "text": "Look", "forwarded": True}),
    ("in a group", message(text="Hello all", chat=GROUP),
     {"kind": "text", "text": "Hello all", "chat_id": str(GROUP_ID), "is_group": True}),
    ("in a group's name", message(**{"text": "Hello", "chat": GROUP, "from": BOT, "sender_chat": GROUP}),
     {"kind": "text", "text": "Hello", "is_group": True, "sender_name": "Neighbours"}),
    ("a person without a last name", message(**{"text": "x", "from": {"id": ADA_ID, "first_name": "Ada"}}),
     {"kind": "text", "text": "x", "sender_name": "Ada"}),
]  # fmt: skip

HEARD: list[tuple[str, Body, list[dict[str, Any]]]] = [
    *((label, update(item), [{**(ANYONE if item["chat"] is CHAT else {}), **event}])
      for label, item, event in MESSAGES if event.get("sender_name") != "Ada"),
    ("an edit", update(message(text="Salaam", edit_date=AT + 9), "edited_message"),
     [{**ANYONE, "kind": "edited", "target_message_id": "5", "text": "Salaam", "timestamp": AT + 9}]),
    ("an edit of a caption", update(message(photo=SIZES, caption="New"), "edited_message"),
     [{**ANYONE, "kind": "edited", "target_message_id": "5", "text": "New", "media": KEPT}]),
    ("a press", update(press("yes"), "callback_query"),
     [{"kind": "button_reply", "message_id": "38654705664000001", "chat_id": str(ADA_ID), "sender_id": str(ADA_ID),
       "sender_name": "Ada L", "text": "Yes", "choice": {"id": "yes", "title": "Yes"}, "reply_to": "5"}]),
    ("a press under a message that is gone",
     update(press("yes", message={"chat": CHAT, "message_id": 5, "date": 0}), "callback_query"),
     [{"kind": "button_reply", "choice": {"id": "yes"}, "reply_to": "5"}]),
    ("a press in a group", update(press("yes", message={**message(text="?"), "chat": GROUP}), "callback_query"),
     [{"kind": "button_reply", "choice": {"id": "yes"}, "reply_to": "5", "is_group": True,
       "chat_id": str(GROUP_ID)}]),
    ("a game's button", update({"id": "1", "from": ADA, "game_short_name": "g"}, "callback_query"),
     [{"kind": "ignored", "reason": "a button of a game"}]),
    ("a reaction", update({"chat": CHAT, "message_id": 4, "user": ADA, "date": AT, "old_reaction": [],
                           "new_reaction": [{"type": "emoji", "emoji": "❤"}]}, "message_reaction"),
     [{"kind": "reaction", "sender_id": str(ADA_ID), "timestamp": AT, "reaction": {"message_id": "4", "emoji": "❤"}}]),
    ("a reaction instead of another", update(
        {"chat": CHAT, "message_id": 4, "user": ADA, "old_reaction": [{"type": "emoji", "emoji": "❤"}],
         "new_reaction": [{"type": "emoji", "emoji": "❤"}, {"type": "emoji", "emoji": "👍"}]}, "message_reaction"),
     [{"kind": "reaction", "reaction": {"message_id": "4", "emoji": "👍"}}]),
    ("a reaction taken away", update({"chat": CHAT, "message_id": 4, "user": ADA, "new_reaction": []},
                                     "message_reaction"),
     [{"kind": "reaction", "reaction": {"message_id": "4", "emoji": ""}}]),
    ("a reaction that is a picture", update(
        {"chat": CHAT, "message_id": 4, "user": ADA, "new_reaction": [{"type": "custom_emoji"}]}, "message_reaction"),
     [{"kind": "ignored", "reason": "a reaction that is no emoji"}]),
    ("a group's reaction", update({"chat": GROUP, "message_id": 4, "actor_chat": GROUP, "new_reaction": []},
                                  "message_reaction"),
     [{"kind": "reaction", "reaction": {"message_id": "4", "emoji": ""}, "is_group": True}]),
    ("blocked", update({"chat": CHAT, "from": ADA, "date": AT, "new_chat_member": {"status": "kicked"}},
                       "my_chat_member"),
     [{"kind": "system", "chat_id": str(ADA_ID), "sender_id": str(ADA_ID), "timestamp": AT}]),
    ("unblocked", update({"chat": CHAT, "from": ADA, "date": AT, "new_chat_member": {"status": "member"}},
                         "my_chat_member"),
     [{"kind": "system"}]),
    ("made an admin of a channel", update({"chat": {**GROUP, "type": "channel"}, "from": ADA,
                                           "new_chat_member": {"status": "administrator"}}, "my_chat_member"),
     [{"kind": "ignored", "reason": "membership of a channel"}]),
    ("a group that goes on under another id", update(message(migrate_to_chat_id=-1009, chat=GROUP)),
     [{"kind": "system", "chat_id": str(GROUP_ID), "sender_id": str(ADA_ID), "is_group": True}]),
    ("nobody named in a private chat", update(message(**{"text": "Hi", "from": None})),
     [{"kind": "text", "text": "Hi", "chat_id": str(ADA_ID), "sender_id": str(ADA_ID)}]),
    ("nobody named in a group", update(message(**{"text": "Hi", "from": None, "chat": GROUP})),
     [{"kind": "unreadable", "reason": "the message names no sender"}]),
    ("and where it goes on", update(message(migrate_from_chat_id=-9, chat=GROUP)),
     [{"kind": "system", "is_group": True}]),
    ("a service message", update(message(pinned_message=message())),
     [{"kind": "ignored", "reason": "service message pinned_message"}]),
    ("a bot", update(message(**{"text": "Hi", "from": BOT})), [{"kind": "ignored", "reason": "written by a bot"}]),
    ("a channel post", update(message(text="News", chat={**GROUP, "type": "channel"}), "channel_post"),
     [{"kind": "ignored", "reason": "channel post"}]),
    ("a channel post in its group", update(message(text="News", chat=GROUP, is_automatic_forward=True)),
     [{"kind": "ignored", "reason": "channel post"}]),
    ("a customer of a business", update(message(text="Salam", business_connection_id="bc1"), "business_message"),
     [{**ANYONE, "kind": "text", "text": "Salam"}]),
    ("the owner of a business", update(message(**{"text": "Hello", "business_connection_id": "bc1",
                                                  "from": {"id": 42, "first_name": "Owner"}}), "business_message"),
     [{"kind": "text", "text": "Hello", "from_me": True, "chat_id": str(ADA_ID), "sender_name": "Owner"}]),
    ("our own answer in a business", update(message(**{"text": "Hello", "business_connection_id": "bc1",
                                                       "from": {"id": 42}, "sender_business_bot": BOT}),
                                            "business_message"),
     [{"kind": "ignored", "reason": "written by a bot"}]),
    ("an edit in a business", update(message(text="Salaam", business_connection_id="bc1"), "edited_business_message"),
     [{**ANYONE, "kind": "edited", "target_message_id": "5", "target_message_key": f"{ADA_ID}:5", "text": "Salaam"}]),
    ("deletions in a business", update({"business_connection_id": "bc1", "chat": CHAT, "message_ids": [5, 6]},
                                       "deleted_business_messages"),
     [{"kind": "deleted", "target_message_id": "5", "target_message_key": f"{ADA_ID}:5"},
      {"kind": "deleted", "target_message_id": "6", "target_message_key": f"{ADA_ID}:6"}]),
    ("a deletion of nothing", update({"chat": CHAT, "message_ids": []}, "deleted_business_messages"),
     [{"kind": "ignored", "reason": "nothing deleted"}]),
    ("a connection to a business", update({"id": "bc1", "user": ADA}, "business_connection"),
     [{"kind": "ignored", "reason": "update type business_connection"}]),
    ("an update of tomorrow", update({"x": 1}, "hologram"), [{"kind": "ignored", "reason": "update type hologram"}]),
    ("an update of nothing", {"update_id": 1}, [{"kind": "ignored", "reason": "no payload"}]),
    ("a message without a chat", update({"message_id": 5, "text": "x"}), [{"kind": "unreadable"}]),
    ("a message that is none", update(5), [{"kind": "unreadable"}]),
    ("a location without coordinates", update(message(location={})), [{"kind": "unreadable"}]),
    ("what a long poll brings", {"ok": True, "result": [update(), 5, update(message(text="Two"), n=2)]},
     [{"kind": "text", "text": "Salam"}, {"kind": "unreadable"}, {"kind": "text", "text": "Two"}]),
]  # fmt: skip


def text(n: int, said: str) -> Body:
    return update({**message(text=said), "message_id": n}, n=n)


def joined(bodies: Any) -> Body:
    """As a long poll brings them; a webhook holds one."""
    return {"ok": True, "result": list(bodies)}


def forged(good: Webhook) -> list[Webhook]:
    return [Webhook({}, good.body), signed(good.body, "guess"), signed(good.body, ""), signed(good.body, SECRET + "x")]


INFO = {"url": "https://bot.example.com/webhooks/shop", "pending_update_count": 0,
        "allowed_updates": list(ALLOWED_UPDATES)}  # fmt: skip


def good(call: HttpCall) -> HttpReply:
    """The Bot API, all well."""
    match call.url.rpartition("/")[2]:
        case "getMe":
            return taken(BOT)
        case "getWebhookInfo":
            return taken(INFO)
        case "getUpdates":
            return taken([update(), update(press("yes"), "callback_query", n=2)])
        case "getFile":
            return taken({"file_id": "9001", "file_size": 9, "file_path": "photos/a b.jpg"})
        case "setWebhook" | "deleteWebhook" | "sendChatAction" | "answerCallbackQuery" | "setMessageReaction":
            return taken()
    return taken({**message(), "message_id": 77, "photo": SIZES})


def without_webhook(**more: Any) -> Any:
    return lambda call: taken({**INFO, **more}) if call.url.endswith("getWebhookInfo") else good(call)


CASES = Cases(
    kind="telegram",
    keys={"token": TOKEN, "secret_token": SECRET, "username": "shop_bot"},
    secrets=(TOKEN, SECRET),
    account_id=BOT_ID,
    prove=signed,
    forge=forged,
    message=text,
    batch=joined,
    address=f"chat:{ADA_ID}",
    heard=HEARD,
    delivers=lambda call: "/send" in call.url and not call.url.endswith("sendChatAction"),
    good=good,
    accepted_id="77",
    answers=[
        ("taken", taken(message()), Accepted, {"external_id": "5"}),
        ("the token is dead", refused(401, "Unauthorized"), Rejected, {"code": "401", "remedy": "stop_channel"}),
        ("the token is none", refused(404, "Not Found"), Rejected, {"code": "404", "remedy": "stop_channel"}),
        ("blocked", refused(403, "Forbidden: bot was blocked by the user"), Rejected, {"remedy": "unreachable"}),
        ("deactivated", refused(403, "Forbidden: user is deactivated"), Rejected, {"remedy": "unreachable"}),
        ("no such chat", refused(400, "Bad Request: chat not found"), Rejected, {"code": "400", "remedy": "give_up"}),
        ("empty", refused(400, "Bad Request: message text is empty"), Rejected, {"remedy": "give_up"}),
        ("not modified", refused(400, "Bad Request: message is not modified"), Accepted, {"external_id": None}),
        ("an old file", refused(400, "Bad Request: wrong file identifier/HTTP URL specified"), Rejected,
         {"code": "wrong_file_id"}),
        ("too large", refused(413, "Request Entity Too Large"), Rejected, {"remedy": "give_up"}),
        ("too large, says a proxy", reply(413, b"<html>"), Rejected, {"remedy": "give_up"}),
        ("too fast", refused(429, "Too Many Requests: retry after 7", retry_after=7), NotSent,
         {"scope": "either", "retry_after": 7.0, "limit": None}),
        ("too fast, for how long is not told", refused(429, "Too Many Requests"), NotSent,
         {"scope": "either", "retry_after": 1.0}),
        ("another uses the bot", refused(409, "Conflict"), NotSent, {"retry_after": 60.0}),
        ("a fault of Telegram's", refused(500, "Internal Server Error"), Unknown, {}),
        ("an answer without an id", taken({}), Unknown, {}),
        ("not the Bot API", reply(404, b"<html>"), Rejected, {"code": "http_404", "remedy": "operator"}),
        ("nobody may enter", reply(401, b"<html>"), Rejected, {"remedy": "stop_channel"}),
    ],
    unhealthy=[
        ("no connection", always(HttpReply(failure="not_connected")), "api"),
        ("not the Bot API", always(reply(404, b"<html>")), "api"),
        ("a dead token", always(refused(401, "Unauthorized")), "token"),
        ("another name", lambda call: taken({**BOT, "username": "other_bot"}) if call.url.endswith("getMe")
         else good(call), "username"),
        ("no webhook", without_webhook(url=""), "webhook"),
        ("a webhook that fails", without_webhook(pending_update_count=3, last_error_message="Connection timed out"),
         "webhook"),
        ("not all events", without_webhook(allowed_updates=["message"]), "events"),
        ("no allowed_updates at all", without_webhook(allowed_updates=None), "events"),
    ],
)  # fmt: skip
