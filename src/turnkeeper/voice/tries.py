"""What is kept of each try to hear a note: the `hear` steps of a turn, which `turnkeeper trace` tells."""

from __future__ import annotations

import msgspec

from turnkeeper.model.voice import Transcript


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a try gave no transcript. `kind`: as of voice.base's errors, `unhearable`, `refused` (by this one alone),
    `crowded` (others were before it), `bug`, or `nobody`.

    `reason`: one word, where it is the note; `shown` is for operators.
    """

    kind: str
    shown: str
    reason: str = ""
    retry_after: float | None = None


class Skipped(msgspec.Struct, frozen=True, omit_defaults=True):
    """A transcriber that was not asked, and why; `reason` as of a failure."""

    transcriber: str
    why: str
    reason: str = ""


class Try(msgspec.Struct, frozen=True, omit_defaults=True):
    """One try and what came of it; `transcriber` "": nobody was asked. `place`: the transcriber's in the chain."""

    transcriber: str
    place: int
    at: float
    seconds: float = 0.0
    transcript: Transcript | None = None
    failure: Failure | None = None
    skipped: tuple[Skipped, ...] = ()
