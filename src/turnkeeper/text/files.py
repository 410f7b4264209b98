"""Files as a channel takes them: under their own kind, under a plainer one, or refused with the reason."""

from __future__ import annotations

from typing import get_args

from msgspec.structs import replace

from turnkeeper.model.contents import (
    Audio,
    Buttons,
    Content,
    Document,
    File,
    Image,
    Refused,
    Sticker,
    Text,
    Video,
    VoiceNote,
    shown_as,
    words_of,
)
from turnkeeper.model.limits import MediaKind, MediaLimit
from turnkeeper.text.room import Room

MediaContent = Image | Video | Audio | VoiceNote | Document | Sticker
MEDIA = get_args(MediaContent)

_INSTEAD: dict[MediaKind, tuple[MediaKind, ...]] = {
    "image": ("document",),
    "video": ("document",),
    "voice": ("audio", "document"),
    "audio": ("document",),
    "sticker": ("image",),
    "document": (),
}
_KINDS: dict[MediaKind, type[MediaContent]] = {
    "image": Image, "video": Video, "audio": Audio, "voice": VoiceNote, "document": Document, "sticker": Sticker,
}  # fmt: skip
_NAMES = {kind: name for name, kind in _KINDS.items()}


def fit_media(content: MediaContent, room: Room) -> list[Content]:
    """The file under the first kind that takes it, and what is too long of its caption."""
    kind = _NAMES[type(content)]
    caption = getattr(content, "caption", None) or ""
    if broken := _broken(content.file):
        return [Refused(words_of(content), broken)]
    why = _misfit(kind, content.file, room)
    for other in (kind, *_INSTEAD[kind]):
        if not _misfit(other, content.file, room):
            if other != kind:
                room.notes.append(f"{_a(kind)} became {_a(other)}: {why}")
            return _captioned(_KINDS[other](content.file), caption, room)
    if kind == "sticker" and kind not in room.limits.media:
        room.notes.append(f"a sticker was left out: {why}")
        return []
    if room.limits.media or content.file.link is None:
        return [Refused(words_of(content), why)]
    room.notes.append(f"{_a(kind)} became a link: {why}")
    blocks = filter(str.strip, (caption, room.address(content.file.link)))
    return [Text(part) for block in blocks for part in room.parts(block, room.limits.text)]


def header_apart(content: Buttons, room: Room, *, stays: bool) -> tuple[Buttons, list[Content]]:
    """The file above buttons, on its own before them where it cannot be their header; words beside it are body."""
    file = content.header_file
    if file is None:
        return content, []
    kind = shown_as(file)
    if stays and not _broken(file) and not _misfit(kind, file, room):
        if content.header:
            room.notes.append("words beside a header's file went into the text")
            content = replace(content, header=None, body=f"{room.literal(content.header)}\n\n{content.body}")
        return content, []
    room.notes.append("the file above the choices went before them")
    return replace(content, header_file=None), fit_media(_KINDS[kind](file), room)


def _broken(file: File) -> str:
    """Why it is no file at all."""
    if file.key:
        return "the file is empty" if file.size == 0 else ""
    if not file.link:
        return "a file needs a link or a key"
    return "" if file.link.startswith(("https://", "http://")) else "a file's link is an http or https address"


def _misfit(kind: MediaKind, file: File, room: Room) -> str:
    """Why it cannot be sent as this kind; empty if it can, as far as is known."""
    limit = room.limits.media.get(kind)
    if limit is None:
        return f"the channel has no {kind} messages"
    mime = (file.mime or "").partition(";")[0].strip().lower()
    if mime and limit.mimes and mime not in limit.mimes:
        return f"{mime} cannot be sent as {_a(kind)}"
    if mime and file.key and room.limits.uploads and mime not in room.limits.uploads:
        return f"the channel takes no files of the type {mime}"
    return _too_large(kind, file, limit)


def _too_large(kind: MediaKind, file: File, limit: MediaLimit) -> str:
    if file.size is None or file.size <= limit.size:
        return ""
    return f"{file.size} bytes are too many for {_a(kind)}: {limit.size} at most"


def _a(kind: MediaKind) -> str:
    name = {"voice": "voice note", "audio": "audio file"}.get(kind, kind)
    return f"an {name}" if name[0] in "ai" else f"a {name}"


def _captioned(content: MediaContent, caption: str, room: Room) -> list[Content]:
    if not caption.strip():
        return [content]
    limit = room.limits.caption if isinstance(content, Image | Video | Document) else 0
    first, rest = room.head(caption, limit) if limit else ("", caption)
    texts = [Text(part) for part in room.parts(rest, room.limits.text)]
    if texts:
        room.notes.append("what was too long of a caption followed as text" if first else "a caption followed as text")
    return [replace(content, caption=first) if first else content, *texts]
