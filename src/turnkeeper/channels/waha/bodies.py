"""Each kind of content as WAHA wants it in a send: which call, and what stands in it. Values in, values out.

Source: WAHA's documentation and schema, read 2026. Contents come fitted (turnkeeper.text.fitting): nothing is counted
here.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from turnkeeper.model.contents import (
    Audio,
    ContactCard,
    Contacts,
    Document,
    File,
    Image,
    Location,
    Reaction,
    Sticker,
    Text,
    Video,
    VoiceNote,
)
from turnkeeper.model.outbound import Outbound

Body = dict[str, object]
_SPOKEN = "audio/ogg; codecs=opus"


class NoFile(Exception):
    """A file that WAHA could not get; its name is the argument."""


class Said(NamedTuple):
    """One call. `takes_id`: its message may be given an id of our choice, where the engine knows how."""

    method: Literal["POST", "PUT"]
    path: str
    body: Body
    takes_id: bool = False


def said(outbound: Outbound) -> Said | None:
    """The call that says a content, without session and chat; None for a kind that WAHA has not. Raises NoFile."""
    content = outbound.content
    match content:
        case Reaction():
            return Said("PUT", "api/reaction", {"messageId": content.message_id, "reaction": content.emoji})
        case Text():
            preview: Body = {"text": content.body, "linkPreview": content.preview_url}
            return _quoting("api/sendText", preview, content.reply_to, takes_id=True)
        case Location():
            return _quoting("api/sendLocation", _place(content), content.reply_to, takes_id=True)
        case Contacts():
            cards: Body = {"contacts": [_card(card) for card in content.cards]}
            return _quoting("api/sendContactVcard", cards, content.reply_to, takes_id=True)
        case Image() | Video() | Document() | Audio() | VoiceNote() | Sticker():
            return _media(content, outbound)
    return None


def _quoting(path: str, body: Body, reply_to: str | None, *, takes_id: bool = False) -> Said:
    return Said("POST", path, body | ({"reply_to": reply_to} if reply_to else {}), takes_id)


def _place(place: Location) -> Body:
    named = ", ".join(filter(None, (place.name, place.address)))
    return {"latitude": place.latitude, "longitude": place.longitude, "title": named}


def _media(content: Image | Video | Document | Audio | VoiceNote | Sticker, outbound: Outbound) -> Said:
    caption = getattr(content, "caption", None)
    body: Body = {"file": _file(content.file, outbound)} | ({"caption": caption} if caption else {})
    match content:
        case Image() | Sticker():
            path = "api/sendImage"
        case Video():
            path, body = "api/sendVideo", body | {"convert": False}
        case VoiceNote():
            path, body = "api/sendVoice", body | {"convert": False}
            body["file"] = _file(content.file, outbound) | {"mimetype": _SPOKEN}
        case _:
            path = "api/sendFile"
    return _quoting(path, body, content.reply_to)


def _file(file: File, outbound: Outbound) -> Body:
    """By its address, which WAHA fetches; or its bytes, where it could not reach one."""
    link = outbound.link_of(file)
    if not link:
        raise NoFile(file.filename or "without a name")
    where: Body = {"url": link}
    if link.startswith("data:"):
        where = {"data": link.partition(",")[2]}
    found: Body = {"mimetype": file.mime or "application/octet-stream", **where}
    return found | ({"filename": file.filename} if file.filename else {})


def _card(card: ContactCard) -> Body:
    """As a vCard: WAHA's own fields know one number and no address."""
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"FN:{_escaped(card.name)}", f"N:;{_escaped(card.name)};;;"]
    if card.organization:
        lines.append(f"ORG:{_escaped(card.organization)}")
    for phone in card.phones:
        digits = phone.wa_id or "".join(sign for sign in phone.number if sign.isascii() and sign.isdigit())
        lines.append(f"TEL;type={_escaped(phone.type or 'CELL')};waid={_escaped(digits)}:{_escaped(phone.number)}")
    lines += [f"EMAIL:{_escaped(email)}" for email in card.emails]
    if card.url:
        lines.append(f"URL:{_escaped(card.url)}")
    return {"vcard": "\n".join([*lines, "END:VCARD"])}


def _escaped(value: str) -> str:
    """On one line, without ending the property."""
    line = " ".join(value.split())
    return line.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
