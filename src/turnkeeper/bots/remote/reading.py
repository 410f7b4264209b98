"""What a backend said, out of the bytes that came: plain text, JSON, or events one after the other.

Whatever is not an answer (a page for browsers, JSON without the field, nothing at all) is told apart, never passed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

import msgspec

from turnkeeper.bots.remote.backend import Backend, Form, at

Unread = Literal["a web page", "not JSON", "nothing at its place", "empty", "an error"]

_PAGE: Final = re.compile(rb"\s*(<!doctype html|<html|<head|<\?xml)", re.IGNORECASE)
_DONE: Final = "[DONE]"


class Read(NamedTuple):
    """An answer's words; or, in `unread`, why there are none."""

    text: str = ""
    unread: Unread | None = None


def read(body: bytes, headers: Mapping[str, str], backend: Backend) -> Read:
    """The answer that a whole body holds. Headers in lower case."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "text/html" or _PAGE.match(body):
        return Read(unread="a web page")
    form = _form(kind, backend.form)
    text = body.decode("utf-8", "replace")
    if form == "json":
        return _from_json(body, backend.fields.get("answer", ""))
    if form == "events":
        return _from_events(text, backend.fields.get("piece", ""))
    return _words(text)


def _form(kind: str, form: Form) -> Form:
    if form != "auto":
        return form
    if kind == "text/event-stream":
        return "events"
    return "json" if kind == "application/json" or kind.endswith("+json") else "text"


def _words(text: object) -> Read:
    if not isinstance(text, str):
        return Read(unread="nothing at its place")
    text = text.replace("\x00", "").strip()
    return Read(text) if text else Read(unread="empty")


def _from_json(body: bytes, path: str) -> Read:
    try:
        return _words(at(msgspec.json.decode(body), path))
    except (msgspec.DecodeError, RecursionError):
        return Read(unread="not JSON")


def _from_events(text: str, path: str) -> Read:
    """Pieces in the order in which they came; without a path, an event's data are the words themselves."""
    words: list[str] = []
    for name, data in _events(text):
        if data == _DONE:
            break
        if name == "error":
            return Read(unread="an error")
        if not path:
            words.append(data)
            continue
        try:
            said = msgspec.json.decode(data)
        except (msgspec.DecodeError, RecursionError):
            return Read(unread="not JSON")
        if isinstance(said, dict) and said.get("error"):
            return Read(unread="an error")
        piece = at(said, path)
        words += [piece] if isinstance(piece, str) else []
    return _words("".join(words))


def _events(text: str) -> Iterator[tuple[str, str]]:
    """Name and data of each event of `text/event-stream`, as the HTML standard reads it."""
    event, lines = "", list[str]()
    for line in [*re.split(r"\r\n|\n|\r", text), ""]:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            lines.append(value)
        elif name == "event":
            event = value
        elif not line:
            if lines:
                yield event, "\n".join(lines)
            event, lines = "", []
