"""Each kind of content as the Bot API wants it. Values in, values out.

Source: core.telegram.org/bots/api (Available methods), read 2026. Contents come fitted (turnkeeper.text.fitting):
nothing is counted here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from turnkeeper.channels.telegram.presses import data_of
from turnkeeper.channels.telegram.vcard import vcard_of
from turnkeeper.model.contents import (
    Audio,
    Buttons,
    Contacts,
    Document,
    File,
    Image,
    List,
    Location,
    LocationRequest,
    Reaction,
    Sayable,
    Sticker,
    Text,
    UrlButton,
    Video,
    VoiceNote,
    shown_as,
)
from turnkeeper.model.events import Choice, ContactCard
from turnkeeper.model.media import KeptFile
from turnkeeper.model.outbound import Outbound

Body = dict[str, Any]
_BESIDE: Final = 24
"""Letters that buttons beside each other have together; a phone is about twice as wide."""
_ABREAST: Final = 3
_IN_CHAT: Final = 2**31
"""Ids of messages are smaller; ids of presses, of which none can be quoted, are not."""
_METHODS: Final = {
    "image": ("sendPhoto", "photo"),
    "video": ("sendVideo", "video"),
    "audio": ("sendAudio", "audio"),
    "voice": ("sendVoice", "voice"),
    "document": ("sendDocument", "document"),
    "sticker": ("sendSticker", "sticker"),
}


class Unsendable(Exception):
    """The content cannot be sent at all; the arguments are a code and the reason."""


@dataclass(frozen=True, slots=True)
class Request:
    """One method and its fields, without the chat; `file` goes up in the field `part`."""

    method: str
    fields: Body
    part: str = ""
    file: KeptFile | None = None


def request_of(outbound: Outbound, location_label: str) -> Request:
    """The call that sends a message. Raises Unsendable."""
    content = outbound.content
    request = _request(content, outbound, location_label)
    if isinstance(content, Reaction):
        return request
    quoted = message_id_of(content.reply_to)
    if quoted is not None:
        request.fields["reply_parameters"] = {"message_id": quoted, "allow_sending_without_reply": True}
    return request


def message_id_of(known_as: str | None) -> int | None:
    """The id of a message in its chat; None for what is none. In business chats the chat's stands before it."""
    known_as = (known_as or "").rpartition(":")[2]
    if not known_as or not known_as.isascii() or not known_as.isdigit() or len(known_as) > 10:
        return None
    found = int(known_as)
    return found if 0 < found < _IN_CHAT else None


def _request(content: Sayable, outbound: Outbound, location_label: str) -> Request:
    match content:
        case Text():
            return _text(content.body, {}, preview=content.preview_url)
        case Image() | Video() | Document():
            return _file(str(content.__struct_config__.tag), content.file, content.caption, outbound)
        case Audio() | VoiceNote() | Sticker():
            return _file(str(content.__struct_config__.tag), content.file, None, outbound)
        case Location():
            return _location(content)
        case Contacts():
            return _contact(content.cards[0])
        case Reaction():
            return _reaction(content)
        case Buttons():
            return _buttons(content, outbound)
        case List():
            return _list(content, outbound)
        case UrlButton():
            button = {"text": content.label, "url": content.url}
            return _text(_framed(content.header, content.body, content.footer), _keyboard([[button]]))
        case LocationRequest():
            return _location_request(content, outbound, location_label)
    raise Unsendable("not_supported", f"Telegram has no {content.__struct_config__.tag}")


def _text(html: str, markup: Body, *, preview: bool = False) -> Request:
    fields: Body = {"text": html, "parse_mode": "HTML", "link_preview_options": {"is_disabled": not preview}}
    return Request("sendMessage", fields | ({"reply_markup": markup} if markup else {}))


def _file(kind: str, file: File, caption: str | None, outbound: Outbound, markup: Body | None = None) -> Request:
    method, part = _METHODS[kind]
    fields: Body = {"caption": caption, "parse_mode": "HTML"} if caption else {}
    if markup:
        fields["reply_markup"] = markup
    if kind == "video":
        fields["supports_streaming"] = True
    if file.key is None:
        return Request(method, fields | {part: file.link or ""})
    went_up_as, _, file_id = outbound.uploads.get(file.key, "").partition(":")
    if went_up_as == part and file_id:
        return Request(method, fields | {part: file_id})
    kept = outbound.files.get(file.key)
    if kept is None:
        raise Unsendable("not_uploaded", f"the file {file.key} is not at hand")
    return Request(method, fields, part, kept)


def _location(place: Location) -> Request:
    """A place with a name is a venue, of which both name and address are wanted."""
    fields: Body = {"latitude": place.latitude, "longitude": place.longitude}
    if not place.name and not place.address:
        return Request("sendLocation", fields)
    where = f"{place.latitude:.5f}, {place.longitude:.5f}"
    return Request("sendVenue", fields | {"title": place.name or place.address, "address": place.address or where})


def _contact(card: ContactCard) -> Request:
    """Telegram shows a name and one number; a card without a number becomes words."""
    if not card.phones:
        lines = [f"<b>{escape(card.name, quote=False)}</b>", card.organization, *card.emails, card.url]
        return _text("\n".join([lines[0] or "", *(escape(line, quote=False) for line in lines[1:] if line)]), {})
    fields: Body = {"phone_number": card.phones[0].number, "first_name": card.name}
    return Request("sendContact", fields | ({"vcard": told} if (told := vcard_of(card)) else {}))


def _reaction(content: Reaction) -> Request:
    target = message_id_of(content.message_id)
    if target is None:
        raise Unsendable("no_message", "there is no message to react to: a press is none")
    emoji = content.emoji.replace("\ufe0f", "")
    return Request(
        "setMessageReaction",
        {"message_id": target, "reaction": [{"type": "emoji", "emoji": emoji}] if emoji else []},
    )


def _buttons(content: Buttons, outbound: Outbound) -> Request:
    html = _framed(content.header, content.body, content.footer)
    markup = _keyboard(_rows(_choices(content.choices, outbound)))
    if content.header_file is None:
        return _text(html, markup)
    return _file(shown_as(content.header_file), content.header_file, html, outbound, markup)


def _list(content: List, outbound: Outbound) -> Request:
    """Titles of sections and descriptions stand in the text; a button has room for a title only."""
    told: list[str] = []
    for section in content.sections:
        lines = [f"<b>{escape(section.title, quote=False)}</b>"] if section.title else []
        lines += [
            f"• {escape(row.title or '', quote=False)}: {escape(row.description, quote=False)}"
            for row in section.rows
            if row.description
        ]
        if lines:
            told.append("\n".join(lines))
    many = any(row.description for section in content.sections for row in section.rows) or len(content.sections) > 1
    body = "\n\n".join([content.body, *told]) if many else content.body
    rows = [row for section in content.sections for row in section.rows]
    buttons = [[button] for button in _choices(rows, outbound)]
    return _text(_framed(content.header, body, content.footer), _keyboard(buttons))


def _location_request(content: LocationRequest, outbound: Outbound, label: str) -> Request:
    """Only a private chat can be asked with a button."""
    in_group = outbound.addresses[0].rpartition(":")[2].startswith("-")
    button = {"text": label, "request_location": True}
    markup = {"keyboard": [[button]], "resize_keyboard": True, "one_time_keyboard": True}
    return _text(content.body, {} if in_group else markup)


def _framed(header: str | None, body: str, footer: str | None) -> str:
    """Header and footer are words, the body is HTML already."""
    parts = (
        f"<b>{escape(header, quote=False)}</b>" if header else "",
        body,
        f"<i>{escape(footer, quote=False)}</i>" if footer else "",
    )
    return "\n\n".join(part for part in parts if part)


def _choices(choices: Sequence[Choice], outbound: Outbound) -> list[Body]:
    seq = outbound.key.seq
    return [
        {"text": choice.title or choice.id, "callback_data": data_of(choice, seq, place)}
        for place, choice in enumerate(choices)
    ]


def _keyboard(rows: list[list[Body]]) -> Body:
    return {"inline_keyboard": rows}


def _rows(buttons: list[Body]) -> list[list[Body]]:
    """Short ones beside each other, all rows alike."""
    longest = max((len(button["text"]) for button in buttons), default=0)
    abreast = max(1, min(_ABREAST, len(buttons), _BESIDE // max(longest, 1)))
    return [buttons[at : at + abreast] for at in range(0, len(buttons), abreast)]
