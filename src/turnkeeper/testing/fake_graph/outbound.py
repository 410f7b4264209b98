"""What a business may send: the shape of every outbound type and the limits that Meta enforces.

Values in, `GraphError` out; nothing here keeps state. Source: Meta's Cloud API message reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from turnkeeper.testing.fake_graph.errors import GraphError, invalid, missing, parameter_error

Object = Mapping[str, Any]

TEXT_LIMIT: Final = 4096
CAPTION_LIMIT: Final = 1024
CALLBACK_DATA_LIMIT: Final = 512


def check_message(body: Object) -> str:
    """Return the message's type, or raise the `GraphError` that Meta would answer."""
    check_envelope(body)
    kind = body.get("type", "text")
    if not isinstance(kind, str) or kind not in CHECKS:
        raise parameter_error(f"Param type must be one of {{{', '.join(sorted(CHECKS)).upper()}}} - got {kind!r}.")
    payload = body.get(kind)
    if payload is None:
        raise missing(kind)
    if kind == "contacts":
        check_contacts(payload)
    else:
        CHECKS[kind](_is_object(payload, kind))
    return kind


def check_envelope(body: Object) -> None:
    if body.get("messaging_product") != "whatsapp":
        raise parameter_error("The parameter messaging_product is required.")
    if body.get("recipient_type", "individual") not in ("individual", "group"):
        raise parameter_error("Param recipient_type must be one of {individual, group}.")
    if not body.get("to") and not body.get("recipient"):
        raise parameter_error("The parameter to is required.")
    for name in ("to", "recipient"):
        if name in body and not isinstance(body[name], str):
            raise parameter_error(f"Param {name} must be a string.")
    data = body.get("biz_opaque_callback_data")
    if data is not None and (not isinstance(data, str) or len(data) > CALLBACK_DATA_LIMIT):
        raise parameter_error(f"Param biz_opaque_callback_data must be at most {CALLBACK_DATA_LIMIT} characters long.")
    if "context" in body:
        _text(_is_object(body["context"], "context"), "context", "message_id", 512)


def check_text(payload: Object) -> None:
    body = payload.get("body")
    if body is None:
        raise missing("text['body']")
    if not isinstance(body, str) or not body:
        raise parameter_error("Param text['body'] must be a non-empty string.")
    if len(body) > TEXT_LIMIT:
        raise parameter_error(f"Param text['body'] must be at most {TEXT_LIMIT} characters long.")
    if not isinstance(payload.get("preview_url", False), bool):
        raise parameter_error("Param text['preview_url'] must be a boolean.")


def check_media(name: str, *, captioned: bool = False) -> Callable[[Object], None]:
    def check(payload: Object) -> None:
        if not payload.get("id") and not payload.get("link"):
            raise missing(f"{name}['id'|'link']")
        link = payload.get("link")
        if link is not None and not (isinstance(link, str) and link.startswith(("http://", "https://"))):
            raise invalid(f"{name}['link']", "is not an http(s) address")
        if "caption" in payload:
            if not captioned:
                raise parameter_error(f"Unexpected key 'caption' on param {name}.")
            _text(payload, name, "caption", CAPTION_LIMIT)
        if name != "document" and "filename" in payload:
            raise parameter_error(f"Unexpected key 'filename' on param {name}.")

    return check


def check_location(payload: Object) -> None:
    for name, bound in (("latitude", 90), ("longitude", 180)):
        value = payload.get(name)
        if value is None:
            raise missing(f"location['{name}']")
        try:
            inside = abs(float(value)) <= bound
        except (TypeError, ValueError):
            inside = False
        if not inside:
            raise invalid(f"location['{name}']", "is not a coordinate")


def check_contacts(payload: object) -> None:
    for index, contact in enumerate(_items(payload, "contacts")):
        where = f"contacts[{index}]"
        name = _is_object(_is_object(contact, where).get("name"), f"{where}['name']")
        _text(name, f"{where}['name']", "formatted_name", 1024)
        if not any(name.get(part) for part in ("first_name", "last_name", "middle_name", "suffix", "prefix")):
            raise missing(f"{where}['name']['first_name']")


def check_reaction(payload: Object) -> None:
    _text(payload, "reaction", "message_id", 512)
    if not isinstance(payload.get("emoji"), str):
        raise missing("reaction['emoji']")


def check_template(payload: Object) -> None:
    _text(payload, "template", "name", 512)
    _text(
        _is_object(payload.get("language"), "template['language']"),
        "template['language']",
        "code",
        15,
    )
    for index, component in enumerate(payload.get("components") or ()):
        where = f"template['components'][{index}]"
        if str(_is_object(component, where).get("type", "")).lower() not in (
            "header",
            "body",
            "button",
        ):
            raise invalid(f"{where}['type']", "must be header, body or button")
        for value in component.get("parameters") or ():
            _text(_is_object(value, where), where, "type", 64)


def check_interactive(payload: Object) -> None:
    kind = payload.get("type")
    rule = INTERACTIVE.get(kind) if isinstance(kind, str) else None
    if rule is None:
        raise invalid("interactive['type']", f"must be one of {', '.join(INTERACTIVE)}")
    _text(_is_object(payload.get("body"), "interactive['body']"), "interactive['body']", "text", 1024)
    if "footer" in payload:
        _text(
            _is_object(payload["footer"], "interactive['footer']"),
            "interactive['footer']",
            "text",
            60,
        )
    if "header" in payload:
        header = _is_object(payload["header"], "interactive['header']")
        _text(header, "interactive['header']", "type", 20)
        if header["type"] == "text":
            _text(header, "interactive['header']", "text", 60)
    rule(_is_object(payload.get("action"), "interactive['action']"))


def check_buttons(action: Object) -> None:
    buttons = _items(action.get("buttons"), "action['buttons']", most=3)
    replies = []
    for index, button in enumerate(buttons):
        where = f"action['buttons'][{index}]"
        if _is_object(button, where).get("type") != "reply":
            raise invalid(f"{where}['type']", "must be reply")
        reply = _is_object(button.get("reply"), f"{where}['reply']")
        _text(reply, where, "id", 256)
        _text(reply, where, "title", 20)
        replies.append(reply)
    _distinct(replies, "id")
    _distinct(replies, "title")


def check_list(action: Object) -> None:
    _text(action, "action", "button", 20)
    sections = _items(action.get("sections"), "action['sections']", most=10)
    rows = []
    for index, section in enumerate(sections):
        where = f"action['sections'][{index}]"
        if len(sections) > 1:
            _text(_is_object(section, where), where, "title", 24)
        for row in _items(_is_object(section, where).get("rows"), f"{where}['rows']", most=10):
            _text(_is_object(row, where), where, "id", 200)
            _text(row, where, "title", 24)
            if "description" in row:
                _text(row, where, "description", 72)
            rows.append(row)
    if len(rows) > 10:
        raise invalid("action['sections']", "holds more than 10 rows overall")
    _distinct(rows, "id")


def check_url_button(action: Object) -> None:
    if action.get("name") != "cta_url":
        raise invalid("action['name']", "must be cta_url")
    parameters = _is_object(action.get("parameters"), "action['parameters']")
    _text(parameters, "action['parameters']", "display_text", 20)
    _text(parameters, "action['parameters']", "url", 2000)


def check_location_request(action: Object) -> None:
    if action.get("name") != "send_location":
        raise invalid("action['name']", "must be send_location")


def preview(kind: str, body: Object) -> str:
    """What the person sees, as one text. The body must have passed `check_message`."""
    payload = body[kind]
    if kind == "text":
        return str(payload["body"])
    if kind == "interactive":
        return str(payload["body"]["text"])
    if kind == "template":
        return f"[template {payload['name']}]"
    if kind == "reaction":
        return str(payload["emoji"])
    caption = payload.get("caption", "") if isinstance(payload, Mapping) else ""
    return str(caption) or f"[{kind}]"


def _is_object(value: object, name: str) -> Object:
    if value is None:
        raise missing(name)
    if not isinstance(value, Mapping):
        raise parameter_error(f"Param {name} must be a JSON object.")
    return value


def _items(value: object, name: str, most: int = 257) -> list[Any]:
    if value is None:
        raise missing(name)
    if not isinstance(value, list) or not 1 <= len(value) <= most:
        raise invalid(name, f"must be an array of 1 to {most} items")
    return value


def _text(holder: Object, where: str, name: str, limit: int) -> None:
    value = holder.get(name)
    if value is None or value == "":
        raise missing(f"{where}['{name}']")
    if not isinstance(value, str):
        raise parameter_error(f"Param {where}['{name}'] must be a string.")
    if len(value) > limit:
        raise invalid(f"{where}['{name}']", f"must be at most {limit} characters long")


def _distinct(holders: list[Any], name: str) -> None:
    values = [holder[name] for holder in holders]
    if len(set(values)) != len(values):
        raise GraphError(131009, f"Duplicated {name} in interactive action.")


INTERACTIVE: Final[dict[str, Callable[[Object], None]]] = {
    "button": check_buttons,
    "list": check_list,
    "cta_url": check_url_button,
    "location_request_message": check_location_request,
}
CHECKS: Final[dict[str, Callable[[Object], None]]] = {
    "text": check_text,
    "image": check_media("image", captioned=True),
    "video": check_media("video", captioned=True),
    "document": check_media("document", captioned=True),
    "audio": check_media("audio"),
    "sticker": check_media("sticker"),
    "location": check_location,
    "contacts": check_contacts,
    "reaction": check_reaction,
    "template": check_template,
    "interactive": check_interactive,
}
