"""What one message may hold on a channel: limits as data. Counts are the platform's own; None: not there at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Markup = Literal["whatsapp", "telegram", "plain"]
MediaKind = Literal["image", "video", "audio", "voice", "document", "sticker"]


@dataclass(frozen=True, slots=True)
class MediaLimit:
    """A file of one kind: `size` in bytes; `mimes` empty: any type."""

    size: int
    mimes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ButtonLimits:
    """Buttons under a message; lengths in the platform's characters."""

    count: int
    title: int
    id: int
    body: int
    header: int
    footer: int


@dataclass(frozen=True, slots=True)
class ListLimits:
    """A list behind a button; `rows` over all sections."""

    rows: int
    sections: int
    button: int
    section_title: int
    row_title: int
    row_description: int
    row_id: int
    body: int
    header: int
    footer: int


@dataclass(frozen=True, slots=True)
class UrlButtonLimits:
    """A button that opens a page."""

    label: int
    url: int
    body: int
    header: int
    footer: int


@dataclass(frozen=True, slots=True)
class ContentLimits:
    """What a channel's messages may hold. A kind whose limit is None is said in another way (text.fitting)."""

    text: int
    caption: int = 0
    media: Mapping[MediaKind, MediaLimit] = field(default_factory=dict)
    uploads: tuple[str, ...] = ()
    """Types of files that can be uploaded; empty: any. What the provider fetches by a link may be of others."""
    buttons: ButtonLimits | None = None
    list: ListLimits | None = None
    url_button: UrlButtonLimits | None = None
    location: bool = False
    location_request: int | None = None
    """The length of its body."""
    contacts: bool = False
    cards: int | None = None
    """Contact cards in one message; None: any number."""
    reactions: bool = False
    emojis: frozenset[str] = frozenset()
    """What may be reacted with, without variation selectors; empty: anything."""
    templates: bool = False
