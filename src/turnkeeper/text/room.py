"""How much room a text takes as a platform counts it, and cutting it to a room without breaking a character."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape

import regex  # type: ignore[import-untyped]

from turnkeeper.model.limits import ContentLimits, Markup
from turnkeeper.text.cutting import split_words
from turnkeeper.text.rendering import length, literal

_ELLIPSIS = "…"
_TAG = re.compile(r"</?[a-z][^<>]*>")
_graphemes = regex.compile(r"\X").finditer


@dataclass(frozen=True, slots=True)
class Room:
    """What one channel's messages may hold, and notes of what was changed to fit in."""

    limits: ContentLimits
    markup: Markup
    notes: list[str] = field(default_factory=list)

    def length(self, text: str) -> int:
        """As the platform counts: Telegram in UTF-16 units, everybody else in characters."""
        return len(text) + sum(char > "\uffff" for char in text) if self.markup == "telegram" else len(text)

    def line(self, text: str, limit: int, what: str) -> str:
        """On one line, and where it is too long cut with an ellipsis, which is noted."""
        whole = " ".join(text.split())
        if self.length(whole) <= limit:
            return whole
        self.notes.append(f"{what} was cut to {limit} characters")
        end = 0
        for grapheme in _graphemes(whole):
            if self.length(whole[: grapheme.end()]) > limit - 1:
                break
            end = grapheme.end()
        return whole[:end].rstrip() + _ELLIPSIS

    def parts(self, text: str, limit: int) -> list[str]:
        """The text in parts that fit; itself where it fits whole, nothing where it is blank."""
        if not text.strip():
            return []
        if length(text, self.markup) <= limit:
            return [text]
        return [self._told(part) for part in self._cut(self._shown(text), limit)]

    def head(self, text: str, limit: int) -> tuple[str, str]:
        """The first part that fits, and the rest."""
        if length(text, self.markup) <= limit or not text.strip():
            return text.strip() and text, ""
        shown = self._shown(text)
        first = self._cut(shown, limit)[0]
        return self._told(first), self._told(shown[shown.find(first) + len(first) :].strip())

    def _cut(self, shown: str, limit: int) -> list[str]:
        """Every character may count twice on Telegram."""
        return split_words(shown, max(limit // 2 if self.markup == "telegram" else limit, 1))

    def _shown(self, text: str) -> str:
        """What is to be cut: on Telegram without its tags, and with each entity as its character, so that no part
        ends within one."""
        if self.markup != "telegram":
            return text
        bare = _TAG.sub("", text)
        if bare != text:
            self.notes.append("the styles of a text that was too long were left out")
        return unescape(bare)

    def _told(self, shown: str) -> str:
        return self.literal(shown) if self.markup == "telegram" else shown

    def literal(self, text: str) -> str:
        """Words that are no markup, as the platform shows them."""
        return literal(text, self.markup)

    def address(self, text: str) -> str:
        """A link, a number or a mail address, as the platform shows it: to be tapped and copied."""
        return literal(text, self.markup, is_address=True)
