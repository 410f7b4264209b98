"""One message as WAHA tells it -> one event. There is no `type`: what a message holds says what it is.

Sources: WAHA's documentation and schema (WAMessage), bodies of its engines, read 2026.
"""

from __future__ import annotations

import re
from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from turnkeeper.channels.json_values import Item, listing, mapping, number, raw, text
from turnkeeper.channels.waha.ids import (
    MessageId,
    addresses_of,
    is_group,
    is_person,
    not_a_talk,
    phone_in,
    read_chat,
    read_message_id,
)
from turnkeeper.channels.waha.particulars import Particulars, read_cards
from turnkeeper.model.events import (
    EventKind,
    Inbound,
    Location,
    Media,
)

WINDOW_WITHOUT_ID = 15.0
"""Seconds in which two equal messages without an id count as one."""


class Around(msgspec.Struct, frozen=True):
    """What stands around an event: whose account it is, when it was told (unix seconds) and under which id."""

    account_id: str
    me: tuple[str, ...] = ()
    at: int | None = None
    event_id: str | None = None


class Talk(msgspec.Struct, frozen=True):
    """Where something was said and by whom. `addresses`: whom we talk with, by every id that is known of them, the one
    that came in first; what we say in a group is said to the group."""

    chat: str | None
    sender: str | None
    addresses: tuple[str, ...]
    from_me: bool


class Malformed(Exception):
    """An event lacks what it is for; says what."""


class Nobodys(Exception):
    """A message that is left alone; says why."""


def seconds(value: object) -> int | None:
    """An instant in unix seconds: some are told in milliseconds, some with a fraction."""
    if type(value) is int and 0 <= value < 10**14:  # as nearly all are told
        return value if value < 10**11 else value // 1000
    found = number(value)
    if found is None or found < 0 or found >= 1e14:
        return None
    return int(found / 1000 if found >= 1e11 else found)


def read_talk(payload: Item, message_id: MessageId | None, data: Particulars, around: Around) -> Talk:
    """Who talks with whom. `from` and `to` of our own messages differ by engine: the id names the chat."""
    known = message_id or MessageId("", "")
    from_me = payload.get("fromMe") is True if "fromMe" in payload else known.from_me is True
    told = read_chat(payload.get("from"))
    chat = known.chat or data.chat()
    if chat is None:
        both = [told, read_chat(payload.get("to"))]
        chat = next((each for each in both if each and each not in around.me), told) if from_me else told
    group = is_group(chat)
    if group:
        participant = known.participant or read_chat(payload.get("participant"))
        sender = participant or (told if told != chat else None)
        ids = [sender, *data.aliases(group=True, from_me=from_me)]
    else:
        sender = (around.me[0] if around.me else told) if from_me else told or chat
        ids = [chat, None if from_me else told, *data.aliases(group=False, from_me=from_me)]
    if group and from_me:
        return Talk(chat, sender, addresses_of([chat]), from_me)
    person = [each for each in ids if each == chat or (is_person(each) and each not in around.me)]
    return Talk(chat, sender or next(filter(None, person), None), addresses_of(person), from_me)


def read_message(payload: Item, around: Around) -> Inbound:
    """The event of one message; raises Malformed, Nobodys."""
    message_id = read_message_id(payload.get("id"))
    if message_id is None and not payload.get("from"):
        raise Nobodys("message without id and sender")
    data = Particulars(payload.get("_data"))
    talk = whom(payload, message_id, data, around)
    found = read_content(payload, message_id, data)
    return event_of(payload, message_id, talk, data, around, found)


def whom(payload: Item, message_id: MessageId | None, data: Particulars, around: Around) -> Talk:
    """Who talks with whom; raises Nobodys for stories and channels, Malformed where nobody is named."""
    talk = read_talk(payload, message_id, data, around)
    if why := not_a_talk(talk.chat):
        raise Nobodys(why)
    if not talk.addresses:
        raise Malformed("it names nobody")
    return talk


def event_of(
    payload: Item,
    message_id: MessageId | None,
    talk: Talk,
    data: Particulars,
    around: Around,
    found: Inbound,
    dedup_key: str = "",
) -> Inbound:
    """What was found, with everything that all kinds share; `dedup_key` where it is not the message's own."""
    in_group = is_group(talk.chat)
    event = replace(  # a call with more than 15 keywords costs several times as much
        found,
        account_id=around.account_id,
        message_id=message_id.whole if message_id else None,
        message_key=message_id.key if message_id else None,
        chat_id=talk.chat,
        sender_id=talk.sender,
        sender_phone=phone_in(addresses_of((talk.sender, *around.me)) if talk.from_me else talk.addresses),
        sender_name=None if talk.from_me else data.name() or text(payload.get("pushName")),
        timestamp=seconds(payload.get("timestamp")) or around.at,
        forwarded=data.forwarded(),
        is_group=in_group,
        mentions_us=in_group and _names(payload.get("body"), around.me),
        from_me=talk.from_me,
        addresses=talk.addresses,
        dedup_key=dedup_key or (f"m:{message_id.key}" if message_id else _key_without_id(payload, talk)),
        dedup_window=0.0 if message_id or dedup_key else WINDOW_WITHOUT_ID,
    )
    return _with_origin(event, payload, data)


def _with_origin(event: Inbound, payload: Item, data: Particulars) -> Inbound:
    """What the message answers, the ad that it began at, and whether a program wrote it."""
    if event.from_me and payload.get("source") == "api":
        event = replace(event, by_program=True)
    if (quoted := mapping(payload.get("replyTo"))) and (reply_to := read_message_id(quoted.get("id"))):
        event = replace(event, reply_to=reply_to.key)
    if ad := data.ad():
        event = replace(event, referral=ad[0], ad=ad[1])
    return event


def _names(body: object, me: tuple[str, ...]) -> bool:
    """Whether one of our ids is in the words: phones write a mention as "@" and the number (or hidden id)."""
    said = text(body) or ""
    return "@" in said and any(re.search(rf"@{re.escape(each.partition('@')[0])}(?![0-9])", said) for each in me)


def _key_without_id(payload: Item, talk: Talk) -> str:
    said = raw([talk.addresses, payload.get("body"), payload.get("media"), payload.get("location")])
    return "h:" + blake2b(said, digest_size=16).hexdigest()


def read_content(payload: Item, message_id: MessageId | None, data: Particulars) -> Inbound:
    """What the message says or carries."""
    body = text(payload.get("body"))
    if (told := payload.get("location")) and (place := _location(told)):
        return place
    if cards := listing(payload.get("vCards")):
        read = read_cards(cards)
        name = read[0].name if read else None
        return Inbound(kind="contacts", contacts_count=len(cards), contact_name=name or None, cards=read)
    if payload.get("hasMedia") is True or mapping(payload.get("media")):
        return _media(payload, message_id, data, body)
    if chosen := data.chosen():
        kind, choice = chosen
        return Inbound(kind=kind, text=body or choice.title, choice=choice)
    if body:
        return Inbound(kind="text", text=body)
    return Inbound(kind="unsupported", details={"type": data.named()})


def _location(value: object) -> Inbound | None:
    part = mapping(value)
    if not part:
        return None
    latitude, longitude = number(part.get("latitude")), number(part.get("longitude"))
    if latitude is None or longitude is None:
        return None
    name = text(part.get("name")) or text(part.get("description"))
    place = Location(latitude, longitude, name or None, text(part.get("address")) or None)
    url = text(part.get("url"))
    return Inbound(kind="location", location=place, details={"url": url} if url else None)


def _media(payload: Item, message_id: MessageId | None, data: Particulars, caption: str | None) -> Inbound:
    """A file that was not downloaded is known by its message, by which WAHA can be asked for it."""
    part = mapping(payload.get("media")) or {}
    url = text(part.get("url")) or text(payload.get("mediaUrl"))
    mime = text(part.get("mimetype")) or data.mime()
    name = text(part.get("filename"))
    known_as = message_id.whole if message_id and message_id.chat and not url else None
    return Inbound(
        kind=_kind(mime, data),
        text=caption or None,
        media=Media(id=known_as, url=url or None, mime=mime, filename=name or None),
        media_unavailable=not url,
    )


def _kind(mime: str | None, data: Particulars) -> EventKind:
    """By the type of the file; what the engine says only where that leaves it open."""
    told = data.media_kind()
    name = (mime or "").partition(";")[0].strip().lower()
    if name == "image/webp":
        return "sticker"
    if name.startswith("image/"):
        return told if told in ("document", "sticker") else "image"
    if name.startswith("video/"):
        return told if told in ("document", "video_note") else "video"
    if name.startswith("audio/"):
        return told if told in ("document", "voice", "audio") else "voice" if name == "audio/ogg" else "audio"
    return told if told and not name else "document"
