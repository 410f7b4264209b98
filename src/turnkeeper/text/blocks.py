"""What a text is made of once its Markdown is read: blocks one below the other, each with spans of styled words.

The tree is flat on purpose: a phone shows lines. A block says how deep it stands in quotes and lists, a span
says all its styles at once, so that a text can be cut anywhere and every piece is whole by itself.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

BOLD: Final = 1
ITALIC: Final = 2
STRIKE: Final = 4
CODE: Final = 8
"""Inline code; never together with another style."""

Kind = Literal["words", "heading", "code", "rule"]


class Span(msgspec.Struct, frozen=True, gc=False):
    """Words of one style. `url` is where a tap leads; neighbours with one url are one link."""

    text: str
    style: int = 0
    url: str = ""
    bare: bool = False
    """The text is sent as it is, an address for one: nothing may come into it."""


class Block(msgspec.Struct, frozen=True):
    """What stands on lines of its own.

    `gap` is the newlines before it (1 or 2), `quote` how many quotes it is in, `depth` how many lists. `marker` is
    an item's bullet ("-"), number ("3.") or box; a block of an item without one goes on in that item. `level` is a
    heading's, from 1; `language` that of code.
    """

    spans: tuple[Span, ...]
    kind: Kind = "words"
    gap: int = 2
    quote: int = 0
    depth: int = 0
    marker: str = ""
    level: int = 0
    language: str = ""


def words(block: Block) -> str:
    """The text of a block without its styles."""
    return block.spans[0].text if len(block.spans) == 1 else "".join([span.text for span in block.spans])


def joined(spans: list[Span]) -> tuple[Span, ...]:
    """The spans without empty ones, neighbours of the same kind made one."""
    whole: list[Span] = []
    for span in spans:
        last = whole[-1] if whole else None
        if not span.text:
            continue
        if last is not None and (last.style, last.url, last.bare) == (span.style, span.url, span.bare):
            whole[-1] = Span(last.text + span.text, span.style, span.url, span.bare)
        else:
            whole.append(span)
    return tuple(whole)
