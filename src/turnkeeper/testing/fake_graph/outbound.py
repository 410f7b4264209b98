"""What a business may send: the shape of every outbound type and the limits that Meta enforces.

Values in, `GraphError` out; nothing here keeps state. Source: Meta's Cloud API message reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from turnkeeper.testing.fake_graph.checks import (
    Object,
    a_file,
    a_flag,
    a_text,
    an_object,
    an_optional_text,
    items,
    only_keys,
)
from turnkeeper.testing.fake_graph.errors import invalid, missing, parameter_error
from turnkeeper.testing.fake_graph.interactive import check_interactive
from turnkeeper.testing.fake_graph.template_shape import check_template

TEXT_LIMIT: Final = 4096
CAPTION_LIMIT: Final = 1024
CALLBACK_DATA_LIMIT: Final = 512
ENVELOPE: Final = (
    "messaging_product",
    "recipient_type",
    "to",
    "recipient",
    "type",
    "context",
    "biz_opaque_callback_data",
    "recipient_identity_key_hash",
)
CARD: Final = ("name", "phones", "emails", "addresses", "org", "urls", "birthday")
NAME_PARTS: Final = ("first_name", "last_name", "middle_name", "suffix", "prefix")


def check_message(body: Object) -> str:
    """Return the message's type, or raise the `GraphError` that Meta would answer."""
    check_envelope(body)
    kind = body.get("type", "text")
    if not isinstance(kind, str) or kind not in CHECKS:
        raise parameter_error(f"Param type must be one of {{{', '.join(sorted(CHECKS)).upper()}}} - got {kind!r}.")
    only_keys(body, "message", *ENVELOPE, kind)
    payload = body.get(kind)
    if payload is None:
        raise missing(kind)
    if kind == "contacts":
        check_contacts(payload)
    else:
        CHECKS[kind](an_object(payload, kind))
    if kind == "reaction" and "context" in body:
        raise parameter_error("A reaction cannot be sent as a contextual reply.")
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
        context = an_object(body["context"], "context")
        only_keys(context, "context", "message_id")
        a_text(context, "context", "message_id", 512)


def check_text(payload: Object) -> None:
    only_keys(payload, "text", "body", "preview_url")
    body = payload.get("body")
    if body is None:
        raise missing("text['body']")
    if not isinstance(body, str) or not body:
        raise parameter_error("Param text['body'] must be a non-empty string.")
    if len(body) > TEXT_LIMIT:
        raise parameter_error(f"Param text['body'] must be at most {TEXT_LIMIT} characters long.")
    a_flag(payload, "text", "preview_url")


def check_media(name: str, *extras: str) -> Callable[[Object], None]:
    def check(payload: Object) -> None:
        only_keys(payload, name, "id", "link", *extras)
        a_file(payload, name)
        if "caption" in extras:
            an_optional_text(payload, name, "caption", CAPTION_LIMIT)
        if "filename" in extras:
            an_optional_text(payload, name, "filename", 240)
        a_flag(payload, name, "voice")

    return check


def check_location(payload: Object) -> None:
    only_keys(payload, "location", "latitude", "longitude", "name", "address")
    for name, bound in (("latitude", 90), ("longitude", 180)):
        value = payload.get(name)
        if value is None:
            raise missing(f"location['{name}']")
        try:
            inside = abs(float(value)) <= bound
        except (TypeError, ValueError):
            inside = False
        if not inside or isinstance(value, bool):
            raise invalid(f"location['{name}']", f"must be between -{bound} and {bound}")
    for name in ("name", "address"):
        an_optional_text(payload, "location", name, 1000)


def check_contacts(payload: object) -> None:
    for index, contact in enumerate(items(payload, "contacts")):
        where = f"contacts[{index}]"
        only_keys(an_object(contact, where), where, *CARD)
        name = an_object(contact.get("name"), f"{where}['name']")
        only_keys(name, f"{where}['name']", "formatted_name", *NAME_PARTS)
        a_text(name, f"{where}['name']", "formatted_name", 1024)
        if not any(name.get(part) for part in NAME_PARTS):
            raise missing(f"{where}['name']['first_name']")
        for field, wanted, optional in (
            ("phones", "phone", ("type", "wa_id")),
            ("emails", "email", ("type",)),
            ("urls", "url", ("type",)),
        ):
            for number, entry in enumerate(items(contact[field], f"{where}['{field}']") if field in contact else ()):
                at = f"{where}['{field}'][{number}]"
                only_keys(an_object(entry, at), at, wanted, *optional)
                a_text(entry, at, wanted, 1024)


def check_reaction(payload: Object) -> None:
    only_keys(payload, "reaction", "message_id", "emoji")
    a_text(payload, "reaction", "message_id", 512)
    emoji = payload.get("emoji")
    if not isinstance(emoji, str):
        raise missing("reaction['emoji']")
    if emoji and (emoji.isascii() or len(emoji) > 20):
        raise invalid("reaction['emoji']", "must be one emoji")


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


def files_in(kind: str, body: Object) -> list[tuple[str, str, Object]]:
    """Each file of a checked message: the kind it is sent as (`voice` is one), its place, its object."""
    payload = body[kind]
    if kind in ("image", "video", "document", "audio", "sticker"):
        return [("voice" if payload.get("voice") else kind, kind, payload)]
    if kind == "interactive":
        header = payload.get("header", {})
        shown = header.get("type")
        return [] if shown in (None, "text") else [(shown, f"interactive['header']['{shown}']", header[shown])]
    if kind == "template":
        return [
            (
                value["type"],
                f"template['components'][{at}]['parameters'][{place}]['{value['type']}']",
                value[value["type"]],
            )
            for at, component in enumerate(payload.get("components", ()))
            for place, value in enumerate(component.get("parameters", ()))
            if value["type"] in ("image", "video", "document")
        ]
    return []


CHECKS: Final[dict[str, Callable[[Object], None]]] = {
    "text": check_text,
    "image": check_media("image", "caption"),
    "video": check_media("video", "caption"),
    "document": check_media("document", "caption", "filename"),
    "audio": check_media("audio", "voice"),
    "sticker": check_media("sticker"),
    "location": check_location,
    "contacts": check_contacts,
    "reaction": check_reaction,
    "template": check_template,
    "interactive": check_interactive,
}
