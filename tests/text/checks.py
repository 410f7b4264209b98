"""How the platforms read a text, written independently of the code under test.

WhatsApp: a pair stands on one line, its first mark after a sign that is no letter, touching what it opens; its second
touching what it closes, before a sign that is no letter. Addresses and code are left out first.
"""

import re
import unicodedata
from html.parser import HTMLParser

INVISIBLE = "\u200b"
_FENCED = re.compile(r"```\n.*?\n```|```[^\n]*?```", re.DOTALL)
_CODE = re.compile(r"`(?![\s\u200b])[^`\n]+`")
_URL = re.compile(r"(?:https?://|www\.)[^\s]*")


def visible_words(text: str) -> str:
    """The letters and digits of a text, in order: what is left when marks, bullets and spaces are not looked at."""
    return "".join(char for char in text if unicodedata.category(char)[0] in "LN" or char == "\ufffd")


def whatsapp_pairs(text: str) -> list[str]:
    """What WhatsApp would show in a style: the sign and the words, in order of the closing marks."""
    found: list[str] = []
    for line in _URL.sub("x", _CODE.sub(" x ", _FENCED.sub(" ", text))).split("\n"):
        for sign in "*_~":
            found += [sign + line[start + 1 : end] for start, end in _pairs(line, sign)]
    return found


def _pairs(line: str, sign: str) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    opened = None
    for place, char in enumerate(line):
        if char != sign:
            continue
        if sign in (line[place - 1 : place], line[place + 1 : place + 2]):
            continue  # beside another of its kind it is no mark
        before = line[place - 1] if place else " "
        after = line[place + 1] if place + 1 < len(line) else " "
        if opened is not None and not _is_space(before) and not _is_word(after) and place > opened + 1:
            pairs.append((opened, place))
            opened = None
        elif opened is None and not _is_word(before) and not _is_space(after):
            opened = place
    return pairs


def _is_space(char: str) -> bool:
    return char.isspace() or char == INVISIBLE


def _is_word(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char)[0] == "M"


class TelegramText(HTMLParser):
    """Telegram's reading of its HTML: raises for a tag that it does not know or that is not closed in order."""

    allowed = frozenset({"b", "i", "s", "code", "pre", "a", "blockquote"})

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""
        self.links: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag opens."""
        assert tag in self.allowed, tag
        assert not {"pre", "code"} & set(self.open) or (tag == "code" and self.open[-1] == "pre"), "nothing in code"
        assert tag not in self.open, f"{tag} within {tag}"
        assert set(dict(attrs)) == {"a": {"href"}, "code": {"class"} if self.open[-1:] == ["pre"] else set()}.get(
            tag, set()
        )
        if tag == "code" and "pre" not in self.open:
            assert not {"a", "b", "i", "s"} & set(self.open), "code in nothing but a quote"
        self.open.append(tag)
        if tag == "a":
            self.links.append((dict(attrs)["href"] or "", ""))

    def handle_endtag(self, tag: str) -> None:
        """A tag closes."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Words."""
        self.text += data
        if "a" in self.open:
            self.links[-1] = (self.links[-1][0], self.links[-1][1] + data)

    def units(self) -> int:
        """UTF-16 units, as Telegram counts."""
        return len(self.text.encode("utf-16-le")) // 2
