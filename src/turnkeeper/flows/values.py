"""Values and their marks: `{{name}}`, `{{contact.city}}`, `{{name|friend}}` in the texts of a flow.

A name that nobody has set stands for nothing, or for what follows the bar. A mark is never filled in twice, so nobody's
words become marks.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

MARK: Final = re.compile(r"\{\{\s*([A-Za-z_][\w.]{0,99})\s*(?:\|([^{}]{0,200}))?\}\}")
NAME: Final = re.compile(r"[A-Za-z_]\w{0,63}")
"""How a variable may be called."""
LONGEST: Final = 4096
"""Characters of a value that are kept or compared."""
_DEEPEST: Final = 8
_PLACES: Final = 6
"""Digits of a place in a list."""


def looked_up(data: Any, path: str) -> Any:
    """What `a.b.0` leads to in nested JSON; None where it leads nowhere."""
    parts = path.split(".", _DEEPEST)
    if len(parts) > _DEEPEST:
        return None
    found = data
    for part in parts:
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, list | tuple) and part.isascii() and part.isdigit() and len(part) <= _PLACES:
            found = found[int(part)] if int(part) < len(found) else None
        else:
            return None
    return found


def written(value: Any, depth: int = 0) -> str:
    """A value as it stands in a text."""
    match value:
        case None:
            return ""
        case str():
            return value[:LONGEST]
        case bool():
            return "yes" if value else "no"
        case float() if abs(value) < 1e15:
            plain = f"{value:.10f}".rstrip("0").rstrip(".")
            return "0" if plain == "-0" else plain
        case int() if value.bit_length() > 1000:
            return ""
        case list() | tuple() | Mapping() if depth >= _DEEPEST:
            return "…"
        case list() | tuple():
            return ", ".join(written(each, depth + 1) for each in value[:50])[:LONGEST]
        case Mapping():
            several = list(value.items())[:50]
            return ", ".join(f"{key}: {written(each, depth + 1)}" for key, each in several)[:LONGEST]
    return str(value)[:LONGEST]


def number(value: Any) -> float | None:
    """A value as a number: also one that was typed, with commas or dots between thousands."""
    match value:
        case bool():
            return None
        case int() if value.bit_length() > 1000:
            return None
        case int() | float():
            return float(value) if math.isfinite(value) else None
        case str():
            return typed_number(value)
    return None


_GROUPED: Final = r"[1-9]\d{0,2}(?:(?P<by>[ ,.'])\d{3})(?:(?P=by)\d{3})*(?:[.,]\d+)?"
_LAKHS: Final = r"\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?"
_NUMBER: Final = re.compile(rf"[+-]?(?:{_GROUPED}|{_LAKHS}|\d+(?:[.,]\d+)?|[.,]\d+)")
_SIGNS: Final = str.maketrans({
    "٫": ".", "٬": ",", "−": "-", "–": "-", "’": "'", "\u00a0": " ", "\u202f": " ", "\u2009": " ",
})  # fmt: skip
_LONGEST_NUMBER: Final = 40


def figures(text: str) -> str:
    """A text with the digits of any script, and the signs between them, as ASCII has them."""
    return "".join(str(int(char)) if char.isdecimal() else char for char in text.translate(_SIGNS))


def typed_number(text: str) -> float | None:
    """A number that somebody typed, in digits of any script: "1,200.5", "1.200,50", "1,00,000", "١٢". One separator
    with three digits behind it parts thousands, but not behind a zero."""
    if len(text) > _LONGEST_NUMBER:
        return None
    plain = figures(text.strip())
    found = _NUMBER.fullmatch(plain)
    if found is None:
        return None
    last = max(plain.rfind(","), plain.rfind("."))
    parted = found["by"] or ("," if plain.count(",") > 1 else "")
    if parted:
        tail = plain[last + 1 :] if last > 0 and plain[last] != parted else ""
        head = plain[:last] if tail else plain
        return float(f"{head.replace(parted, '')}.{tail or 0}")
    return float(plain.replace(",", "."))


def names_in(text: str) -> Iterator[str]:
    """The names of a text's marks, as they stand there."""
    return (found[1] for found in MARK.finditer(text)) if "{{" in text else iter(())


def strays_in(text: str) -> Iterator[str]:
    """What begins like a mark and is none, so that it is shown as it stands."""
    if "{{" in text:
        for piece in MARK.sub("", text).split("{{")[1:]:
            yield f"{{{{{piece.partition('}}')[0][:40]}"


def values_of(text: str, data: Mapping[str, Any]) -> dict[str, str]:
    """What stands for each mark of a text, by the whole mark's inside."""
    found: dict[str, str] = {}
    if "{{" in text:
        for mark in MARK.finditer(text):
            said = written(looked_up(data, mark[1]))
            found[inside(mark)] = said or (mark[2] or "").strip()
    return found


def inside(mark: re.Match[str]) -> str:
    """A mark without its braces: what `values` are kept by."""
    return mark[0][2:-2].strip()


def put(text: str, values: Mapping[str, str], write: Callable[[str], str] = str) -> str:
    """A text with those marks filled in that have a value, each written as `write` does (escaped, quoted); others stand
    as they are, and what was put in is not looked at again."""
    if not values or "{{" not in text:
        return text
    return MARK.sub(lambda mark: write(values[inside(mark)]) if inside(mark) in values else mark[0], text)


def filled(text: str, data: Mapping[str, Any]) -> str:
    """A text with its marks filled in, as it stands: for models and conditions, not for Markdown."""
    return put(text, values_of(text, data))
