"""Whether a template's parameters will be taken: by themselves, and against the template's definition.

Source: Meta's template reference, read 2026. The provider checks again; this is to say it earlier and in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from turnkeeper.model.contents import Template, shown_as
from turnkeeper.model.templates import TemplateDefinition

LONGEST_VALUE = 1024
_MOST_BUTTONS = 10
_LONGEST_CODE = 15
_NAME = re.compile(r"[a-z0-9_]{1,512}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Za-z0-9]{2,5})*")
_PARAMETER = re.compile(r"[a-z0-9_]+")
_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_IN_WORDS = {"text": "words", "image": "an image", "location": "a place"}


def problems(template: Template) -> list[str]:
    """What is wrong with it whatever its definition; empty if nothing."""
    return list(_problems(template))


def check(template: Template, definition: TemplateDefinition) -> list[str]:
    """What is wrong with it for this definition, or with this; empty if nothing. Raises nothing."""
    found = misfits(template, definition)
    if definition.status != "APPROVED":
        found.append(f"the template is {definition.status.lower().replace('_', ' ')}, only an approved one is sent")
    return found


def misfits(template: Template, definition: TemplateDefinition) -> list[str]:
    """What is wrong with it for this definition, whatever its status."""
    return [*_problems(template), *_misfits(template, definition)]


def _problems(template: Template) -> Iterator[str]:
    if not _NAME.fullmatch(template.name):
        yield f"a template's name is of a-z, 0-9 and _, not {template.name[:80]!r}"
    if not _LANGUAGE.fullmatch(template.language):
        yield f"a language is written as en or en_US, not {template.language[:20]!r}"
    if template.body and template.named:
        yield "parameters are given in order or by name, not both"
    yield from _bad_names(template)
    for place, value in enumerate(template.body, 1):
        yield from _bad_value(f"parameter {place}", value)
    for name, value in template.named.items():
        yield from _bad_value(f"parameter {name}", value)
    yield from _bad_header(template)
    yield from _bad_buttons(template)


def _bad_names(template: Template) -> Iterator[str]:
    for name in (*template.named, *filter(None, (template.header_name,))):
        if not _PARAMETER.fullmatch(name):
            yield f"a parameter's name is of a-z, 0-9 and _, not {name[:80]!r}"


def _bad_value(what: str, value: str) -> Iterator[str]:
    if not value.strip():
        yield f"{what} is empty"
    if len(value) > LONGEST_VALUE:
        yield f"{what} is longer than {LONGEST_VALUE} characters"
    if "\n" in value or "\r" in value or "\t" in value:
        yield f"{what} holds a new line or a tab"
    if "     " in value:
        yield f"{what} holds more than 4 spaces in a row"


def _bad_header(template: Template) -> Iterator[str]:
    given = (template.header, template.header_file, template.header_location)
    if sum(each is not None for each in given) > 1:
        yield "a header is words, a file or a place, one of them"
    if template.header is not None:
        yield from _bad_value("the header", template.header)
    file, kind = template.header_file, template.header_kind
    if kind is not None and file is None:
        yield f"the header's {kind} is missing"
    if file is not None and kind in ("image", "video") and file.mime and shown_as(file) != kind:
        yield f"the header's file is {file.mime}, not {_IN_WORDS.get(kind, f'a {kind}')}"
    place = template.header_location
    if place is not None and not (abs(place.latitude) <= 90 and abs(place.longitude) <= 180):
        yield "the header's place does not exist"
    if place is not None and not (place.name and place.address):
        yield "the header's place needs a name and an address"


def _bad_buttons(template: Template) -> Iterator[str]:
    taken: set[int] = set()
    for button in template.buttons:
        what = f"button {button.index}"
        if not 0 <= button.index < _MOST_BUTTONS:
            yield f"{what}: a template has buttons 0 to {_MOST_BUTTONS - 1}"
        if button.index in taken:
            yield f"{what} is given twice"
        taken.add(button.index)
        yield from _bad_value(what, button.value)
        if button.kind == "copy_code" and len(button.value) > _LONGEST_CODE:
            yield f"{what}: a code is at most {_LONGEST_CODE} characters long"


def _misfits(template: Template, definition: TemplateDefinition) -> Iterator[str]:
    if (template.name, template.language) != (definition.name, definition.language):
        yield f"this is the definition of {definition.name} in {definition.language}"
    yield from _wrong_body(template, definition)
    values = {**dict(zip(definition.body, template.body, strict=False)), **template.named}
    if len(_VARIABLE.sub(lambda found: values.get(found[1], ""), definition.text)) > LONGEST_VALUE:
        yield f"with its parameters it is longer than {LONGEST_VALUE} characters"
    yield from _wrong_header(template, definition)
    yield from _wrong_buttons(template, definition)


def _wrong_body(template: Template, definition: TemplateDefinition) -> Iterator[str]:
    wanted = len(definition.body)
    if definition.named:
        if template.body:
            yield "its parameters have names"
        else:
            yield from _wrong_names("parameter", tuple(template.named), definition.body)
    elif template.named:
        yield "its parameters have an order, not names"
    elif len(template.body) != wanted:
        yield f"it has {wanted} parameters, {len(template.body)} are given"


def _wrong_names(what: str, given: Sequence[str], wanted: Sequence[str]) -> Iterator[str]:
    for name in wanted:
        if name not in given:
            yield f"{what} {name} is missing"
    for name in given:
        if name not in wanted:
            yield f"there is no {what} {name}"


def _wrong_header(template: Template, definition: TemplateDefinition) -> Iterator[str]:
    file, kind = template.header_file, definition.header
    given = "text" if template.header is not None else "location" if template.header_location is not None else None
    if file is not None:
        given = template.header_kind or shown_as(file)
    wanted = kind if kind != "text" or definition.header_values else None
    if given == wanted:
        if given == "text" and definition.named:
            yield from _wrong_names("header parameter", (template.header_name or "",), definition.header_values)
    elif wanted is None:
        yield "its header takes no parameter" if kind is not None else "it has no header"
    else:
        asked, got = (_IN_WORDS.get(each or "", f"a {each}") for each in (wanted, given))
        yield f"its header wants {asked}, not {'nothing' if given is None else got}"


def _wrong_buttons(template: Template, definition: TemplateDefinition) -> Iterator[str]:
    given = {button.index: button for button in template.buttons}
    for index, button in given.items():
        if index >= len(definition.buttons):
            yield f"it has {len(definition.buttons)} buttons, none at {index}"
            continue
        there = definition.buttons[index]
        if there.kind != button.kind:
            yield f"button {index} is a {there.kind}, not a {button.kind}"
        elif not there.may:
            yield f"button {index} takes no value"
    for index, there in enumerate(definition.buttons):
        if there.wants and index not in given:
            yield f"button {index} ({there.kind}) wants a value"
