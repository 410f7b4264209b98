"""Each kind of content as the Cloud API wants it in a send. Values in, values out.

Source: Meta's Cloud API message reference, read 2026. Contents come fitted (turnkeeper.text.fitting): nothing is
counted here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from turnkeeper.model.contents import (
    Audio,
    Buttons,
    ContactCard,
    Contacts,
    Document,
    File,
    Image,
    List,
    Location,
    LocationRequest,
    Reaction,
    Sayable,
    Section,
    Sticker,
    Template,
    TemplateButton,
    Text,
    UrlButton,
    Video,
    VoiceNote,
    shown_as,
)

Body = dict[str, Any]
_LONGEST_FILENAME = 240


class NotUploaded(Exception):
    """A file that we keep has no media id yet; its key is the argument."""


def body_of(content: Sayable, uploads: Mapping[str, str]) -> Body:
    """`type`, the object of that name, and `context` for a quote. Raises NotUploaded."""
    kind, payload = _payload(content, uploads)
    body: Body = {"type": kind, kind: payload}
    if not isinstance(content, Reaction) and content.reply_to:
        body["context"] = {"message_id": content.reply_to}
    return body


def _payload(content: Sayable, uploads: Mapping[str, str]) -> tuple[str, object]:
    match content:
        case Text():
            return "text", {"body": content.body, "preview_url": content.preview_url}
        case Image() | Video() | Document():
            kind = str(content.__struct_config__.tag)
            media = _media(kind, content.file, uploads)
            return kind, media | ({"caption": content.caption} if content.caption else {})
        case Audio() | Sticker():
            kind = str(content.__struct_config__.tag)
            return kind, _media(kind, content.file, uploads)
        case VoiceNote():
            return "audio", {**_media("audio", content.file, uploads), "voice": True}
        case Location():
            return "location", _location(content)
        case Contacts():
            return "contacts", [_card(card) for card in content.cards]
        case Reaction():
            return "reaction", {"message_id": content.message_id, "emoji": content.emoji}
        case Template():
            return "template", _template(content, uploads)
    return "interactive", _interactive(content, uploads)


def _media(kind: str, file: File, uploads: Mapping[str, str]) -> Body:
    if file.key is None:
        media = {"link": file.link or ""}
    elif file.key in uploads:
        media = {"id": uploads[file.key]}
    else:
        raise NotUploaded(file.key)
    if kind == "document" and (name := _name_of(file)):
        media["filename"] = name
    return media


def _name_of(file: File) -> str:
    """Its name without folders, else what its link ends with: without a name a document shows as untitled."""
    if file.filename:
        return _shortened(file.filename.replace("\\", "/").rpartition("/")[2])
    last = unquote(urlsplit(file.link or "").path).rpartition("/")[2]
    return _shortened(last) if "." in last else ""


def _shortened(name: str) -> str:
    """Within what Meta takes, with its ending."""
    stem, dot, ending = name.rpartition(".")
    if len(name) <= _LONGEST_FILENAME or len(ending) > 10:
        return name[:_LONGEST_FILENAME]
    return stem[: _LONGEST_FILENAME - len(dot + ending)] + dot + ending


def _location(place: Location) -> Body:
    found: Body = {"latitude": place.latitude, "longitude": place.longitude}
    return found | {name: said for name in ("name", "address") if (said := getattr(place, name))}


def _card(card: ContactCard) -> Body:
    """Meta wants one part of the name beside the whole."""
    found: Body = {"name": {"formatted_name": card.name, "first_name": card.name}}
    if card.phones:
        found["phones"] = [
            {"phone": phone.number}
            | ({"type": phone.type} if phone.type else {})
            | ({"wa_id": phone.wa_id} if phone.wa_id else {})
            for phone in card.phones
        ]
    if card.emails:
        found["emails"] = [{"email": email} for email in card.emails]
    if card.organization:
        found["org"] = {"company": card.organization}
    if card.url:
        found["urls"] = [{"url": card.url}]
    return found


def _interactive(content: Buttons | List | UrlButton | LocationRequest, uploads: Mapping[str, str]) -> Body:
    body: Body = {"body": {"text": content.body}}
    if isinstance(content, LocationRequest):
        return {"type": "location_request_message", **body, "action": {"name": "send_location"}}
    if isinstance(content, Buttons) and content.header_file is not None:
        kind = shown_as(content.header_file)
        body["header"] = {"type": kind, kind: _media(kind, content.header_file, uploads)}
    elif content.header:
        body["header"] = {"type": "text", "text": content.header}
    if content.footer:
        body["footer"] = {"text": content.footer}
    match content:
        case Buttons():
            replies = [{"type": "reply", "reply": {"id": each.id, "title": each.title}} for each in content.choices]
            return {"type": "button", **body, "action": {"buttons": replies}}
        case List():
            sections = [_section(section) for section in content.sections]
            return {"type": "list", **body, "action": {"button": content.button, "sections": sections}}
        case UrlButton():
            parameters = {"display_text": content.label, "url": content.url}
            return {"type": "cta_url", **body, "action": {"name": "cta_url", "parameters": parameters}}


def _section(section: Section) -> Body:
    rows = [
        {"id": row.id, "title": row.title} | ({"description": row.description} if row.description else {})
        for row in section.rows
    ]
    return ({"title": section.title} if section.title else {}) | {"rows": rows}


def _template(template: Template, uploads: Mapping[str, str]) -> Body:
    components: list[Body] = []
    if header := _template_header(template, uploads):
        components.append({"type": "header", "parameters": [header]})
    values: list[Body] = [{"type": "text", "text": value} for value in template.body]
    values += [{"type": "text", "parameter_name": name, "text": value} for name, value in template.named.items()]
    if values:
        components.append({"type": "body", "parameters": values})
    components += [_template_button(button) for button in template.buttons]
    found: Body = {"name": template.name, "language": {"code": template.language}}
    return found | ({"components": components} if components else {})


def _template_header(template: Template, uploads: Mapping[str, str]) -> Body | None:
    if template.header_file is not None:
        kind = template.header_kind or shown_as(template.header_file)
        return {"type": kind, kind: _media(kind, template.header_file, uploads)}
    if template.header_location is not None:
        return {"type": "location", "location": _location(template.header_location)}
    if template.header is None:
        return None
    name = {"parameter_name": template.header_name} if template.header_name else {}
    return {"type": "text", **name, "text": template.header}


def _template_button(button: TemplateButton) -> Body:
    """`index` is a string in Meta's own samples."""
    parameters: dict[str, Body] = {
        "url": {"type": "text", "text": button.value},
        "quick_reply": {"type": "payload", "payload": button.value},
        "copy_code": {"type": "coupon_code", "coupon_code": button.value},
        "flow": {"type": "action", "action": {"flow_token": button.value}},
    }
    return {
        "type": "button",
        "sub_type": button.kind,
        "index": str(button.index),
        "parameters": [parameters[button.kind]],
    }
