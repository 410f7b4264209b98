"""Templates in the Graph API's own JSON, as people have them in their files, into drafts.

Source: Meta's reference of template components, read 2026.
"""

from __future__ import annotations

from typing import Any

from turnkeeper.channels.json_values import Item, listing, mapping, text
from turnkeeper.channels.whatsapp_cloud.templates import BUTTONS, HEADERS
from turnkeeper.model.templates import DraftButton, TemplateDraft


def is_graph_form(item: Item) -> bool:
    """Whether it is in that form, and not in ours."""
    return "components" in item


def draft_of(item: Item) -> TemplateDraft:
    """What is missing or strange in it is empty in the draft, whose check tells."""
    components = [found for each in listing(item.get("components")) or () if (found := mapping(each))]
    by_type = {(text(found.get("type")) or "").upper(): found for found in components}
    header, body = by_type.get("HEADER"), by_type.get("BODY", {})
    kind = None if header is None else HEADERS.get((text(header.get("format")) or "TEXT").upper())
    return TemplateDraft(
        text(item.get("name")) or "",
        text(item.get("language")) or "",
        text(item.get("category")) or "",
        text(body.get("text")) or "",
        _examples(body),
        kind,
        (text(header.get("text")) or "") if header and kind == "text" else "",
        "" if header is None else _header_example(header),
        text(by_type.get("FOOTER", {}).get("text")) or "",
        tuple(_button(each) for each in listing(by_type.get("BUTTONS", {}).get("buttons")) or ()),
    )


def _first(values: object) -> Any:
    return next(iter(listing(values) or ()), None)


def _examples(body: Item) -> dict[str, str]:
    given = mapping(body.get("example")) or {}
    found: dict[str, str] = {}
    for each in listing(given.get("body_text_named_params")) or ():
        param = mapping(each) or {}
        found[text(param.get("param_name")) or ""] = text(param.get("example")) or ""
    values = [text(each) or "" for each in listing(_first(given.get("body_text"))) or ()]
    return {**found, **{str(place): value for place, value in enumerate(values, 1)}}


def _header_example(header: Item) -> str:
    given = mapping(header.get("example")) or {}
    named = mapping(_first(given.get("header_text_named_params"))) or {}
    values = (_first(given.get("header_text")), _first(given.get("header_handle")), named.get("example"))
    return next((told for each in values if (told := text(each))), "")


def _button(value: object) -> DraftButton:
    item = mapping(value) or {}
    example = item.get("example")
    return DraftButton(
        BUTTONS.get((text(item.get("type")) or "").upper(), "other"),
        text(item.get("text")) or "",
        text(item.get("url")) or text(item.get("phone_number")) or "",
        text(_first(example) if isinstance(example, list) else example) or "",
    )
