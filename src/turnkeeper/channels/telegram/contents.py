"""What a Telegram message holds, as the beginning of an event.

Source: core.telegram.org/bots/api (Message), read 2026. Some kinds fill the field of another one too (an animation is
also a document, a venue a location): they come first.
"""

from __future__ import annotations

import math
from typing import Final

from turnkeeper.channels.json_values import phone_digits
from turnkeeper.channels.telegram.wire import NOTHING, Card, File, Message, Point
from turnkeeper.model.events import Choice, ContactCard, EventKind, Inbound, Location, Media, Phone

_LONGEST_CARD = 4096
_FILES: Final[tuple[EventKind, ...]] = ("voice", "animation", "video", "video_note", "audio", "document", "sticker")
"""Kinds that are called as their field is, in the order in which they are looked for."""
_UNSUPPORTED: Final = ("poll", "dice", "game", "story", "checklist", "paid_media", "invoice", "rich_message")
"""Content that a bot for words can do nothing with."""


def read_content(message: Message) -> Inbound | None:
    """What a message holds; None for what is no content that we know."""
    if message.text is not None:
        return Inbound(kind="text", text=message.text)
    if message.live_photo is not None:
        return _picture(message, message.live_photo.photo or message.photo or ())
    if message.photo is not None:
        return _picture(message, message.photo)
    for kind in _FILES:
        file: File | None = getattr(message, kind)
        if file is not None:
            return _file(kind, message, file)
    if message.venue is not None:
        return _place(message.venue.location, message.venue.title, message.venue.address)
    if message.location is not None:
        return _place(message.location, None, None)
    if message.contact is not None:
        return _contact(message, message.contact)
    if message.web_app_data is not None:
        sent = message.web_app_data
        return Inbound(kind="button_reply", text=sent.button_text, choice=Choice(sent.data, sent.button_text))
    unsupported = next((name for name in _UNSUPPORTED if getattr(message, name) is not NOTHING), None)
    return None if unsupported is None else Inbound(kind="unsupported", details={"type": unsupported})


def _picture(message: Message, sizes: tuple[File, ...]) -> Inbound:
    """The largest size."""
    largest = max(sizes, key=lambda size: size.width * size.height, default=File())
    return _file("image", message, largest)


def _file(kind: EventKind, message: Message, file: File) -> Inbound:
    details: dict[str, object] = {"emoji": file.emoji} if file.emoji else {}
    if file.is_animated or file.is_video:
        details["animated"] = True
    media = Media(id=file.file_id, mime=file.mime_type, filename=file.file_name, size=file.file_size)
    unavailable = file.file_id is None
    return Inbound(kind=kind, text=message.caption, media=media, media_unavailable=unavailable, details=details)


def _place(point: Point, name: str | None, address: str | None) -> Inbound | None:
    if not math.isfinite(point.latitude) or not math.isfinite(point.longitude):
        return None
    details: dict[str, object] = {} if point.live_period is None else {"live_period": point.live_period}
    return Inbound(kind="location", location=Location(point.latitude, point.longitude, name, address), details=details)


def _contact(message: Message, card: Card) -> Inbound:
    """The phone number is the sender's own only where the card names the sender."""
    name = f"{card.first_name} {card.last_name}".strip()
    own = card.user_id is not None and message.sender is not None and card.user_id == message.sender.id
    details: dict[str, object] = {} if card.user_id is None else {"user_id": str(card.user_id)}
    if card.vcard:
        details["vcard"] = card.vcard[:_LONGEST_CARD]
    return Inbound(
        kind="contacts",
        contacts_count=1,
        contact_name=name or None,
        cards=(ContactCard(name, (Phone(card.phone_number),) if card.phone_number else ()),),
        sender_phone=phone_digits(card.phone_number) if own else None,
        details=details,
    )
