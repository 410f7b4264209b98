"""Values by name -> a report in sections, in Markdown: declared once, rendered for any channel by `text.rendering`.

    VISIT = (ReportField("Doctor", "doctor"), ReportField("Products", "products", as_="list"))
    LAYOUT = ReportLayout((ReportSection("Visit", "🩺", VISIT),), title="Visit report")
    await turn.reply(Sections(LAYOUT.texts(values)))

What is empty is left out: fields, and sections in which nothing stands. Values are shown as they are: no mark in them
becomes a style, and none is longer than a reader takes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from turnkeeper.text import plain
from turnkeeper.text.blocks import Block, Span
from turnkeeper.text.cutting import cut
from turnkeeper.text.escaping import escaped, one_line

As = Literal["text", "list", "number", "choice"]
LONGEST: Final = 1_000
"""Characters that are shown of one value."""
LONGEST_ITEM: Final = 300
MOST_ITEMS: Final = 20
_BETWEEN: Final = " – "
_NOTHING: Final = {
    "-", "–", "—", "?", "n/a", "na", "nil", "none", "null", "unknown", "not applicable", "not available",
    "not discussed", "not given", "not mentioned", "not specified",
}  # fmt: skip
"""What models write where nothing was said."""


class Dumps(Protocol):
    """A pydantic model, which may lack fields."""

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        """Its fields, as JSON values for the mode `json`."""


@dataclass(frozen=True, slots=True)
class ReportField:
    """One value. `label`: what it is called, "" for the value alone; `name`: what it is known by.

    `as_`: `text` (several values stand on one line), `list` (each on a line of its own), `number` (followed by `unit`
    as it is written: `" %"`, `"/10"`), `choice` (one of several words, written like a title). `because`: the name of
    the value that gives the reason. An object is shown as its values in a row.
    """

    label: str
    name: str
    as_: As = "text"
    because: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ReportSection:
    """Fields under one title, with an emoji before it or none."""

    title: str
    emoji: str
    fields: tuple[ReportField, ...]


@dataclass(frozen=True, slots=True)
class ReportLayout:
    """What a report looks like. `title` stands above the first section that has anything."""

    sections: tuple[ReportSection, ...]
    title: str = ""
    emoji: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Every value that is shown, by its name."""
        fields = [field for section in self.sections for field in section.fields]
        return tuple(name for field in fields for name in (field.name, field.because) if name)

    def texts(self, filled: Mapping[str, Any] | Dumps) -> tuple[str, ...]:
        """The sections that have anything, each in Markdown, for `Sections`; none where every value is empty."""
        values = filled if isinstance(filled, Mapping) else filled.model_dump(mode="json")
        bodies = [(section, _body(section.fields, values)) for section in self.sections]
        texts = [f"{heading(section.title, section.emoji)}\n{body}" for section, body in bodies if body]
        if texts and self.title:
            texts[0] = f"{heading(self.title, self.emoji, level=1)}\n\n{texts[0]}"
        return tuple(texts)


def heading(title: str, emoji: str = "", *, level: int = 2) -> str:
    """A section's first line."""
    return f"{'#' * level} {emoji} {escaped(title)}".replace("  ", " ")


def labelled(label: str, text: str) -> str:
    """A line of Markdown with its label before it."""
    return f"**{escaped(label)}:** {text}" if label else text


def is_empty(value: object) -> bool:
    """Whether a value says nothing: models write "not mentioned" as well as null."""
    if isinstance(value, str):
        return one_line(value).rstrip(".").casefold() in _NOTHING or not one_line(value)
    if isinstance(value, Mapping):
        return all(map(is_empty, value.values()))
    if isinstance(value, Sequence | set | frozenset):
        return all(map(is_empty, value))
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def _body(fields: Sequence[ReportField], values: Mapping[str, Any]) -> str:
    """The lines of a section; a blank one ends a list."""
    lines: list[str] = []
    for field in fields:
        value = values.get(field.name)
        if is_empty(value):
            continue
        if lines and lines[-1].startswith("- "):
            lines.append("")
        if field.as_ == "list":
            lines += _listed(field.label, value)
        else:
            reason = values.get(field.because) if field.because else None
            shown = [_shown(field, value), *([] if is_empty(reason) else [_words(reason)])]
            lines.append(labelled(field.label, escaped(short(_BETWEEN.join(shown), LONGEST))))
    return "\n".join(lines)


def _listed(label: str, value: object) -> list[str]:
    items = [_words(each) for each in _several(value) if not is_empty(each)]
    lines = [f"- {escaped(short(item, LONGEST_ITEM))}" for item in items[:MOST_ITEMS]]
    if len(items) > MOST_ITEMS:
        lines.append(f"- … and {len(items) - MOST_ITEMS} more")
    return [labelled(label, "").rstrip(), *lines] if label else lines


def _shown(field: ReportField, value: object) -> str:
    words = _words(value)
    if field.as_ == "choice":
        words = words.replace("_", " ")
        return words[:1].upper() + words[1:]
    return f"{words}{field.unit}" if field.as_ == "number" else words


def _words(value: object) -> str:
    """A value as people write it."""
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.2f}".rstrip("0").rstrip(".")
        case Mapping():
            return _BETWEEN.join([_words(each) for each in value.values() if not is_empty(each)])
        case str():
            return one_line(value)
        case Sequence() | set() | frozenset():
            return ", ".join([_words(each) for each in _several(value) if not is_empty(each)])
    return one_line(str(value))


def _several(value: object) -> Sequence[object]:
    if isinstance(value, str | Mapping):
        return (value,)
    if isinstance(value, Sequence):
        return value
    return sorted(value, key=str) if isinstance(value, set | frozenset) else (value,)


def short(words: str, limit: int) -> str:
    """Literal words of at most `limit` characters; what is cut ends in "…"."""
    if len(words) <= limit:
        return words
    return next(cut(Block((Span(words),)), plain, limit - 1, limit - 1)).text + "…"
