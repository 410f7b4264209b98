"""Wablas: its webhooks as they were seen, and what each answer means."""

from typing import Any
from urllib.parse import urlencode

from tests.channels.scripts import reply
from tests.channels.table import Body, Cases, always
from turnkeeper.channels.base import HttpCall, HttpReply, Webhook
from turnkeeper.model.outbound import Accepted, NotSent, Rejected, Unknown

TOKEN, KEY, HOOK = "wb-token-1", "wb-key-2", "wb-hook-0123456789"
DEVICE, OWN, ADA = "D3V1CE", "628111000111", "6281234567890"
KEYS = {
    "base_url": "https://jogja.wablas.test", "token": TOKEN, "secret_key": KEY, "webhook_secret": HOOK,
    "device": DEVICE,
}  # fmt: skip
STAMP, AT = "2026-11-20T09:00:00.41114184Z", 1795165200
FILES = "https://jogja.wablas.test/media"


def message(**changed: Any) -> dict[str, Any]:
    """A message of Ada's; a field that is None is left out."""
    fields = {
        "id": "3EB0AA", "pushName": "Ada", "isGroup": False, "group": None, "message": "Salam", "phone": ADA,
        "messageType": "text", "file": "", "url": "", "mimeType": "", "deviceId": DEVICE, "sender": OWN,
        "isFromMe": False, "timestamp": STAMP, "profileImage": "https://pps.example/a.jpg", **changed,
    }  # fmt: skip
    return {name: value for name, value in fields.items() if value is not None}


def sent_file(kind: str, name: str, mime: str, **changed: Any) -> dict[str, Any]:
    return message(messageType=kind, message="", file=name, url=f"{FILES}/{name}", mimeType=mime, **changed)


def tracked(status: str, **changed: Any) -> dict[str, Any]:
    return {
        "id": "u-1", "phone": ADA, "status": status, "note": "", "deviceId": DEVICE, "sender": OWN, **changed
    }  # fmt: skip


def device(status: str, **changed: Any) -> dict[str, Any]:
    return {
        "deviceId": DEVICE, "deviceName": "Shop", "sender": OWN, "status": status, "note": "", "timestamp": STAMP,
        **changed,
    }  # fmt: skip


def form(fields: dict[str, Any]) -> bytes:
    return urlencode({name: "" if value is None else value for name, value in fields.items()}).encode()


SALAM = {"kind": "text", "text": "Salam", "message_id": "3EB0AA", "sender_phone": ADA, "sender_name": "Ada",
         "chat_id": ADA, "timestamp": AT}  # fmt: skip
STATUS = {"kind": "status", "message_id": "u-1", "recipient_id": ADA}
PLACE = {"latitude": -7.79, "longitude": 110.37}
GROUP = {"sender": f"{ADA}@s.whatsapp.net", "subject": "Family", "owner": "", "desc": "", "participants": []}
OGG = "audio/ogg; codecs=opus"

HEARD: list[tuple[str, Body, list[dict[str, Any]]]] = [
    ("a text", message(), [SALAM]),
    ("an empty text", message(message=""), [{"kind": "text", "text": ""}]),
    ("without a type", message(messageType=None), [SALAM]),
    ("a picture with words", sent_file("image", "a.jpg", "image/jpeg") | {"message": "Look"},
     [{"kind": "image", "text": "Look",
       "media": {"url": f"{FILES}/a.jpg", "mime": "image/jpeg", "filename": "a.jpg"}}]),
    ("a film", sent_file("video", "a.mp4", "video/mp4"),
     [{"kind": "video", "media": {"url": f"{FILES}/a.mp4", "mime": "video/mp4", "filename": "a.mp4"}}]),
    ("a sound", sent_file("audio", "a.oga", OGG),
     [{"kind": "audio", "media": {"url": f"{FILES}/a.oga", "mime": OGG, "filename": "a.oga"}}]),
    ("a document, its name for words", sent_file("document", "a.pdf", "application/pdf") | {"message": "a.pdf"},
     [{"kind": "document", "media": {"url": f"{FILES}/a.pdf", "mime": "application/pdf", "filename": "a.pdf"}}]),
    ("a file without a type", sent_file("", "a.pdf", "application/pdf"),
     [{"kind": "document", "media": {"url": f"{FILES}/a.pdf", "mime": "application/pdf", "filename": "a.pdf"}}]),
    ("a file that is not there", message(messageType="image", message=""),
     [{"kind": "image", "media_unavailable": True}]),
    ("a place in fields", message(messageType="location", message="", **PLACE),
     [{"kind": "location", "location": PLACE}]),
    ("a place in an object", message(messageType="location", message="", location={**PLACE, "name": "Palace"}),
     [{"kind": "location", "location": {**PLACE, "name": "Palace"}}]),
    ("a place in words", message(messageType="location", message="https://maps.example/?q=-7.79,110.37"),
     [{"kind": "location", "text": "https://maps.example/?q=-7.79,110.37", "location": PLACE}]),
    ("a place that is nowhere", message(messageType="location", message="", latitude=91, longitude=0),
     [{"kind": "location"}]),
    ("a type of tomorrow", message(messageType="sticker_pack", message=""), [{"kind": "unsupported"}]),
    ("in a group", message(isGroup=True, phone="120363025@g.us", group=GROUP),
     [{**SALAM, "is_group": True, "chat_id": "120363025@g.us", "sender_id": ADA}]),
    ("booleans as words", message(isGroup="true", isFromMe="false", phone="120363025", group=GROUP),
     [{**SALAM, "is_group": True, "chat_id": "120363025"}]),
    ("no group, in words", message(isGroup="false"), [SALAM]),
    ("our own", message(isFromMe=True), [{"kind": "ignored", "reason": "own message"}]),
    ("our own, in words", message(isFromMe="true"), [{"kind": "ignored", "reason": "own message"}]),
    ("as a form", form(message()), [SALAM]),
    ("a group as a form", form(message(isGroup="true", phone="1203630")) + f"&group[sender]={ADA}".encode(),
     [{**SALAM, "is_group": True, "chat_id": "1203630"}]),
    ("a local number", message(phone="0812-3456-7890"), [SALAM]),
    ("from nobody", message(phone=""), [{"kind": "unreadable", "reason": "the message names no sender"}]),
    ("a time that is none", message(timestamp="yesterday"), [{**SALAM, "timestamp": None}]),
    ("several", [message(), 3, message(id="3EB0BB")],
     [SALAM, {"kind": "unreadable"}, {**SALAM, "message_id": "3EB0BB"}]),
    *((f"status {said}", tracked(said), [{**STATUS, "status": status}]) for said, status in [
        ("pending", "pending"), ("sent", "sent"), ("delivered", "delivered"), ("received", "delivered"),
        ("read", "read"),
        ("cancel", "failed"), ("reject", "failed"), ("rejected", "failed"), ("Delivered", "delivered"),
    ]),
    ("a status as a form", form(tracked("read")), [{**STATUS, "status": "read"}]),
    ("a status of tomorrow", tracked("seen twice"), [{"kind": "ignored", "reason": "unknown status 'seen twice'"}]),
    ("a status of nothing", tracked("read", id=""), [{"kind": "unreadable", "reason": "the status names no message"}]),
    ("connected", device("connected"), [{"kind": "session_status", "status": "connected", "timestamp": AT}]),
    ("disconnected", device("disconnected"), [{"kind": "session_status", "status": "disconnected"}]),
    ("a device without a state", device(""), [{"kind": "unreadable", "reason": "the device's state is missing"}]),
]  # fmt: skip


def forged(good: Webhook) -> list[Webhook]:
    return [Webhook({}, good.body, {}, end) for end in ("", HOOK[:-1], HOOK + "0", HOOK.upper(), "é", TOKEN, "\udcff")]


TAKEN = {"status": True, "message": "Message is pending", "data": {"messages": [{"id": "u-1", "status": "pending"}]}}


def good(call: HttpCall) -> HttpReply:
    """Wablas, with a device in order."""
    if "/device/info?" in call.url:
        data = {"status": "connected", "quota": 900, "expired_date": "2027-01-01"}
        return reply(200, {"status": True, "data": data})
    return reply(200, TAKEN)


def refused(words: str, status: int = 200) -> HttpReply:
    return reply(status, {"status": False, "message": words})


def device_is(**data: Any) -> Any:
    return always(reply(200, {"status": True, "data": data}))


CASES = Cases(
    kind="wablas",
    keys=KEYS,
    secrets=(TOKEN, KEY, HOOK),
    account_id=DEVICE,
    prove=lambda raw: Webhook({}, raw, {}, HOOK),
    forge=forged,
    short=[message(), message(pushName=None, group=None, phone=f"+{ADA}"), message(phone=f"{ADA}@s.whatsapp.net"),
           sent_file("image", "a.jpg", "image/jpeg"), message(messageType="location", message="-6.2, 106.8"),
           *(tracked(status) for status in ("pending", "sent", "delivered", "received", "read"))],
    message=lambda n, text: message(id=f"3EB0{n}", message=text),
    batch=list,
    address=f"phone:{ADA}",
    heard=HEARD,
    delivers=lambda call: "/send-" in call.url,
    good=good,
    accepted_id="u-1",
    answers=[
        ("taken, in a list", reply(200, {"status": True, "data": [{"id": "u-1"}]}), Accepted, {"external_id": "u-1"}),
        ("taken, in words", reply(200, {"status": "true", "data": {}}), Accepted, {"external_id": None}),
        ("taken, and rejected", reply(200, {"status": True, "data": {"messages": [{"status": "reject"}]}}),
         Rejected, {"code": "rejected"}),
        ("refused with 200", refused("phone number is invalid"), Rejected, {"remedy": "give_up"}),
        ("refused with 400", refused("phone is required", 400), Rejected, {"remedy": "give_up"}),
        ("a wrong token", refused("Token invalid"), Rejected, {"remedy": "stop_channel"}),
        ("a wrong key", refused("secret key is wrong"), Rejected, {"remedy": "stop_channel"}),
        ("not let in", reply(401, b""), Rejected, {"remedy": "stop_channel"}),
        ("forbidden", refused("no", 403), Rejected, {"remedy": "stop_channel"}),
        ("the quota is used up", refused("Your quota is exceeded"), Rejected, {"remedy": "stop_channel"}),
        ("the plan is over", refused("device expired"), Rejected, {"remedy": "stop_channel"}),
        ("the phone is away", refused("Device disconnected"), NotSent, {"scope": "session", "limit": None}),
        ("too many calls", reply(429, b""), NotSent, {"scope": "number", "retry_after": 60.0}),
        ("too many, in words", refused("slow down", 429), NotSent, {"scope": "number"}),
        ("a fault, in words", refused("server error", 500), NotSent, {"limit": 4}),
        ("a fault", reply(500, b""), Unknown, {}),
        ("too slow", refused("timeout", 408), Unknown, {}),
        ("another server", reply(404, b"<html>"), Rejected, {"remedy": "operator"}),
        ("neither yes nor no", reply(200, {"message": "ok"}), Unknown, {}),
    ],
    unhealthy=[
        ("no connection", always(HttpReply(failure="not_connected")), "api"),
        ("a page", always(reply(502, b"<html>")), "api"),
        ("a wrong token", always(refused("Token invalid")), "token"),
        ("the phone is away", device_is(status="disconnected"), "device"),
        ("away, told elsewhere", device_is(whatsapp={"status": "disconnected"}), "device"),
        ("the quota is used up", device_is(status="connected", quota="0"), "quota"),
    ],
)  # fmt: skip
