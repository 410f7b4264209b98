"""Answers to tap, as a channel can show them: buttons, else a list, else numbered text.

Rule: whoever reads sees every choice, each different from the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Literal

from msgspec.structs import replace

from turnkeeper.model.contents import Buttons, List, Section
from turnkeeper.model.events import Choice
from turnkeeper.model.limits import ButtonLimits, ListLimits
from turnkeeper.text.room import Room

Shape = Literal["buttons", "list", "text"]


def shape_of(content: Buttons | List, room: Room) -> Shape:
    """What becomes of choices that are mended already; why is noted."""
    if isinstance(content, Buttons):
        limits = room.limits.buttons
        why = _not_buttons(content.choices, limits, room)
        if not why:
            return "buttons"
        sections: tuple[Section, ...] = (Section(content.choices),)
        was = f"{len(content.choices)} buttons"
        if not _not_list(sections, room):
            room.notes.append(f"{was} became a list: {why}")
            return "list"
    else:
        why = _not_list(content.sections, room)
        if not why:
            return "list"
        was = f"{len(rows_of(content))} rows"
    room.notes.append(f"{was} became numbered text: {why}")
    return "text"


def _not_buttons(choices: Sequence[Choice], limits: ButtonLimits | None, room: Room) -> str:
    """Why they cannot be buttons; empty if they can."""
    if limits is None:
        return "the channel has no buttons"
    if len(choices) > limits.count:
        return f"{limits.count} at most"
    if any(choice.description for choice in choices) and not _not_list((Section(tuple(choices)),), room):
        return "buttons have no descriptions"
    return _alike(choices, limits.title, limits.id, room)


def _not_list(sections: Sequence[Section], room: Room) -> str:
    limits = room.limits.list
    if limits is None:
        return "the channel has no lists"
    rows = [row for section in sections for row in section.rows]
    if len(rows) > limits.rows:
        return f"{limits.rows} at most"
    if len(sections) > limits.sections:
        return f"{limits.sections} sections at most"
    return _alike(rows, limits.row_title, limits.row_id, room)


def _alike(choices: Sequence[Choice], title: int, known_as: int, room: Room) -> str:
    if any(room.length(choice.id) > known_as for choice in choices):
        return f"an id is longer than {known_as} characters"
    unheard = Room(room.limits, room.markup)
    titles = {unheard.line(choice.title or "", title, "") for choice in choices}
    return "" if len(titles) == len(choices) else f"titles are the same within {title} characters"


def mended(content: Buttons | List, room: Room) -> Buttons | List:
    """Every choice with an id and a title of its own line, ids all different, nothing blank; sections with rows."""
    taken: dict[str, str] = {}
    if isinstance(content, Buttons):
        return replace(content, choices=tuple(_mended(content.choices, taken, room)))
    sections = [
        replace(section, rows=rows, title=_line(section.title) or None)
        for section in content.sections
        if (rows := tuple(_mended(section.rows, taken, room)))
    ]
    if len(sections) > 1 and not all(section.title for section in sections):
        room.notes.append("sections without a title were numbered")
        sections = [replace(section, title=section.title or f"{n}") for n, section in enumerate(sections, 1)]
    return replace(content, sections=tuple(sections))


def _mended(choices: Sequence[Choice], taken: dict[str, str], room: Room) -> list[Choice]:
    """`taken`: the titles by id, of this message's choices so far."""
    found: list[Choice] = []
    for choice in choices:
        title = _line(choice.title) or _line(choice.id)
        known_as = choice.id if choice.id.strip() else title
        if not title:
            room.notes.append("a choice without words was left out")
            continue
        if taken.get(known_as) == title:
            room.notes.append(f"{title!r} was there twice")
            continue
        if known_as in taken:
            room.notes.append(f"{title!r} had another's id, {known_as!r}")
            known_as = _free(title, taken)
        taken[known_as] = title
        found.append(Choice(known_as, title, _line(choice.description) or None))
    return found


def _free(wanted: str, taken: dict[str, str]) -> str:
    known_as, n = wanted, 1
    while known_as in taken:
        n += 1
        known_as = f"{wanted} ({n})"
    return known_as


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def as_buttons(content: Buttons, limits: ButtonLimits, room: Room) -> Buttons:
    """Cut to what buttons may hold; the body is fitted already."""
    return replace(
        content,
        choices=tuple(
            Choice(choice.id, room.line(choice.title or "", limits.title, f"the title {choice.title!r}"))
            for choice in content.choices
        ),
        header=_cut(content.header, limits.header, "the header", room),
        footer=_cut(content.footer, limits.footer, "the footer", room),
    )


def as_list(content: List, limits: ListLimits, room: Room) -> List:
    """Cut to what a list may hold; a title that is cut stands whole in the description, if that is free."""
    return replace(
        content,
        button=room.line(content.button, limits.button, "the list's button") or "…",
        sections=tuple(
            Section(
                tuple(_row(row, limits, room) for row in section.rows),
                _cut(section.title, limits.section_title, f"the title {section.title!r}", room),
            )
            for section in content.sections
        ),
        header=_cut(content.header, limits.header, "the header", room),
        footer=_cut(content.footer, limits.footer, "the footer", room),
    )


def _row(row: Choice, limits: ListLimits, room: Room) -> Choice:
    whole = row.title or ""
    title = room.line(whole, limits.row_title, f"the title {whole!r}")
    description = row.description or (whole if title != whole else None)
    return Choice(row.id, title, _cut(description, limits.row_description, f"the description of {title!r}", room))


def _cut(text: str | None, limit: int, what: str, room: Room) -> str | None:
    return room.line(text, limit, what) or None if text else None


def rows_of(content: Buttons | List) -> tuple[Choice, ...]:
    """Every choice, whatever it is under."""
    if isinstance(content, Buttons):
        return content.choices
    return tuple(row for section in content.sections for row in section.rows)


def listed(content: Buttons) -> List:
    """The same choices as a list."""
    return List(content.body, content.button, (Section(content.choices),), content.header, content.footer)


def numbered(content: Buttons | List, room: Room) -> str:
    """The choices as lines, numbered through all sections."""
    sections = content.sections if isinstance(content, List) else (Section(content.choices),)
    blocks: list[str] = []
    numbers = count(1)
    for section in sections:
        lines = [room.literal(section.title)] if section.title else []
        for row, n in zip(section.rows, numbers, strict=False):
            told = f"{row.title}: {row.description}" if row.description else row.title or ""
            lines.append(f"{n}. {room.literal(told)}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)
