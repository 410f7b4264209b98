"""What the business can say: text, files, places, buttons, templates.

A content is what a bot says, in Markdown, and, once it is rendered and fitted, what a row keeps: text in the
channel's own markup, within its limits. A tagged union, so that rows keep their kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import force_setattr

from turnkeeper.model.events import Choice
from turnkeeper.model.events import ContactCard as ContactCard
from turnkeeper.model.events import Phone as Phone


class File(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A file to send: one of `link` (public, https; the provider fetches it) and `key` (kept by us, uploaded when it
    is sent). `mime`, `size` (bytes) and `filename` as found when it was kept."""

    link: str | None = None
    key: str | None = None
    mime: str | None = None
    filename: str | None = None
    size: int | None = None


class Text(msgspec.Struct, frozen=True, tag="text", omit_defaults=True):
    """Words. `preview_url`: show what its first link leads to; `reply_to`: the message that is quoted; `choices`: what
    the words offer as numbered lines, on a channel without buttons or lists for it, in the order of the numbers."""

    body: str
    preview_url: bool = False
    reply_to: str | None = None
    choices: tuple[Choice, ...] = ()


class Image(msgspec.Struct, frozen=True, tag="image", omit_defaults=True):
    """A picture."""

    file: File
    caption: str | None = None
    reply_to: str | None = None


class Video(msgspec.Struct, frozen=True, tag="video", omit_defaults=True):
    """A film."""

    file: File
    caption: str | None = None
    reply_to: str | None = None


class Audio(msgspec.Struct, frozen=True, tag="audio", omit_defaults=True):
    """Sound, as a file to play."""

    file: File
    reply_to: str | None = None


class VoiceNote(msgspec.Struct, frozen=True, tag="voice", omit_defaults=True):
    """Sound, as if spoken into the phone: Ogg with Opus, mono."""

    file: File
    reply_to: str | None = None


class Document(msgspec.Struct, frozen=True, tag="document", omit_defaults=True):
    """Any file, to keep."""

    file: File
    caption: str | None = None
    reply_to: str | None = None


class Sticker(msgspec.Struct, frozen=True, tag="sticker", omit_defaults=True):
    """A sticker: WebP, 512 by 512."""

    file: File
    reply_to: str | None = None


class Location(msgspec.Struct, frozen=True, tag="location", omit_defaults=True):
    """A place, in degrees."""

    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None
    reply_to: str | None = None


class Contacts(msgspec.Struct, frozen=True, tag="contacts", omit_defaults=True):
    """Contact cards."""

    cards: tuple[ContactCard, ...]
    reply_to: str | None = None


Choices = Mapping[str, str] | Iterable[Choice | str]
"""Titles by id; or choices, where a string is a title that is its own id."""


def _choices(given: Choices) -> tuple[Choice, ...]:
    """Raises TypeError; a single string is one, since its letters are never meant."""
    if isinstance(given, Mapping):
        return tuple(Choice(known_as, title) for known_as, title in given.items())
    if isinstance(given, str):
        raise TypeError(f"choices are several: write ({given!r},) for one")
    return tuple(Choice(each, each) if isinstance(each, str) else _choice(each) for each in given)


def _choice(given: Choice) -> Choice:
    if not isinstance(given, Choice):
        raise TypeError(f"a choice is a Choice or a title, not a {type(given).__name__}")
    return given


class Buttons(msgspec.Struct, frozen=True, tag="buttons", omit_defaults=True):
    """A question with answers to tap. `header`: words, `header_file`: a picture, film or document above them; `button`
    opens the list that they become where they are too many for buttons."""

    body: str
    choices: tuple[Choice, ...]
    header: str | None = None
    header_file: File | None = None
    footer: str | None = None
    reply_to: str | None = None
    button: str = "Options"

    if TYPE_CHECKING:

        def __init__(
            self,
            body: str,
            choices: Choices,
            header: str | None = None,
            header_file: File | None = None,
            footer: str | None = None,
            reply_to: str | None = None,
            button: str = "Options",
        ) -> None: ...

    def __post_init__(self) -> None:
        force_setattr(self, "choices", _choices(self.choices))


class Section(msgspec.Struct, frozen=True, omit_defaults=True):
    """Rows of a list under one title."""

    rows: tuple[Choice, ...]
    title: str | None = None

    if TYPE_CHECKING:

        def __init__(self, rows: Choices, title: str | None = None) -> None: ...

    def __post_init__(self) -> None:
        force_setattr(self, "rows", _choices(self.rows))


Rows = Mapping[str, Choices] | Iterable[Section | Choice | str]
"""Rows by the title of their section; or sections; or rows of one section without a title."""


def _sections(given: Rows) -> tuple[Section, ...]:
    """Raises TypeError."""
    if isinstance(given, Mapping):
        return tuple(Section(rows, title) for title, rows in given.items())
    if isinstance(given, str):
        raise TypeError(f"rows are several: write ({given!r},) for one")
    members = tuple(given)
    sections = tuple(each for each in members if isinstance(each, Section))
    if len(sections) == len(members):
        return sections
    if sections:
        raise TypeError("a list has sections or rows, not both side by side")
    return (Section(tuple(each for each in members if not isinstance(each, Section))),)


class List(msgspec.Struct, frozen=True, tag="list", omit_defaults=True):
    """A question with a list of answers behind a button."""

    body: str
    button: str
    sections: tuple[Section, ...]
    header: str | None = None
    footer: str | None = None
    reply_to: str | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            body: str,
            button: str,
            sections: Rows,
            header: str | None = None,
            footer: str | None = None,
            reply_to: str | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        force_setattr(self, "sections", _sections(self.sections))


class UrlButton(msgspec.Struct, frozen=True, tag="url_button", omit_defaults=True):
    """Words with a button that opens a page."""

    body: str
    label: str
    url: str
    header: str | None = None
    footer: str | None = None
    reply_to: str | None = None


class LocationRequest(msgspec.Struct, frozen=True, tag="location_request", omit_defaults=True):
    """A question with a button that sends where the person is."""

    body: str
    reply_to: str | None = None


class Reaction(msgspec.Struct, frozen=True, tag="reaction", omit_defaults=True):
    """An emoji under one of the contact's messages; `""` takes it away."""

    message_id: str
    emoji: str


class TemplateButton(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a template's button is given: `value` is a url's ending, a quick reply's payload, a coupon's code or a
    flow's token; `index` is its place among the template's buttons, from 0."""

    kind: Literal["url", "quick_reply", "copy_code", "flow"]
    value: str
    index: int = 0


class Template(msgspec.Struct, frozen=True, tag="template", omit_defaults=True):
    """A pre-approved message and its parameters, in order (`body`) or by name (`named`).

    `header`: the parameter of a header of words, `header_name` its name where parameters have names; `header_file`,
    `header_kind`, `header_location`: of the others. `shown`: what the person sees of it, where that is known; set when
    it is rendered.
    """

    name: str
    language: str
    body: tuple[str, ...] = ()
    named: Mapping[str, str] = {}
    header: str | None = None
    header_file: File | None = None
    header_kind: Literal["image", "video", "document"] | None = None
    header_location: Location | None = None
    buttons: tuple[TemplateButton, ...] = ()
    reply_to: str | None = None
    header_name: str | None = None
    shown: str | None = None


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """What was said in a way that the channel cannot carry: its words, and why. A row that fails; never sent."""

    words: str
    reason: str


Sayable = (
    Text | Image | Video | Audio | VoiceNote | Document | Sticker | Location | Contacts | Buttons | List | UrlButton
    | LocationRequest | Reaction | Template
)  # fmt: skip
"""Every kind of content that can be sent."""

Content = Sayable | Refused
"""What a row may hold."""


class Sections(msgspec.Struct, frozen=True, omit_defaults=True):
    """Texts in Markdown, one below the other, of which none is cut if it fits into one message."""

    texts: tuple[str, ...]
    reply_to: str | None = None

    if TYPE_CHECKING:

        def __init__(self, texts: Iterable[str], reply_to: str | None = None) -> None: ...

    def __post_init__(self) -> None:
        force_setattr(self, "texts", _several(self.texts))


def _several(given: Iterable[str]) -> tuple[str, ...]:
    """Raises TypeError."""
    if isinstance(given, str):
        raise TypeError(f"sections are several: write ({given[:40]!r},) for one")
    return tuple(given)


Reply = str | Sayable | Sections
"""What a bot may say; a `str` is Markdown."""

_ENDINGS: dict[str, Literal["image", "video"]] = {
    "jpg": "image", "jpeg": "image", "png": "image", "mp4": "video", "3gp": "video",
}  # fmt: skip


def words_of(content: Content) -> str:
    """A content in words: what the history and the moments show of it."""
    match content:
        case Text(body=body) | Buttons(body=body) | List(body=body) | UrlButton(body=body) | LocationRequest(body=body):
            return body
        case Image(caption=caption) | Video(caption=caption):
            return caption or f"[{content.__struct_config__.tag}]"
        case Document(file=file, caption=caption):
            return caption or f"[document {file.filename or ''}".rstrip() + "]"
        case Location(name=name, address=address):
            return " ".join(filter(None, ("[location]", name or address)))
        case Contacts(cards=cards):
            return "[contacts] " + ", ".join(card.name for card in cards)
        case Reaction(emoji=emoji):
            return emoji or "[reaction taken away]"
        case Template(name=name, shown=shown):
            return shown or f"[template {name}]"
        case Refused(words=words):
            return words
    return f"[{content.__struct_config__.tag}]"


def shown_as(file: File) -> Literal["image", "video", "document"]:
    """What a file is shown as above a message: by its type, else by how its name ends."""
    mime = (file.mime or "").lower()
    if mime:
        return "image" if mime.startswith("image/") else "video" if mime.startswith("video/") else "document"
    name = file.filename or urlsplit(file.link or "").path
    return _ENDINGS.get(name.rpartition(".")[2].lower(), "document")


def files_of(content: Content | Sections) -> tuple[File, ...]:
    """Every file that a content carries, in the order in which the person sees them."""
    match content:
        case Image(file=file) | Video(file=file) | Audio(file=file) | VoiceNote(file=file):
            return (file,)
        case Document(file=file) | Sticker(file=file):
            return (file,)
        case Buttons(header_file=file) | Template(header_file=file) if file is not None:
            return (file,)
    return ()
