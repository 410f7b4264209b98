"""A template's definition, as it is to be created. Values in, `GraphError` out.

Source: Meta's template references. The text rules are those whose breach is refused at once; review comes later.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from turnkeeper.testing.fake_graph.checks import Object, a_text, an_object, items, web_address
from turnkeeper.testing.fake_graph.errors import GraphError, parameter_error
from turnkeeper.testing.fake_graph.template_rules import VARIABLE, variables

NAME: Final = re.compile(r"[a-z0-9_]{1,512}")
LAST: Final = re.compile(VARIABLE.pattern + r"\Z")
CATEGORIES: Final = ("AUTHENTICATION", "MARKETING", "UTILITY")
FORMATS: Final = ("TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION")
BODY: Final = 1024
LINE: Final = 60
LABEL: Final = 25
MOST_BUTTONS: Final = {"QUICK_REPLY": 10, "URL": 2, "PHONE_NUMBER": 1, "COPY_CODE": 1, "FLOW": 1}


def check_definition(body: Object) -> tuple[str, str, str, list[Any]]:
    """Name, language, category and components of a template to create."""
    name = a_text(body, "template", "name", 512)
    if not NAME.fullmatch(name):
        raise parameter_error("Message template name can only have lowercase letters, digits and underscores.")
    language = a_text(body, "template", "language", 15)
    category = a_text(body, "template", "category", 20)
    if category not in CATEGORIES:
        raise parameter_error(f"Param category must be one of {{{', '.join(CATEGORIES)}}}.")
    components = [dict(an_object(each, "components")) for each in items(body.get("components"), "components", most=5)]
    for component in components:
        kind = component["type"] = str(component.get("type", "")).upper()
        if kind not in CHECKS:
            raise parameter_error(f"Param type must be one of {{{', '.join(CHECKS)}}} - got {kind!r}.")
        CHECKS[kind](component)
    kinds = [component["type"] for component in components]
    if "BODY" not in kinds or len(set(kinds)) != len(kinds):
        raise parameter_error("A template must have one BODY component, and no component twice.")
    return name, language, category, components


def _check_header(component: dict[str, Any]) -> None:
    shown = component.setdefault("format", "TEXT")
    if shown not in FORMATS:
        raise parameter_error(f"Param format must be one of {{{', '.join(FORMATS)}}}.")
    if shown == "TEXT":
        if len(variables(a_text(component, "HEADER", "text", LINE))) > 1:
            raise parameter_error("A header may have one parameter.")
    elif shown != "LOCATION" and not an_object(component.get("example"), "example").get("header_handle"):
        raise parameter_error("The header has no example.")


def _check_body(component: dict[str, Any]) -> None:
    text = a_text(component, "BODY", "text", BODY)
    found = variables(text)
    if VARIABLE.match(text.strip()) or LAST.search(text.strip()):
        details = "Leading or trailing params are not allowed"
        raise GraphError(100, details, message="(#100) Invalid parameter", subcode=2388299)
    if all(each.isdigit() for each in found) and found != [str(place + 1) for place in range(len(found))]:
        raise parameter_error("The parameters of the body are not in sequence.")
    if found and "example" not in component:
        raise parameter_error("The body has parameters but no example.")


def _check_footer(component: dict[str, Any]) -> None:
    if variables(a_text(component, "FOOTER", "text", LINE)):
        raise parameter_error("A footer may have no parameter.")


def _check_buttons(component: dict[str, Any]) -> None:
    counts = dict.fromkeys(MOST_BUTTONS, 0)
    for index, button in enumerate(items(component.get("buttons"), "buttons", most=10)):
        where = f"buttons[{index}]"
        kind = a_text(an_object(button, where), where, "type", 20)
        if kind not in counts:
            raise parameter_error(f"Param {where}['type'] must be one of {{{', '.join(counts)}}} - got {kind!r}.")
        counts[kind] += 1
        if kind == "COPY_CODE":
            a_text(button, where, "example", 15)
        else:
            a_text(button, where, "text", LABEL)
        if kind == "PHONE_NUMBER":
            a_text(button, where, "phone_number", 20)
        if kind == "URL":
            _check_url(button, where)
    if any(counts[kind] > most for kind, most in MOST_BUTTONS.items()):
        raise parameter_error("There are too many buttons of one type.")


def _check_url(button: Object, where: str) -> None:
    url = a_text(button, where, "url", 2000)
    web_address(VARIABLE.sub("x", url), f"{where}['url']")
    found = variables(url)
    if found and (len(found) > 1 or not LAST.search(url) or "example" not in button):
        raise parameter_error("The address of a button may have one parameter, at its end, and needs an example.")


CHECKS: Final[dict[str, Callable[[dict[str, Any]], None]]] = {
    "HEADER": _check_header,
    "BODY": _check_body,
    "FOOTER": _check_footer,
    "BUTTONS": _check_buttons,
}
