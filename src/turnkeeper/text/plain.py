"""Text for channels without markup: the words, lists with their markers, links in words."""

from __future__ import annotations

from collections.abc import Sequence

from turnkeeper.text.blocks import Block, words
from turnkeeper.text.writing import Written, lead, lines_of, links_in_words, stacked

RULE = "———"


def prepared(block: Block) -> Block:
    """The block with its links in words."""
    return links_in_words(block)


def write(block: Block) -> Written:
    """A block as bare words; quotes keep their `>`."""
    if block.kind == "rule":
        return Written(block, RULE, len(RULE))
    body = words(block) if block.kind == "code" else lines_of(words(block), lead(block, "-", "-"))
    text = quoted(body, "> " * block.quote) if block.quote else body
    return Written(block, text, len(text))


def join(parts: Sequence[Written]) -> str:
    """Blocks below each other."""
    return stacked(parts)


def length(text: str) -> int:
    """Characters."""
    return len(text)


def quoted(body: str, prefix: str) -> str:
    """Every line after the sign of a quote."""
    return prefix + body.replace("\n", "\n" + prefix)
