"""Words outside the window: the bot's fallback template goes instead, once a turn, or they are refused."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from turnkeeper.model.contents import (
    Audio,
    Buttons,
    Contacts,
    Content,
    Document,
    Image,
    List,
    Location,
    LocationRequest,
    Template,
    Text,
    UrlButton,
    Video,
    VoiceNote,
)
from turnkeeper.model.conversation import OutboundRow
from turnkeeper.model.policy import FallbackTemplate

LONGEST = 600
"""Characters of the words: with those of the template they are to stay under 1,024, all that a body may have."""
TEXT = "{text}"
CLOSED = "window_closed"
STOOD_IN = "fell_back"
"""The code of a row that gave way to the template; it does not count for what becomes of its turn."""
_STOOD_IN_REASON = "the window is closed: the fallback template stood in for this answer"
_PASSES = (b'{"type":"template"', b'{"type":"refused"')
"""How contents begin, encoded, that the window does not concern: the tag comes first."""
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Content).decode


class Outside(NamedTuple):
    """What becomes of a free-form row: it goes, as a template, or it is settled as failed."""

    goes: bool
    row: OutboundRow


def is_free(row: OutboundRow) -> bool:
    """Whether a row needs an open window."""
    return not row.content.startswith(_PASSES)


def outside(
    row: OutboundRow, template: FallbackTemplate | None, *, fell_back: int, now: float, reason: str, code: str = CLOSED
) -> Outside:
    """What becomes of a free-form row outside the window. `fell_back`: the turn whose words gave way last; `reason`,
    `code`: why it failed, where nothing stands in."""
    if fell_back == row.turn_no:
        return Outside(False, replace(row, state="failed", code=STOOD_IN, reason=_STOOD_IN_REASON, settled_at=now))
    said = None if template is None else filled(template, row.content)
    if said is None:
        return Outside(False, replace(row, state="failed", code=code, reason=reason, hold_until=None, settled_at=now))
    return Outside(True, replace(row, content=encoded(said)))


def given_way(row: OutboundRow) -> OutboundRow:
    """A row that the provider reported as failed, once the template goes after it."""
    return replace(row, code=STOOD_IN, reason=f"{row.reason or 'the window is closed'}; the fallback template follows")


def encoded(said: Template) -> bytes:
    """As a row keeps it."""
    return _encode(said)


def filled(template: FallbackTemplate, content: bytes) -> Template | None:
    """The template with a content's words; None for a content that nobody need be told of (an emoji)."""
    text = _cut(" ".join(_words(_decode(content)).split()))
    if not text:
        return None
    return Template(
        template.name,
        template.language,
        tuple(each.replace(TEXT, text) for each in template.body),
        {name: each.replace(TEXT, text) for name, each in template.named},
        shown=text if any(TEXT in each for each in (*template.body, *dict(template.named).values())) else None,
    )


def _cut(text: str) -> str:
    """At most LONGEST characters, whole words where there are any."""
    if len(text) <= LONGEST:
        return text
    start = text[: LONGEST - 1]
    whole, space, _ = start.rpartition(" ")
    return (whole if space and len(whole) > LONGEST // 2 else start) + "…"


def _words(content: Content) -> str:
    """What is said, in a form that every language reads where it is no text."""
    match content:
        case Text(body=body) | Buttons(body=body) | List(body=body) | LocationRequest(body=body):
            return body
        case UrlButton(body=body, url=url):
            return f"{body} {url}"
        case Image(caption=caption):
            return caption or "📷"
        case Video(caption=caption):
            return caption or "🎬"
        case Document(file=file, caption=caption):
            return caption or f"📄 {file.filename or ''}".rstrip()
        case Audio() | VoiceNote():
            return "🎤"
        case Location(name=name, address=address):
            return f"📍 {name or address or ''}".rstrip()
        case Contacts(cards=cards):
            return "👤 " + ", ".join(card.name for card in cards)
    return ""
