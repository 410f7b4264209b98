"""What a note's first bytes say that it is: services tell formats by a file's name, and people's names are no help."""

from __future__ import annotations

from typing import Final

from turnkeeper.model.voice import Sound

_MIMES: Final = {
    "ogg": "audio/ogg",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "webm": "audio/webm",
    "aac": "audio/aac",
    "amr": "audio/amr",
}
TAKEN: Final = frozenset({"ogg", "wav", "flac", "mp3", "m4a", "webm"})
"""What OpenAI's transcriptions take of these (its API reference of 2026: flac, mp3, mp4, mpeg, mpga, m4a, ogg, wav,
webm); AAC without a container and AMR they do not."""


def format_of(data: bytes) -> str | None:
    """The usual ending of a file that begins so; None where nobody knows."""
    head = data[:16]
    if head.startswith(b"OggS"):
        return "ogg"
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return "wav"
    if head.startswith(b"fLaC"):
        return "flac"
    if head.startswith(b"ID3"):
        return "mp3"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "webm"
    if head[4:8] == b"ftyp":
        return None if head[8:11] == b"3gp" else "m4a"
    if head.startswith(b"#!AMR"):
        return "amr"
    return _of_frame(head)


def _of_frame(head: bytes) -> str | None:
    """MPEG audio without a container: eleven bits that are set, then version and layer."""
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    layer = head[1] & 0x06
    if layer == 0:
        return "aac"
    return "mp3" if layer == 0x02 else None


def as_taken(sound: Sound) -> Sound | None:
    """The same bytes under a name and a type that tell their format; None where no service takes them as they are."""
    format_ = format_of(sound.data)
    return Sound(sound.data, _MIMES[format_], f"note.{format_}") if format_ in TAKEN else None
