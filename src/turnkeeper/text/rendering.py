"""What a bot says, in Markdown -> what a channel is sent: parts that fit, or one piece that does.

Every function here is pure: the same text gives the same parts. None raises for any text.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import dropwhile
from typing import Final

from turnkeeper.model.contents import Sections
from turnkeeper.model.limits import Markup
from turnkeeper.text import inlines, markdown, plain, telegram, whatsapp
from turnkeeper.text.blocks import Block, Span
from turnkeeper.text.cutting import cut
from turnkeeper.text.splitting import split
from turnkeeper.text.writing import Writer, Written, replaced

_WRITERS: Final[dict[Markup, Writer]] = {"whatsapp": whatsapp, "telegram": telegram, "plain": plain}
_MORE: Final = "…"


def render(said: str | Sections, markup: Markup, limit: int, *, numbered: bool = False) -> list[str]:
    """The text in parts of at most `limit`, as the platform counts; none if there is nothing to read.

    `numbered`: several parts end in "(1/3)", which counts. Raises ValueError for a limit below 1.
    """
    writer = _WRITERS[markup]
    blocks, declared = _read(said, writer)
    parts = split(blocks, writer, limit, declared)
    if not numbered or len(parts) < 2:
        return [text for text in (_joined(part, writer) for part in parts) if text]
    return _numbered(blocks, declared, writer, limit)


def render_line(said: str, markup: Markup, limit: int) -> str:
    """The text in one piece of at most `limit`; what does not fit is cut at a word, and ends in "…"."""
    writer = _WRITERS[markup]
    blocks, _ = _read(said, writer)
    kept: list[Written] = []
    used = 0
    for block in blocks:
        gap = block.gap if kept else 0
        fits = sum([len(span.text) for span in block.spans]) <= limit
        written = writer.write(block) if fits else None
        if written is None or used + gap + written.length > limit:
            return _cut_short(kept, block, writer, limit)
        kept.append(written)
        used += gap + written.length
    return _joined(kept, writer)


def _cut_short(kept: list[Written], block: Block, writer: Writer, limit: int) -> str:
    """What fits, as much of the next block as fits, and dots."""
    while True:
        used = sum([each.length + each.block.gap for each in kept]) - (kept[0].block.gap if kept else block.gap)
        beginning = _beginning(block, writer, limit - used - block.gap)
        if beginning or not kept:
            return _joined([*kept, *beginning], writer) or _MORE
        block = kept.pop().block


def plain_line(said: str, limit: int) -> str:
    """The words alone on one line of at most `limit` characters, as a title or a button's label needs it."""
    text = " ".join("".join([span.text for span in inlines.read(markdown.clean(said).strip())]).split())
    if len(text) <= limit:
        return text
    if limit < 2:
        return _MORE[:limit]
    first = next(cut(Block((Span(text),)), plain, limit - 1, limit - 1))
    return first.text + _MORE


def literal(said: str, markup: Markup, *, is_address: bool = False) -> str:
    """Words that are no Markdown, as this markup shows them; nothing comes into an address."""
    return _WRITERS[markup].write(Block((Span(said, bare=is_address),))).text


def typed(said: str, markup: Markup) -> str:
    """What a person typed for this channel: the marks that people type there are theirs, nothing else is read as one.
    On Telegram nobody types marks."""
    clean = markdown.clean(said).strip()
    return literal(clean, markup) if markup == "telegram" else clean


def length(text: str, markup: Markup) -> int:
    """The length of a rendered text as the platform counts it."""
    return _WRITERS[markup].length(text)


def _read(said: str | Sections, writer: Writer) -> tuple[list[Block], list[int]]:
    texts = said.texts if isinstance(said, Sections) else (said,)
    blocks: list[Block] = []
    declared: list[int] = []
    for text in texts:
        found = markdown.parse(text)
        if isinstance(said, Sections) and found:
            declared.append(len(blocks))
            found[0] = replaced(found[0], found[0].spans, gap=2)
        blocks += [writer.prepared(block) for block in found]
    return blocks, declared


def _joined(part: Sequence[Written], writer: Writer) -> str:
    """A part without rules at its ends."""
    kept = list(dropwhile(_is_rule, part))
    while kept and _is_rule(kept[-1]):
        kept.pop()
    text = writer.join(kept)
    return text if text.strip() else ""


def _is_rule(written: Written) -> bool:
    return written.block.kind == "rule" or not written.text


def _numbered(blocks: list[Block], declared: list[int], writer: Writer, limit: int) -> list[str]:
    for digits in range(1, 8):
        room = limit - len("\n\n(/)") - 2 * digits
        if room < limit // 2:
            break
        parts = [text for text in (_joined(part, writer) for part in split(blocks, writer, room, declared)) if text]
        if len(str(len(parts))) <= digits:
            return [f"{text}\n\n({place}/{len(parts)})" for place, text in enumerate(parts, 1)]
    return [text for text in (_joined(part, writer) for part in split(blocks, writer, limit, declared)) if text]


def _beginning(block: Block, writer: Writer, room: int) -> list[Written]:
    """As much of a block as fits together with the dots that end it."""
    smaller = room - 1
    while smaller >= 1:
        first = next(cut(block, writer, smaller, smaller), None)
        if first is None:
            return []
        written = writer.write(replaced(first.block, _dotted(first.block)))
        if written.length <= room:
            return [written]
        smaller -= max(1, written.length - room)
    return []


def _dotted(block: Block) -> tuple[Span, ...]:
    last = block.spans[-1]
    if block.kind == "code":
        return (Span(last.text + _MORE, last.style),)
    return (*block.spans, Span(_MORE))
