"""What languages are called, in themselves, in English and in their neighbours' words, and their codes.

For whoever is asked which language they would like, and writes it.
"""

from __future__ import annotations

import re
from typing import Final

from turnkeeper.flows.model import folded_word

_CODE: Final = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_NAMES: Final = {
    "af": "Afrikaans",
    "am": "አማርኛ, Amharic",
    "ar": "العربية, عربي, Arabic, Arab, Bahasa Arab, árabe",
    "az": "Azərbaycan dili, Azərbaycanca, Azerbaijani",
    "bg": "Български, Bulgarian",
    "bn": "বাংলা, Bengali, Bangla",
    "bs": "Bosanski, Bosnian",
    "ca": "Català, Catalan",
    "cs": "Čeština, Česky, Czech",
    "da": "Dansk, Danish",
    "de": "Deutsch, German, Allemand, Alemán, Jerman, Bahasa Jerman",
    "el": "Ελληνικά, Greek",
    "en": "English, Inggris, Bahasa Inggris, Inglés, Anglais, Englisch, İngilizce, الإنجليزية, انجليزي, अंग्रेज़ी",
    "es": "Español, Castellano, Spanish, Espagnol, Spanisch, Espanhol, Spanyol",
    "et": "Eesti, Estonian",
    "fa": "فارسی, Persian, Farsi",
    "fi": "Suomi, Finnish",
    "fil": "Filipino, Tagalog",
    "fr": "Français, French, Francés, Französisch, Perancis, الفرنسية",
    "gu": "ગુજરાતી, Gujarati",
    "ha": "Hausa",
    "he": "עברית, Hebrew",
    "hi": "हिन्दी, हिंदी, Hindi",
    "hr": "Hrvatski, Croatian",
    "hu": "Magyar, Hungarian",
    "hy": "Հայերեն, Armenian",
    "id": "Bahasa Indonesia, Indonesia, Indonesian, Bahasa",
    "it": "Italiano, Italian, Italien, Italienisch",
    "ja": "日本語, にほんご, Japanese, Jepang, Bahasa Jepang",
    "jv": "Basa Jawa, Bahasa Jawa, Jawa, Javanese",
    "ka": "ქართული, Georgian",
    "kk": "Қазақша, Қазақ тілі, Kazakh",
    "km": "ខ្មែរ, ភាសាខ្មែរ, Khmer",
    "kn": "ಕನ್ನಡ, Kannada",
    "ko": "한국어, 한국말, Korean, Korea",
    "ku": "Kurdî, Kurdish, Kurmancî",
    "lo": "ລາວ, ພາສາລາວ, Lao",
    "lt": "Lietuvių, Lithuanian",
    "lv": "Latviešu, Latvian",
    "ml": "മലയാളം, Malayalam",
    "mn": "Монгол, Mongolian",
    "mr": "मराठी, Marathi",
    "ms": "Bahasa Melayu, Melayu, Malay, Bahasa Malaysia, بهاس ملايو",
    "my": "မြန်မာ, မြန်မာဘာသာ, Burmese",
    "ne": "नेपाली, Nepali",
    "nl": "Nederlands, Dutch, Belanda, Néerlandais",
    "no": "Norsk, Norwegian",
    "pa": "ਪੰਜਾਬੀ, Punjabi, Panjabi",
    "pl": "Polski, Polish",
    "ps": "پښتو, Pashto",
    "pt": "Português, Portuguese, Portugais",
    "ro": "Română, Romanian",
    "ru": "Русский, По-русски, Russian, Russe, Rusia",
    "si": "සිංහල, Sinhala",
    "sk": "Slovenčina, Slovak",
    "sl": "Slovenščina, Slovenian, Slovene",
    "so": "Soomaali, Somali",
    "sq": "Shqip, Albanian",
    "sr": "Српски, Srpski, Serbian",
    "su": "Basa Sunda, Bahasa Sunda, Sunda, Sundanese",
    "sv": "Svenska, Swedish",
    "sw": "Kiswahili, Swahili",
    "ta": "தமிழ், Tamil",
    "te": "తెలుగు, Telugu",
    "th": "ไทย, ภาษาไทย, Thai",
    "tr": "Türkçe, Turkish, Turc, التركية",
    "uk": "Українська, Ukrainian",
    "ur": "اردو, Urdu",
    "uz": "Oʻzbekcha, O'zbek, Ўзбекча, Uzbek",
    "vi": "Tiếng Việt, Vietnamese",
    "yo": "Yorùbá",
    "zh": "中文, 汉语, 漢語, 普通话, 國語, 简体中文, 繁體中文, Chinese, Mandarin, Cina, Tionghoa",
    "zu": "isiZulu, Zulu",
}  # fmt: skip
_CODES: Final = {folded_word(name): code for code, names in _NAMES.items() for name in names.split(",")}


def code_of(said: object) -> str:
    """The code that a name stands for, or the code itself as it was written; "" for what is neither."""
    if not isinstance(said, str) or len(said) > 100:
        return ""
    if (code := _CODES.get(folded_word(said))) is not None:
        return code
    said = said.strip()
    return said if _CODE.fullmatch(said) else ""
