"""A document -> passages: what is found and shown as one.

Paragraphs under the same headings go together up to `SIZE` characters. A paragraph that is longer is cut at the end of
a sentence, else of a word, else between two graphemes; only there the next passage begins with a little of the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from turnkeeper.model.knowledge import Paragraph, Passage, Readable
from turnkeeper.text.cutting import split_words
from turnkeeper.text.words import terms

SIZE: Final = 800
"""Characters that a passage has at most, but for what it repeats."""
REPEATED: Final = 120
"""Characters of the piece before that the next one may begin with."""
BETWEEN: Final = " › "
"""What stands between headings."""
_LONGEST_HEADING: Final = 200
# Where a repeated piece may begin: after a sentence, after a word, after a stop that no space follows.
_BEGINNINGS: Final = (re.compile(r"[.!?…؟۔।॥][\"'”’»)\]]{0,4}\s+|[。！？｡]|\n"), re.compile(r"\s+|[，、；：]"))


def passages(document: Readable) -> Iterator[Passage]:
    """The passages of a document, in order."""
    for headings, group in groupby(document.paragraphs, key=lambda each: each.headings):
        heading = BETWEEN.join(each[:_LONGEST_HEADING] for each in headings if each.strip())
        head, head_length = terms(" ".join(dict.fromkeys((document.title, *headings))))
        for text, page in _gathered(group):
            body, length = terms(text)
            if length:
                whole = f"{head} {body}" if head else body
                yield Passage(text, heading, whole, head_length, head_length + length, page)


def _gathered(paragraphs: Iterator[Paragraph]) -> Iterator[tuple[str, int | None]]:
    """Texts of up to SIZE characters, each with the page on which it begins."""
    held, page = "", None
    for paragraph in paragraphs:
        for piece in _pieces(paragraph.text.strip()):
            if held and len(held) + 2 + len(piece) > SIZE:
                yield held, page
                held = ""
            if not held:
                page = paragraph.page
            held = f"{held}\n\n{piece}" if held else piece
    if held:
        yield held, page


def _pieces(text: str) -> Iterator[str]:
    if len(text) <= SIZE:
        if text:
            yield text
        return
    before = ""
    for piece in split_words(text, SIZE):
        yield f"{_end_of(before)}{piece}"
        before = piece


def _end_of(piece: str) -> str:
    """The last words of a piece, from the beginning of a sentence if there is one near its end."""
    end = piece[-REPEATED:]
    if len(piece) <= REPEATED:
        return ""
    for beginning in _BEGINNINGS:
        found = beginning.search(end)
        if found is not None and found.end() < len(end):
            return end[found.end() :].lstrip() + " "
    return ""
