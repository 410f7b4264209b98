"""One block that is too long -> pieces that fit, each a whole block with its styles.

Cut at the end of a line, else of a sentence, of a word, else between two graphemes; not within a link, a short styled
stretch, or before a citation. Only what is longer than a whole part (an address, a word) is cut where it has to be.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cache
from itertools import accumulate, groupby
from typing import Any, Final

from turnkeeper.text import plain
from turnkeeper.text.blocks import Block, Span, words
from turnkeeper.text.writing import Writer, Written, replaced

_CITED: Final = r"(?:\[\^?\d{1,4}(?:[ ]?[,;–-][ ]?\^?\d{1,4}){0,20}\]|【[^】\n]{1,40}】)"
_CITATION: Final = re.compile(_CITED)
_SENTENCE: Final = re.compile(
    rf"""[.!?…؟۔।॥。！？｡](?:(?<=[。！？｡])[”’』」）]{{0,4}}(?:{_CITED}){{0,9}}
    |['"”’»)\]]{{0,4}}(?:\s?{_CITED}){{0,9}}\s+)""",
    re.VERBOSE,
)
_PARAGRAPH: Final = re.compile(r"\n\s*\n\s*")
_LINE: Final = re.compile(r"\n\s*")
# Not at a space that is there to hold two words together.
_WORD: Final = re.compile(r"[^\S\xa0\u2007\u202f]+|[，、；：](?=\S)")
_SPACES: Final = re.compile(r"\s*")
# Two characters that are surely two graphemes; asking for all others is slow.
_ALONE: Final = re.compile("[ -~À-ɏΑ-ωЀ-ҁא-תؠ-ي\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff]{2}")
_SHORT: Final = 64
"""Styled stretches up to this long are not cut."""
_STEP: Final = 128
_BACK: Final = 256
"""How far back graphemes are counted from; longer ones may be cut."""


def cut(block: Block, writer: Writer, room: int, limit: int) -> Iterator[Written]:
    """The pieces of a block: the first in at most `room`, the others in at most `limit`.

    There may be no first piece: then nothing of it belongs into that room.
    """
    around = writer.write(replaced(block, (Span("x"),))).length - 1
    if around > limit // 2:
        block, around = _bare(block), 0
    yield from _Cutter(block, writer, limit, limit - around).pieces(room)


def split_words(text: str, limit: int) -> list[str]:
    """Literal text in parts of at most `limit` characters; none if it is blank."""
    return [piece.text for piece in cut(Block((Span(text.strip()),)), plain, limit, limit)]


def _bare(block: Block) -> Block:
    """The block without quotes and indentation; its marker is a word."""
    told = () if block.marker in ("", "-") else (Span(f"{block.marker} "),)
    return Block((*told, *block.spans), "words" if block.kind == "code" else block.kind, block.gap, level=block.level)


class _Cutter:
    """One block's text, and where it must not be cut."""

    def __init__(self, block: Block, writer: Writer, limit: int, most: int) -> None:
        self._block = block
        self._writer = writer
        self._limit = limit
        self._text = words(block)
        self._ends = list(accumulate(len(span.text) for span in block.spans))
        self._zones = sorted(self._found_zones(most))
        self._starts = [start for start, _ in self._zones]
        self._given_up: int | None = None  # where one begins that does not fit into a whole part

    def pieces(self, room: int) -> Iterator[Written]:
        """Every piece, in order."""
        at, begins = 0, True
        while at < len(self._text):
            must = room >= self._limit
            found = self._fitting(at, room, begins=begins, must=must)
            room = self._limit
            if found is None:
                continue
            written, at = found
            if written is not None:
                yield written
                begins = False
            if self._block.kind != "code":
                at = _SPACES.match(self._text, at).end()  # type: ignore[union-attr] # matches nothing, too

    def _fitting(self, at: int, room: int, *, begins: bool, must: bool) -> tuple[Written | None, int] | None:
        """The longest good piece from here, and where the next begins; None if none fits and none must."""
        size = min(room, len(self._text) - at)
        while size > 0:
            stop = at + size
            end = stop if stop >= len(self._text) else self._boundary(at, stop, must=must)
            if end <= at:
                return None
            written = self._written(at, end, begins=begins)
            if written is None or written.length <= room:
                return written, end
            size = min(size - 1, max(1, size * room // written.length))
        return (self._writer.write(Block((Span(self._text[at], bare=True),), gap=1)), at + 1) if must else None

    def _written(self, at: int, end: int, *, begins: bool) -> Written | None:
        """The text from `at` to `end` as a block; None if only white space is there."""
        spans: list[Span] = []
        is_code = self._block.kind == "code"
        text = self._text[at:end]
        end = at + len(text.rstrip("\n") if is_code else text.rstrip())
        place = bisect_right(self._ends, at)
        while at < end:
            span = self._block.spans[place]
            start = self._ends[place] - len(span.text)
            part = span.text[at - start : end - start]
            spans.append(Span(part, span.style, span.url, span.bare))
            at += len(part)
            place += 1
        if not spans or (not text.strip() and not is_code):
            return None
        return self._writer.write(replaced(self._block, tuple(spans), begins=begins))

    def _boundary(self, at: int, stop: int, *, must: bool) -> int:
        """Where the next piece begins, at most just behind `stop`; `at` if there is no good place and none must."""
        if self._block.kind == "code":
            newline = self._text.rfind("\n", at, stop + 1)
            return newline + 1 if newline >= at else self._grapheme(at, stop)
        around = self._zone_around(stop)
        if must and around is not None and around <= at:
            self._given_up = around
        enough = at + (stop - at) // 3
        for boundary in (_PARAGRAPH, _LINE, _SENTENCE, _WORD):
            if found := self._last(boundary, enough, stop):
                return found
        if found := self._last(_WORD, at, enough):
            return found
        return self._grapheme(at, stop) if must else at

    def _last(self, boundary: re.Pattern[str], at: int, stop: int) -> int:
        """The last place after such a boundary; 0 if there is none. Looked for from behind, in growing steps."""
        step, end = _STEP, stop + 1
        while end > at:
            start = max(at, end - step)
            for found in reversed(list(boundary.finditer(self._text, start, stop + 1))):
                if found.start() >= end:
                    continue
                if found.end() > at and self._is_good(found.end(), is_sentence=boundary is _SENTENCE):
                    return found.end()
            step, end = step * 4, start
        return 0

    def _is_good(self, place: int, *, is_sentence: bool) -> bool:
        following = self._text[place : place + 1]
        if _goes_on(following) or _CITATION.match(self._text, place):
            return False
        if self._zone_around(place) not in (None, self._given_up):
            return False
        return not is_sentence or not following.islower()

    def _zone_around(self, place: int) -> int | None:
        """Where the stretch begins that would be cut here."""
        found = bisect_left(self._starts, place) - 1
        if found >= 0 and self._zones[found][1] > place:
            return self._zones[found][0]
        return None

    def _grapheme(self, at: int, stop: int) -> int:
        """The last place up to `stop` that parts no grapheme; `stop` if one is longer than that."""
        text = self._text
        zone = self._zone_around(stop)
        if zone is not None and zone > at:
            return zone
        if _ALONE.fullmatch(text, stop - 1, stop + 1):
            return stop
        start = stop - 1
        while start > max(at, stop - _BACK) and not _ALONE.fullmatch(text, start - 1, start + 1):
            start -= 1
        last = start
        for cluster in _graphemes().finditer(text, start, min(len(text), stop + _BACK)):
            if cluster.end() > stop:
                break
            last = cluster.end()
        return last if last > at else stop

    def _found_zones(self, most: int) -> Iterator[tuple[int, int]]:
        """Links, short styled stretches and citations; none longer than `most`, which no part can hold."""
        at = 0
        for (url, short), group in groupby(self._block.spans, key=_togetherness):
            end = at + sum([len(span.text) for span in group])
            if end - at > 1 and ((url and end - at <= most) or (short and end - at <= min(_SHORT, most))):
                yield at, end
            at = end
        if "[" in self._text or "【" in self._text:
            for found in _CITATION.finditer(self._text):
                yield found.span()


def _togetherness(span: Span) -> tuple[str, int]:
    return (span.url or (span.text if span.bare else "")), 0 if span.url or span.bare else span.style


def _goes_on(char: str) -> bool:
    """Whether this would be torn from what stands before it."""
    return bool(char) and (char in "\u200c\u200d" or unicodedata.category(char)[0] == "M")


@cache
def _graphemes() -> Any:
    import regex  # type: ignore[import-untyped]

    return regex.compile(r"\X")
