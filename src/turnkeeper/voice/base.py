"""The port of a transcriber, and what can go wrong with a voice note.

VoiceError
├── Unhearable              the note itself: say so to the person, ask nobody else; `reason` is one word
│                           (not_audio, empty, too_long, too_large, damaged, silent, no_words)
└── TranscriberFailed       this transcriber: ask the next one
    ├── TranscriberAway     no connection, 5xx, a cut or malformed answer, no answer within its time
    │   └── TranscriberBusy 429; `retry_after` in seconds, if it said
    ├── LanguageUnknown     it does not know the note's language
    └── TranscriberMisconfigured  wrong key, unknown model, a package or a folder that is not there: page the operator
"""

from __future__ import annotations

from typing import ClassVar, Protocol

from turnkeeper.model.errors import TurnkeeperError
from turnkeeper.model.voice import Sound, Transcript, Wish


class VoiceError(TurnkeeperError):
    """A note gave no words."""


class Unhearable(VoiceError):
    """It is the note's fault: `reason` is one word for the trace, `detail` is for the operator."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class TranscriberFailed(VoiceError):
    """A transcriber gave no transcript. `kind` is one word for traces and counters, `shown` is for the operator."""

    kind: ClassVar[str] = "failed"

    def __init__(self, shown: str) -> None:
        super().__init__(shown)
        self.shown = shown


class TranscriberAway(TranscriberFailed):
    """It does not work now."""

    kind = "away"


class TranscriberBusy(TranscriberAway):
    """It wants us to come back later."""

    kind = "busy"

    def __init__(self, shown: str, retry_after: float | None = None) -> None:
        super().__init__(shown)
        self.retry_after = retry_after


class LanguageUnknown(TranscriberFailed):
    """It cannot hear this language."""

    kind = "language"


class TranscriberMisconfigured(TranscriberFailed):
    """What the operator has to mend."""

    kind = "misconfigured"


class Transcriber(Protocol):
    """Something that hears."""

    async def transcribe(self, sound: Sound, wish: Wish) -> Transcript:
        """The words of a note; raises VoiceError and nothing else, within the limit that it was made with."""

    async def close(self) -> None:
        """Let go of connections and memory."""
