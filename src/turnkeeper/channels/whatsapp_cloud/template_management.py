"""Listing, creating and changing an account's templates over the Graph API.

Source: Meta's references of `message_templates` and of template components, read 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from turnkeeper.channels.answers import askable
from turnkeeper.channels.base import Calls, HttpCall, HttpReply
from turnkeeper.channels.json_values import Item, external_id, listing, mapping, read_object, text
from turnkeeper.channels.whatsapp_cloud.errors import outcome_of
from turnkeeper.channels.whatsapp_cloud.templates import definition_of
from turnkeeper.model.outbound import NotSent, Rejected
from turnkeeper.model.templates import DraftButton, FoundTemplate, TemplateDraft

_FIELDS = "id,name,language,status,category,components,parameter_format,quality_score,rejected_reason"
_PAGE = 100
_MOST_PAGES = 100
"""An account has at most 6,000 templates."""
_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_BUTTONS: Final[Mapping[str, str]] = {
    "url": "URL", "quick_reply": "QUICK_REPLY", "copy_code": "COPY_CODE", "phone_number": "PHONE_NUMBER",
}  # fmt: skip


def found_templates(
    url: str, headers: Mapping[str, str], secret: str
) -> Calls[list[FoundTemplate] | NotSent | Rejected]:
    """All of the account's, page by page."""
    found: list[FoundTemplate] = []
    after = ""
    for _ in range(_MOST_PAGES):
        reply = yield HttpCall("GET", f"{url}?fields={_FIELDS}&limit={_PAGE}{after}", headers)
        body = _answer(reply)
        page = listing(body.get("data")) if body else None
        if body is None or page is None:
            return _trouble(reply, secret)
        found += [template for each in page if (template := _found(mapping(each) or {})) is not None]
        paging = mapping(body.get("paging")) or {}
        cursor = text((mapping(paging.get("cursors")) or {}).get("after"))
        if not paging.get("next") or not cursor:
            return found
        after = f"&after={quote(cursor, safe='')}"
    return NotSent("the account's list of templates has no end")


def _found(item: Item) -> FoundTemplate | None:
    definition, known_as = definition_of(item), external_id(item.get("id"))
    if definition is None or known_as is None:
        return None
    quality = mapping(item.get("quality_score")) or {}
    reason = (text(item.get("rejected_reason")) or "").upper()
    return FoundTemplate(
        definition,
        known_as,
        (text(quality.get("score")) or "").upper(),
        None if reason in ("", "NONE") else reason,
    )


def submit(
    draft: TemplateDraft, url: str, headers: Mapping[str, str], secret: str
) -> Calls[FoundTemplate | NotSent | Rejected]:
    """Create it; Meta may give it another category than the draft's."""
    asked = {"name": draft.name, "language": draft.language, **_content(draft)}
    reply = yield HttpCall("POST", url, headers, asked)
    body = _answer(reply)
    known_as = external_id(body.get("id")) if body else None
    if body is None or known_as is None:
        return _trouble(reply, secret)
    return _made(draft, known_as, text(body.get("status")), text(body.get("category")))


def edit(
    draft: TemplateDraft, known_as: str, url: str, headers: Mapping[str, str], secret: str
) -> Calls[FoundTemplate | NotSent | Rejected]:
    """Put the draft in place of all of a template's parts; it is reviewed anew."""
    reply = yield HttpCall("POST", url, headers, _content(draft))
    body = _answer(reply)
    if body is None or body.get("success") is not True:
        return _trouble(reply, secret)
    return _made(draft, known_as, "PENDING", None)


def _made(draft: TemplateDraft, known_as: str, status: str | None, category: str | None) -> FoundTemplate:
    definition = definition_of({"name": draft.name, "language": draft.language, **_content(draft)})
    assert definition is not None, "a draft has a name and a language"
    told = replace(definition, status=(status or "PENDING").upper(), category=(category or draft.category).upper())
    return FoundTemplate(told, known_as)


def _answer(reply: HttpReply) -> Item | None:
    body = None if reply.failure else read_object(reply.body)
    return body if body is not None and "error" not in body and 200 <= reply.status < 300 else None


def _trouble(reply: HttpReply, secret: str) -> NotSent | Rejected:
    """Nothing reaches a person: what is unknown may be asked again."""
    return askable(outcome_of(reply, 1, secret), "Meta's answer cannot be read")


def _content(draft: TemplateDraft) -> dict[str, Any]:
    """All of a draft but what names it, in the Graph API's form."""
    names = [*_VARIABLE.findall(draft.body), *_VARIABLE.findall(draft.header)]
    named = any(not name.isdigit() for name in names)
    components = [*_header(draft, named=named), _body(draft, named=named)]
    if draft.footer:
        components.append({"type": "FOOTER", "text": draft.footer})
    if draft.buttons:
        components.append({"type": "BUTTONS", "buttons": [_button(each) for each in draft.buttons]})
    return {
        "category": draft.category.upper(),
        "parameter_format": "named" if named else "positional",
        "components": components,
    }


def _header(draft: TemplateDraft, *, named: bool) -> list[dict[str, Any]]:
    if draft.header_kind is None:
        return []
    made: dict[str, Any] = {"type": "HEADER", "format": draft.header_kind.upper()}
    if draft.header_kind != "text":
        return [
            made if draft.header_kind == "location" else {**made, "example": {"header_handle": [draft.header_example]}}
        ]
    made["text"] = draft.header
    variables = _VARIABLE.findall(draft.header)
    if variables and named:
        example = [{"param_name": variables[0], "example": draft.header_example}]
        made["example"] = {"header_text_named_params": example}
    elif variables:
        made["example"] = {"header_text": [draft.header_example]}
    return [made]


def _body(draft: TemplateDraft, *, named: bool) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "BODY", "text": draft.body}
    variables = list(dict.fromkeys(_VARIABLE.findall(draft.body)))
    if variables and named:
        examples = [{"param_name": name, "example": draft.examples.get(name, "")} for name in variables]
        made["example"] = {"body_text_named_params": examples}
    elif variables:
        made["example"] = {"body_text": [[draft.examples.get(name, "") for name in variables]]}
    return made


def _button(button: DraftButton) -> dict[str, Any]:
    made: dict[str, Any] = {"type": _BUTTONS[button.kind]}
    if button.kind == "copy_code":
        return {**made, "example": button.example}
    made["text"] = button.text
    if button.kind == "url":
        made["url"] = button.opens
        if button.example:
            made["example"] = [button.example]
    elif button.kind == "phone_number":
        made["phone_number"] = button.opens
    return made
