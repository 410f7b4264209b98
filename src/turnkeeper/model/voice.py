"""What was heard in a voice note. Seconds count from its beginning."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

UNAVAILABLE = "(Transcript was unavailable)"
"""What stands for the words of a note that nobody could transcribe."""


NOBODY = "unavailable"
"""The reason where transcribers failed, or there are none."""
NO_WORDS = "no_words"
"""The reason where a transcriber heard nothing that is said."""


class Spoken(msgspec.Struct, frozen=True, omit_defaults=True):
    """One stretch of one speaker's words."""

    text: str
    start: float = 0.0
    end: float = 0.0
    speaker: str | None = None


class Transcript(msgspec.Struct, frozen=True, omit_defaults=True):
    """A note's words. `heard_by`: the transcriber's name in the configuration; `language`: as it was told or found."""

    text: str
    seconds: float = 0.0
    spoken: tuple[Spoken, ...] = ()
    language: str | None = None
    heard_by: str = ""


class Sound(NamedTuple):
    """A note as it came: its bytes, and how it calls itself."""

    data: bytes
    mime: str
    filename: str


class Wish(NamedTuple):
    """How a note is to be heard. `language`: of which it is known to be; `speakers`: who talks, the first first."""

    language: str | None = None
    diarize: bool = False
    speakers: tuple[str, ...] = ()
    prompt: str = ""


class Heard(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of a note. `transcript` None: nobody has heard it.

    `reason`: "" where words were heard; `no_words` where there are none; another one of `Unhearable`, or `language`,
    where it is the note's fault; `unavailable` where nobody could transcribe it. `told`: lines for the trace.
    """

    transcript: Transcript | None = None
    reason: str = ""
    told: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Its words; UNAVAILABLE where nobody could transcribe it, "" where there are none."""
        if self.transcript is not None:
            return self.transcript.text
        return UNAVAILABLE if self.reason == NOBODY else ""
