"""Template definitions as the Graph API lists them (`message_templates`), into the model's words.

Source: Meta's template reference, read 2026.
"""

from __future__ import annotations

import re

from turnkeeper.channels.json_values import Item, listing, mapping, text
from turnkeeper.model.templates import DefinedButton, TemplateButtonKind, TemplateDefinition, TemplateHeader

_VARIABLE = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
HEADERS: dict[str, TemplateHeader] = {
    "TEXT": "text", "IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document", "LOCATION": "location",
}  # fmt: skip
BUTTONS: dict[str, TemplateButtonKind] = {
    "URL": "url", "QUICK_REPLY": "quick_reply", "COPY_CODE": "copy_code", "FLOW": "flow",
    "PHONE_NUMBER": "phone_number",
}  # fmt: skip


def definition_of(item: Item) -> TemplateDefinition | None:
    """One entry of the list; None for what names no template."""
    name, language = text(item.get("name")), text(item.get("language"))
    if not name or not language:
        return None
    components = [found for each in listing(item.get("components")) or () if (found := mapping(each))]
    by_type = {(text(found.get("type")) or "").upper(): found for found in components}
    header = by_type.get("HEADER", {})
    header_kind = HEADERS.get((text(header.get("format")) or "").upper())
    return TemplateDefinition(
        name,
        language,
        status=(text(item.get("status")) or "").upper(),
        category=(text(item.get("category")) or "").upper(),
        named=(text(item.get("parameter_format")) or "").upper() == "NAMED",
        header=header_kind,
        header_values=_variables(header) if header_kind == "text" else (),
        header_text=(text(header.get("text")) or "") if header_kind == "text" else "",
        footer=text(by_type.get("FOOTER", {}).get("text")) or "",
        body=_variables(by_type.get("BODY", {})),
        text=text(by_type.get("BODY", {}).get("text")) or "",
        buttons=tuple(_button(each) for each in listing(by_type.get("BUTTONS", {}).get("buttons")) or ()),
    )


def _variables(component: Item) -> tuple[str, ...]:
    """Each once, in the order in which they stand."""
    return tuple(dict.fromkeys(_VARIABLE.findall(text(component.get("text")) or "")))


def _button(value: object) -> DefinedButton:
    """A url with a variable and a code want a value; a quick reply and a flow may have one."""
    item = mapping(value) or {}
    kind = BUTTONS.get((text(item.get("type")) or "").upper(), "other")
    wants = kind == "copy_code" or (kind == "url" and bool(_VARIABLE.search(text(item.get("url")) or "")))
    opens = text(item.get("url")) or text(item.get("phone_number")) or ""
    may = wants or kind in ("quick_reply", "flow")
    return DefinedButton(kind, text(item.get("text")) or "", wants, may, opens)
