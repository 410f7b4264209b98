"""A send held against a template's definition. Values in, `GraphError` out.

Source: Meta's template and error references; the words of the refusals as they are met in the wild.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, Literal

from turnkeeper.testing.fake_graph.checks import Object
from turnkeeper.testing.fake_graph.errors import GraphError

Parameters = Literal["POSITIONAL", "NAMED"]

VARIABLE: Final = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}")
BODY: Final = 1024
COUPON: Final = 15
AUTHENTICATION_VALUE: Final = 15
SENT_AS: Final = {"URL": "url", "QUICK_REPLY": "quick_reply", "COPY_CODE": "copy_code", "FLOW": "flow"}
"""The `sub_type` of a send for each kind of button that can have parameters."""
SPELT: Final = {"URL": "Url", "QUICK_REPLY": "QuickReply", "COPY_CODE": "copy_code", "FLOW": "Flow"}


def variables(text: str) -> list[str]:
    """The parameters of a text, each once, in order."""
    return list(dict.fromkeys(VARIABLE.findall(text)))


def check_against(components: Sequence[Object], style: Parameters, category: str, payload: Object) -> None:
    """Raise what Meta answers if the parameters of `payload` are not those of the definition."""
    defined = {each["type"]: each for each in components}
    sent = payload.get("components", ())
    _check_header(defined.get("HEADER"), style, _parameters(sent, "header"))
    body = _parameters(sent, "body")
    _check_texts("body", variables(defined["BODY"]["text"]), style, body)
    if category == "AUTHENTICATION":
        for index, value in enumerate(body):
            if len(str(value.get("text", ""))) > AUTHENTICATION_VALUE:
                details = f"body: Parameter at index {index} exceeds the parameter length limit {AUTHENTICATION_VALUE}"
                raise GraphError(132018, details)
    if len(filled(defined["BODY"]["text"], payload, "body")) > BODY:
        raise GraphError(132005, f"body: translated text is longer than {BODY} characters")
    given = {int(each["index"]): each for each in sent if each["type"].lower() == "button"}
    _check_buttons(defined.get("BUTTONS", {}).get("buttons", ()), given)


def filled(text: str, payload: Object, part: str) -> str:
    """`text` with the parameters of a send in their places."""
    values = _parameters(payload.get("components", ()), part)
    named = {value.get("parameter_name", str(index + 1)): _shown(value) for index, value in enumerate(values)}
    return VARIABLE.sub(lambda match: named.get(match[1], match[0]), text)


def _shown(value: Object) -> str:
    held = value.get(value["type"], "")
    return str(held.get("fallback_value", "")) if isinstance(held, dict) else str(held)


def _parameters(components: Sequence[Object], part: str) -> list[Any]:
    return next((list(each.get("parameters", ())) for each in components if each["type"].lower() == part), [])


def _check_header(header: Object | None, style: Parameters, sent: list[Any]) -> None:
    if header is None:
        if sent:
            raise GraphError(132018, "header: the template has no header")
        return
    expected = header["format"]
    if expected == "TEXT":
        strange = next((value["type"].upper() for value in sent if value["type"] != "text"), None)
        if strange:
            raise GraphError(132012, f"header: Format mismatch, expected TEXT, received {strange}")
        _check_texts("header", variables(header["text"]), style, sent)
        return
    received = sent[0]["type"].upper() if sent else "UNKNOWN"
    if received != expected or len(sent) != 1:
        raise GraphError(132012, f"header: Format mismatch, expected {expected}, received {received}")


def _check_texts(part: str, wanted: list[str], style: Parameters, sent: list[Any]) -> None:
    if style == "NAMED" and any(not value.get("parameter_name") for value in sent):
        raise GraphError(100, f"{part}: Parameter name is missing or empty", message="(#100) Invalid parameter")
    if style == "POSITIONAL" and any("parameter_name" in value for value in sent):
        raise GraphError(132012, f"{part}: the template's parameters have no names")
    names = [value.get("parameter_name", str(index + 1)) for index, value in enumerate(sent)]
    if sorted(names) != sorted(wanted):
        details = (
            f"{part}: number of localizable_params ({len(sent)}) does not match "
            f"the expected number of params ({len(wanted)})"
        )
        raise GraphError(132000, details)
    strange = next((value["type"] for value in sent if value["type"] not in ("text", "currency", "date_time")), None)
    if strange:
        raise GraphError(132012, f"{part}: Format mismatch, expected TEXT, received {strange.upper()}")


def _check_buttons(defined: Sequence[Object], given: dict[int, Object]) -> None:
    for index, component in given.items():
        kind = defined[index]["type"] if index < len(defined) else None
        if kind is None:
            raise GraphError(132018, f"buttons: there is no button at index {index}")
        if SENT_AS.get(kind) != component["sub_type"].lower():
            raise GraphError(132018, f"buttons: Button at index {index} must be of type {SPELT.get(kind, kind)}")
    for index, button in enumerate(defined):
        sent = list(given[index].get("parameters", ())) if index in given else []
        _check_button(f"buttons: Button at index {index} of type {SPELT.get(button['type'], '')}", button, sent)


def _check_button(at: str, button: Object, sent: list[Any]) -> None:
    if button["type"] == "URL":
        if not variables(button["url"]):
            if sent:
                raise GraphError(132018, f"{at} does not require parameters")
        elif len(sent) != 1 or sent[0]["type"] != "text":
            raise GraphError(131008, f"{at} requires a parameter")
    elif button["type"] == "COPY_CODE":
        if len(sent) != 1 or sent[0]["type"] != "coupon_code":
            raise GraphError(131008, f"{at} requires a non-empty parameter coupon_code")
        if len(sent[0]["coupon_code"]) > COUPON:
            raise GraphError(132018, f"{at}: the code is longer than {COUPON} characters")
    elif button["type"] == "QUICK_REPLY" and any(value["type"] != "payload" for value in sent):
        raise GraphError(132012, f"{at} takes a payload")
