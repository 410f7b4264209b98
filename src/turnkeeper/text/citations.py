"""What an answer cites, as numbered notes after it: `[1]` in the text, the note below.

Three forms become one: places in the text with their sources (Anthropic), marks for sources that were shown by number
(found passages), and a backend's own `[1]` marks with a closing list. Notes are numbered in the order in which the
text comes to them; those that it never comes to follow, so that nothing is lost. A mark without a note stays as it is,
unless its number is another's now. What stands in code, and the labels of links, are no marks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from turnkeeper.model.contents import Sections
from turnkeeper.model.llm import Citation
from turnkeeper.text.languages import code_of, may_be_in, named, told_by_writing

_LONGEST_QUOTE: Final = 300
_MOST_NUMBERS: Final = 50
"""A range with more is none of citations."""
_MARK: Final = re.compile(
    r"(?P<code>```.*?(?:```|\Z)|`[^`\n]+`)"
    r"|(?P<space>[ \t]?)(?:\[(?P<numbers>\^?\d{1,3}(?:[ ]?[,;–-][ ]?\^?\d{1,3}){0,20})\]"
    r"(?!\d|\((?:https?:|mailto:|tel:|tg:|[/#<]))|【(?P<number>\d{1,3})(?:[†:][^】\n]{0,80})?】)",
    re.DOTALL,
)
_HEADINGS: Final = (
    "citations?|sources?|references?|footnotes?|notes?|rujukan|sumber|referensi|quellen|fuentes|referencias|références|"
    "fontes|kaynaklar|kaynakça|источники|المصادر|المراجع|الاستشهادات|منابع|حوالہ جات|स्रोत|来源|参考资料|出典"
)
_HEADING: Final = re.compile(
    rf"[ \t]*(?:#{{1,6}}[ \t]*)?[*_]{{0,3}}(?:{_HEADINGS})[ \t]*[:：]?[*_]{{0,3}}[ \t]*[:：]?[ \t]*", re.IGNORECASE
)
_LONGEST_HEADING: Final = 60
_ENTRY: Final = re.compile(r"[ \t]{0,3}(?:[-*][ \t]+)?\[\^?(\d{1,3})\][:.]?(?![(\[])[ \t]*(.*)")
_FOOTNOTE: Final = re.compile(r"[ \t]{0,3}\[\^?\d{1,3}\]:[ \t]*\S.*")
_LABEL: Final = re.compile(r"[ \t]*[*_]{0,3}([^\W\d_]{2,20})[*_]{0,3}[ \t]*[:：][*_]{0,3}[ \t]*(.*)")
_UNAVAILABLE: Final = re.compile(r"\[?translation (?:is )?(?:unavailable|not available|failed)\]?\.?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Passage:
    """What a source says, in one language (`en`); "" where it is not told."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """One source: where it is from, and what it says there."""

    title: str
    passages: tuple[Passage, ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class Cited:
    """An answer in Markdown whose mark `[1]` stands for the first of the notes. `heading`: what stands above them."""

    body: str
    notes: tuple[Note, ...] = ()
    heading: str = ""


def cited(text: str, citations: Sequence[Citation], sources: Sequence[Citation]) -> Cited:
    """A model's answer: by the places that its provider tells, else by the marks of the sources that it was shown."""
    return placed(text, citations) if citations else shown(text, sources) if sources else Cited(text)


def placed(text: str, citations: Sequence[Citation]) -> Cited:
    """An answer whose citations say where they belong; one without a place is a note without a mark."""
    notes: list[Note] = []
    numbers: dict[Note, int] = {}
    places: list[tuple[int, int]] = []
    for citation in sorted(citations, key=lambda each: len(text) if each.end is None else each.end):
        note = _note(citation)
        if note not in numbers:
            notes.append(note)
            numbers[note] = len(notes)
        if citation.end is not None:
            end = len(text[: max(0, citation.end)].rstrip())
            places.append((end, numbers[note]))
    marked = text
    for end, same in reversed([(end, list(group)) for end, group in groupby(places, key=lambda place: place[0])]):
        marks = "".join(f"[{number}]" for number in dict.fromkeys(number for _, number in same))
        marked = f"{marked[:end]}{' ' if end else ''}{marks}{marked[end:]}"
    return Cited(marked, tuple(notes))


def shown(text: str, sources: Sequence[Citation]) -> Cited:
    """An answer whose marks `[n]` mean the nth of the sources that the model was shown; only what it cites is noted.

    A number that no source has is left out: there is nothing to look up.
    """
    body, order = _renumbered(text, range(1, len(sources) + 1), lambda _: False)
    return Cited(body, tuple(_note(sources[number - 1]) for number in order))


def read(answer: str) -> Cited:
    """A backend's answer with `[1]` marks and a closing list of what they stand for; without a list, as it came."""
    found = _list_in(answer)
    if found is None:
        return Cited(answer)
    body, heading, entries = found
    known: dict[int, Note] = {}
    more: list[Note] = []
    for number, lines in entries:
        note = _entry(lines)
        if known.setdefault(number, note) is not note:
            more.append(note)
    marked, order = _renumbered(body, known, lambda number: not 1 <= number <= len(known) + len(more))
    unmarked = [note for number, note in known.items() if number not in order]
    return Cited(marked, (*[known[number] for number in order], *unmarked, *more), heading)


def said(cited: Cited) -> str | Sections:
    """What is sent: the answer, and below it each note as a section, so that none is cut that fits into a message."""
    if not cited.notes:
        return cited.body
    notes = [_written(number, note) for number, note in enumerate(cited.notes, 1)]
    if cited.heading:
        notes[0] = f"{cited.heading}\n\n{notes[0]}"
    return Sections([text for text in (cited.body.strip(), *notes) if text])


def missing_language(note: Note, language: str) -> bool:
    """Whether the reader of this language finds only other languages in the note. Without words nothing is missing."""
    return bool(note.passages) and not any(may_be_in(each.text, each.language, language) for each in note.passages)


def translated(note: Note, language: str, text: str) -> Note:
    """The note with what it says in one more language."""
    words = " ".join(text.split())
    return replace(note, passages=(*note.passages, Passage(words, code_of(language)))) if words else note


def _note(citation: Citation) -> Note:
    quote = " ".join(citation.quote.split())
    if len(quote) > _LONGEST_QUOTE:
        quote = quote[:_LONGEST_QUOTE].rsplit(" ", 1)[0] + " …"
    title = " ".join(citation.title.split()) or citation.url or quote
    return Note(title, (Passage(quote),) if quote and quote != title else (), citation.url)


def _written(number: int, note: Note) -> str:
    """One note: each language on a line of its own, so that each runs in its own direction."""
    lines = [f"[{number}] {note.title}".rstrip()]
    for passage in note.passages:
        name = "" if told_by_writing(passage.text, passage.language) else passage.language
        lines.append(f"{name}: {passage.text}" if name else passage.text)
    if note.url and note.url != note.title:
        lines.append(note.url)
    if len(lines) > 1 and lines[0] == f"[{number}]":
        lines[:2] = [f"{lines[0]} {lines[1]}"]
    return "\n".join(lines)


def _renumbered(text: str, known: Container[int], keep: Callable[[int], bool]) -> tuple[str, list[int]]:
    """The text with its marks numbered in order, and what they were. `keep`: whether an unknown number stays."""
    order: list[int] = []

    def number_of(old: int) -> str:
        if old not in known:
            return f"[{old}]" if keep(old) else ""
        if old not in order:
            order.append(old)
        return f"[{order.index(old) + 1}]"

    def mark(found: re.Match[str]) -> str:
        if found["code"]:
            return found[0]
        numbers = _numbers(found["numbers"] or found["number"])
        if not any(number in known for number in numbers):
            return found[0] if all(keep(number) for number in numbers) else ""
        return found["space"] + "".join(dict.fromkeys(number_of(number) for number in numbers))

    return _MARK.sub(mark, text), order


def _numbers(inside: str) -> list[int]:
    """What a mark names: `1, 3`, `2-4`."""
    numbers: list[int] = []
    is_range = False
    for sign, digits in re.findall(r"([,;–-]?)[ ]?\^?(\d{1,3})", inside):
        number = int(digits)
        is_range = sign in ("-", "–") and bool(numbers) and numbers[-1] < number < numbers[-1] + _MOST_NUMBERS
        numbers += range(numbers[-1] + 1, number + 1) if is_range else (number,)
    return numbers


def _list_in(answer: str) -> tuple[str, str, list[tuple[int, list[str]]]] | None:
    """What is before the closing list, the list's heading, and its entries: their numbers and lines."""
    lines = answer.split("\n")
    last = next((place for place in range(len(lines) - 1, -1, -1) if _is_entry(lines[place])), 0)
    start = next((place for place in range(last - 1, -1, -1) if _is_heading(lines[place])), None)
    above = [] if start is None else [lines[start].strip()]
    if start is None and (start := _footnotes(lines)) is None:
        return None
    entries: list[tuple[int, list[str]]] = []
    for line in lines[start + len(above) :]:
        if (found := _ENTRY.fullmatch(line)) is not None:
            entries.append((int(found[1]), [found[2]]))
        elif entries:
            entries[-1][1].append(line)
        else:
            above.append(line)
    return "\n".join(lines[:start]).rstrip(), "\n".join(above).strip(), entries


def _footnotes(lines: Sequence[str]) -> int | None:
    """Where footnotes begin that end the answer without a heading: `[1]: …`, with lines that go on below."""
    start = None
    for place in range(len(lines) - 1, -1, -1):
        if _FOOTNOTE.fullmatch(lines[place]):
            start = place
        elif lines[place].strip() and not lines[place].startswith("  "):
            break
    return start


def _is_entry(line: str) -> bool:
    return _ENTRY.fullmatch(line) is not None


def _is_heading(line: str) -> bool:
    return len(line) <= _LONGEST_HEADING and _HEADING.fullmatch(line) is not None


def _entry(lines: Sequence[str]) -> Note:
    """One entry of the list: a title, then what the source says, language by language where that is told."""
    title = lines[0].strip()
    first = _label(title)
    passages: list[tuple[str, list[str]]] = []
    if first is not None:
        title, passages = "", [(first[0], [first[1]])]
    for line in lines[1:]:
        label = _label(line)
        if label is not None:
            passages.append((label[0], [label[1]]))
        elif passages:
            passages[-1][1].append(line.strip())
        elif line.strip():
            passages.append(("", [line.strip()]))
    told = [Passage("\n".join(each for each in words if each), language) for language, words in passages]
    kept = tuple(each for each in told if each.text and not _UNAVAILABLE.fullmatch(each.text))
    return Note(title.removesuffix(":").rstrip() if kept else title, kept)


def _label(line: str) -> tuple[str, str] | None:
    """The language that a line says it is in, and the rest of it; "" for `Text:`."""
    found = _LABEL.fullmatch(line)
    if found is None:
        return None
    if found[1].lower() == "text":
        return "", found[2].strip()
    language = named(found[1])
    return (language, found[2].strip()) if language else None
