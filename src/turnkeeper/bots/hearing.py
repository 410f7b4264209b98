"""What people do in a turn, as a model reads it: words, the files that it can take, and what they answered.

Everything else that a phone can send is told in words. A file that is refused is told in words too: nothing that a
person sends ends the turn.
"""

from __future__ import annotations

from turnkeeper.bots.message import Message
from turnkeeper.bots.outside import told_outside
from turnkeeper.bots.turn import Turn
from turnkeeper.model.errors import MediaRefused, MediaUnavailable
from turnkeeper.model.events import Media, named, words_heard
from turnkeeper.model.llm import Attached, Said

MOST_FILES = 8
"""Files of one turn that go to a model; the others are told in words."""
_LONGEST_QUOTE = 300
_LAST_TRY = 2
"""The attempt from which on a file that cannot be fetched holds up no answer."""
_IMAGES = frozenset({"image", "sticker"})


async def heard(turn: Turn, *, images: bool, documents: bool) -> Said:
    """The turn's messages as one. `images`, `documents`: whether a model of the chain takes them."""
    words: list[str] = []
    files: list[Attached] = []
    for message in turn.messages:
        told = words_of(message)
        if message.media is not None and _is_taken(message, images, documents):
            if len(files) < MOST_FILES:
                file, note = await _file(turn, message.media)
                files += [file] if file is not None else []
                said = named(message.event, message.text) or ""
                told = said if file is not None else f"{told} {note}"
            else:
                told = f"{told} [left out: too many files at once]"
        words += [_answered(message), told]
    words += told_outside(turn.events)
    return Said("user", "\n".join(part for part in words if part), tuple(files))


def words_of(message: Message) -> str:
    """A message in words, with what it is where that is not text."""
    event = message.event
    told = words_heard(event)
    if (message.media is None and not event.media_unavailable) or event.unheard is not None:
        return told
    kind = "voice note" if event.kind == "voice" else event.kind
    filename = message.media.filename if message.media is not None else None
    what = f"[{kind}: {filename}]" if filename else f"[{kind}]"
    return named(event, f"{what} {event.text}" if event.text else what) or what


def _is_taken(message: Message, images: bool, documents: bool) -> bool:
    if message.event.heard_at is not None:
        return False  # its words are what models get of it
    if message.kind in _IMAGES:
        return images
    return message.kind == "document" and (documents or images)


async def _file(turn: Turn, media: Media) -> tuple[Attached | None, str]:
    """The file, or why there is none, in words."""
    try:
        kept = await turn.file(media)
    except MediaRefused as refused:
        return None, f"[the file could not be opened: {refused.reason}]"
    except MediaUnavailable:
        if turn.attempt < _LAST_TRY:
            raise
        return None, "[the file could not be fetched]"
    return Attached(kept.key, kept.mime, kept.filename, kept.size), ""


def _answered(message: Message) -> str:
    """What a message answers with a quote, on a line before it."""
    if message.quoted is None:
        return ""
    words = " ".join(message.quoted.text.split())
    short = words if len(words) <= _LONGEST_QUOTE else words[: _LONGEST_QUOTE - 1] + "…"
    whose = {"bot": "your words", "contact": "their own words", "person": "a colleague's words"}[message.quoted.role]
    return f"(about {whose}: “{short}”)"
