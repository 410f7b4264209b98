"""WhatsApp Center: its webhooks as its users describe them, and what each answer means."""

from typing import Any
from urllib.parse import urlencode

from tests.channels.scripts import reply
from tests.channels.table import Body, Cases, always
from turnkeeper.channels.base import HttpCall, HttpReply, Webhook
from turnkeeper.model.outbound import Accepted, NotSent, Rejected, Unknown

DEVICE, HOOK = "0123456789abcdef0123456789abcdef", "wc-hook-0123456789"
OWN, ADA = "628111000111", "6281234567890"
KEYS = {"base_url": "https://api.whacenter.test", "device_id": DEVICE, "webhook_secret": HOOK, "number": OWN}
AT = 1795165200
FILES = "https://app.whacenter.test/media"
NO_AD = {"source_type": "", "source_id": "", "source_url": ""}
AD = {"source_type": "ad", "source_id": "12021", "source_url": "https://fb.me/x"}


def message(**changed: Any) -> dict[str, Any]:
    """A message of Ada's; a field that is None is left out."""
    fields = {
        "pushName": "Ada", "from": ADA, "to": OWN, "message": "Salam", "media": "", "is_group": False,
        "timestamp": AT, "source": "WHACENTER", "ad_reply": NO_AD, **changed,
    }  # fmt: skip
    return {name: value for name, value in fields.items() if value is not None}


def form(**changed: Any) -> bytes:
    fields = {name: value for name, value in message(**changed).items() if not isinstance(value, dict)}
    return urlencode(fields).encode() + b"&ad_reply[source_id]=12021&ad_reply[source_type]=ad"


SALAM = {"kind": "text", "text": "Salam", "sender_phone": ADA, "sender_name": "Ada", "chat_id": ADA, "timestamp": AT}

HEARD: list[tuple[str, Body, list[dict[str, Any]]]] = [
    ("a text", message(), [SALAM]),
    ("from an ad", message(ad_reply=AD), [{**SALAM, "referral": AD}]),
    ("an ad in words", message(ad_reply='{"source_id": "12021"}'), [{**SALAM, "referral": {"source_id": "12021"}}]),
    ("as a form", form(), [{**SALAM, "referral": {"source_id": "12021", "source_type": "ad"}}]),
    ("as others describe it", {"message": "Salam", "from": ADA, "phone": ADA, "pushName": "Ada", "isGroup": False},
     [{**SALAM, "timestamp": None}]),
    ("milliseconds", message(timestamp=AT * 1000 + 123), [SALAM]),
    ("seconds in words", message(timestamp=str(AT)), [SALAM]),
    ("a date", message(timestamp="2026-11-20 16:00:00"), [SALAM]),
    ("a date with its zone", message(timestamp="2026-11-20T09:00:00+00:00"), [SALAM]),
    ("a time that is none", message(timestamp="now"), [{**SALAM, "timestamp": None}]),
    ("no time", message(timestamp=None), [{**SALAM, "timestamp": None}]),
    ("a local number", message(**{"from": "081234567890"}), [SALAM]),
    ("hidden characters", message(**{"from": "\u202a+62 812-3456-7890\u202c"}), [SALAM]),
    ("a picture", message(message="Look", media=f"{FILES}/a.jpg"),
     [{"kind": "image", "text": "Look", "media": {"url": f"{FILES}/a.jpg"}}]),
    ("a voice note", message(message="", media={"url": f"{FILES}/a.ogg"}),
     [{"kind": "voice", "media": {"url": f"{FILES}/a.ogg"}}]),
    ("a sound", message(message="", media={"link": f"{FILES}/a.mp3"}),
     [{"kind": "audio", "media": {"url": f"{FILES}/a.mp3"}}]),
    ("a film", message(message="", media={"mediaUrl": f"{FILES}/a?x=1", "mimetype": "video/mp4"}),
     [{"kind": "video", "media": {"url": f"{FILES}/a?x=1", "mime": "video/mp4"}}]),
    ("a sticker", message(message="", media=[{"file": f"{FILES}/a.webp"}]),
     [{"kind": "sticker", "media": {"url": f"{FILES}/a.webp"}}]),
    ("a document", message(message="", media={"url": f"{FILES}/9", "filename": "a.pdf"}),
     [{"kind": "document", "media": {"url": f"{FILES}/9", "filename": "a.pdf"}}]),
    ("a file of no known type", message(message="", media=f"{FILES}/bill.pdf"),
     [{"kind": "document", "media": {"url": f"{FILES}/bill.pdf", "filename": "bill.pdf"}}]),
    ("no file after all", message(media={"url": ""}), [SALAM]),
    ("nothing that can be read", message(message=""), [{"kind": "unsupported"}]),
    ("in a group", message(is_group=True), [{"kind": "ignored"}]),
    ("in a group, in words", message(is_group=None, isGroup="true"), [{"kind": "ignored"}]),
    ("our own", message(**{"from": OWN}), [{"kind": "ignored", "reason": "own message"}]),
    ("our own, to a person", message(**{"from": OWN, "to": ADA}), [{"kind": "ignored", "reason": "own message"}]),
    ("from nobody", message(**{"from": ""}), [{"kind": "unreadable", "reason": "the message names no sender"}]),
    ("from too short a number", message(**{"from": "12345"}), [{"kind": "unreadable"}]),
    ("several", [message(), 3, message(message="Two")], [SALAM, {"kind": "unreadable"}, {**SALAM, "text": "Two"}]),
]  # fmt: skip


def forged(good: Webhook) -> list[Webhook]:
    return [Webhook({}, good.body, {}, end) for end in ("", HOOK[:-1], HOOK + "0", HOOK.upper(), "é", DEVICE, "\udcff")]


def good(call: HttpCall) -> HttpReply:
    """WhatsApp Center, with a device in order."""
    path = call.url.partition("?")[0].rpartition("/")[2]
    if path == "statusDevice":
        return reply(200, {"status": True, "data": {"status": "CONNECTED", "nomor": OWN, "nama": "Shop"}})
    if path in ("setWebhook", "getWebhook"):
        return reply(200, {"status": True, "data": {"webhook": f"https://bot.example.com/webhooks/shop/{HOOK}"}})
    return reply(200, {"status": True, "message": "message sent", "data": {"id": 4711}})


def away(call: HttpCall) -> HttpReply:
    """Its phone is not connected."""
    if "statusDevice" in call.url:
        return reply(200, {"status": True, "data": {"status": "NOT CONNECTED"}})
    return good(call)


def refused(words: str, status: int = 200) -> HttpReply:
    return reply(status, {"status": False, "message": words, "data": []})


def taken(answer: object) -> HttpReply:
    return reply(200, {"status": True, "data": answer})


CASES = Cases(
    kind="whacenter",
    keys=KEYS,
    secrets=(DEVICE, HOOK),
    account_id=OWN,
    prove=lambda raw: Webhook({}, raw, {}, HOOK),
    forge=forged,
    short=[message(**{"from": OWN}), message(to=ADA), message(message=""), message(timestamp=0), message(to="0812345"),
           message(), message(media=None, ad_reply=None), message(**{"from": f"+{ADA}", "timestamp": AT * 10})],
    message=lambda n, text: message(message=text, timestamp=AT + n),
    batch=list,
    address=f"phone:{ADA}",
    heard=HEARD,
    delivers=lambda call: call.url.endswith("/api/send"),
    good=good,
    accepted_id="4711",
    answers=[
        ("taken, without an id", taken([]), Accepted, {"external_id": None}),
        ("refused", refused("number is required"), Rejected, {"remedy": "give_up"}),
        ("refused with 400", refused("no", 400), Rejected, {"remedy": "give_up"}),
        ("a fault, in words", refused("no", 500), Rejected, {"remedy": "give_up"}),
        ("not let in", reply(401, b""), Rejected, {"remedy": "stop_channel"}),
        ("away, and connected again", refused("device not connected or not found"),
         NotSent, {"scope": "message", "limit": 3}),
        ("too many calls", reply(429, b""), Unknown, {}),
        ("a fault", reply(500, b""), Unknown, {}),
        ("another server", reply(404, b"<html>"), Rejected, {"remedy": "operator"}),
        ("neither yes nor no", reply(200, {"message": "ok"}), Unknown, {}),
    ],
    unhealthy=[
        ("no connection", always(HttpReply(failure="no_answer")), "api"),
        ("not known", always(refused("device not found")), "device"),
        ("not connected", away, "device"),
        ("another's number", always(taken({"status": "CONNECTED", "nomor": "6289999999"})), "device"),
    ],
)  # fmt: skip
