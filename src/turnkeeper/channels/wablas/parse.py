"""What Wablas' webhooks say: messages, the fates of ours, and the state of the device.

What its pages leave open (captions, places) is read leniently.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from turnkeeper.channels.gateways import (
    DEDUP_WINDOW,
    content_key,
    digits_of,
    inner,
    instant_of,
    kind_of_file,
    truth,
)
from turnkeeper.channels.json_values import Item, external_id, number, raw, text
from turnkeeper.model.events import (
    DeliveryUpdate,
    EventKind,
    Ignored,
    Inbound,
    Location,
    Media,
    Received,
    SessionStatus,
    Status,
    Unreadable,
)

_KINDS: Mapping[str, EventKind] = {
    "text": "text", "image": "image", "document": "document", "video": "video", "audio": "audio", "voice": "voice",
    "sticker": "sticker", "location": "location",
}  # fmt: skip
STATUSES: Mapping[str, Status] = {
    "pending": "pending",
    "sent": "sent",
    "delivered": "delivered",
    "received": "delivered",
    "read": "read",
    **dict.fromkeys(("cancel", "canceled", "cancelled", "reject", "rejected", "failed"), "failed"),
}
_SESSIONS: Final = ("connected", "disconnected")
_COORDINATES = re.compile(r"(-?\d{1,3}\.\d{1,15})\s*,\s*(-?\d{1,3}\.\d{1,15})")
SCAN: Final = "Open the device in the Wablas dashboard and scan its QR code with the phone."


def is_ours(item: object) -> bool:
    """Whether it has the fields of any of Wablas' webhooks."""
    return isinstance(item, dict) and ("deviceId" in item or ("phone" in item and ("message" in item or "id" in item)))


def received(item: object) -> Received:
    """What one item means: the three kinds are told apart by their fields."""
    if not isinstance(item, dict) or not is_ours(item):
        return Unreadable(reason="neither a message, a message's fate nor a device's state", raw=raw(item))
    account_id = external_id(item.get("deviceId")) or ""
    status = (text(item.get("status")) or "").strip().lower()
    if "messageType" not in item and "message" not in item:
        if "deviceName" in item or status in _SESSIONS:
            return _session(item, account_id, status)
        if "status" in item:
            return _tracked(item, account_id, status)
    return _message(item, account_id)


def _session(item: Item, account_id: str, status: str) -> Received:
    if not status:
        return Unreadable(reason="the device's state is missing", account_id=account_id, raw=raw(item))
    works = status == "connected"
    at = instant_of(item.get("timestamp"))
    return SessionStatus(
        status=status[:100], works=works, account_id=account_id, timestamp=at, mend="" if works else SCAN
    )


def _tracked(item: Item, account_id: str, status: str) -> Received:
    message_id = external_id(item.get("id"))
    known = STATUSES.get(status)
    if message_id is None:
        return Unreadable(reason="the status names no message", account_id=account_id, raw=raw(item))
    if known is None:
        reason = f"unknown status {status[:40]!r}"
        return Ignored(reason=reason, account_id=account_id, message_id=message_id, raw=raw(item))
    note = (text(item.get("note")) or "").strip()
    return DeliveryUpdate(
        status=known,
        account_id=account_id,
        message_id=message_id,
        recipient_id=digits_of(item.get("phone")),
        error=(note or f"Wablas says {status}")[:300] if known == "failed" else None,
    )


def _message(item: Item, account_id: str) -> Received:
    message_id = external_id(item.get("id"))
    if truth(item.get("isFromMe")):
        # Also what we sent ourselves comes back, under other ids: nobody could tell it from the owner's words.
        return Ignored(reason="own message", account_id=account_id, message_id=message_id, raw=raw(item))
    group = inner(item.get("group")) or {}
    is_group = truth(item.get("isGroup"))
    chat = external_id(item.get("phone"))
    sender = digits_of(group.get("sender")) if is_group else digits_of(chat)
    if sender is None or chat is None:
        reason = "the message names no sender"
        return Unreadable(reason=reason, account_id=account_id, message_id=message_id, raw=raw(item))
    return replace(
        read_content(item),
        account_id=account_id,
        message_id=message_id,
        chat_id=chat if is_group else sender,
        sender_id=sender,
        sender_phone=sender,
        sender_name=text(item.get("pushName")) or None,
        timestamp=instant_of(item.get("timestamp")),
        is_group=is_group,
        mentions_us=is_group and _names(item.get("message"), item.get("sender")),
        addresses=(f"phone:{sender}",),
        dedup_key=f"{account_id}:{message_id}" if message_id else _content_key(item, account_id, chat, sender),
        dedup_window=0.0 if message_id else DEDUP_WINDOW,
    )


def _content_key(item: Item, *whose: str) -> str:
    return content_key(*whose, *(text(item.get(name)) for name in ("message", "url", "timestamp")))


def _names(words: object, number: object) -> bool:
    """Whether a text of a group's names the device: WhatsApp writes a mention as @ and the number."""
    ours = digits_of(number)
    return ours is not None and f"@{ours}" in (text(words) or "")


def read_content(item: Item) -> Inbound:
    """What the message says. The caption of a file is documented nowhere; it comes as `message`."""
    words = text(item.get("message")) or None
    if item.get("messageType") == "text":
        return Inbound(kind="text", text=words or "")
    url = (text(item.get("url")) or "").strip()
    mime = text(item.get("mimeType")) or None
    kind = _KINDS.get((text(item.get("messageType")) or "").strip().lower())
    if kind is None and not item.get("messageType"):
        kind = kind_of_file(url, mime) if url else "text"
    if kind is None:
        return Inbound(kind="unsupported", text=words, details={"type": (text(item.get("messageType")) or "")[:64]})
    if kind == "text":
        return Inbound(kind=kind, text=words or "")
    if kind == "location":
        return Inbound(kind=kind, text=words, location=_location(item, words or ""))
    name = text(item.get("file")) or None
    file = Media(url=url, mime=mime, filename=name) if url else None
    caption = None if words in (name, url) else words
    return Inbound(kind=kind, text=caption, media=file, media_unavailable=file is None)


def _location(item: Item, words: str) -> Location | None:
    """How a place is carried is documented nowhere: in fields, or as numbers in the text."""
    place = inner(item.get("location")) or item
    latitude, longitude = number(place.get("latitude")), number(place.get("longitude"))
    if (latitude is None or longitude is None) and (found := _COORDINATES.search(words)):
        latitude, longitude = float(found[1]), float(found[2])
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return Location(latitude, longitude, text(place.get("name")) or None, text(place.get("address")) or None)
