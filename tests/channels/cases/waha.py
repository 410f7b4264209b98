"""WhatsApp through WAHA, for the contract suite. Its finer points: test_waha_*.py."""

from typing import Any

from tests.channels.scripts import reply
from tests.channels.table import Body, Cases, always
from tests.channels.waha_bodies import (
    AT,
    BASE,
    CHAT,
    GROUP,
    HMAC,
    ID,
    KEY,
    LID,
    LID_CHAT,
    ME,
    MY_LID,
    PHONE,
    SESSION,
    WORD,
    ack,
    event,
    message,
    said,
    signed,
)
from turnkeeper.channels.base import HttpCall, HttpReply, Webhook
from turnkeeper.model.events import Media
from turnkeeper.model.outbound import NotSent, Rejected, Unknown

NOOR = {
    "account_id": SESSION,
    "message_id": ID,
    "message_key": WORD,
    "chat_id": CHAT,
    "sender_id": CHAT,
    "sender_phone": PHONE,
    "sender_name": "Noor",
    "timestamp": AT,
}
URL = f"http://localhost:3000/api/files/{ID}"


def media(mime: str | None, ending: str = "bin", **more: Any) -> Any:
    return {"hasMedia": True, "media": {"url": f"{URL}.{ending}", "mimetype": mime, **more}, "body": ""}


def known(mime: str, ending: str = "bin", **more: Any) -> Any:
    return {"url": f"{URL}.{ending}", "mime": mime, **more}


# NOWEB: Baileys' objects, and no id of ours in `to`.
NOWEB: dict[str, Any] = {"to": None, "engine": "NOWEB"}
NOWEB_DATA = {
    "key": {"remoteJid": LID_CHAT, "remoteJidAlt": f"{PHONE}@s.whatsapp.net", "fromMe": False, "id": WORD},
    "messageTimestamp": AT,
    "pushName": "Noor",
    "broadcast": False,
    "message": {"conversation": "Salam"},
    "status": 2,
}
NOWEB_ID = f"false_{LID_CHAT}_{WORD}"
# GOWS: whatsmeow's objects.
GOWS_DATA = {
    "Info": {
        "Chat": LID_CHAT, "Sender": f"{LID}:3@lid", "SenderAlt": f"{PHONE}@s.whatsapp.net", "RecipientAlt": "",
        "IsFromMe": False, "IsGroup": False, "ID": WORD, "PushName": "Noor",
    },
    "Message": {"conversation": "Salam"},
}  # fmt: skip
HIDDEN = {**NOOR, "message_id": NOWEB_ID, "chat_id": LID_CHAT, "sender_id": LID_CHAT}


def tapped(**content: Any) -> Any:
    return said(body="Yes, please", _data={"notifyName": "Noor", "message": content})


MESSAGES: list[tuple[str, Body, dict[str, Any]]] = [
    ("a text of WEBJS", said(), {"kind": "text", "text": "Salam"}),
    ("a time in milliseconds", said(timestamp=AT * 1000), {"kind": "text", "text": "Salam"}),
    ("a time with a fraction", said(timestamp=AT + 0.5), {"kind": "text", "text": "Salam"}),
    (
        "an id that is an object",
        said(id={"fromMe": False, "remote": CHAT, "id": WORD, "_serialized": ID}),
        {"kind": "text", "text": "Salam"},
    ),
    ("an id of parts", said(id={"fromMe": False, "remote": {"_serialized": CHAT}, "id": WORD}),
     {"kind": "text", "text": "Salam"}),
    ("no event id, as older versions", {**said(), "id": None, "timestamp": None}, {"kind": "text", "text": "Salam"}),
    ("from the message event of all", event("message.any", message()), {"kind": "text", "text": "Salam"}),
    (
        "a quote",
        said(replyTo={"id": "3EB0FFEE", "participant": ME, "body": "Well?"}),
        {"kind": "text", "text": "Salam", "reply_to": "3EB0FFEE"},
    ),
    ("passed on", said(_data={"notifyName": "Noor", "isForwarded": True}),
     {"kind": "text", "text": "Salam", "forwarded": True}),
    ("image", said(**media("image/jpeg", "jpeg", filename="cat.jpg") | {"body": "My cat"}),
     {"kind": "image", "text": "My cat", "media": known("image/jpeg", "jpeg", filename="cat.jpg")}),
    ("sticker", said(**media("image/webp", "webp")), {"kind": "sticker", "media": known("image/webp", "webp")}),
    ("video", said(**media("video/mp4", "mp4")), {"kind": "video", "media": known("video/mp4", "mp4")}),
    ("voice note", said(**media("audio/ogg; codecs=opus", "oga")),
     {"kind": "voice", "media": known("audio/ogg; codecs=opus", "oga")}),
    ("audio", said(**media("audio/mpeg", "mp3")), {"kind": "audio", "media": known("audio/mpeg", "mp3")}),
    (
        "audio that is no voice note",
        said(**media("audio/ogg", "oga"), _data={"notifyName": "Noor", "message": {"audioMessage": {"ptt": False}}}),
        {"kind": "audio", "media": known("audio/ogg", "oga")},
    ),
    ("document", said(**media("application/pdf", "pdf", filename="bill.pdf")),
     {"kind": "document", "media": known("application/pdf", "pdf", filename="bill.pdf")}),
    (
        "a picture sent as a document",
        said(**media("image/png", "png"), _data={"notifyName": "Noor", "Message": {"documentWithCaptionMessage": {
            "message": {"documentMessage": {"mimetype": "image/png"}}}}}),
        {"kind": "document", "media": known("image/png", "png")},
    ),
    (
        "media that was not downloaded",
        said(hasMedia=True, media=None, body=None, _data={"pushName": "Noor", "type": "ptt", "mimetype": "audio/ogg"}),
        {"kind": "voice", "media": {"id": ID, "mime": "audio/ogg"}, "media_unavailable": True},
    ),
    (
        "media that could not be downloaded",
        said(hasMedia=True, media={"url": None, "mimetype": "image/png", "error": {"message": "gone"}}, body=None),
        {"kind": "image", "media": {"id": ID, "mime": "image/png"}, "media_unavailable": True},
    ),
    (
        "location",
        said(body="/9j/4AAQSkZJRg==", location={
            "latitude": "59.33", "longitude": "18.07", "name": "Palace", "address": "Slottsbacken 1", "live": False}),
        {"kind": "location", "location": {
            "latitude": 59.33, "longitude": 18.07, "name": "Palace", "address": "Slottsbacken 1"}},
    ),
    (
        "contacts",
        said(body=None, vCards=[
            "BEGIN:VCARD\nVERSION:3.0\nFN:Ada L\nTEL;type=CELL;waid=442079460000:+44 20 7946 0000\nEND:VCARD"]),
        {"kind": "contacts", "contacts_count": 1, "contact_name": "Ada L"},
    ),
    (
        "a button of NOWEB",
        tapped(buttonsResponseMessage={"selectedButtonId": "yes", "selectedDisplayText": "Yes, please"}),
        {"kind": "button_reply", "text": "Yes, please", "choice": {"id": "yes", "title": "Yes, please"}},
    ),
    (
        "a row of a list",
        tapped(listResponseMessage={"title": "Yes, please", "singleSelectReply": {"selectedRowId": "r1"}}),
        {"kind": "list_reply", "text": "Yes, please", "choice": {"id": "r1", "title": "Yes, please"}},
    ),
    (
        "a template's button",
        tapped(templateButtonReplyMessage={"selectedId": "t1", "selectedDisplayText": "Yes, please"}),
        {"kind": "button_reply", "text": "Yes, please", "choice": {"id": "t1", "title": "Yes, please"}},
    ),
    ("what nobody can read", said(body=None, _data={"notifyName": "Noor", "type": "e2e_notification"}),
     {"kind": "unsupported"}),
]  # fmt: skip
ENGINES: list[tuple[str, Body, dict[str, Any]]] = [
    ("a hidden number of NOWEB", event("message", message(id=NOWEB_ID, to=None, _data=NOWEB_DATA, **{
        "from": LID_CHAT}), engine="NOWEB"), {**HIDDEN, "kind": "text", "text": "Salam"}),
    ("a hidden number of GOWS", event("message", message(id=NOWEB_ID, to=None, _data=GOWS_DATA, **{
        "from": LID_CHAT}), engine=None), {**HIDDEN, "kind": "text", "text": "Salam"}),
    ("a bare key of GOWS", event("message", message(id=WORD, _data=GOWS_DATA, **{"from": LID_CHAT})),
     {**HIDDEN, "message_id": WORD, "kind": "text", "text": "Salam"}),
    ("hardly anything, as WPP", {"event": "message", "payload": {"id": ID, "from": CHAT, "body": "Salam"}},
     {"kind": "text", "text": "Salam", "account_id": SESSION, "message_key": WORD, "chat_id": CHAT}),
    (
        "an ad of GOWS",
        said(_data={"notifyName": "Noor", "Message": {"extendedTextMessage": {"text": "Salam", "contextInfo": {
            "externalAdReply": {"sourceID": "ad-1", "sourceType": "ad", "ctwaClid": "clid"}}}}}),
        {"kind": "text", "text": "Salam", "referral": {"sourceID": "ad-1", "sourceType": "ad", "ctwaClid": "clid"}},
    ),
    (
        "a group",
        said(id=f"false_{GROUP}_{WORD}_{CHAT}", participant=CHAT, **{"from": GROUP}),
        {"kind": "text", "text": "Salam", "is_group": True, "chat_id": GROUP, "sender_id": CHAT},
    ),
    (
        "typed by the owner on the phone",
        event("message.any", message(id=f"true_{CHAT}_{WORD}", fromMe=True, to=CHAT, **{"from": ME})),
        {"kind": "text", "text": "Salam", "from_me": True, "chat_id": CHAT, "sender_id": ME},
    ),
    (
        "sent by us",
        event("message.any", message(id=f"true_{CHAT}_{WORD}_out", fromMe=True, source="api", **{"from": CHAT})),
        {"kind": "text", "text": "Salam", "from_me": True, "chat_id": CHAT, "message_key": WORD},
    ),
]  # fmt: skip
OURS = f"true_{CHAT}_{WORD}"
STATUS = {
    "kind": "status", "account_id": SESSION, "message_id": OURS, "message_key": WORD, "recipient_id": CHAT,
    "chat_id": CHAT, "timestamp": AT,
}  # fmt: skip
ABOUT: list[tuple[str, Body, dict[str, Any]]] = [
    *((f"ack {number}", ack(ack=number, ackName=None), {**STATUS, "status": status}) for number, status in (
        (-1, "failed"), (0, "pending"), (1, "sent"), (2, "delivered"), (3, "read"), (4, "played"))),
    ("an ack by its name", ack(ack=None, ackName="READ"), {**STATUS, "status": "read"}),
    ("an ack that says nothing", ack(ack=None, ackName="UNKNOWN"), {"kind": "ignored", "reason": "ack UNKNOWN"}),
    ("an ack of what came in", ack(id=ID, fromMe=False), {"kind": "ignored"}),
    ("an ack of nothing", event("message.ack", {}), {"kind": "ignored", "reason": "ack without a message id"}),
    (
        "an ack under the hidden number",
        ack(id=f"true_{LID_CHAT}_{WORD}"),
        {**STATUS, "message_id": f"true_{LID_CHAT}_{WORD}", "status": "delivered", "chat_id": LID_CHAT,
         "recipient_id": LID_CHAT},
    ),
    (
        "an ack in a group",
        event("message.ack.group", {"id": f"true_{GROUP}_{WORD}_{MY_LID}", "fromMe": True, "participant": LID_CHAT,
                                    "ack": 3}),
        {"kind": "status", "status": "read", "is_group": True, "recipient_id": GROUP, "participant_id": LID_CHAT},
    ),
    (
        "a reaction",
        event("message.reaction", message(body=None, timestamp=AT + 0.25, reaction={"text": "🙏", "messageId": OURS})),
        {"kind": "reaction", "reaction": {"message_id": OURS, "emoji": "🙏"}, "target_message_key": WORD},
    ),
    (
        "a reaction taken away",
        event("message.reaction", message(id=f"false_{CHAT}_3EB0AB", reaction={"text": "", "messageId": OURS})),
        {"kind": "reaction", "reaction": {"message_id": OURS, "emoji": ""}, "target_message_key": WORD},
    ),
    (
        "an edit",
        event("message.edited", message(id=f"false_{CHAT}_3EB0AB", editedMessageId=WORD, body="Salaam")),
        {"kind": "edited", "text": "Salaam", "target_message_id": WORD, "target_message_key": WORD},
    ),
    (
        "a deletion",
        event("message.revoked", {"revokedMessageId": WORD, "before": None,
                                  "after": message(id=f"false_{CHAT}_3EB0AB", body=None)}),
        {"kind": "deleted", "target_message_id": WORD, "target_message_key": WORD},
    ),
    (
        "a vote",
        event("poll.vote", {
            "vote": {"id": f"false_{CHAT}_3EB0AB", "from": CHAT, "fromMe": False, "to": "me", "timestamp": AT,
                     "selectedOptions": ["Tea"]},
            "poll": {"id": OURS, "from": "me", "fromMe": True}}),
        {"kind": "poll_vote", "text": "Tea", "choice": {"id": "Tea", "title": "Tea"}, "target_message_id": OURS,
         "target_message_key": WORD, "chat_id": CHAT},
    ),
    (
        "typing",
        event("presence.update", {"id": LID_CHAT, "presences": [
            {"participant": LID_CHAT, "lastKnownPresence": "typing", "lastSeen": None}]}),
        {"kind": "typing", "chat_id": LID_CHAT},
    ),
    ("typing no more", event("presence.update", {"id": CHAT, "presences": [
        {"participant": CHAT, "lastKnownPresence": "paused"}]}), {"kind": "ignored", "reason": "presence"}),
    ("typing in a group", event("presence.update", {"id": GROUP, "presences": [
        {"participant": CHAT, "lastKnownPresence": "typing"}]}), {"kind": "ignored"}),
    ("a call", event("call.received", {"id": "CALL1", "from": CHAT, "timestamp": AT, "isVideo": True}),
     {"kind": "call", "message_id": "CALL1", "sender_phone": PHONE}),
    ("a session that works", event("session.status", {"name": SESSION, "status": "WORKING"}),
     {"kind": "session_status", "status": "WORKING"}),
    ("a session that is logged out", event("session.status", {"name": SESSION, "status": "SCAN_QR_CODE"}),
     {"kind": "session_status", "status": "SCAN_QR_CODE"}),
    ("a story", said(id=f"false_status@broadcast_{WORD}_{CHAT}"), {"kind": "ignored", "reason": "status story"}),
    ("a story of GOWS", said(id=WORD, _data={"Info": {"Chat": "status@broadcast", "Sender": CHAT}}),
     {"kind": "ignored", "reason": "status story"}),
    ("a channel's post", said(id=f"false_1203630@newsletter_{WORD}", **{"from": "1203630@newsletter"}),
     {"kind": "ignored", "reason": "newsletter"}),
    ("a label", event("label.upsert", {"id": "1"}), {"kind": "ignored", "reason": "event label.upsert"}),
    ("an event of tomorrow", event("message.pondered", {}), {"kind": "ignored", "reason": "event message.pondered"}),
    ("a message of nobody", event("message", {"hasMedia": False}),
     {"kind": "ignored", "reason": "message without id and sender"}),
    ("a message without a sender", event("message", {"id": WORD, "body": "Salam"}), {"kind": "unreadable"}),
    ("a payload that is none", event("message", None), {"kind": "unreadable", "reason": "the event has no payload"}),
]  # fmt: skip

HEARD: list[tuple[str, Body, list[dict[str, Any]]]] = [
    *((label, body, [{**NOOR, **expected}]) for label, body, expected in MESSAGES),
    *((label, body, [expected]) for label, body, expected in ENGINES + ABOUT),
]


def text(n: int, words: str) -> Body:
    return said(id=f"false_{CHAT}_3EB0{n:04}", body=words)


def forged(good: Webhook) -> list[Webhook]:
    return [Webhook(good.headers, good.body + b" "), signed(good.body, "guess")]


def good(call: HttpCall) -> HttpReply:
    """A WAHA server whose session works."""
    path = call.url.removeprefix(BASE).partition("?")[0]
    if path == f"/api/sessions/{SESSION}":
        return reply(200, SESSION_BODY)
    if path.startswith("/api/files/"):
        return HttpReply(206, b"x")
    if path.endswith("/overview"):
        return reply(200, [])
    if "/messages/" in path:
        return reply(200, message(**media("image/png", "png")))
    if path.endswith("/messages"):
        return reply(200, [])
    if path == "/api/reaction":
        return reply(200, {})
    if path.startswith("/api/send") and path != "/api/sendSeen":
        return reply(201, {"id": OURS, "_data": {}})
    return reply(201, {"result": True})


SESSION_BODY = {
    "name": SESSION, "status": "WORKING", "me": {"id": ME, "pushName": "The shop"}, "engine": {"engine": "NOWEB"},
    "config": {"webhooks": [{"url": "https://bot.example.com/webhooks/shop", "events": [
        "message.any", "message.ack", "message.reaction", "message.edited", "message.revoked", "session.status",
        "poll.vote", "call.received"]}]},
}  # fmt: skip


def _delivers(call: HttpCall) -> bool:
    path = call.url.removeprefix(BASE)
    return (path.startswith("/api/send") and path != "/api/sendSeen") or path == "/api/reaction"


def _session(**changes: Any) -> Any:
    return always(reply(200, {**SESSION_BODY, **changes}))


STOPPED = {"error": "Session status is not as expected. Try again later", "session": SESSION, "status": "SCAN_QR_CODE",
           "expected": ["WORKING"]}  # fmt: skip

CASES = Cases(
    kind="waha",
    keys={"base_url": BASE, "api_key": KEY, "session": SESSION, "hmac_key": HMAC},
    secrets=(KEY, HMAC),
    account_id=SESSION,
    prove=signed,
    forge=forged,
    message=text,
    address=f"phone:{PHONE}",
    heard=HEARD,
    delivers=_delivers,
    good=good,
    file=Media(url=f"{URL}.png", mime="image/png"),
    accepted_id=WORD,
    answers=[
        ("the key is wrong", reply(401, {"message": "Unauthorized", "statusCode": 401}), Rejected,
         {"code": "http_401", "remedy": "stop_channel"}),
        ("a key of another session", reply(403, {"message": "Forbidden"}), Rejected, {"remedy": "stop_channel"}),
        ("a body that is not taken", reply(400, {"message": ["chatId must be a string"], "error": "Bad Request"}),
         Rejected, {"code": "http_400", "remedy": "give_up"}),
        ("the session is logged out", reply(422, STOPPED), NotSent, {"scope": "session", "code": "SCAN_QR_CODE"}),
        ("there is no such session", reply(422, {"error": f'Session "{SESSION}" does not exist', "session": SESSION}),
         NotSent, {"scope": "session", "code": "NO_SESSION"}),
        ("the engine cannot", reply(422, {"message": "Available in PLUS version", "statusCode": 422}), Rejected,
         {"code": "not_supported", "remedy": "give_up"}),
        ("the engine has a fault", reply(500, {"statusCode": 500, "exception": {"message": "boom"}}), Unknown, {}),
        ("the container restarts", reply(503, b"<html>"), NotSent, {"code": "http_503", "limit": None}),
        ("a proxy waits no longer", reply(408, b""), Unknown, {}),
        ("a proxy gives up", reply(504, b"<html>"), Unknown, {}),
        ("it is another server", reply(404, b"<html>"), Rejected, {"remedy": "operator"}),
        ("too many calls", reply(429, {}), NotSent, {"scope": "number", "retry_after": 60.0}),
        ("an answer without an id", reply(201, {"_data": {}}), Unknown, {}),
    ],
    unhealthy=[
        ("no connection", always(HttpReply(failure="not_connected")), "server"),
        ("a page", always(reply(200, b"<html>")), "server"),
        ("a wrong key", always(reply(401, {"message": "Unauthorized", "statusCode": 401})), "key"),
        ("no session", always(reply(404, {"message": "Session not found", "statusCode": 404})), "session"),
        ("a session that is logged out", _session(status="SCAN_QR_CODE"), "session"),
        ("no webhook", _session(config=None), "webhook"),
        ("too few events", _session(config={"webhooks": [{"url": "https://a.test/", "events": ["message"]}]}),
         "events"),
    ],
)  # fmt: skip
