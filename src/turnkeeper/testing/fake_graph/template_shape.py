"""The shape of a template send, whatever the template is: components, parameters, their values.

Source: Meta's template reference and error reference (132018: what a value may not hold).
"""

from __future__ import annotations

import re
from typing import Final

from turnkeeper.testing.fake_graph.checks import Object, a_file, a_text, an_object, items, only_keys
from turnkeeper.testing.fake_graph.errors import GraphError, invalid, missing, parameter_error

SUB_TYPES: Final = ("url", "quick_reply", "copy_code", "flow", "catalog", "mpm", "voice_call")
BAD_VALUE: Final = re.compile(r"[\n\r\t]| {5}")
FILES: Final = ("image", "video", "document")
MOST_BUTTONS: Final = 10


def check_template(payload: Object) -> None:
    only_keys(payload, "template", "name", "language", "components")
    a_text(payload, "template", "name", 512)
    language = an_object(payload.get("language"), "template['language']")
    only_keys(language, "template['language']", "code", "policy")
    a_text(language, "template['language']", "code", 15)
    components = payload.get("components", [])
    if not isinstance(components, list):
        raise parameter_error("Param template['components'] must be an array.")
    seen: set[tuple[str, str]] = set()
    for index, component in enumerate(components):
        where = f"template['components'][{index}]"
        key = _check_component(an_object(component, where), where)
        if key in seen:
            raise invalid(where, f"repeats the {key[0]} {key[1]}".rstrip())
        seen.add(key)


def _check_component(component: Object, where: str) -> tuple[str, str]:
    kind = a_text(component, where, "type", 64).lower()
    if kind == "button":
        only_keys(component, where, "type", "sub_type", "index", "parameters")
        sub_type = a_text(component, where, "sub_type", 64).lower()
        if sub_type not in SUB_TYPES:
            raise invalid(f"{where}['sub_type']", f"must be one of {', '.join(SUB_TYPES)}")
        index = str(component.get("index", ""))
        if not (index.isascii() and index.isdigit()) or int(index) >= MOST_BUTTONS:
            raise invalid(f"{where}['index']", f"must be 0 to {MOST_BUTTONS - 1}")
    elif kind in ("header", "body"):
        only_keys(component, where, "type", "parameters")
        index = ""
    else:
        raise invalid(f"{where}['type']", "must be header, body or button")
    if "parameters" in component:
        for number, value in enumerate(items(component["parameters"], f"{where}['parameters']")):
            _check_parameter(value, f"{where}['parameters'][{number}]")
    return kind, index


def _check_parameter(value: object, where: str) -> None:
    parameter = an_object(value, where)
    kind = a_text(parameter, where, "type", 64)
    if kind not in FIELDS:
        raise parameter_error(f"Param {where}['type'] must be one of {{{', '.join(FIELDS)}}} - got {kind!r}.")
    field = FIELDS[kind]
    only_keys(parameter, where, "type", field, "parameter_name")
    if kind in ("text", "payload", "coupon_code"):
        text = parameter.get(field)
        if text is None or text == "":
            raise missing(f"{where}['{field}']")
        if not isinstance(text, str):
            raise parameter_error(f"Param {where}['{field}'] must be a string.")
        if BAD_VALUE.search(text):
            details = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
            raise GraphError(132018, details)
    else:
        held = an_object(parameter.get(field), f"{where}['{field}']")
        if kind in FILES:
            only_keys(held, f"{where}['{field}']", "id", "link", "filename")
            a_file(held, f"{where}['{field}']")
        if kind == "location":
            for name in ("latitude", "longitude", "name", "address"):
                if held.get(name) in (None, ""):
                    raise missing(f"{where}['location']['{name}']")


FIELDS: Final = {
    "text": "text",
    "payload": "payload",
    "coupon_code": "coupon_code",
    "currency": "currency",
    "date_time": "date_time",
    "image": "image",
    "video": "video",
    "document": "document",
    "location": "location",
    "action": "action",
}
"""What a parameter of each type carries."""
