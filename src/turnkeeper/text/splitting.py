"""Blocks -> parts that a channel takes: cut before a heading, else between blocks, else within a block.

A section (a heading with what follows, up to the next of its level or above) is not cut if it fits into a part; a
heading is never the last of its part, as long as anything fits below it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from turnkeeper.text.blocks import Block, words
from turnkeeper.text.cutting import cut
from turnkeeper.text.writing import Writer, Written

_RULE_RANK: Final = 7
_BLOCK_RANK: Final = 8
_LINE_RANK: Final = 9


def split(blocks: Sequence[Block], writer: Writer, limit: int, declared: Sequence[int] = ()) -> list[list[Written]]:
    """Prepared blocks in parts of at most `limit` (from 1); `declared`: where sections begin."""
    if limit < 1:
        raise ValueError(f"a part must hold at least 1 character, not {limit}")
    written = [_write(block, writer, limit) for block in blocks]
    if _total(written) <= limit:
        return [written] if written else []
    return list(_Packing(written, writer, limit, frozenset(declared)).parts())


def _write(block: Block, writer: Writer, limit: int) -> Written:
    """The block; one that is too long is not even written."""
    length = sum([len(span.text) for span in block.spans])
    return Written(block, "", length) if length > limit else writer.write(block)


def _total(written: Sequence[Written]) -> int:
    return sum([each.length + each.block.gap for each in written]) - (written[0].block.gap if written else 0)


class _Packing:
    """Fills one part after the other."""

    def __init__(self, written: list[Written], writer: Writer, limit: int, declared: frozenset[int]) -> None:
        self._written = written
        self._writer = writer
        self._limit = limit
        self._declared = declared
        self._together = self._kept_together()

    def parts(self) -> Iterator[list[Written]]:
        """Every part, none empty."""
        start, count = 0, len(self._written)
        while start < count:
            end, used = self._filled(start)
            if end == count:
                yield self._written[start:]
                return
            place = self._place(start, end, used)
            if place is not None:
                yield self._written[start:place]
                start = place
                continue
            yield from self._within(start, end, used)
            start = end

    def _filled(self, start: int) -> tuple[int, int]:
        """How far a part reaches that begins here, and its length."""
        end, used = start, 0
        while end < len(self._written):
            each = self._written[end]
            longer = used + each.length + (each.block.gap if end > start else 0)
            if longer > self._limit:
                break
            end, used = end + 1, longer
        return end, used

    def _place(self, start: int, end: int, used: int) -> int | None:
        """Where to end the part between blocks; None: it has to be within the block at `end`."""
        best: dict[int, tuple[int, int]] = {}  # share of the part that is filled, in quarters: (rank, -place)
        latest = None
        for place in range(end, start, -1):
            if not self._together[place]:
                latest = latest or place
                share = 2 if used >= self._limit // 2 else 1 if used >= self._limit // 4 else 0
                best[share] = min(best.get(share, (99, 0)), (self._rank(place), -place))
            used -= self._written[place - 1].length + self._written[place - 1].block.gap
        half, quarter = best.get(2), best.get(1)
        if half is not None and quarter is not None and quarter[0] <= _BLOCK_RANK < half[0]:
            half = None  # rather between blocks than within a list
        if (found := half or quarter) is not None:
            return -found[1]
        if latest is not None and _total(self._written[latest : end + 1]) <= self._limit:
            return latest
        return None

    def _within(self, start: int, end: int, used: int) -> Iterator[list[Written]]:
        """Parts up to within the block at `end`, whose last piece takes its place; or up to that block."""
        current = self._written[start:end]
        block = self._written[end].block
        room = self._limit - used - block.gap if current else self._limit
        if current and (room < self._limit // 4 or not block.spans):
            yield current
            return
        last: Written | None = None
        for piece in cut(block, self._writer, room, self._limit):
            if last is not None:
                yield [*current, last]
                current = []
            elif current and _total([*current, piece]) > self._limit:
                yield current
                current = []
            last = piece
        if last is None:
            last = Written(Block(()), "", 0)
        if current:
            yield [*current, last]
            last = Written(Block((), gap=block.gap), "", 0)
        self._written[end] = last

    def _rank(self, place: int) -> int:
        """How good it is to cut before this block; lower is better."""
        block = self._written[place].block
        if place in self._declared:
            return 0
        if block.kind == "heading":
            return block.level
        if block.kind == "rule":
            return _RULE_RANK
        introduced = words(self._written[place - 1].block).endswith((":", "："))
        return (_BLOCK_RANK if block.gap == 2 else _LINE_RANK) + 2 * introduced

    def _kept_together(self) -> list[bool]:
        """For each place whether a cut there would part a section that fits, or a heading from its text."""
        count = len(self._written)
        before = [0, *accumulate([each.length + each.block.gap for each in self._written])]
        turns = [0] * (count + 1)
        opened: list[tuple[int, int]] = []  # level, where

        def close(level: int, end: int) -> None:
            while opened and opened[-1][0] >= level:
                start = opened.pop()[1]
                if before[end] - before[start] - self._written[start].block.gap <= self._limit:
                    turns[start + 1] += 1
                    turns[end] -= 1

        for place, each in enumerate(self._written):
            level = 0 if place in self._declared else each.block.level
            if place in self._declared or level:
                close(level, place)
                opened.append((level, place))
        close(0, count)
        within = list(accumulate(turns))
        headings = [False, *[each.block.kind == "heading" for each in self._written]]
        glued = [heading and place not in self._declared for place, heading in enumerate(headings)]
        return [depth > 0 or heading for depth, heading in zip(within, glued, strict=True)]
