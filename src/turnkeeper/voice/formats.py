"""What services take as it is. They tell formats by a file's name, for which people's own names are no help."""

from __future__ import annotations

from typing import Final

from turnkeeper.model.voice import Sound
from turnkeeper.rules.sound import FORMATS, format_of

TAKEN: Final = FORMATS.keys() - {"aac", "amr"}
"""What OpenAI's transcriptions take of these (its API reference of 2026: flac, mp3, mp4, mpeg, mpga, m4a, ogg, wav,
webm); AAC without a container and AMR they do not."""
_OF_PHONES: Final = b"ftyp3g"
"""Begins 3GP files, which look like M4A and hold AMR."""


def as_taken(sound: Sound) -> Sound | None:
    """The same bytes under a name and a type that tell their format; None where no service takes them as they are."""
    format_ = format_of(sound.data)
    if format_ not in TAKEN or sound.data[4:10] == _OF_PHONES:
        return None
    return Sound(sound.data, FORMATS[format_], f"note.{format_}")
