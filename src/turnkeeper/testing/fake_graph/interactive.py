"""Interactive messages: buttons, lists, url buttons, requests for a location, and their limits.

Source: Meta's message reference; the words of the refusals as they are met in the wild.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from turnkeeper.testing.fake_graph.checks import (
    Object,
    a_file,
    a_text,
    an_object,
    distinct,
    items,
    only_keys,
    web_address,
)
from turnkeeper.testing.fake_graph.errors import GraphError, invalid, missing, parameter_error

BODY: Final = 1024
LINE: Final = 60
BUTTONS: Final = 3
BUTTON_TITLE: Final = 20
BUTTON_ID: Final = 256
ROWS: Final = 10
SECTIONS: Final = 10
SECTION_TITLE: Final = 24
ROW_TITLE: Final = 24
ROW_ID: Final = 200
ROW_DESCRIPTION: Final = 72
HEADER_FILES: Final = ("image", "video", "document")


def check_interactive(payload: Object) -> None:
    kind = payload.get("type")
    if kind is None:
        raise missing("interactive['type']")
    if not isinstance(kind, str) or kind not in KINDS:
        raise invalid("interactive['type']", f"must be one of {', '.join(KINDS)}")
    headers, rule = KINDS[kind]
    only_keys(payload, "interactive", "type", "body", "action", "header", "footer")
    body = an_object(payload.get("body"), "interactive['body']")
    only_keys(body, "interactive['body']", "text")
    a_text(body, "interactive['body']", "text", BODY, called="Body text")
    if "footer" in payload:
        _check_footer(kind, payload)
    if "header" in payload:
        _check_header(kind, headers, an_object(payload["header"], "interactive['header']"))
    rule(an_object(payload.get("action"), "interactive['action']"))


def _check_footer(kind: str, payload: Object) -> None:
    if kind == "location_request_message":
        raise parameter_error('Unexpected key "footer" on param "interactive".')
    footer = an_object(payload["footer"], "interactive['footer']")
    only_keys(footer, "interactive['footer']", "text")
    a_text(footer, "interactive['footer']", "text", LINE, called="Footer text")


def _check_header(kind: str, allowed: tuple[str, ...], header: Object) -> None:
    where = "interactive['header']"
    a_text(header, where, "type", 20)
    if header["type"] not in allowed:
        raise invalid(f"{where}['type']", f"must be one of {', '.join(allowed) or 'none'} for {kind}")
    only_keys(header, where, "type", header["type"])
    if header["type"] == "text":
        a_text(header, where, "text", LINE, called="Header text")
    else:
        file = an_object(header.get(header["type"]), f"{where}['{header['type']}']")
        only_keys(file, f"{where}['{header['type']}']", "id", "link", "filename")
        a_file(file, f"{where}['{header['type']}']")


def _check_buttons(action: Object) -> None:
    only_keys(action, "action", "buttons")
    buttons = action.get("buttons")
    if buttons is None:
        raise missing("interactive['action']['buttons']")
    if not isinstance(buttons, list):
        raise parameter_error("Param interactive['action']['buttons'] must be an array.")
    if not 1 <= len(buttons) <= BUTTONS:
        details = f"Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: {BUTTONS}"
        raise GraphError(131009, details)
    replies = []
    for index, button in enumerate(buttons):
        where = f"interactive['action']['buttons'][{index}]"
        if an_object(button, where).get("type") != "reply":
            raise invalid(f"{where}['type']", "must be reply")
        only_keys(button, where, "type", "reply")
        reply = an_object(button.get("reply"), f"{where}['reply']")
        only_keys(reply, f"{where}['reply']", "id", "title")
        a_text(reply, where, "id", BUTTON_ID, called="Button id")
        a_text(reply, where, "title", BUTTON_TITLE, called="Button title")
        replies.append(reply)
    distinct(replies, "id", "buttons")
    distinct(replies, "title", "buttons")


def _check_list(action: Object) -> None:
    only_keys(action, "action", "button", "sections")
    a_text(action, "action", "button", BUTTON_TITLE, called="Button label")
    sections = items(action.get("sections"), "interactive['action']['sections']", most=SECTIONS)
    rows: list[Any] = []
    for index, section in enumerate(sections):
        where = f"interactive['action']['sections'][{index}]"
        only_keys(an_object(section, where), where, "title", "rows")
        if len(sections) > 1 or "title" in section:
            a_text(section, where, "title", SECTION_TITLE, called="Section title")
        held = section.get("rows")
        for number, row in enumerate(items(held, f"{where}['rows']")):
            _check_row(row, f"{where}['rows'][{number}]")
            rows.append(row)
    if len(rows) > ROWS:
        raise GraphError(131009, f"Total row count exceed max allowed count: {ROWS}")
    distinct(rows, "id", "rows")


def _check_row(row: object, where: str) -> None:
    held = an_object(row, where)
    only_keys(held, where, "id", "title", "description")
    a_text(held, where, "id", ROW_ID, called="Row id")
    title = a_text(held, where, "title", 4096)
    if len(title) > ROW_TITLE:
        raise GraphError(131009, f"Row title is too long. Max length is {ROW_TITLE}")
    if "description" in held:
        a_text(held, where, "description", ROW_DESCRIPTION, called="Row description")


def _check_url_button(action: Object) -> None:
    only_keys(action, "action", "name", "parameters")
    if action.get("name") != "cta_url":
        raise invalid("interactive['action']['name']", "must be cta_url")
    where = "interactive['action']['parameters']"
    parameters = an_object(action.get("parameters"), where)
    only_keys(parameters, where, "display_text", "url")
    a_text(parameters, where, "display_text", BUTTON_TITLE, called="Button text")
    web_address(a_text(parameters, where, "url", 2000), f"{where}['url']")


def _check_location_request(action: Object) -> None:
    only_keys(action, "action", "name")
    if action.get("name") != "send_location":
        raise invalid("interactive['action']['name']", "must be send_location")


KINDS: Final[dict[str, tuple[tuple[str, ...], Callable[[Object], None]]]] = {
    "button": (("text", *HEADER_FILES), _check_buttons),
    "list": (("text",), _check_list),
    "cta_url": (("text", *HEADER_FILES), _check_url_button),
    "location_request_message": ((), _check_location_request),
}
"""The headers that each may have, and the check of its action."""
