"""A template as the person will see it: its words with the values in them, and what can be tapped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from turnkeeper.model.contents import File, Template
from turnkeeper.model.templates import DefinedButton, TemplateDefinition

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def preview(template: Template, definition: TemplateDefinition) -> str:
    """Header, body, footer and buttons, a blank line between them; a value that is missing stands in double braces."""
    values = {**dict(zip(definition.body, template.body, strict=False)), **template.named}
    parts = (
        _header(template, definition),
        _filled(definition.text, values),
        definition.footer,
        " ".join(_buttons(template, definition)),
    )
    return "\n\n".join(part for part in parts if part)


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)


def _header(template: Template, definition: TemplateDefinition) -> str:
    if definition.header is None:
        return ""
    if definition.header == "text":
        given = {} if template.header is None else dict.fromkeys(definition.header_values, template.header)
        return _filled(definition.header_text, given)
    if definition.header == "location":
        place = template.header_location
        told = "" if place is None else ", ".join(filter(None, (place.name, place.address)))
        return f"[location{told and ': '}{told}]"
    told = "" if template.header_file is None else _named(template.header_file)
    return f"[{definition.header}{told and ': '}{told}]"


def _named(file: File) -> str:
    return file.filename or (file.link or "").rpartition("/")[2].partition("?")[0]


def _buttons(template: Template, definition: TemplateDefinition) -> Iterator[str]:
    given = {button.index: button.value for button in template.buttons}
    for index, button in enumerate(definition.buttons):
        told = _opened(button, given.get(index))
        label = button.text or button.kind.replace("_", " ")
        yield f"[{label}: {told}]" if told else f"[{label}]"


def _opened(button: DefinedButton, value: str | None) -> str:
    """What the person gets by tapping it; what only the bot gets to see is not shown."""
    if button.kind == "copy_code":
        return value or ""
    if button.kind not in ("url", "phone_number"):
        return ""
    return button.opens if value is None else _VARIABLE.sub(lambda _: value, button.opens)
