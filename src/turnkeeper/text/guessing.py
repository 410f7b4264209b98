"""Which language a few words are in: by their script, and where many share one, by words that each uses all the time.

A guess for choosing a language to begin with, never for anything that must be right.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

_SCRIPTS: Final = (
    ("ja", "\u3040", "\u30ff"), ("ko", "\uac00", "\ud7af"), ("ko", "\u1100", "\u11ff"), ("zh", "\u3400", "\u9fff"),
    ("th", "\u0e00", "\u0e7f"), ("lo", "\u0e80", "\u0eff"), ("my", "\u1000", "\u109f"), ("km", "\u1780", "\u17ff"),
    ("hi", "\u0900", "\u097f"), ("bn", "\u0980", "\u09ff"), ("pa", "\u0a00", "\u0a7f"), ("gu", "\u0a80", "\u0aff"),
    ("ta", "\u0b80", "\u0bff"), ("te", "\u0c00", "\u0c7f"), ("kn", "\u0c80", "\u0cff"), ("ml", "\u0d00", "\u0d7f"),
    ("si", "\u0d80", "\u0dff"), ("he", "\u0590", "\u05ff"), ("el", "\u0370", "\u03ff"), ("hy", "\u0530", "\u058f"),
    ("ka", "\u10a0", "\u10ff"), ("am", "\u1200", "\u137f"), ("dv", "\u0780", "\u07bf"),
    ("ar", "\u0600", "\u06ff"), ("ar", "\u0750", "\u077f"), ("ru", "\u0400", "\u04ff"),
)  # fmt: skip
"""The language that a script is mostly used for, with its first and last character."""

_LETTERS: Final = {
    "ar": (("ur", "ٹڈڑںےھہ"), ("fa", "پچژگی")),
    "ru": (("uk", "іїєґ"), ("kk", "әғқңұ")),
}
"""Languages of the same script that have letters which the first has not."""

_WORDS: Final = {
    "en": "the is are what how why when who do does did can i you my your to of and in it for please hello hi thanks",
    "es": "el los las es qué que cómo como por para una un de y en mi tu hola gracias está puedo cuál dónde",
    "fr": "le les est que quoi comment pourquoi je tu vous mon ma des et un une bonjour merci dans ce quelle où",
    "de": "der die das ist was wie warum ich du sie mein und ein eine zu nicht kann bitte hallo danke wo wann",
    "pt": "o os as é que como por para um uma de e em meu minha olá obrigado não você posso onde qual",
    "it": "il lo gli è che cosa come perché per un una di e in mio ciao grazie non posso dove quale sono",
    "nl": "de het een is wat hoe waarom ik jij je mijn en van niet kan hallo bedankt waar wanneer",
    "tr": "ve bir bu ne nasıl neden ben sen mı mi mu mü için var mıdır merhaba teşekkürler nedir değil",
    "id": "apa bagaimana kenapa saya kamu dan yang di ke tidak nggak gak bisa itu ini halo terima kasih hukum adalah",
    "ms": "apa bagaimana macam mana kenapa saya awak dan yang di ke tak boleh itu ini terima kasih adakah hendak",
    "sw": "na ni ya wa kwa nini je mimi wewe habari asante hii gani vipi nataka kuhusu",
    "so": "waa maxay sidee iyo ka ku aan adiga mahadsanid maya haa waxaan",
    "bs": "je li što šta kako zašto ja ti i u na za hvala zdravo može sam da ne",
    "sq": "është çfarë si pse unë ti dhe në për faleminderit një nuk mund",
    "pl": "jest co jak dlaczego ja ty i w na do nie czy dziękuję cześć mogę",
    "vi": "là gì thế nào tại sao tôi bạn và của không có cảm ơn xin chào",
    "ha": "da na menene yaya me ya ni kai nagode ina wannan ba",
    "tl": "ang ng ano paano bakit ako ikaw at sa hindi salamat po mga ba",
}  # fmt: skip
_USED_BY: Final = {
    word: tuple(language for language, words in _WORDS.items() if word in words.split())
    for words in _WORDS.values()
    for word in words.split()
}
_LATIN: Final = re.compile(r"[a-zA-Z\u00c0-\u024f\u1e00-\u1eff]+")
_READ: Final = 2_000
"""Characters that are looked at."""


def language_of(text: str) -> str | None:
    """The ISO 639-1 code of the language; None where nothing tells it."""
    text = text[:_READ].lower()
    letters = Counter(found for each in text if (found := _of(each)) is not None)
    if not letters:
        return None
    language, most = letters.most_common(1)[0]
    if language == "zh" and letters["ja"]:  # Japanese is written with Chinese characters and kana
        return "ja"
    if language == "latin":
        return _by_words(text)
    for other, own in _LETTERS.get(language, ()):
        if any(each in own for each in text):
            return other
    return language if most >= 2 else None


def _of(letter: str) -> str | None:
    """The language of a script; "latin" of the one that most share."""
    if _LATIN.fullmatch(letter):
        return "latin"
    return next((language for language, first, last in _SCRIPTS if first <= letter <= last), None)


def _by_words(text: str) -> str | None:
    """The one whose words it has most of; a word of several languages counts for each a part. None for a draw."""
    scores: Counter[str] = Counter()
    for word in _LATIN.findall(text):
        used_by = _USED_BY.get(word, ())
        for language in used_by:
            scores[language] += 60 // len(used_by)
    best = scores.most_common(2)
    if not best or (len(best) > 1 and best[0][1] == best[1][1]):
        return None
    return best[0][0]
