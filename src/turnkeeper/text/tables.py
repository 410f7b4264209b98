"""Tables, as a phone can show them: without a grid.

Two columns: the heads as one bold line, then a line for each row, "left: right". More: a block for each row, with a
line for each cell, "*Head*: value". What is too wide or too repetitive for that keeps its bars.
"""

from __future__ import annotations

import re
from typing import Final

from turnkeeper.text import inlines
from turnkeeper.text.blocks import BOLD, CODE, Block, Span, joined

MOST_COLUMNS: Final = 20
LONGEST_HEADS: Final = 1_000
_RULER: Final = re.compile(r"\|?+[ \t]*+:?+-++:?+[ \t]*+(?:\|[ \t]*+:?+-++:?+[ \t]*+)*+\|?+")
_BAR: Final = re.compile(r"(?<!\\)\|")
_BREAK: Final = re.compile(r"<br ?/?>", re.IGNORECASE)
_NOTHING: Final = "–"

Row = list[str]


def find(paragraph: str) -> tuple[str, list[Block]] | None:
    """The text before a table, and the table's blocks; None if there is no table in this paragraph."""
    lines = paragraph.split("\n")
    for place in range(1, len(lines)):
        line = lines[place]
        if "-" not in line or "|" not in line or _RULER.fullmatch(line.strip()) is None:
            continue
        heads = cells(lines[place - 1])
        if len(heads) == len(cells(line)):
            rows = [cells(row) for row in lines[place + 1 :]]
            return "\n".join(lines[: place - 1]), _blocks(heads, rows)
    return None


def cells(line: str) -> Row:
    """The cells of one row; `\\|` is a bar within one."""
    bare = line.strip()
    bare = bare.removeprefix("|")
    found: Row = []
    start = 0
    for bar in _BAR.finditer(bare):
        found.append(bare[start : bar.start()])
        start = bar.end()
    if bare[start:].strip() or not found:
        found.append(bare[start:])
    return [cell.strip().replace("\\|", "|") for cell in found]


def _blocks(heads: Row, rows: list[Row]) -> list[Block]:
    if not rows or len(heads) > MOST_COLUMNS or sum(map(len, heads)) > LONGEST_HEADS:
        return _bars(heads, rows)
    styled = [_bold(_read(head)) for head in heads]
    if len(heads) == 2:
        return _pairs(styled, rows)
    return [Block(_record(styled, row)) for row in rows]


def _read(cell: str) -> list[Span]:
    return list(inlines.read(_BREAK.sub("\n", cell) if "<" in cell else cell))


def _bold(spans: list[Span]) -> list[Span]:
    return [span if span.style == CODE else Span(span.text, span.style | BOLD, span.url, span.bare) for span in spans]


def _record(heads: list[list[Span]], row: Row) -> tuple[Span, ...]:
    spans: list[Span] = []
    for place, cell in enumerate(row):
        head = heads[place] if place < len(heads) else []
        value = _read(cell)
        if not head and not value:
            continue
        if spans:
            spans.append(Span("\n"))
        if head:
            spans += [*head, Span(": "), *(value or [Span(_NOTHING)])]
        else:
            spans += _bold(value)
    return joined(spans)


def _pairs(heads: list[list[Span]], rows: list[Row]) -> list[Block]:
    left, right = heads
    between = [Span(": ", BOLD)] if left and right else []
    blocks = [Block(joined([*left, *between, *right]))]
    for row in rows:
        read = [_read(cell) for cell in row]
        first, second, more = read[0], read[1] if len(read) > 1 else [], read[2:]
        between = [Span(": ")] if first and second else []
        rest = [span for cell in more if cell for span in (Span(" | "), *cell)]
        blocks.append(Block(joined([*first, *between, *second, *rest]), gap=1, marker="-"))
    return blocks


def _bars(heads: Row, rows: list[Row]) -> list[Block]:
    lines = [heads, *rows]
    return [Block(inlines.read(" | ".join(line)), gap=2 if place == 0 else 1) for place, line in enumerate(lines)]
