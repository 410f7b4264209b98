"""JSON as it was meant: one pass over what models get wrong, in time that grows with its length alone.

Taken as meant: trailing and missing commas, single or typographic quotes, quotes within a string, line breaks in
strings, names without quotes, Python's literals, comments, and an end that is missing.
"""

from __future__ import annotations

import re
from typing import Any, Final

DEEPEST: Final = 40
_BLANK: Final = re.compile(r"(?:\s++|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z))*+")
_QUOTES: Final = {'"': '"', "'": "'", "“": "”", "”": "”"}
_INSIDE: Final = {quote: re.compile(rf"[^\\{quote}]*+") for quote in set(_QUOTES.values())}
_ENDS_NAME: Final = re.compile(r"\s*+:")
_ENDS_VALUE: Final = re.compile(r"""\s*+(?:[\]}]|\Z|,\s*+(?:["'“{\[\]}\d-]|true|false|null|True|False|None|\Z))""")
_BARE: Final = re.compile(r"[^,:\]}\[{\n\"]++")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d{0,17})(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?")
_LITERALS: Final = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_HEX: Final = re.compile(r"[0-9a-fA-F]{4}")


class TooDeep(ValueError):
    """More levels than any answer has."""


def read(text: str, at: int = 0) -> Any:
    """The value that begins there with a bracket. Raises TooDeep, and ValueError where none begins."""
    if text[at : at + 1] not in ("{", "["):
        raise ValueError("no object or list begins here")
    return _Reader(text, at).value(0)


class _Reader:
    """One pass; `at` only moves forward."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self._at = at

    def value(self, depth: int) -> Any:
        """What begins here."""
        if depth > DEEPEST:
            raise TooDeep(f"more than {DEEPEST} levels")
        char = self._next()
        if char == "{":
            return self._object(depth)
        if char == "[":
            return self._list(depth)
        if char in _QUOTES:
            return self._string(_ENDS_VALUE)
        return self._bare()

    def _next(self) -> str:
        """The next sign that counts, not taken; "" at the end."""
        found = _BLANK.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._text[self._at : self._at + 1]

    def _object(self, depth: int) -> dict[str, Any]:
        self._at += 1
        found: dict[str, Any] = {}
        while (char := self._next()) not in ("", "}", "]"):
            if char in (",", ":", "{", "["):
                self._at += 1
                continue
            name = self._string(_ENDS_NAME) if char in _QUOTES else str(self._bare())
            if self._next() == ":":
                self._at += 1
                if self._next() not in ("", ",", "}", "]"):
                    found[name] = self.value(depth + 1)
        self._at += char == "}"
        return found

    def _list(self, depth: int) -> list[Any]:
        self._at += 1
        found: list[Any] = []
        while (char := self._next()) not in ("", "}", "]"):
            if char in (",", ":"):
                self._at += 1
                continue
            found.append(self.value(depth + 1))
        self._at += char == "]"
        return found

    def _string(self, ends: re.Pattern[str]) -> str:
        """Up to the quote after which it makes sense to end; to the end of the text, if there is none."""
        text, closing = self._text, _QUOTES[self._text[self._at]]
        pieces: list[str] = []
        self._at += 1
        while self._at < len(text):
            found = _INSIDE[closing].match(text, self._at)
            end = found.end() if found else self._at
            pieces.append(text[self._at : end])
            self._at = end
            if end < len(text) and text[end] == "\\":
                pieces.append(self._escaped())
            elif end < len(text):
                self._at = end + 1
                if ends.match(text, self._at):
                    break
                pieces.append(text[end])
        return "".join(pieces)

    def _escaped(self) -> str:
        """What a backslash and the sign after it stand for."""
        sign = self._text[self._at + 1 : self._at + 2]
        self._at += 2
        if sign == "u" and (code := _HEX.match(self._text, self._at)):
            self._at += 4
            return chr(int(code[0], 16))
        return _ESCAPES.get(sign, sign)

    def _bare(self) -> Any:
        """Words without quotes: a literal, a number, else themselves."""
        found = _BARE.match(self._text, self._at)
        if found is None:
            self._at += 1
            return ""
        self._at = found.end()
        words = found[0].strip()
        if words in _LITERALS:
            return _LITERALS[words]
        if _NUMBER.fullmatch(words):
            return float(words) if set(words) & set(".eE") else int(words)
        return words
