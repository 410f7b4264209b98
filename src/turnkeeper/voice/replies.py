"""What a service answers: its words as a transcript, or what went wrong as one of the port's errors.

Nothing that is shown holds a key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import msgspec

from turnkeeper.model.voice import Spoken, Transcript, Wish
from turnkeeper.voice.base import (
    LanguageUnknown,
    Posted,
    TooMuchSound,
    TranscriberAway,
    TranscriberBusy,
    TranscriberMisconfigured,
    Unhearable,
    VoiceError,
)

_LONGEST: Final = 300
_LONGEST_WAIT: Final = 86_400.0
_MOST_SPOKEN: Final = 10_000
_MOST_WORDS: Final = 200_000
"""Characters: three hours of talk. What is longer was never said."""
_LONGEST_NOTE: Final = 86_400.0
_KEYLIKE: Final = re.compile(r"\b(sk|key|gsk)[-_][A-Za-z0-9*_-]{8,}")
_DAMAGED: Final = re.compile(
    r"corrupt|unsupported (file|audio)|invalid (file|audio)|file format|could ?n[o']t (be )?(decode|read|process)"
    r"|(decod|pars)\w* (the )?(audio|file)|no audio",
    re.IGNORECASE,
)
_TOO_SHORT: Final = re.compile(r"too.short|shorter than|minimum audio length", re.IGNORECASE)
_TOO_LONG: Final = re.compile(r"(audio|duration).{0,60}(too long|longer than|exceed|maximum)", re.IGNORECASE)
_TOO_LARGE: Final = re.compile(r"(size|content).{0,20}limit|too large|larger than", re.IGNORECASE)
_NO_CREDIT: Final = re.compile(r"insufficient_quota|quota|billing|credit", re.IGNORECASE)
_LANGUAGE: Final = re.compile(r"language", re.IGNORECASE)


class Segment(msgspec.Struct, frozen=True):
    """A stretch, as diarized_json and verbose_json have it."""

    text: str = ""
    start: float | None = None
    end: float | None = None
    speaker: str | int | None = None


class _Usage(msgspec.Struct, frozen=True):
    seconds: float | None = None


class _Reply(msgspec.Struct, frozen=True):
    text: str
    duration: float | None = None
    segments: list[Segment] | None = None
    language: str | None = None
    languages: list[Any] | None = None
    usage: _Usage | None = None


def transcript(body: bytes, wish: Wish) -> Transcript:
    """The words of a 200; raises TranscriberAway for what is none. Without words nothing was said."""
    try:
        reply = msgspec.json.decode(body, type=_Reply, strict=False)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError):
        raise TranscriberAway("its reply is no transcript") from None
    spoken = _spoken(reply.segments or (), wish.speakers if wish.diarize else ())
    ends = max((each.end for each in spoken), default=0.0)
    seconds = _instant(reply.duration) or _instant(reply.usage.seconds if reply.usage else None) or ends
    return Transcript(_words(reply.text), seconds, spoken, _language(reply) or wish.language)


def _spoken(segments: Sequence[Segment], names: Sequence[str]) -> tuple[Spoken, ...]:
    """The stretches with words; who has a label of the service's own gets the next name that nobody has yet."""
    labels = [str(each.speaker) for each in segments if each.speaker not in (None, "")]
    called: dict[str, str] = {label: label for label in labels if label in names}
    free = [name for name in names if name not in called]
    for label in labels:
        if label not in called:
            called[label] = free.pop(0) if free else label
    found = [
        Spoken(
            _words(each.text),
            _instant(each.start),
            _instant(each.end),
            None if each.speaker in (None, "") else called[str(each.speaker)],
        )
        for each in segments[:_MOST_SPOKEN]
    ]
    return tuple(each for each in found if each.text)


def _instant(seconds: float | None) -> float:
    """Seconds that a note can have; 0.0 for all others: a number may be told as "inf"."""
    return seconds if seconds is not None and 0.0 < seconds <= _LONGEST_NOTE else 0.0


def _words(text: str) -> str:
    return text[:_MOST_WORDS].strip()


def _language(reply: _Reply) -> str | None:
    first = (reply.languages or [None])[0]
    code = first.get("code") if isinstance(first, Mapping) else first
    return code if isinstance(code, str) and code else reply.language or None


class Telling:
    """What may be shown of a service's words: one short line without keys."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted((each for each in secrets if len(each) > 3), key=len, reverse=True)

    def told(self, words: str) -> str:
        """The line."""
        line = " ".join(words.split())[:2_000]
        for secret in self._secrets:
            line = line.replace(secret, "…")
        line = _KEYLIKE.sub("…", line)
        return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def error_of(posted: Posted, wish: Wish, telling: Telling) -> VoiceError | None:
    """What went wrong with a call; None: it was answered with 200."""
    if posted.failure is not None:
        return TranscriberAway("no connection" if posted.failure == "not_connected" else "no answer")
    status, words = posted.status, words_of(posted.body)
    if status == 200:
        return None
    shown = telling.told(f"HTTP {status}: {words}" if words else f"HTTP {status}")
    wait = retry_after(posted.headers)
    if status == 429 and _NO_CREDIT.search(words):
        return TranscriberMisconfigured(shown)
    if status in (429, 529) or (status == 503 and wait is not None):
        return TranscriberBusy(shown, wait)
    if status >= 500 or status in (408, 409, 425) or 200 < status < 300:
        return TranscriberAway(shown)
    if status == 413:
        return TooMuchSound("too_large", shown)
    if status in (400, 415, 422):
        return _of_refusal(status, words, shown, wish)
    return TranscriberMisconfigured(shown)


def _of_refusal(status: int, words: str, shown: str, wish: Wish) -> VoiceError:
    """A request that the service understood and will not answer: the note's fault, its language's, or ours."""
    if _TOO_SHORT.search(words):
        return Unhearable("empty", shown)
    if _TOO_LONG.search(words):
        return TooMuchSound("too_long", shown)
    if _TOO_LARGE.search(words):
        return TooMuchSound("too_large", shown)
    if status == 415 or _DAMAGED.search(words):
        return Unhearable("damaged", shown)
    if wish.language is not None and _LANGUAGE.search(words):
        return LanguageUnknown(shown)
    return TranscriberMisconfigured(shown)


def words_of(body: bytes) -> str:
    """A service's words about an error, with its code and whose parameter it is; "" for a page."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return ""
    inner = told.get("error", told) if isinstance(told, Mapping) else told
    if isinstance(inner, Mapping):
        parts = (inner.get("message") or inner.get("detail"), inner.get("code"), inner.get("param"))
        return " ".join(_flat(each) for each in parts if each)
    return _flat(inner)


def _flat(value: object) -> str:
    """A text as it is; what is nested as JSON: validators tell a list of where and what."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a reply wants us to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date."""
    said, seconds = headers.get("retry-after", ""), None
    with suppress(ValueError):
        here = parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC)
        seconds = (parsedate_to_datetime(said) - here).total_seconds()
    with suppress(ValueError):
        seconds = float(said)
    with suppress(ValueError):
        seconds = float(headers.get("retry-after-ms", "")) / 1_000
    return None if seconds is None or seconds != seconds else min(max(seconds, 0.0), _LONGEST_WAIT)
