"""Telegram's HTML: only its own tags; `<`, `>` and `&` escaped.

Source: core.telegram.org/bots/api, "HTML style", read 2026. A text may hold 4,096 UTF-16 units after its entities are
parsed. Code holds no other entity and is in none but a quote; quotes are not nested (inner ones keep their `>`).
Telegram follows only http(s) and tg addresses behind a label; others are written out, and recognized by the app.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

from turnkeeper.text.blocks import BOLD, CODE, ITALIC, STRIKE, Block, Span
from turnkeeper.text.plain import RULE, quoted
from turnkeeper.text.writing import Written, lead, links_in_words

_TAGS = ((BOLD, "b"), (ITALIC, "i"), (STRIKE, "s"))
_ORDERS = [tuple([tag for bit, tag in _TAGS if style & bit]) for style in range(8)]
_ANY_TAG = re.compile(r"<[^<>]*>")
_NOT_FOLLOWED = ("mailto:", "tel:")
_LANGUAGE = re.compile(r"[\w+#.-]{1,32}")


def prepared(block: Block) -> Block:
    """The block itself; links that Telegram does not follow in words."""
    return links_in_words(block, _NOT_FOLLOWED)


def write(block: Block) -> Written:
    """A block in HTML; the tags of quotes come when blocks are joined."""
    if block.kind == "rule":
        return Written(block, RULE, len(RULE))
    if block.kind == "code":
        return _code(block)
    first, other = lead(block, "•", "◦")
    body = _html(block.spans)
    if other:
        body = body.replace("\n", "\n" + other)
    units = sum([_units(span.text) for span in block.spans])
    units += len(first) + (len(other) * sum([span.text.count("\n") for span in block.spans]) if other else 0)
    if block.quote > 1:
        prefix = "&gt; " * (block.quote - 1)
        units += 2 * (block.quote - 1) * (1 + body.count("\n"))
        return Written(block, quoted(first + body, prefix), units)
    return Written(block, first + body, units)


def join(parts: Sequence[Written]) -> str:
    """Blocks below each other; neighbours that are quoted in one blockquote."""
    pieces: list[str] = []
    in_quote = False
    for place, part in enumerate(parts):
        quoting = part.block.quote > 0
        if in_quote and not quoting:
            pieces.append("</blockquote>")
        if place:
            pieces.append("\n\n" if part.block.gap == 2 else "\n")
        if quoting and not in_quote:
            pieces.append("<blockquote>")
        pieces.append(part.text)
        in_quote = quoting
    if in_quote:
        pieces.append("</blockquote>")
    return "".join(pieces)


def length(text: str) -> int:
    """UTF-16 units of what is left once the entities are parsed."""
    return _units(unmarked(text))


def unmarked(text: str) -> str:
    """What is left once the entities are parsed."""
    return unescape(_ANY_TAG.sub("", text))


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def _escaped(text: str) -> str:
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    return text.replace(">", "&gt;") if ">" in text else text


def _html(spans: Sequence[Span]) -> str:
    if len(spans) == 1 and not spans[0].style and not spans[0].url:
        return _escaped(spans[0].text)
    pieces: list[str] = []
    opened: list[str] = []
    for span in spans:
        wanted = _tags(span)
        same = 0
        while same < len(opened) and same < len(wanted) and opened[same] == wanted[same]:
            same += 1
        pieces += [f"</{tag.partition(' ')[0]}>" for tag in reversed(opened[same:])]
        pieces += [f"<{tag}>" for tag in wanted[same:]]
        opened = wanted
        pieces.append(_escaped(span.text))
    pieces += [f"</{tag.partition(' ')[0]}>" for tag in reversed(opened)]
    return "".join(pieces)


def _tags(span: Span) -> list[str]:
    if span.style == CODE:
        return ["code"]
    styles = _ORDERS[span.style & (BOLD | ITALIC | STRIKE)]
    if span.url and not span.url.lower().startswith(_NOT_FOLLOWED):
        return [f'a href="{_escaped(span.url).replace(chr(34), "&quot;")}"', *styles]
    return [*styles]


def _code(block: Block) -> Written:
    text = block.spans[0].text
    body = _escaped(text)
    if _LANGUAGE.fullmatch(block.language):
        body = f'<code class="language-{block.language}">{body}</code>'
    return Written(block, f"<pre>{body}</pre>", _units(text))
