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


def find(paragraph: str) -> list[Block] | None:
    """The blocks of a paragraph with its tables, and the text around them; None if there is no table in it.

    A table ends at a line without a bar.
    """
    lines = paragraph.split("\n")
    blocks: list[Block] = []
    begin, place = 0, 1
    while place < len(lines):
        heads = _heads(lines[place - 1], lines[place])
        if not heads:
            place += 1
            continue
        end = next((later for later in range(place + 1, len(lines)) if "|" not in lines[later]), len(lines))
        blocks += _text(lines[begin : place - 1])
        blocks += _blocks(heads, [cells(row, len(heads)) for row in lines[place + 1 : end]])
        begin, place = end, end + 1
    return [*blocks, *_text(lines[begin:])] if blocks else None


def _heads(line: str, ruler: str) -> Row:
    """The heads of the table that begins with these two lines; none if they are something else."""
    if "-" not in ruler or "|" not in ruler or _RULER.fullmatch(ruler.strip()) is None:
        return []
    heads = cells(line)
    return heads if len(heads) == len(cells(ruler)) else []


def _text(lines: list[str]) -> list[Block]:
    return [Block(inlines.read("\n".join(lines)))] if lines else []


def cells(line: str, most: int = 0) -> Row:
    """The cells of one row; `\\|` is a bar within one, and where there are more than `most`, one in code is, too."""
    bare = line.strip()
    bare = bare.removeprefix("|")
    found: Row = []
    start = 0
    for bar in _BAR.finditer(bare):
        found.append(bare[start : bar.start()])
        start = bar.end()
    if bare[start:].strip() or not found:
        found.append(bare[start:])
    if most and len(found) > most:
        found = _with_whole_code(found)
    return [cell.strip().replace("\\|", "|") for cell in found]


def _with_whole_code(row: Row) -> Row:
    """The cells, joined again where a bar had parted code."""
    whole: Row = []
    open_at = -1
    for cell in row:
        whole.append(cell)
        if cell.count("`") % 2 == 0:
            continue
        if open_at < 0:
            open_at = len(whole) - 1
        else:
            whole[open_at:] = ["|".join(whole[open_at:])]
            open_at = -1
    return whole


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
