"""What every check of a request body is made of: presence, type, length, number, names; in Meta's words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from turnkeeper.testing.fake_graph.errors import GraphError, invalid, missing, parameter_error

Object = Mapping[str, Any]


def json_object(raw: bytes) -> dict[str, Any]:
    """A request's body."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise parameter_error("The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise parameter_error("The request body must be a JSON object.")
    return body


def an_object(value: object, name: str) -> Object:
    if value is None:
        raise missing(name)
    if not isinstance(value, Mapping):
        raise parameter_error(f"Param {name} must be a JSON object.")
    return value


def items(value: object, name: str, most: int = 257) -> list[Any]:
    if value is None:
        raise missing(name)
    if not isinstance(value, list):
        raise parameter_error(f"Param {name} must be an array.")
    if not 1 <= len(value) <= most:
        raise invalid(name, f"must be an array of 1 to {most} items")
    return value


def a_text(holder: Object, where: str, name: str, limit: int, *, called: str = "") -> str:
    """A field that must be there. `called` is what Meta calls it where it counts its length."""
    value = holder.get(name)
    if value is None or (value == "" and not called):
        raise missing(f"{where}['{name}']")
    if not isinstance(value, str):
        raise parameter_error(f"Param {where}['{name}'] must be a string.")
    if called and not 1 <= len(value) <= limit:
        raise GraphError(131009, f"{called} length invalid. Min length: 1, Max length: {limit}")
    if len(value) > limit:
        raise invalid(f"{where}['{name}']", f"must be at most {limit} characters long")
    return value


def an_optional_text(holder: Object, where: str, name: str, limit: int) -> None:
    if name in holder:
        a_text(holder, where, name, limit)


def a_flag(holder: Object, where: str, name: str) -> None:
    if not isinstance(holder.get(name, False), bool):
        raise parameter_error(f"Param {where}['{name}'] must be a boolean.")


def only_keys(holder: Object, where: str, *names: str) -> None:
    """Meta refuses what it does not know."""
    for key in holder:
        if key not in names:
            raise parameter_error(f'Unexpected key "{key}" on param "{where}".')


def distinct(holders: list[Any], name: str, what: str) -> None:
    values = [holder[name] for holder in holders]
    if len(set(values)) != len(values):
        raise GraphError(131009, f"Duplicated {name} in {what}.")


def web_address(value: str, where: str) -> None:
    scheme, found, rest = value.partition("://")
    if scheme not in ("http", "https") or not found or not rest or any(char.isspace() for char in value):
        raise parameter_error(f"Param {where} is not a valid URI.")


def a_file(payload: Object, where: str) -> None:
    """One of `id` and `link`; what is behind them is looked at later."""
    media_id, link = payload.get("id"), payload.get("link")
    if not media_id and not link:
        raise missing(f"{where}['id'|'link']")
    if media_id and link:
        raise parameter_error(f"Param {where} must have only one of id and link.")
    if media_id and not isinstance(media_id, str):
        raise parameter_error(f"Param {where}['id'] must be a string.")
    if link is not None:
        web_address(link if isinstance(link, str) else "", f"{where}['link']")
