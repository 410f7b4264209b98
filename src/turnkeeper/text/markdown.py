"""Markdown as models write it -> blocks.

The blocks are found by markdown-it, the words within them by `inlines`, tables by `tables`. HTML is literal text;
indented code and link definitions are not recognized, because models indent by accident and end answers with
`[1]: https://…` for people to read.

Reading costs time for each character, line and mark. A text with more of them than any answer has is sent as it came,
as one block: that bounds the work, and nothing is lost. What lies deeper than `DEEPEST` levels is one paragraph.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from turnkeeper.text import inlines, tables
from turnkeeper.text.blocks import BOLD, CODE, Block, Span, words

MOST_CHARACTERS: Final = 100_000
MOST_LINES: Final = 2_000
MOST_MARKS: Final = 20_000
DEEPEST: Final = 20
"""Levels of nesting that are read; a quote is one, a list two."""

_MARKS: Final = "*_~`[]<&|\\>"
_BROKEN: Final = re.compile("[\ud800-\udfff\0]")
_COLONS: Final = (":", "：")
_LONGEST_HEADING: Final = 100
_BOXES: Final = {"[ ] ": "☐", "[x] ": "☑", "[X] ": "☑"}
_PARAGRAPHS: Final = re.compile(r"(?:[^\s`~>*_+=#0-9-][^\n]*+(?<=\S)\n*+)*+")
"""Texts of which no line begins as one of the blocks below does, and none begins or ends in space: they hold nothing
but paragraphs."""
_RULES: Final = ["too_deep", "fence", "blockquote", "hr", "list", "heading", "lheading", "paragraph"]


def parse(markdown: str) -> list[Block]:
    """The blocks of a text, in order; none if there is nothing to read in it."""
    text = clean(markdown)
    if is_too_much(text):
        return literal(text)
    if _PARAGRAPHS.fullmatch(text) is not None:
        return _Walk().paragraphs(text)
    return _Walk().blocks(parser().parse(text))


def is_too_much(text: str) -> bool:
    """Whether a text is longer, or has more lines or marks, than is read as Markdown."""
    if len(text) <= MOST_LINES:
        return False
    return (
        len(text) > MOST_CHARACTERS
        or text.count("\n") > MOST_LINES
        or sum([text.count(mark) for mark in _MARKS]) > MOST_MARKS
    )


def literal(text: str) -> list[Block]:
    """The text as it came, in one block."""
    stripped = clean(text).strip()
    return [Block((Span(stripped, bare=True),))] if stripped else []


def clean(text: str) -> str:
    """The text without what cannot be sent: NUL and halves of characters become U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = _BROKEN.sub("\ufffd", text)
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\0", "\ufffd")


@cache
def parser() -> MarkdownIt:
    """Finds blocks; what is in them is left as it is."""
    found = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST + 10})
    found.block.ruler.before("table", "too_deep", _too_deep)
    found.block.ruler.enableOnly(_RULES)
    found.core.ruler.enableOnly(["normalize", "block"])
    return found


def _too_deep(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A block rule: below the deepest level the rest is one paragraph."""
    if silent or state.level < DEEPEST:
        return False
    state.line = end
    state.push("paragraph_open", "p", 1)
    state.push("inline", "", 0).content = state.getLines(start, end, state.blkIndent, False).strip()
    state.push("paragraph_close", "p", -1)
    return True


class _Walk:
    """Tokens -> blocks: remembers the quotes and lists that it is in."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._quote = 0
        self._lists: list[bool] = []  # whether each, outermost first, has given a block yet
        self._numbers: list[tuple[str, int]] = []  # of each list the latest number as it came, and as it is shown
        self._marker = ""
        self._tight = False
        self._level = 0
        self._is_underlined = False

    def blocks(self, tokens: list[Token]) -> list[Block]:
        """Every block."""
        for token in tokens:
            kind = token.type
            if kind == "inline":
                self._inline(token.content)
            elif kind == "paragraph_open":
                self._tight = token.hidden
            elif kind.startswith("heading"):
                self._level = int(token.tag[1]) if token.nesting > 0 else 0
                self._is_underlined = token.markup == "-"
            elif kind == "list_item_open":
                self._marker = self._number(token.info) + token.markup if token.info else "-"
            elif kind.startswith("blockquote"):
                self._quote += token.nesting
            elif kind == "fence":
                self._fence(token)
            elif kind == "hr":
                self._put(Block((), kind="rule"))
            elif kind != "paragraph_close":
                self._list(token.nesting, of_items=kind == "list_item_close")
        return self._blocks

    def paragraphs(self, text: str) -> list[Block]:
        """Every block of a text that holds nothing but paragraphs, without the parser."""
        for content in text.split("\n\n"):
            self._inline(content.strip("\n"))
        return self._blocks

    def _list(self, nesting: int, *, of_items: bool) -> None:
        """A list opens or closes, or one of its items closes."""
        self._leave_marker()
        if nesting > 0:
            self._lists.append(False)
            self._numbers.append(("", 0))
        elif not of_items:
            self._lists.pop()
            self._numbers.pop()

    def _number(self, given: str) -> str:
        """Numbers stay as they came, but where one comes again (`1.` before each item) they count."""
        before, shown = self._numbers[-1]
        shown = shown + 1 if given == before else int(given)
        self._numbers[-1] = (given, shown)
        return given if given != before else str(shown)

    def _inline(self, content: str) -> None:
        if self._level and self._is_underlined and not _is_heading(content):
            self._level = 0
            self._inline(content)
            self._put(Block((), kind="rule"))
            return
        if self._level:
            spans = tuple([_bold(span) for span in inlines.read(content)])
            self._put(Block(spans, kind="heading", level=self._level))
            return
        if self._marker and content[:4] in _BOXES:
            box = _BOXES[content[:4]]
            self._marker = box if self._marker == "-" else f"{self._marker} {box}"
            content = content[4:].lstrip()
        if "|" in content and "\n" in content and (found := tables.find(content)) is not None:
            for block in found:
                self._put(block)
            return
        spans = inlines.read(content)
        if not self._lists and len(spans) == 1 and spans[0].style == BOLD and _is_heading(spans[0].text):
            self._put(Block(spans, kind="heading", level=6))
        else:
            self._put(Block(spans))

    def _fence(self, token: Token) -> None:
        text = token.content.rstrip()
        language = token.info.split()[0] if token.info.split() else ""
        if text.strip():
            self._put(Block((Span(text.strip("\n"), CODE),), kind="code", language=language))

    def _leave_marker(self) -> None:
        """A number that nothing in its item can follow stands by itself; a bullet does not."""
        alone, self._marker = self._marker, ""
        if alone not in ("", "-"):
            self._put(Block((), marker=alone))

    def _put(self, block: Block) -> None:
        if block.kind in ("code", "rule"):
            self._leave_marker()
        if block.kind != "rule" and not block.marker and not any(span.text.strip() for span in block.spans):
            return
        gap, marker, depth = block.gap, self._marker or block.marker, len(self._lists) or int(bool(block.marker))
        last = self._blocks[-1] if self._blocks else None
        if self._lists:
            introduced = last is not None and last.kind == "words" and words(last).endswith(_COLONS)
            if self._tight and (self._lists[-1] or len(self._lists) > 1 or introduced):
                gap = 1
            self._lists[:] = [True] * len(self._lists)
        if last is not None and last.kind == "heading" and last.quote == self._quote:
            gap = 1
        self._blocks.append(
            Block(
                block.spans,
                block.kind,
                gap,
                self._quote,
                depth,
                marker,
                block.level,
                block.language,
            )
        )
        self._marker = ""


def _is_heading(text: str) -> bool:
    """Whether a paragraph that is bold throughout is a heading, or one above `---`: else that is a rule."""
    return len(text) <= _LONGEST_HEADING and "\n" not in text and not text.endswith((".", "!", "?", "。", "؟"))


def _bold(span: Span) -> Span:
    return span if span.style == CODE else Span(span.text, span.style | BOLD, span.url, span.bare)
