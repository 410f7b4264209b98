"""A template as a bot says it, checked in the bot's own line against what the provider has told of it.

Where nothing is known of it yet, only what would be wrong in any template is a mistake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from msgspec.structs import replace

from turnkeeper.bots.saying import sayable
from turnkeeper.engine.answer import Work
from turnkeeper.model.contents import File, Location, Reply, Template, TemplateButton, shown_as
from turnkeeper.model.templates import TemplateDefinition
from turnkeeper.rules.templates import misfits

Header = str | File | Location
Buttons = Sequence[TemplateButton | str]


async def templated(
    work: Work,
    name: str,
    language: str,
    body: Sequence[str],
    named: Mapping[str, str] | None,
    header: Header | None,
    buttons: Buttons,
) -> Template:
    """A template made of its values. Raises ValueError for what does not fit, TypeError for what is no value."""
    return made(name, language, body, named, header, buttons, await work.template(name, language))


def made(
    name: str,
    language: str,
    body: Sequence[str],
    named: Mapping[str, str] | None,
    header: Header | None,
    buttons: Buttons,
    definition: TemplateDefinition | None,
) -> Template:
    """The same, against a definition, if there is one."""
    if isinstance(body, str):
        raise TypeError(f"a template's values are several: write ({body[:40]!r},) for one")
    template = Template(name, language, tuple(body), dict(named or {}), buttons=_buttons(buttons, definition))
    checked_alone = cast(Template, sayable(_headed(template, header, definition)))
    _fitting(checked_alone, definition)
    return checked_alone


async def checked(work: Work, said: Reply) -> Reply:
    """The same; raises ValueError for a template that does not fit what is known of it."""
    if isinstance(said, Template):
        _fitting(said, await work.template(said.name, said.language))
    return said


def _fitting(template: Template, definition: TemplateDefinition | None) -> None:
    for problem in [] if definition is None else misfits(template, definition):
        raise ValueError(f"Template {template.name}: {problem}")


def _headed(template: Template, header: Header | None, definition: TemplateDefinition | None) -> Template:
    """With its header where it belongs; a name and a kind of file follow from the definition."""
    if isinstance(header, Location):
        return replace(template, header_location=header)
    if isinstance(header, File):
        kind = definition.header if definition is not None else None
        shown = kind if kind == "image" or kind == "video" or kind == "document" else shown_as(header)
        return replace(template, header_file=header, header_kind=shown)
    if header is None:
        return template
    names = definition.header_values if definition is not None and definition.named else ()
    return replace(template, header=header, header_name=names[0] if names else None)


def _buttons(given: Buttons, definition: TemplateDefinition | None) -> tuple[TemplateButton, ...]:
    """Words go, in order, to the buttons that can have a value."""
    words = [each for each in given if isinstance(each, str)]
    if not words:
        return tuple(each for each in given if isinstance(each, TemplateButton))
    if len(words) != len(given):
        raise TypeError("buttons are all words or all TemplateButton")
    if definition is None:
        raise ValueError(
            "nothing is known of this template yet: give its buttons as TemplateButton(kind, value, index)"
        )
    takes = [(index, each) for index, each in enumerate(definition.buttons) if each.may]
    if len(words) > len(takes):
        raise ValueError(f"Template {definition.name}: {len(takes)} buttons take a value, {len(words)} are given")
    return tuple(
        TemplateButton(each.kind, word, index)  # type: ignore[arg-type]
        for word, (index, each) in zip(words, takes, strict=False)
    )
