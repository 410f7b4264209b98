"""What only `_data` tells, which each engine fills with its own library's object. All of it may be missing.

Source: bodies of WEBJS (whatsapp-web.js), NOWEB (Baileys: `key`, `message`), GOWS (whatsmeow: `Info`, `Message`) and
WPP, read 2026.
"""

from __future__ import annotations

from typing import Any

from turnkeeper.channels.json_values import Item, kept, listing, mapping, text
from turnkeeper.channels.waha.ids import read_chat
from turnkeeper.model.events import Choice, ContactCard, EventKind, Phone, Referral

_WRAPPERS = (
    "ephemeralMessage", "viewOnceMessage", "viewOnceMessageV2", "viewOnceMessageV2Extension",
    "documentWithCaptionMessage", "deviceSentMessage",
)  # fmt: skip
_ALIASES = ("remoteJid", "remoteJidAlt", "senderPn", "senderLid")
_GROUP_ALIASES = ("participant", "participantAlt", "participantPn", "participantLid")
_KINDS: dict[str, EventKind] = {
    "imageMessage": "image", "videoMessage": "video", "audioMessage": "audio", "documentMessage": "document",
    "stickerMessage": "sticker", "ptvMessage": "video_note", "lottieStickerMessage": "sticker",
}  # fmt: skip
_WEB_KINDS: dict[str, EventKind] = {
    "image": "image", "video": "video", "ptt": "voice", "audio": "audio", "document": "document",
    "sticker": "sticker", "ptv": "video_note",
}  # fmt: skip


_TAPPED = frozenset({
    "buttonsResponseMessage", "templateButtonReplyMessage", "listResponseMessage", "selectedButtonId", "listResponse",
})  # fmt: skip


class Particulars:
    """One message's `_data`, whichever engine it is of."""

    def __init__(self, data: object) -> None:
        self._data = found = mapping(data) or {}
        self._info = mapping(found.get("Info")) or {}
        self._key = mapping(found.get("key")) or {}
        content = mapping(found.get("message")) or mapping(found.get("Message"))
        self._content = _unwrapped(content) if content else {}

    def name(self) -> str | None:
        """What the sender is called."""
        data = self._data
        return text(data.get("notifyName")) or text(data.get("pushName")) or text(self._info.get("PushName"))

    def chat(self) -> str | None:
        """The chat that it stands in."""
        return read_chat(self._info.get("Chat")) or read_chat(self._key.get("remoteJid"))

    def aliases(self, *, group: bool, from_me: bool) -> list[str]:
        """The other ids of the person: of a group's member who wrote, else of whom the chat is with."""
        ids: list[object] = []
        if self._key:
            ids += [self._key.get(name) for name in (_GROUP_ALIASES if group else _ALIASES)]
        if self._info and from_me and not group:
            ids.append(self._info.get("RecipientAlt"))
        elif self._info:
            ids += [self._info.get("Sender"), self._info.get("SenderAlt")]
        return [found for each in ids if (found := read_chat(each))]

    def media_kind(self) -> EventKind | None:
        """What kind of file it carries."""
        for name, kind in _KINDS.items():
            if part := mapping(self._content.get(name)):
                return "voice" if kind == "audio" and part.get("ptt") is True else kind
        return _WEB_KINDS.get(text(self._data.get("type")) or "")

    def mime(self) -> str | None:
        """The type of its file."""
        parts = (mapping(self._content.get(name)) for name in _KINDS)
        told = (part.get("mimetype") for part in parts if part)
        return next(filter(None, map(text, (*told, self._data.get("mimetype")))), None)

    def chosen(self) -> tuple[EventKind, Choice] | None:
        """Which button or row was tapped; WAHA itself gives its label only."""
        if self._content.keys().isdisjoint(_TAPPED) and self._data.keys().isdisjoint(_TAPPED):
            return None
        button = mapping(self._content.get("buttonsResponseMessage")) or {}
        template = mapping(self._content.get("templateButtonReplyMessage")) or {}
        for known_as, title in (
            (button.get("selectedButtonId"), button.get("selectedDisplayText")),
            (template.get("selectedId"), template.get("selectedDisplayText")),
            (self._data.get("selectedButtonId"), self._data.get("body")),
        ):
            if chosen := text(known_as):
                return "button_reply", Choice(chosen, text(title))
        row = mapping(self._content.get("listResponseMessage")) or mapping(self._data.get("listResponse")) or {}
        single = mapping(row.get("singleSelectReply")) or {}
        if chosen := text(single.get("selectedRowId")):
            return "list_reply", Choice(chosen, text(row.get("title")), text(row.get("description")))
        return None

    def forwarded(self) -> bool:
        """Whether it is passed on from somebody else."""
        if self._data.get("isForwarded") is True:
            return True
        return bool(self._content) and self._context().get("isForwarded") is True

    def ad(self) -> tuple[dict[str, Any], Referral] | None:
        """The ad that the person came from, as it is told and as we read it."""
        told = mapping(self._data.get("ctwaContext"))
        if self._content:
            told = mapping(self._context().get("externalAdReply")) or told
        if not told:
            return None
        return kept(told, 3), Referral(
            _any(told, "sourceID", "sourceId"),
            _any(told, "sourceType"),
            _any(told, "sourceURL", "sourceUrl"),
            _any(told, "title"),
            _any(told, "body", "description"),
            _any(told, "mediaType"),
            _any(told, "mediaURL", "mediaUrl", "thumbnailURL", "thumbnailUrl"),
            _any(told, "ctwaClid"),
            _any(told, "greetingMessageBody"),
        )

    def named(self) -> str:
        """What kind of message the engine says it is."""
        found = next((name for name in self._content if name != "messageContextInfo"), None)
        return (text(self._data.get("type")) or found or "")[:100]

    def _context(self) -> Item:
        for part in self._content.values():
            if isinstance(part, dict) and (context := mapping(part.get("contextInfo"))):
                return context
        return {}


def _unwrapped(content: Item) -> Item:
    for _ in range(4):
        inner = next((found for name in _WRAPPERS if (found := mapping(content.get(name)))), None)
        message = mapping(inner.get("message")) if inner else None
        if message is None:
            return content
        content = message
    return content


def _any(item: Item, *names: str) -> str | None:
    return next((found for name in names if (found := text(item.get(name)))), None)


def read_cards(cards: object) -> tuple[ContactCard, ...]:
    """Contact cards, each a vCard as text."""
    return tuple(_card(card) for card in map(text, listing(cards) or ()) if card)


def _card(card: str) -> ContactCard:
    """Folded lines are joined; a name in front of a property (`item1.TEL`) says nothing to us."""
    found: dict[str, list[tuple[list[str], str]]] = {}
    for line in card.replace("\r\n", "\n").replace("\n ", "").split("\n")[:200]:
        head, colon, value = line.partition(":")
        name, *parameters = head.split(";")
        if colon and value.strip():
            found.setdefault(name.rpartition(".")[2].upper(), []).append((parameters, value.strip()))

    def first(name: str) -> str | None:
        return next((_plain(value) for _, value in found.get(name, ())), None)

    name = first("FN") or " ".join(filter(None, (first("N") or "").split(";")))
    phones = tuple(_phone(parameters, value) for parameters, value in found.get("TEL", ()))
    emails = tuple(_plain(value) for _, value in found.get("EMAIL", ()))
    organization = (first("ORG") or "").strip("; ") or None
    return ContactCard(name, phones, emails, organization, first("URL"))


def _phone(parameters: list[str], number: str) -> Phone:
    told = {key.lower(): value for key, _, value in (each.partition("=") for each in parameters)}
    return Phone(number, told.get("type"), told.get("waid"))


def _plain(value: str) -> str:
    return value.replace("\\n", " ").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")
