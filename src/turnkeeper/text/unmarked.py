"""A channel's own markup back to the Markdown that it was made of, for models: they copy what they read.

No word is lost, whatever is given: what is no markup is left as it is. Nothing is escaped, since nobody renders it.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from turnkeeper.model.limits import Markup
from turnkeeper.text.whatsapp import BREAK

_SIGNS: Final = {"*": "**", "_": "*", "~": "~~"}
_FENCED: Final = re.compile(r"```.*?```", re.DOTALL)
_CLOSED: Final = re.compile(r"`[^`\n]+`|(?:https?://|www\.)\S+|```")
_BULLET: Final = re.compile(r"^([ ]*)[•◦] ", re.MULTILINE)
_TAG: Final = re.compile(
    r"""(?P<pre><pre>(?:<code(?:\sclass="language-(?P<language>[^"<>]*)")?>)?)|(?P<unpre>(?:</code>)?</pre>)
    |<(?P<slash>/?)(?P<name>[a-z]{1,10})(?P<more>(?:\s[^<>]*)?)>""",
    re.VERBOSE,
)
_PLAIN_TAGS: Final = {"b": "**", "i": "*", "s": "~~", "u": "", "code": "`"}
_HREF: Final = re.compile(r'href="([^"]*)"')


def markdown(text: str, markup: Markup) -> str:
    """A text in a channel's markup as Markdown."""
    if markup == "telegram":
        return telegram(text)
    return whatsapp(text) if markup == "whatsapp" else text


def whatsapp(text: str) -> str:
    """`*bold*`, `_italic_`, `~strike~` as Markdown; code, addresses and Markdown's own marks stay."""
    pieces: list[str] = []
    at = 0
    for found in _FENCED.finditer(text):
        pieces += (_lines(text[at : found.start()]), found[0])
        at = found.end()
    pieces.append(_lines(text[at:]))
    return "".join(pieces).replace(BREAK, "")


def telegram(text: str) -> str:
    """Telegram's HTML as Markdown; an unknown tag stays."""
    return _bulleted(_Html(text).read())


def _lines(text: str) -> str:
    return _bulleted("\n".join([_line(line) for line in text.split("\n")]))


def _bulleted(text: str) -> str:
    return _BULLET.sub(r"\1- ", text)


def _line(line: str) -> str:
    """One line; pairs are found as WhatsApp finds them (turnkeeper.text.whatsapp)."""
    if not any(sign in line for sign in _SIGNS):
        return line
    seen = _CLOSED.sub(lambda found: "\0" * len(found[0]), line)
    changes: dict[int, str] = {}
    for sign, mark in _SIGNS.items():
        opened = -1
        for found in re.finditer(re.escape(sign), seen):
            place = found.start()
            before, after = seen[place - 1 : place], seen[place + 1 : place + 2]
            if sign in (before, after):
                continue
            if opened >= 0 and place > opened + 1 and not _is_space(before) and not after.isalnum():
                changes[opened] = changes[place] = mark
                opened = -1
            elif opened < 0 and not before.isalnum() and after and not _is_space(after):
                opened = place
    return "".join([changes.get(place, char) for place, char in enumerate(line)]) if changes else line


def _is_space(char: str) -> bool:
    return char.isspace() or char == BREAK


class _Html:
    """One pass over a text in Telegram's HTML."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._pieces: list[str] = []
        self._addresses: list[str] = []
        self._quotes: list[int] = []  # where in the pieces each open quote begins

    def read(self) -> str:
        """All of it."""
        at = 0
        for found in _TAG.finditer(self._text):
            self._pieces.append(unescape(self._text[at : found.start()]))
            self._pieces.append(self._tag(found))
            at = found.end()
        self._pieces.append(unescape(self._text[at:]))
        return "".join(self._pieces)

    def _tag(self, found: re.Match[str]) -> str:
        if found["pre"]:
            return f"```{found['language'] or ''}\n"
        if found["unpre"]:
            return "\n```"
        name, closes = found["name"], bool(found["slash"])
        if name in _PLAIN_TAGS:
            return _PLAIN_TAGS[name]
        if name == "a":
            return self._link(found["more"], closes=closes)
        return self._quote(closes=closes) if name == "blockquote" else found[0]

    def _link(self, attributes: str, *, closes: bool) -> str:
        if not closes:
            found = _HREF.search(attributes)
            self._addresses.append(unescape(found[1]) if found else "")
            return "["
        return f"]({self._addresses.pop()})" if self._addresses else "]"

    def _quote(self, *, closes: bool) -> str:
        if not closes:
            self._quotes.append(len(self._pieces))
        elif self._quotes:
            start = self._quotes.pop()
            inside = "".join(self._pieces[start:])
            self._pieces[start:] = ["\n".join([f"> {line}" for line in inside.split("\n")])]
        return ""
