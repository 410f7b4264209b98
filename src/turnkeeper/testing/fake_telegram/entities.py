"""Formatted text as Telegram reads it: HTML in, the plain text and its entities out, or a refusal.

Source: core.telegram.org/bots/api, "HTML style". Offsets and lengths count UTF-16 units.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from turnkeeper.testing.fake_telegram.errors import bad

TEXT_LIMIT: Final = 4096
CAPTION_LIMIT: Final = 1024
MOST_ENTITIES: Final = 100

_KINDS: Final = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "span": "spoiler", "tg-emoji": "custom_emoji", "a": "text_link", "code": "code", "pre": "pre",
    "blockquote": "blockquote",
}  # fmt: skip
_NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE: Final = re.compile(r"&(?:(lt|gt|amp|quot)|#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6}));?")
_ATTRIBUTE: Final = re.compile(r"""\s*([a-zA-Z-]+)(?:\s*=\s*("[^"]*"|'[^']*'|[\w.-]+))?""")
_LINK: Final = re.compile(r"(?:https?|tg)://\S+|[\w-]+(?:\.[\w-]+)+(?:[/?#]\S*)?", re.IGNORECASE)

Json = dict[str, Any]


@dataclass(slots=True)
class _Open:
    name: str
    offset: int
    value: str


def units(text: str) -> int:
    """UTF-16 units."""
    return len(text) + sum(char > "\uffff" for char in text)


def formatted(text: str, parse_mode: str | None) -> tuple[str, list[Json]]:
    """The text that people see and its entities. Raises Refusal."""
    if not parse_mode:
        return text.strip(), []
    if parse_mode.lower() != "html":
        bad("unsupported parse_mode")  # MarkdownV2 and Markdown are not played here
    plain, entities = _Html(text).parsed()
    return _stripped(plain, entities)


def _stripped(plain: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Without space around it, as Telegram shows it."""
    lead = units(plain) - units(plain.lstrip())
    text = plain.strip()
    most = units(text)
    kept = []
    for entity in entities:
        start = max(0, entity["offset"] - lead)
        end = min(most, entity["offset"] - lead + entity["length"])
        if end > start:
            kept.append({**entity, "offset": start, "length": end - start})
    return text, kept[:MOST_ENTITIES]


class _Html:
    """One text on its way; `offset` counts bytes, as the refusals do."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._plain: list[str] = []
        self._length = 0
        self._open: list[_Open] = []
        self._entities: list[Json] = []

    def parsed(self) -> tuple[str, list[Json]]:
        at, text = 0, self._text
        while at < len(text):
            if text[at] == "&":
                at = self._reference(at)
            elif text[at] == "<":
                at = self._tag(at)
            else:
                end = min(
                    (found for found in (text.find("&", at), text.find("<", at)) if found >= 0), default=len(text)
                )
                self._say(text[at:end])
                at = end
        if self._open:
            bad(f"can't parse entities: Can't find end tag corresponding to start tag \"{self._open[-1].name}\"")
        self._entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return "".join(self._plain), self._entities

    def _say(self, text: str) -> None:
        self._plain.append(text)
        self._length += units(text)

    def _reference(self, at: int) -> int:
        found = _REFERENCE.match(self._text, at)
        if found is None:
            self._say("&")
            return at + 1
        number = int(found[2]) if found[2] else int(found[3], 16) if found[3] else 0
        if not found[1] and (not 0 < number < 0x110000 or 0xD800 <= number < 0xE000):
            self._say("&")
            return at + 1
        self._say(_NAMED[found[1]] if found[1] else chr(number))
        return found.end()

    def _tag(self, at: int) -> int:
        close = self._text.find(">", at)
        if close < 0:
            bad(f"can't parse entities: Unclosed start tag at byte offset {self._bytes(at)}")
        inner = self._text[at + 1 : close]
        if inner.startswith("/"):
            self._end(inner[1:].strip().lower(), at)
        else:
            self._begin(inner, at)
        return close + 1

    def _begin(self, inner: str, at: int) -> None:
        name = re.split(r"[\s/]", inner, maxsplit=1)[0].lower()
        if name not in _KINDS:
            bad(f'can\'t parse entities: Unsupported start tag "{name}" at byte offset {self._bytes(at)}')
        rest, given, place = inner[len(name) :], {}, 0
        while rest[place:].strip():
            found = _ATTRIBUTE.match(rest, place)
            if found is None:
                bad(f'can\'t parse entities: Empty attribute name in the tag "{name}" at byte offset {self._bytes(at)}')
            given[found[1].lower()] = (found[2] or "").strip("\"'")
            place = found.end()
        if name == "span" and given.get("class") != "tg-spoiler":
            bad(f'can\'t parse entities: Tag "span" must have class "tg-spoiler" at byte offset {self._bytes(at)}')
        self._open.append(_Open(name, self._length, self._value(name, given)))

    def _value(self, name: str, given: dict[str, str]) -> str:
        if name == "a":
            return _Html(given.get("href", "")).parsed()[0]
        if name == "code":
            return given.get("class", "").removeprefix("language-")
        return "expandable" if name == "blockquote" and "expandable" in given else given.get("emoji-id", "")

    def _end(self, name: str, at: int) -> None:
        if not self._open:
            bad(f"can't parse entities: Unexpected end tag at byte offset {self._bytes(at)}")
        opened = self._open.pop()
        if name and name != opened.name:
            why = f'Unmatched end tag at byte offset {self._bytes(at)}, expected "</{opened.name}>", found "</{name}>"'
            bad(f"can't parse entities: {why}")
        length = self._length - opened.offset
        if length:
            self._add(opened, length)

    def _add(self, opened: _Open, length: int) -> None:
        entity: Json = {"type": _KINDS[opened.name], "offset": opened.offset, "length": length}
        if opened.name == "a":
            target = opened.value or "".join(self._plain).encode("utf-16-le")[2 * opened.offset :].decode("utf-16-le")
            if not _LINK.fullmatch(target):
                return  # what leads nowhere is shown without a link
            entity["url"] = target
        elif opened.name == "code" and self._open and self._open[-1].name == "pre":
            self._open[-1].value = opened.value
            return
        elif opened.name == "pre" and opened.value:
            entity["language"] = opened.value
        elif opened.name == "tg-emoji":
            entity["custom_emoji_id"] = opened.value
        elif opened.value == "expandable":
            entity["type"] = "expandable_blockquote"
        self._entities.append(entity)

    def _bytes(self, at: int) -> int:
        return len(self._text[:at].encode("utf-8", "replace"))


_FOUND: Final = (
    ("bot_command", re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?")),
    ("mention", re.compile(r"(?<![\w@])@[A-Za-z]\w{2,31}")),
    ("url", re.compile(r"https?://\S+")),
)


def found_in(text: str) -> list[Json]:
    """The entities that Telegram itself finds in what people write."""
    return [
        {"type": kind, "offset": units(text[: match.start()]), "length": units(match[0])}
        for kind, pattern in _FOUND
        for match in pattern.finditer(text)
    ]
