"""What a Telegram message holds: a table of readers, one for each kind.

Source: core.telegram.org/bots/api (Message), read 2026. Some kinds fill the field of another one too (an animation is
also a document, a venue a location): they come first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from turnkeeper.channels.json_values import Item, external_id, listing, mapping, number, phone_digits, text, whole
from turnkeeper.channels.telegram.fields import COMMON, SERVICE
from turnkeeper.model.events import Choice, ContactCard, EventKind, Inbound, Location, Media, Phone

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,64})(?:@([A-Za-z0-9_]{1,64}))?(?:\s+(.*))?", re.DOTALL)
_LONGEST_CARD = 4096
_HUGE = 2**53


class Malformed(Exception):
    """A message of a known kind lacks what that kind is for; says what."""


Reader = Callable[[Item], Inbound]


def read_content(message: Item) -> Inbound | str:
    """What a message holds, as the beginning of an event; or the name of the service message that it is."""
    for name, reader in _READERS:
        if name in message:
            return reader(message)
    for name in message:
        if name in SERVICE:
            return name
    unknown = next((name for name in message if name not in COMMON), "")
    return Inbound(kind="unsupported", details={"type": unknown[:100]})


def command_of(said: str) -> tuple[str, str, str] | None:
    """A command, the bot that it names, and what stands behind it; `/start` may carry a link's payload."""
    found = _COMMAND.fullmatch(said) if said.startswith("/") else None
    return (found[1], found[2] or "", found[3] or "") if found else None


def _text(message: Item) -> Inbound:
    said = text(message["text"])
    if said is None:
        raise Malformed("text message without a text")
    return Inbound(kind="text", text=said)


def _photo(message: Item) -> Inbound:
    """The last size is the largest; take it by its area all the same."""
    sizes = [size for size in listing(message["photo"]) or () if isinstance(size, dict)]
    return _image(message, sizes)


def _live_photo(message: Item) -> Inbound:
    live = mapping(message["live_photo"]) or {}
    sizes = listing(live.get("photo")) or listing(message.get("photo")) or ()
    return _image(message, [size for size in sizes if isinstance(size, dict)] or [live])


def _image(message: Item, sizes: list[Item]) -> Inbound:
    if not sizes:
        raise Malformed("photo without a size")
    largest = max(
        sizes, key=lambda size: (whole(size.get("width"), _HUGE) or 0) * (whole(size.get("height"), _HUGE) or 0)
    )
    return _with_file("image", message, largest)


def _file(kind: EventKind, field: str) -> Reader:
    def read(message: Item) -> Inbound:
        part = mapping(message[field])
        if part is None:
            raise Malformed(f"{field} message without its {field}")
        return _with_file(kind, message, part)

    return read


def _with_file(kind: EventKind, message: Item, part: Item) -> Inbound:
    file_id = external_id(part.get("file_id"))
    media = Media(
        id=file_id,
        mime=text(part.get("mime_type")),
        filename=text(part.get("file_name")),
        size=whole(part.get("file_size"), _HUGE),
    )
    return Inbound(kind=kind, text=text(message.get("caption")), media=media, media_unavailable=file_id is None)


def _sticker(message: Item) -> Inbound:
    found = _file("sticker", "sticker")(message)
    part = message["sticker"]
    details: Item = {}
    if emoji := text(part.get("emoji")):
        details["emoji"] = emoji
    if part.get("is_animated") is True or part.get("is_video") is True:
        details["animated"] = True
    return replace(found, details=details)


def _venue(message: Item) -> Inbound:
    venue = mapping(message["venue"]) or {}
    place = venue.get("location") or message.get("location")
    return _place(place, text(venue.get("title")), text(venue.get("address")))


def _location(message: Item) -> Inbound:
    return _place(message["location"], None, None)


def _place(place: object, name: str | None, address: str | None) -> Inbound:
    part = mapping(place) or {}
    latitude, longitude = number(part.get("latitude")), number(part.get("longitude"))
    if latitude is None or longitude is None:
        raise Malformed("location message without coordinates")
    seconds = whole(part.get("live_period"), 2**32)
    details: Item | None = None if seconds is None else {"live_period": seconds}
    return Inbound(kind="location", location=Location(latitude, longitude, name, address), details=details)


def _contact(message: Item) -> Inbound:
    """The phone number is the sender's own only where the card names the sender."""
    card = mapping(message["contact"])
    if card is None:
        raise Malformed("contact message without its contact")
    phone = text(card.get("phone_number"))
    names = (text(card.get("first_name")), text(card.get("last_name")))
    name = " ".join(each for each in names if each)
    user_id = external_id(card.get("user_id"))
    own = user_id is not None and user_id == external_id((mapping(message.get("from")) or {}).get("id"))
    details = {"user_id": user_id, "vcard": (text(card.get("vcard")) or "")[:_LONGEST_CARD]}
    return Inbound(
        kind="contacts",
        contacts_count=1,
        contact_name=name or None,
        cards=(ContactCard(name, (Phone(phone),) if phone else ()),),
        sender_phone=phone_digits(phone) if own else None,
        details={key: value for key, value in details.items() if value},
    )


def _web_app(message: Item) -> Inbound:
    part = mapping(message["web_app_data"]) or {}
    data, label = text(part.get("data")), text(part.get("button_text"))
    if data is None:
        raise Malformed("web_app_data without data")
    return Inbound(kind="button_reply", text=label, choice=Choice(data, label))


def _unsupported(name: str) -> Reader:
    return lambda _: Inbound(kind="unsupported", details={"type": name})


_READERS: Final[tuple[tuple[str, Reader], ...]] = (
    ("text", _text),
    ("live_photo", _live_photo),
    ("photo", _photo),
    ("voice", _file("voice", "voice")),
    ("animation", _file("animation", "animation")),
    ("video", _file("video", "video")),
    ("video_note", _file("video_note", "video_note")),
    ("audio", _file("audio", "audio")),
    ("document", _file("document", "document")),
    ("sticker", _sticker),
    ("venue", _venue),
    ("location", _location),
    ("contact", _contact),
    ("web_app_data", _web_app),
    *(
        (name, _unsupported(name))
        for name in ("poll", "dice", "game", "story", "checklist", "paid_media", "invoice", "rich_message")
    ),
)
