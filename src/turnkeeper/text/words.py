"""Words for the full-text index: the same for documents and questions, whatever database keeps them.

Case, accents, Arabic vowel signs and letter variants do not count. A word has several forms, since the language of
Latin letters is not known: as it stands, its English and its Indonesian stem. Scripts that put no spaces between words
become pairs of neighbouring characters. Every form is letters, marks and digits alone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from typing import Any, Final

from turnkeeper.model.knowledge import Forms
from turnkeeper.text.weak_words import WEAK

VERSION: Final = 1
"""Counts up when forms change: what was kept before is to be read again."""
MOST_ASKED: Final = 40
"""Words of a question that are looked for."""

_LONGEST: Final = 40
_SHORTEST_STEMMED: Final = 4
_TOGETHER: Final = r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}ー"
_STEMMERS: Final = {
    "latin": ("english", "indonesian"),
    "cyrillic": ("russian",),
    "greek": ("greek",),
    "devanagari": ("hindi",),
    "tamil": ("tamil",),
}
_SCRIPTS: Final = (
    (0x0000, 0x024F, "latin"),
    (0x1E00, 0x1EFF, "latin"),
    (0x0370, 0x03FF, "greek"),
    (0x0400, 0x052F, "cyrillic"),
    (0x0600, 0x06FF, "arabic"),
    (0x0750, 0x077F, "arabic"),
    (0x0900, 0x097F, "devanagari"),
    (0x0B80, 0x0BFF, "tamil"),
)
_ARABIC_VARIANTS: Final = str.maketrans("أإآٱىةؤئکیھ", "ااااي" + "هوي" + "كيه")
_ARABIC_BEFORE: Final = ("وال", "بال", "كال", "فال", "لل", "ال")
_ARABIC_AFTER: Final = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي")
_LEAST_LEFT: Final = 3


def words(text: str) -> Iterator[Forms]:
    """The words of a text in order, each in its forms, the plainest first."""
    for found in _pattern().finditer(unicodedata.normalize("NFKC", text).casefold()):
        if found[1] is not None:
            yield from ((pair,) for pair in _pairs(found[1]))
        elif forms := forms_of(found[2][:_LONGEST]):
            yield forms


def placed(text: str) -> Iterator[tuple[int, int, Forms]]:
    """The words of a text with where each begins and ends in it, as it is written."""
    for found in _pattern().finditer(text):
        spans = [found.span()] if found[1] is None else _pair_spans(found.start(), found[1])
        for start, end in spans:
            for each in words(text[start:end]):
                yield start, end, each


def _pair_spans(start: int, run: str) -> list[tuple[int, int]]:
    ends = [start + each.end() for each in _cluster().finditer(run)]
    starts = [start, *ends]
    return [(starts[at], ends[at + 1]) for at in range(len(ends) - 1)] or [(start, start + len(run))]


def terms(text: str) -> tuple[str, int]:
    """The words of a text as they are kept, and how many there are."""
    found = ["|".join(forms) for forms in words(_without_targets(text))]
    return " ".join(found), len(found)


def asked(question: str) -> tuple[Forms, ...]:
    """The words that a question asks for, each once; those that say little only where there are no others."""
    found = tuple(dict.fromkeys(words(_without_targets(question))))
    return (tuple(forms for forms in found if WEAK.isdisjoint(forms)) or found)[:MOST_ASKED]


def says_something(question: str) -> bool:
    """Whether a question asks for more than words that say little."""
    return any(WEAK.isdisjoint(forms) for forms in asked(question))


@lru_cache(maxsize=50_000)
def forms_of(word: str) -> Forms:
    """The forms of one casefolded word; none if nothing of it is left."""
    script = _script(word)
    if script == "arabic":
        plain = _bare(word).translate(_ARABIC_VARIANTS)
        return _distinct(plain, _light(plain))
    plain = unicodedata.normalize("NFC", _bare(word) if script in ("latin", "greek") else word)
    if not plain.isascii() and any(char.isdecimal() for char in plain):
        plain = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in plain)
    if len(plain) < _SHORTEST_STEMMED or plain.isdecimal():
        return _distinct(plain)
    return _distinct(plain, *(_stemmed(algorithm, plain) for algorithm in _STEMMERS.get(script, ())))


def _distinct(*forms: str) -> Forms:
    return tuple(dict.fromkeys(form for form in forms if form))


def _bare(word: str) -> str:
    """Without accents, vowel signs and the stroke that only makes Arabic words longer."""
    if word.isascii():
        return word
    apart = unicodedata.normalize("NFD", word)
    return "".join(char for char in apart if not unicodedata.combining(char) and char != "\u0640")


def _script(word: str) -> str:
    for char in word:
        if char.isalpha():
            code = ord(char)
            return next((name for first, last, name in _SCRIPTS if first <= code <= last), "")
    return ""


def _light(word: str) -> str:
    """An Arabic word without what is written together with it: article, "and", endings of number and possession."""
    if word.startswith("و") and len(word) > _LEAST_LEFT + 1 and not word.startswith("وال"):
        word = word[1:]
    for before in _ARABIC_BEFORE:
        if word.startswith(before) and len(word) - len(before) >= _LEAST_LEFT - 1:
            word = word[len(before) :]
            break
    for after in _ARABIC_AFTER:
        if word.endswith(after) and len(word) - len(after) >= _LEAST_LEFT - 1:
            return word[: -len(after)]
    return word


def _pairs(run: str) -> Iterator[str]:
    """Neighbouring characters, each with its marks; one alone stands for itself."""
    clusters = [each[0] for each in _cluster().finditer(run)]
    if len(clusters) == 1:
        yield clusters[0]
    for at in range(len(clusters) - 1):
        yield clusters[at] + clusters[at + 1]


def _stemmed(algorithm: str, word: str) -> str:
    stemmed: str = _stemmer(algorithm)().stemWord(word)  # one for each word: they keep the word they work on
    return stemmed


@cache
def _stemmer(algorithm: str) -> Callable[[], Any]:
    # The class itself: the package would take another implementation where one is installed.
    import snowballstemmer  # type: ignore[import-untyped]

    module = getattr(snowballstemmer, f"{algorithm}_stemmer")
    stemmer: Callable[[], Any] = getattr(module, f"{algorithm.capitalize()}Stemmer")
    return stemmer


def _without_targets(text: str) -> str:
    """Markdown's links by their words alone."""
    return _target().sub("]", text) if "](" in text else text


@cache
def _pattern() -> Any:
    import regex  # type: ignore[import-untyped]

    together = rf"[{_TOGETHER}][{_TOGETHER}\p{{M}}]*"
    return regex.compile(rf"({together})|([[\p{{L}}\p{{M}}\p{{N}}]--[{_TOGETHER}]]+)", regex.V1)


@cache
def _cluster() -> Any:
    import regex

    return regex.compile(r"\P{M}\p{M}*|\p{M}+")


@cache
def _target() -> Any:
    import regex

    return regex.compile(r"\]\([^()\s]*(?:\s[^()]*)?\)")
