"""Values and their marks: `{{name}}`, `{{contact.city}}`, `{{name|friend}}` in the texts of a flow.

A name that nobody has set stands for nothing, or for what follows the bar. A mark is never filled in twice, so nobody's
words become marks.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

MARK: Final = re.compile(r"\{\{\s*([A-Za-z_][\w.]{0,99})\s*(?:\|([^{}]{0,200}))?\}\}")
NAME: Final = re.compile(r"[A-Za-z_]\w{0,63}")
"""How a variable may be called."""
LONGEST: Final = 4096
"""Characters of a value that are kept or compared."""
_DEEPEST: Final = 8


def looked_up(data: Mapping[str, Any], path: str) -> Any:
    """What `a.b.0` leads to in nested JSON; None where it leads nowhere."""
    found: Any = data
    for part in path.split(".", _DEEPEST)[:_DEEPEST]:
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, list | tuple) and part.isascii() and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        else:
            return None
    return found


def written(value: Any) -> str:
    """A value as it stands in a text."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case list() | tuple():
            return ", ".join(written(each) for each in value[:50])[:LONGEST]
        case Mapping():
            return ", ".join(f"{key}: {written(each)}" for key, each in list(value.items())[:50])[:LONGEST]
    return str(value)[:LONGEST]


def number(value: Any) -> float | None:
    """A value as a number: also one that was typed, with commas or dots between thousands."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else None
    return typed_number(str(value)) if len(str(value)) <= 40 else None


_NUMBER = re.compile(r"[+-]?\d{1,3}(?:([ ,.'\u00a0\u202f])\d{3})(?:\1\d{3})*(?:[.,]\d+)?|[+-]?\d+(?:[.,]\d+)?")


def typed_number(text: str) -> float | None:
    """A number that somebody typed, in digits of any script: "1,200.5", "1.200,50", "١٢". One separator with three
    digits behind it parts thousands."""
    plain = "".join(str(_digit(char)) if char.isdecimal() else char for char in text.strip())
    found = _NUMBER.fullmatch(plain)
    if found is None:
        return None
    if found[1]:
        head, tail = plain, ""
        last = max(plain.rfind(","), plain.rfind("."))
        if last > 0 and plain[last] != found[1]:
            head, tail = plain[:last], plain[last + 1 :]
        plain = head.replace(found[1], "") + (f".{tail}" if tail else "")
    return float(plain.replace(",", "."))


def _digit(char: str) -> int:
    return int(char)


def names_in(text: str) -> Iterator[str]:
    """The names of a text's marks, as they stand there."""
    return (found[1] for found in MARK.finditer(text))


def values_of(text: str, data: Mapping[str, Any]) -> dict[str, str]:
    """What stands for each mark of a text, by the whole mark's inside."""
    found: dict[str, str] = {}
    for mark in MARK.finditer(text):
        said = written(looked_up(data, mark[1]))
        found[inside(mark)] = said or (mark[2] or "").strip()
    return found


def inside(mark: re.Match[str]) -> str:
    """A mark without its braces: what `values` are kept by."""
    return mark[0][2:-2].strip()


def filled(text: str, data: Mapping[str, Any]) -> str:
    """A text with its marks filled in, as it stands: for models and conditions, not for Markdown."""
    values = values_of(text, data)
    return MARK.sub(lambda mark: values[inside(mark)], text)
