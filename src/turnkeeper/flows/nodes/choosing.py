"""Choices that a node offers: buttons or the rows of a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from turnkeeper.flows.model import NEXT, Flow, Texts, folded_word
from turnkeeper.flows.nodes.base import Spot
from turnkeeper.flows.signals import Replied
from turnkeeper.model.contents import Buttons, List, Reply, Section
from turnkeeper.model.events import Choice

ELSE: Final = "else"
"""The exit for what is none of the choices."""
_RESERVED: Final = frozenset({NEXT, ELSE, "cancel", "no_answer", "failed", "fallback"})


class Option(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One choice: `title` stands on it, `description` under that in a list. `id` is also the exit that it leaves by;
    `words` mean it too when they are typed."""

    id: str
    title: Texts
    description: Texts = ""
    words: tuple[str, ...] = ()


class OptionSection(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`rows` under one `title`."""

    rows: tuple[Option, ...]
    title: Texts = ""


class OptionList(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Rows behind a `button`, in `sections`."""

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
        if said.choice and said.choice == option.id:
            return option
    folded = folded_word(said.label or said.text)
    if not folded:
        return None
    by_title = [option for option in options if folded_word(spot.filled(option.title)) == folded]
    by_word = [option for option in options if folded in {folded_word(word) for word in option.words}]
    by_number = [option for n, option in enumerate(options, 1) if str(n) == folded]
    for found in (by_title, by_word, by_number):
        if found:
            return found[0] if len(found) == 1 else None
    return None


def choice_texts(options: Sequence[Option], listed: OptionList | None) -> Iterator[tuple[str, Texts]]:
    """What stands on the choices and around them, by the name of its place."""
    for option in options:
        yield f"{'choice' if listed is None else 'row'} {option.id}", option.title
        if option.description:
            yield f"description {option.id}", option.description
    if listed is not None:
        yield "button", listed.button
        for section in listed.sections:
            if section.title:
                yield "section", section.title


def expected(options: Sequence[Option], flow: Flow, node: str) -> tuple[str, ...]:
    """By which exits people leave a node with choices: `next`, unless each choice has an edge of its own."""
    ways = [flow.leads_to(node, option.id) for option in options]
    return () if ways and None not in ways else (NEXT,)


def options_problems(buttons: Sequence[Option], listed: OptionList | None) -> Iterator[str]:
    """Choices that cannot be told apart, or whose exits mean something else."""
    options = list(buttons) or list(listed.options if listed else ())
    if buttons and listed is not None:
        yield "it has buttons and a list: only one of them can be shown"
    if listed is not None and not options:
        yield "the list is empty"
    for known_as, times in Counter(option.id for option in options).items():
        if times > 1:
            yield f"{times} choices have the id {known_as!r}"
        if known_as in _RESERVED or not known_as.strip():
            yield f"a choice cannot have the id {known_as!r}"
    for option in options:
        if not option.title or (isinstance(option.title, Mapping) and not all(option.title.values())):
            yield f"the choice {option.id!r} has no title"
    for title in _shared_titles(options):
        yield f"several choices are called {title!r}: nobody can tell them apart"


def _shared_titles(options: Sequence[Option]) -> Iterator[str]:
    """Titles that stand on several choices in one language."""
    spoken = {language: None for option in options if isinstance(option.title, Mapping) for language in option.title}
    found: dict[str, None] = {}
    for language in spoken or {"": None}:
        titles = (each.title if isinstance(each.title, str) else each.title.get(language, "") for each in options)
        found.update((title, None) for title, times in Counter(titles).items() if times > 1 and title.strip())
    yield from found
