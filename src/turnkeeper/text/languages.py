"""Languages by name and by writing: as much as is needed to know which one somebody can read.

Rule: writing tells scripts, not languages. What is in a script that a language is written in may be in that language.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Final

_NAMES: Final = {
    "ar": "arabic العربية عربي", "en": "english", "ur": "urdu اردو", "fa": "persian farsi فارسی", "id": "indonesian",
    "ms": "malay melayu", "tr": "turkish türkçe", "fr": "french français", "de": "german deutsch",
    "es": "spanish español", "pt": "portuguese português", "it": "italian italiano", "nl": "dutch nederlands",
    "ru": "russian русский", "uk": "ukrainian українська", "hi": "hindi हिन्दी", "bn": "bengali bangla বাংলা",
    "ta": "tamil தமிழ்", "te": "telugu", "mr": "marathi", "gu": "gujarati", "pa": "punjabi", "th": "thai ไทย",
    "vi": "vietnamese", "zh": "chinese 中文", "ja": "japanese 日本語", "ko": "korean 한국어", "he": "hebrew עברית",
    "el": "greek ελληνικά", "sw": "swahili kiswahili", "ha": "hausa", "so": "somali", "am": "amharic አማርኛ",
    "bs": "bosnian bosanski", "sq": "albanian shqip", "pl": "polish polski", "uz": "uzbek", "kk": "kazakh",
    "ps": "pashto پښتو", "ku": "kurdish", "ml": "malayalam", "ne": "nepali", "my": "burmese", "la": "latin",
}  # fmt: skip
_CODES: Final = {name: code for code, names in _NAMES.items() for name in names.split()}
# Scripts by the first word of their letters' Unicode names; languages that are not here are written in Latin.
_SCRIPTS: Final = {
    "ar": "ARABIC", "fa": "ARABIC", "ur": "ARABIC", "ps": "ARABIC", "ku": "ARABIC LATIN", "he": "HEBREW",
    "yi": "HEBREW", "ru": "CYRILLIC", "uk": "CYRILLIC", "bg": "CYRILLIC", "mk": "CYRILLIC", "be": "CYRILLIC",
    "kk": "CYRILLIC LATIN", "ky": "CYRILLIC", "mn": "CYRILLIC", "tg": "CYRILLIC", "sr": "CYRILLIC LATIN",
    "uz": "LATIN CYRILLIC", "el": "GREEK", "hi": "DEVANAGARI", "mr": "DEVANAGARI", "ne": "DEVANAGARI",
    "bn": "BENGALI", "ta": "TAMIL", "te": "TELUGU", "gu": "GUJARATI", "pa": "GURMUKHI ARABIC", "kn": "KANNADA",
    "ml": "MALAYALAM", "si": "SINHALA", "th": "THAI", "lo": "LAO", "km": "KHMER", "my": "MYANMAR",
    "zh": "CJK", "ja": "HIRAGANA KATAKANA CJK", "ko": "HANGUL", "am": "ETHIOPIC", "ti": "ETHIOPIC",
    "ka": "GEORGIAN", "hy": "ARMENIAN",
}  # fmt: skip
_LOOKED_AT: Final = 400
_CODE: Final = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]+)*")


def named(name: str) -> str:
    """The code of a language by its name in English or in itself (`Arabic`, `العربية`); "" if unknown."""
    return _CODES.get(name.strip().lower(), "")


def code_of(name: str) -> str:
    """The code of a language by its name, or by its code with or without a region (`en-GB`); "" if unknown."""
    found = _CODE.fullmatch(name.strip().lower())
    return named(name) or (found[1] if found and (found[1] in _NAMES or found[1] in _SCRIPTS) else "")


def name_of(code: str) -> str:
    """A language's name in English; the code itself where it is unknown."""
    return _NAMES[code].partition(" ")[0].capitalize() if code in _NAMES else code


def script_of(text: str) -> str:
    """The script that most letters of a text are in (`LATIN`, `ARABIC`); "" for a text without letters."""
    letters = [char for char in text[:_LOOKED_AT] if char.isalpha()]
    counts = Counter(unicodedata.name(char, "?").partition(" ")[0] for char in letters)
    return counts.most_common(1)[0][0] if counts else ""


def may_be_in(text: str, told: str, language: str) -> bool:
    """Whether a text is in a language: as it is `told`, else as far as its writing tells."""
    wanted = code_of(language) or language.partition("-")[0].lower()
    if told:
        return told == wanted
    script = script_of(text)
    return not script or script in _SCRIPTS.get(wanted, "LATIN").split()


def told_by_writing(text: str, language: str) -> bool:
    """Whether a reader sees what language a text is in without being told: Arabic and English do not look alike."""
    return not language or (language in ("ar", "en") and may_be_in(text, "", language))
