"""Choices that a node offers: buttons or the rows of a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from turnkeeper.flows.model import NEXT, Texts
from turnkeeper.flows.nodes.base import Spot
from turnkeeper.flows.signals import Replied
from turnkeeper.model.contents import Buttons, List, Reply, Section
from turnkeeper.model.events import Choice
from turnkeeper.model.folding import fold

ELSE: Final = "else"
"""The exit for what is none of the choices."""
_RESERVED: Final = frozenset({NEXT, ELSE, "cancel", "no_answer", "failed", "fallback"})


class Option(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One choice. `id` is also the exit that it leaves by; `words` mean it too when they are typed."""

    id: str
    title: Texts
    description: Texts = ""
    words: tuple[str, ...] = ()


class OptionSection(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Rows under one title."""

    rows: tuple[Option, ...]
    title: Texts = ""


class OptionList(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Rows behind a button."""

    sections: tuple[OptionSection, ...]
    button: Texts = "Options"

    @property
    def options(self) -> tuple[Option, ...]:
        """All rows."""
        return tuple(row for section in self.sections for row in section.rows)


def content_of(
    spot: Spot,
    text: str,
    buttons: Sequence[Option],
    listed: OptionList | None,
    header: Texts = "",
    footer: Texts = "",
) -> Reply:
    """The question with its choices, in the person's language."""
    above, below = spot.text(header) or None, spot.text(footer) or None
    if listed is None:
        return Buttons(text, tuple(_choice(spot, each) for each in buttons), header=above, footer=below)
    sections = [
        Section(tuple(_choice(spot, row) for row in section.rows), spot.text(section.title) or None)
        for section in listed.sections
    ]
    return List(text, spot.text(listed.button) or "Options", sections, header=above, footer=below)


def _choice(spot: Spot, option: Option) -> Choice:
    return Choice(option.id, spot.text(option.title), spot.text(option.description) or None)


def chosen(options: Sequence[Option], spot: Spot, said: Replied) -> Option | None:
    """The choice that was tapped, or typed by its title, its number or a word of it; None if it could be several."""
    for option in options:
        if said.choice == option.id:
            return option
    folded = fold(said.label or said.text)
    if not folded:
        return None
    by_title = [option for option in options if fold(spot.filled(option.title)) == folded]
    by_word = [option for option in options if folded in {fold(word) for word in option.words}]
    by_number = [option for n, option in enumerate(options, 1) if str(n) == folded]
    for found in (by_title, by_word, by_number):
        if found:
            return found[0] if len(found) == 1 else None
    return None


def options_problems(buttons: Sequence[Option], listed: OptionList | None) -> Iterator[str]:
    """Choices that cannot be told apart, or whose exits mean something else."""
    options = list(buttons) or list(listed.options if listed else ())
    if listed is not None and not options:
        yield "the list is empty"
    for known_as, times in Counter(option.id for option in options).items():
        if times > 1:
            yield f"{times} choices have the id {known_as!r}"
        if known_as in _RESERVED or not known_as.strip():
            yield f"a choice cannot have the id {known_as!r}"
    for option in options:
        if not option.title:
            yield f"the choice {option.id!r} has no title"
