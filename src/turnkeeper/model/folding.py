"""How words compare: what people mean by them, not how they type them."""

from __future__ import annotations

import unicodedata

_COMMON = 0x3100
"""Below: alphabets and syllables, a few thousand characters."""

# Letters that mean the same to a hurried writer but do not fold together by themselves.
_SAME = str.maketrans({
    "ı": "i", "ł": "l", "đ": "d", "ø": "o", "ð": "d", "æ": "ae", "œ": "oe",
    "ی": "ي", "ى": "ي", "ک": "ك", "ہ": "ه", "ھ": "ه", "ة": "ه", "ۃ": "ه",
    "'": None, "’": None, "‘": None, "`": None, "ʻ": None, "ʼ": None, "\u0640": None,
})  # fmt: skip


def fold(text: str) -> str:
    """The words of a text, without case, accents, width, punctuation and needless space."""
    spread = unicodedata.normalize("NFKD", text.casefold()).casefold().translate(_SAME)
    return " ".join(spread.translate(_LETTERS).split())


class _Letters(dict[int, str]):
    """What stays of each character, found out once: every message of every contact comes by here."""

    def __missing__(self, code: int) -> str:
        stays = _letter(chr(code))
        if code < _COMMON:
            self[code] = stays
        return stays


_LETTERS = _Letters()


def _letter(char: str) -> str:
    """What stays of a character: itself in a word, nothing for an accent, a space for the rest."""
    category = unicodedata.category(char)
    if category in ("Cf", "Me") or "\ufe00" <= char <= "\ufe0f":
        return ""
    if category[0] == "M":
        # Vowel signs and viramas are letters in their scripts; classes from 10 up are accents.
        return "" if unicodedata.combining(char) >= 10 else char
    if category == "Nd":
        return str(unicodedata.decimal(char))
    return char if category[0] in "LN" else " "
