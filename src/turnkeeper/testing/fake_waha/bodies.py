"""What the server's validation holds bodies to; each function raises Refused, or gives what a call is about."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from turnkeeper.testing.fake_waha.core import Json, bad_request


def read(body: bytes) -> Json:
    """A JSON object."""
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        raise bad_request("Unexpected token in JSON") from None
    if not isinstance(found, dict):
        raise bad_request("the body is not an object")
    return found


def text(body: Json, name: str) -> str:
    """A string that must be there."""
    found = body.get(name)
    if not isinstance(found, str):
        raise bad_request(f"{name} must be a string")
    return found


def maybe(body: Json, name: str) -> str | None:
    """A string that may be there."""
    return None if body.get(name) is None else text(body, name)


def flag(body: Json, name: str) -> bool:
    """A boolean that must be there."""
    found = body.get(name)
    if not isinstance(found, bool):
        raise bad_request(f"{name} must be a boolean value")
    return found


def number(body: Json, name: str) -> float:
    """A number that must be there."""
    found = body.get(name)
    if not isinstance(found, int | float) or isinstance(found, bool):
        raise bad_request(f"{name} must be a number conforming to the specified constraints")
    return float(found)


def several(body: Json, name: str, least: int = 1) -> list[Any]:
    """A list that must be there."""
    found = body.get(name)
    if not isinstance(found, list) or len(found) < least:
        raise bad_request(f"{name} must be an array with at least {least} elements")
    return found


def part(body: Json, name: str) -> Json:
    """An object that must be there."""
    found = body.get(name)
    if not isinstance(found, dict):
        raise bad_request(f"{name} must be an object", f"{name} should not be null or undefined")
    return found


def file(body: Json) -> tuple[str, str | None, str | bytes]:
    """A file's type, name, and its address or its bytes. An address beside `file` is not looked at."""
    told = part(body, "file")
    mime, name = text(told, "mimetype"), maybe(told, "filename")
    if "data" in told:
        try:
            return mime, name, base64.b64decode(text(told, "data"), validate=True)
        except binascii.Error:
            raise bad_request("file.data must be base64 encoded") from None
    url = text(told, "url")
    if not url.startswith(("http://", "https://")):
        raise bad_request("file.url must be a URL address")
    return mime, name, url


def cards(body: Json) -> list[str]:
    """Contact cards, each a vCard, written out where parts are given."""
    return [_card(each) for each in several(body, "contacts")]


def _card(told: Any) -> str:
    if not isinstance(told, dict):
        raise bad_request("each value in contacts must be an object")
    if told.get("vcard") is not None:
        return text(told, "vcard")
    name, phone = text(told, "fullName"), text(told, "phoneNumber")
    return f"BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nTEL;type=CELL:{phone}\nEND:VCARD"


def listed(body: Json) -> str:
    """A list message, as its words."""
    told = part(body, "message")
    rows = []
    for section in several(told, "sections"):
        for row in several(_object(section), "rows"):
            text(_object(row), "rowId")
            rows.append(text(row, "title"))
    return "\n".join([text(told, "title"), text(told, "button"), *rows])


def poll(body: Json) -> Json:
    """A poll."""
    told = part(body, "poll")
    text(told, "name")
    flag(told, "multipleAnswers")
    if not all(isinstance(each, str) for each in several(told, "options", 2)):
        raise bad_request("each value in poll.options must be a string")
    return told


def _object(value: Any) -> Json:
    if not isinstance(value, dict):
        raise bad_request("each value must be an object")
    return value


def whole(query: dict[str, str], name: str, default: int) -> int:
    """A number of a query."""
    told = query.get(name, str(default))
    if not told.isascii() or not told.isdigit():
        raise bad_request(f"{name} must be a number string")
    return int(told)
