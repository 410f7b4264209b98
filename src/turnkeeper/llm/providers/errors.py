"""What went wrong with a call, as one of the port's errors. Nothing shown holds a key or what was asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from pydantic_ai import exceptions as raised

from turnkeeper.llm.base import (
    FileRefused,
    ModelAway,
    ModelBusy,
    ModelError,
    ModelMisconfigured,
    ModelRefused,
    ModelSlow,
    TooMuchSaid,
)
from turnkeeper.model.llm import ChatRequest, Said, ToolResult

LONGEST: Final = 300
_ECHO: Final = 16
"""So many characters of what was asked are an echo of it."""
_LONGEST_WAIT: Final = 86_400.0
_REFUSED: Final = re.compile(
    r"content[ _](filter|policy|management)|moderation|flagged|usage polic|safety", re.IGNORECASE
)
_TOO_LONG: Final = re.compile(
    r"context (length|window|size)|prompt is too long|too many (input )?tokens|maximum (number of )?(input )?tokens"
    r"|input token count|reduce the length|exceed\w* the (available )?context",
    re.IGNORECASE,
)
_OF_FILES: Final = re.compile(r"\b(image|file|document|pdf|media|page)s?\b", re.IGNORECASE)
_NO_JSON: Final = re.compile("Failed to decode response|Expected a JSON")
_KEYLIKE: Final = re.compile(r"\b(sk-|key-|gsk_|AIza)[A-Za-z0-9*_-]{6,}")


class Telling:
    """What may be shown of a provider's words: one line without keys, and nothing of what was asked."""

    def __init__(self, secrets: Iterable[str], request: ChatRequest | None = None) -> None:
        self._secrets = sorted((each for each in secrets if len(each) > 3), key=len, reverse=True)
        self._asked = _words_of(request) if request is not None else ()
        self.files = request is not None and any(isinstance(each, Said) and each.files for each in request.messages)
        """Whether files were attached, which may be what a provider cannot read."""

    def told(self, words: object) -> str:
        """The words, or none where they repeat what was asked."""
        line = " ".join(str(words).split())[:2_000]
        for secret in self._secrets:
            line = line.replace(secret, "…")
        line = _KEYLIKE.sub("…", line)
        if any(_repeats(line, each) for each in self._asked):
            return ""
        return line


def _words_of(request: ChatRequest) -> tuple[str, ...]:
    words = [request.instructions]
    for each in request.messages:
        if isinstance(each, Said):
            words.append(each.text)
        elif isinstance(each, ToolResult):
            words.append(each.content)
    return tuple(" ".join(each.split()) for each in words if len(each) >= _ECHO)


def _repeats(line: str, asked: str) -> bool:
    """Whether some stretch of what was asked stands in the line."""
    steps = range(0, max(len(line) - _ECHO, 0) + 1, 4)
    return asked in line or any(line[at : at + _ECHO] in asked for at in steps if len(line) >= _ECHO)


def of_library(error: Exception, telling: Telling) -> ModelError:
    """The port's error for what the library raised."""
    match error:
        case raised.ModelHTTPError():
            message = message_in(error.body)
            codes = f"{error.provider_error_code or ''} {error.provider_error_type or ''}"
            return _by_category(error, telling) or of_status(
                error.status_code, message, telling, retry_after=error.retry_after, codes=codes
            )
        case raised.ModelRequestTimeout() | raised.ModelTimeoutError():
            return ModelSlow(_said("no answer within its time"))
        case raised.ModelConnectionError():
            return ModelAway(_said("no connection", telling.told(error.message)))
        case raised.ModelAPIError():
            if _NO_JSON.match(error.message):  # what follows is the reply itself
                return ModelAway("its reply is not JSON")
            message = message_in(error.body) or error.message
            return _by_category(error, telling) or ModelAway(_said("the provider failed", telling.told(message)))
        case raised.ContentFilterError():
            return ModelRefused("it declined to answer (content filter)")
        case raised.UserError():
            return ModelMisconfigured(_said("the request does not suit this model", telling.told(error.message)))
    return ModelAway(f"its reply could not be understood ({type(error).__name__})")


def _by_category(error: raised.ModelAPIError, telling: Telling) -> ModelError | None:
    """What the library found out from the provider's own code."""
    status = getattr(error, "status_code", None)
    words = telling.told(message_in(error.body))
    match error:
        case raised.ModelContextWindowExceededError():
            return TooMuchSaid(_said("more than the model can read", words), status=status)
        case raised.ModelQuotaExceededError():
            return ModelMisconfigured(_said("the account's quota or credit is used up", words), status=status)
        case raised.ModelRateLimitError() | raised.ModelOverloadedError():
            return ModelBusy(_said("busy", words), status=status, retry_after=wait(error.retry_after))
    return None


def of_status(
    status: int, message: str, telling: Telling, *, retry_after: float | None = None, codes: str = ""
) -> ModelError:
    """The port's error for an HTTP status and the provider's words."""
    words = _said(f"HTTP {status}", telling.told(message))
    if status in (429, 529) or (status == 503 and retry_after is not None):
        return ModelBusy(words, status=status, retry_after=wait(retry_after))
    if status in (408, 504):
        return ModelSlow(words, status=status)
    if status >= 500 or status < 400 or status in (409, 425):
        return ModelAway(words, status=status)
    if status == 413 or _TOO_LONG.search(message):
        return TooMuchSaid(words, status=status)
    if status in (400, 403, 422) and _REFUSED.search(f"{codes} {message}"):
        return ModelRefused(words, status=status)
    if telling.files and status in (400, 404, 415, 422) and _OF_FILES.search(message):
        return FileRefused(words, status=status)
    return ModelMisconfigured(words, status=status)


def wait(seconds: float | None) -> float | None:
    """How long the provider wants to be left alone; a day at most."""
    return None if seconds is None else min(max(seconds, 0.0), _LONGEST_WAIT)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a reply wants us to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date."""
    said = headers.get("retry-after", "")
    with suppress(ValueError):
        return float(headers.get("retry-after-ms", "")) / 1_000
    with suppress(ValueError):
        return float(said)
    with suppress(ValueError):
        here = parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC)
        return max((parsedate_to_datetime(said) - here).total_seconds(), 0.0)
    return None


def message_in(body: Any) -> str:
    """The provider's words in an error's body: each family has them elsewhere. "" for a page of HTML."""
    if isinstance(body, list) and body:
        body = body[0]
    if isinstance(body, str):
        return _no_page(body)
    if not isinstance(body, Mapping):
        return ""
    inner = body.get("error", body)
    if isinstance(inner, str):
        return inner
    if isinstance(inner, Mapping):
        metadata = inner.get("metadata")
        raw = metadata.get("raw") if isinstance(metadata, Mapping) else None
        words = _no_page(str(inner.get("message") or inner.get("detail") or ""))
        return f"{words} {raw}" if isinstance(raw, str) else words
    return ""


def _no_page(words: str) -> str:
    return "" if words.lstrip()[:1] == "<" else words


def _said(what: str, words: str = "") -> str:
    line = f"{what}: {words}" if words else what
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
