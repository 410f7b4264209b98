"""WhatsApp's markup: `*bold*`, `_italic_`, `~strike~`, backticks, `> ` before each line of a quote.

Source: WhatsApp's help on formatting and Meta's Cloud API pages, read 2026. WhatsApp has no escape. Assumed of its
parser: a pair stands on one line; its first mark follows the line's start or a sign that is no letter or digit, and
touches what it opens; its second touches what it closes, and no letter or digit follows it; a mark beside another of
its kind is none. So:

- A style that WhatsApp would not show there (within a word) is left out, rather than shown as stray marks.
- Where literal marks would form a pair, a zero-width space after the first breaks it: only there, never in
  addresses and code (but for three backticks in code, which would end it).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple

from turnkeeper.text.blocks import BOLD, CODE, ITALIC, STRIKE, Block, Span
from turnkeeper.text.plain import RULE, quoted
from turnkeeper.text.writing import Written, lead, lines_of, links_in_words, stacked

BREAK: Final = "\u200b"
_SIGNS: Final = ((BOLD, "*"), (ITALIC, "_"), (STRIKE, "~"))
_MARKS: Final = [
    (
        "".join([sign for bit, sign in _SIGNS if style & bit]),
        "".join([sign for bit, sign in _SIGNS[::-1] if style & bit]),
    )
    for style in range(8)
]
_MARK: Final = re.compile("[*_~`]")
_QUOTE: Final = re.compile("^>", re.MULTILINE)
_FENCE: Final = "```"


def prepared(block: Block) -> Block:
    """The block with its links in words."""
    return links_in_words(block)


def write(block: Block) -> Written:
    """A block in WhatsApp's markup."""
    if block.kind == "rule":
        text = RULE
    elif block.kind == "code":
        text = _code(block.spans[0].text, in_quote=block.quote > 0)
    else:
        text = lines_of(_styled(block.spans), lead(block, "-", "◦"))
        if ">" in text:
            text = _QUOTE.sub(BREAK + ">", text)
    if block.quote:
        text = quoted(text, "> " * block.quote)
    return Written(block, text, len(text))


def join(parts: Sequence[Written]) -> str:
    """Blocks below each other."""
    return stacked(parts)


def length(text: str) -> int:
    """Characters (code points)."""
    return len(text)


def _code(text: str, *, in_quote: bool) -> str:
    text = _apart(text)
    if not in_quote:
        return f"{_FENCE}\n{text}\n{_FENCE}"
    # A fence does not reach over the lines of a quote.
    return "\n".join([f"{_FENCE}{line}{_FENCE}" if line.strip() else line for line in text.split("\n")])


def _apart(text: str) -> str:
    """Code without three backticks in a row, which would end it, nor one at its ends."""
    if "`" not in text:
        return text
    text = text.replace(_FENCE, f"`{BREAK}`{BREAK}`")
    text = f"{BREAK}{text}" if text[0] == "`" else text
    return f"{text}{BREAK}" if text[-1] == "`" else text


def _styled(spans: Sequence[Span]) -> str:
    if len(spans) == 1 and not spans[0].style:
        text = spans[0].text
        if spans[0].bare or _MARK.search(text) is None:
            return text
    return "\n".join([_line(line) for line in _lines(spans)])


def _lines(spans: Sequence[Span]) -> list[list[Span]]:
    lines: list[list[Span]] = [[]]
    for span in spans:
        if "\n" not in span.text:
            lines[-1].append(span)
            continue
        first, *others = span.text.split("\n")
        if first:
            lines[-1].append(Span(first, span.style, span.url, span.bare))
        lines += [[Span(text, span.style, span.url, span.bare)] if text else [] for text in others]
    return lines


class _Range(NamedTuple):
    """A stretch of a line's characters in one style."""

    start: int
    end: int
    sign: str


def _line(spans: list[Span]) -> str:
    simple = _simple(spans) if spans else ""
    return _careful(spans) if simple is None else simple


def _simple(spans: list[Span]) -> str | None:
    """The line, if no style lies within another and no mark in it is literal: nearly every line; else None."""
    pieces: list[str] = []
    before = ""
    for span, following in zip(spans, [*spans[1:], None], strict=True):
        text, style = span.text, span.style
        if style & CODE:
            sign = _code_sign(text)
            if not sign:
                return None
            pieces.append(f"{sign}{text}{sign}")
            before = ""
            continue
        if not span.bare:
            if _MARK.search(text) is not None:
                return None
            if style:
                if following is not None and following.style and not following.style & CODE:
                    return None
                after = following.text[0] if following is not None and not following.style else ""
                pieces.append(_marked(text, style, before, after))
                before = text[-1]
                continue
        pieces.append(text)
        before = text[-1]
    return "".join(pieces)


def _marked(text: str, style: int, before: str, after: str) -> str:
    """The text between the marks of its style, unless WhatsApp would not take them so."""
    core = text.strip()
    start = text.find(core)
    end = start + len(core)
    before, after = text[:start] or before, text[end:] or after
    if not core or (before and _is_word(before[-1])) or (after and _is_word(after[0])):
        return text
    opening, closing = _MARKS[style]
    return f"{text[:start]}{opening}{core}{closing}{text[end:]}"


def _careful(spans: list[Span]) -> str:
    """The line, whatever is in it."""
    text = "".join([span.text for span in spans])
    closed: list[tuple[int, int]] = []  # where no mark means anything: addresses and code
    code: set[int] = set()  # where code begins and ends: what touches that touches a backtick
    ranges: list[_Range] = []
    at = 0
    for span in spans:
        end = at + len(span.text)
        if span.style & CODE and (sign := _code_sign(span.text)):
            closed.append((at, end))
            code |= {at, end}
            ranges.append(_Range(at, end, sign))
        elif span.bare:
            closed.append((at, end))
        at = end
    for style, sign in _SIGNS:
        ranges += _ranges(spans, style, sign, text, code)
    return _written(text, _nested(ranges), closed)


def _code_sign(text: str) -> str:
    if "`" not in text:
        return "`"
    return "" if _FENCE in text or "`" in (text[0], text[-1]) else _FENCE


def _ranges(spans: list[Span], style: int, sign: str, text: str, code: set[int]) -> list[_Range]:
    """Where a style is on and WhatsApp would show it."""
    found: list[_Range] = []
    at, start = 0, -1
    for span in [*spans, Span("")]:
        on = bool(span.style & style) and not span.bare and not span.style & CODE
        if on and start < 0:
            start = at
        elif not on and start >= 0:
            found += _shown(start, at, sign, text, code)
            start = -1
        at += len(span.text)
    return found


def _shown(start: int, end: int, sign: str, text: str, code: set[int]) -> list[_Range]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start == end or text[start] in "*_~`" or text[end - 1] in "*_~`":
        return []
    before = start > 0 and start not in code and not _parts(text[start - 1], sign)
    after = end < len(text) and end not in code and not _parts(text[end], sign)
    return [] if before or after else [_Range(start, end, sign)]


def _parts(neighbour: str, sign: str) -> bool:
    """Whether WhatsApp would take a mark beside this."""
    return neighbour != sign and not _is_word(neighbour)


def _is_word(char: str) -> bool:
    return char.isalnum() or (char > "\u02ff" and unicodedata.category(char)[0] == "M")


def _nested(ranges: list[_Range]) -> list[_Range]:
    """The ranges, outermost first, without any that crosses another."""
    ranges.sort(key=lambda found: (found.start, -found.end))
    kept: list[_Range] = []
    open_ends: list[int] = []
    for found in ranges:
        while open_ends and open_ends[-1] <= found.start:
            open_ends.pop()
        if not open_ends or found.end <= open_ends[-1]:
            kept.append(found)
            open_ends.append(found.end)
    return kept


class _Sign(NamedTuple):
    """A mark in a line that is written: ours, or a literal one."""

    at: int
    char: str
    ours: int  # +1 opens, -1 closes, 0 literal


def _written(text: str, ranges: list[_Range], closed: list[tuple[int, int]]) -> str:
    """The line with the marks of its styles, and with literal marks kept from pairing."""
    pieces: list[str] = []
    signs: list[_Sign] = []
    length = 0

    def put(piece: str, kind: int | None) -> None:
        nonlocal length
        if kind is not None and piece:
            signs.append(_Sign(length, piece[0], kind))
        pieces.append(piece)
        length += len(piece)

    ends: list[_Range] = []
    cuts = sorted(
        {0, len(text), *[r.start for r in ranges], *[r.end for r in ranges], *[c for pair in closed for c in pair]}
    )
    waiting = list(reversed(ranges))
    protected = dict(closed)
    for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True):
        while ends and ends[-1].end == start:
            put(ends.pop().sign, -1)
        while waiting and waiting[-1].start == start:
            ends.append(waiting.pop())
            put(ends[-1].sign, 1)
        piece = text[start:end]
        if start not in protected:
            signs += [_Sign(length + found.start(), found[0], 0) for found in _MARK.finditer(piece)]
        put(piece, None)
    line = "".join(pieces)
    return line if all(sign.ours for sign in signs) else _kept_apart(line, signs)


def _kept_apart(line: str, signs: list[_Sign]) -> str:
    """The line with zero-width spaces where literal marks would pair with others."""
    breaks: list[int] = []
    for char in "*_~`":
        same = [sign for sign in signs if sign.char == char]
        if len(same) > 1:
            breaks += _breaks(line, same)
    if not breaks:
        return line
    breaks.sort()
    return BREAK.join([line[start:end] for start, end in zip([0, *breaks], [*breaks, len(line)], strict=True)])


def _breaks(line: str, signs: list[_Sign]) -> list[int]:
    closing = [sign.at for sign in signs if sign.ours < 0 or (not sign.ours and _closes(line, sign.at))]
    last = closing[-1] if closing else -1
    breaks: list[int] = []
    inside = 0
    for sign in signs:
        inside += sign.ours
        if sign.ours:
            continue
        opening = sign.at < last and _opens(line, sign.at)
        if inside and (opening or _closes(line, sign.at)):
            breaks.append(sign.at)
        if opening:  # what follows is no letter any more, so that it might close instead
            breaks.append(sign.at + 1)
    return breaks


def _opens(line: str, at: int) -> bool:
    before, after = line[at - 1 : at], line[at + 1 : at + 2]
    if line[at] == "`":
        return True
    return not (before and _is_word(before)) and not after.isspace() and line[at] not in (before, after)


def _closes(line: str, at: int) -> bool:
    before, after = line[at - 1 : at], line[at + 1 : at + 2]
    if line[at] == "`":
        return True
    return not before.isspace() and not (after and _is_word(after)) and line[at] not in (before, after)
