"""Reading JSON that others wrote: a reader gives the value if it is usable, else None."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import msgspec

from turnkeeper.channels.base import NotThisProvider

Item = dict[str, Any]
"""A JSON object whose fields may hold anything."""

ID_LENGTH = 512
"""Longest id that is believed: ids become keys of rows, where far longer ones are refused."""
_HUGE = 10**40
_LATEST = 10**11
_NUMERIC = (int, float, str)
_DEEPEST = 100
_TEXT_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


def decode(body: bytes) -> object:
    """The JSON value of a body, its texts free of NUL and lone surrogates (databases refuse both).

    What is almost JSON (NaN, numbers out of range, lone surrogates, bytes that are not UTF-8, nesting
    without end) is read too, None or U+FFFD in its place: one broken item must not cost its neighbours.
    Raises NotThisProvider.
    """
    try:
        value = msgspec.json.decode(body)
        return _clean(value) if holds_nul(body) else value
    except (ValueError, RecursionError):
        return _decode_almost_json(body)


def holds_nul(body: bytes) -> bool:
    """Whether one of its texts may hold a NUL. Few bodies have a backslash at all, which is found in no time."""
    return b"\\" in body and b"\\u0000" in body


def _decode_almost_json(body: bytes) -> object:
    try:
        text = _without_depths(body).decode("utf-8", "replace")
        return _clean(json.loads(text, parse_int=_integer, parse_constant=lambda _: None))
    except ValueError as error:
        raise NotThisProvider("the body is not JSON") from error


def _without_depths(body: bytes) -> bytes:
    """The body with null for what is nested deeper than anything that a provider means."""
    kept, depth, start = [], 0, 0
    for found in _TEXT_OR_BRACKET.finditer(body):
        if found[0] in b"[{":
            depth += 1
            if depth == _DEEPEST + 1:
                kept += [body[start : found.start()], b"null"]
        elif found[0] in b"]}":
            if depth == _DEEPEST + 1:
                start = found.end()
            depth -= 1
    if depth <= _DEEPEST:
        kept.append(body[start:])
    return b"".join(kept)


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) < 40 else None


def _clean(value: object) -> object:
    match value:
        case str():
            return _clean_text(value)
        case dict():
            return {_clean_text(key): _clean(item) for key, item in value.items()}
        case list():
            return [_clean(item) for item in value]
        case float() if not math.isfinite(value):
            return None
    return value


def _clean_text(value: str) -> str:
    value = value.replace("\x00", "\ufffd")
    if value.isascii():
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def read_object(body: bytes) -> Item | None:
    """A JSON object, None for anything else."""
    try:
        return mapping(msgspec.json.decode(body))
    except (ValueError, RecursionError):
        return None


def mapping(value: object) -> Item | None:
    """An object."""
    return value if isinstance(value, dict) else None


def listing(value: object) -> list[Any] | None:
    """An array."""
    return value if isinstance(value, list) else None


def text(value: object) -> str | None:
    """A string, or a whole number as one."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and -_HUGE < value < _HUGE:
        return str(value)
    return None


def external_id(value: object) -> str | None:
    """A provider's id: not empty, not absurdly long."""
    if value is None:
        return None
    if type(value) is str:
        return value if 0 < len(value) <= ID_LENGTH else None
    found = text(value)
    return found if found and len(found) <= ID_LENGTH else None


def whole(value: object, limit: int) -> int | None:
    """A whole number from 0 to below `limit`, also if it is written as a string or as 1.0."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit() and len(value) < 40):
            return None
        value = int(value)
    if isinstance(value, float):
        if not value.is_integer():
            return None
        value = int(value)
    return value if isinstance(value, int) and 0 <= value < limit else None


def number(value: object) -> float | None:
    """A finite number, also if it is written as a string."""
    if isinstance(value, bool) or not isinstance(value, _NUMERIC):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def unix_seconds(value: object) -> int | None:
    """An instant in unix seconds (until the year 5138)."""
    if type(value) is int and 0 <= value < _LATEST:
        return value
    if type(value) is str and len(value) < 12 and value.isascii() and value.isdigit():
        return int(value)
    return whole(value, _LATEST)


def phone_digits(value: object) -> str | None:
    """The digits of a phone number, without its plus."""
    found = value if type(value) is str else text(value)
    if not found:
        return None
    digits = found[1:] if found[0] == "+" else found
    return digits if digits.isascii() and digits.isdigit() and 3 <= len(digits) <= 20 else None


def kept(value: object, depth: int = 8) -> Any:
    """The value as it may be stored beside an event; what lies deeper than `depth` is left out."""
    match value:
        case dict():
            return {key: kept(item, depth - 1) for key, item in value.items()} if depth else None
        case list():
            return [kept(item, depth - 1) for item in value] if depth else None
        case int() if not -_HUGE < value < _HUGE:
            return None
    return value


def raw(value: object) -> bytes:
    """The value as JSON, for keeping what could not be read."""
    try:
        return msgspec.json.encode(value)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return msgspec.json.encode(kept(value))
