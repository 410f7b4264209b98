"""The port of a markup: how one block is written, how long that is as the platform counts, how blocks are joined."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final, NamedTuple, Protocol

from turnkeeper.text.blocks import Block, Span
from turnkeeper.text.links import same_place, spoken

_DEEPEST_SHOWN: Final = 4


class Written(NamedTuple):
    """A block as it is sent, and its length as the platform counts."""

    block: Block
    text: str
    length: int


class Writer(Protocol):
    """One markup."""

    def prepared(self, block: Block) -> Block:
        """The block as a reader will see it: what this markup cannot express is said in words."""

    def write(self, block: Block) -> Written:
        """A prepared block in this markup."""

    def join(self, parts: Sequence[Written]) -> str:
        """Blocks below each other, with `gap` newlines before each but the first."""

    def length(self, text: str) -> int:
        """The length of a finished text as the platform counts."""


def lead(block: Block, bullet: str, inner_bullet: str) -> tuple[str, str]:
    """What stands before the first line of a block in a list, and before its other lines."""
    if not block.depth:
        return "", ""
    indent = "  " * (min(block.depth, _DEEPEST_SHOWN) - 1)
    if not block.marker:
        return indent + "  ", indent + "  "
    marker = block.marker
    if marker == "-":
        marker = bullet if block.depth == 1 else inner_bullet
    return f"{indent}{marker} " if block.spans else indent + marker, indent + "  "


def lines_of(body: str, before: tuple[str, str]) -> str:
    """A body with its leads."""
    first, other = before
    return first + body.replace("\n", "\n" + other) if other else first + body


def stacked(parts: Sequence[Written]) -> str:
    """Texts below each other, with each block's gap before it."""
    pieces = [parts[0].text] if parts else []
    for part in parts[1:]:
        pieces += ("\n\n" if part.block.gap == 2 else "\n", part.text)
    return "".join(pieces)


def links_in_words(block: Block, schemes: tuple[str, ...] = ("",)) -> Block:
    """Each link to one of these schemes as "label (address)", or the address alone if the label says the same.

    All of it keeps its `url`, so that it is known to belong together.
    """
    if not any(span.url and span.url.lower().startswith(schemes) for span in block.spans):
        return block
    spans: list[Span] = []
    for url, group in groupby(block.spans, key=lambda span: span.url):
        same = list(group)
        spans += _told(same, url) if url and url.lower().startswith(schemes) else same
    return replaced(block, tuple(spans))


def _told(label: list[Span], url: str) -> list[Span]:
    address = Span(spoken(url), url=url, bare=True)
    if same_place("".join([span.text for span in label]), address.text):
        return [address]
    return [*label, Span(" (", url=url), address, Span(")", url=url)]


def replaced(block: Block, spans: tuple[Span, ...], *, begins: bool = True, gap: int = 0) -> Block:
    """The block with other spans; if it does not begin here, it goes on without its marker."""
    return Block(
        spans,
        block.kind,
        gap or (block.gap if begins else 1),
        block.quote,
        block.depth,
        block.marker if begins else "",
        block.level,
        block.language,
    )
