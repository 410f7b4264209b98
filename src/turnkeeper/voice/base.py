"""The port of a transcriber, and what can go wrong with a voice note.

VoiceError
├── Unhearable              the note itself: say so to the person, ask nobody else; `reason` is one word
│                           (not_audio, empty, too_long, too_large, damaged, silent, no_words)
└── TranscriberFailed       this transcriber: ask the next one
    ├── TranscriberAway     no connection, 5xx, a cut or malformed answer, no answer within its time
    │   └── TranscriberBusy 429; `retry_after` in seconds, if it said
    ├── LanguageUnknown     it does not know the note's language
    ├── TooMuchSound        longer or larger than it takes; `reason` is too_long or too_large
    └── TranscriberMisconfigured  wrong key, unknown model, a package or a folder that is not there: page the operator
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

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


class TooMuchSound(TranscriberFailed):
    """The note is longer or larger than it takes; another one may take it."""

    kind = "too_much"

    def __init__(self, reason: Literal["too_long", "too_large"], shown: str) -> None:
        super().__init__(shown)
        self.reason = reason


class TranscriberMisconfigured(TranscriberFailed):
    """What the operator has to mend."""

    kind = "misconfigured"


class Transcriber(Protocol):
    """Something that hears."""

    async def transcribe(self, sound: Sound, wish: Wish) -> Transcript:
        """The words of a note; raises VoiceError and nothing else, within the limit that it was made with."""

    async def close(self) -> None:
        """Let go of connections and memory."""


class Form(NamedTuple):
    """A form to post: `fields` may name one several times, the file is a sound's bytes."""

    url: str
    headers: Mapping[str, str]
    fields: Sequence[tuple[str, str]]
    sound: Sound


class Posted(NamedTuple):
    """What came of it; header names are small. `failure` instead: it never left, or was not answered."""

    status: int = 0
    body: bytes = b""
    headers: Mapping[str, str] = {}
    failure: Literal["not_connected", "no_answer"] | None = None


Post = Callable[[Form], Awaitable[Posted]]
"""Posts a form. Never raises for what the network or the other side does."""
Transcode = Callable[[Sound], Awaitable[Sound]]
"""The same note in a small format that every service takes; raises VoiceError."""
Examine = Callable[[Sound], Awaitable[float]]
"""A note's length in seconds, without listening to it; raises Unhearable for what is none."""


class Steps(Protocol):
    """The journal of a turn, as far as the chain needs it: a stored result is never computed again."""

    async def step(self, name: str, function: Callable[..., Any], *args: Any) -> Any:
        """As `Turn.step`."""
