"""What a bot may keep of a contact: names that its configuration declares, each with a type.

Rule: only declared names, only values of their type, none longer than `LONGEST`. What people say can fill them in, and
nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

Declared = Mapping[str, str | tuple[str, ...]]
"""`text`, `number`, `date`, `boolean`, or the values to choose from, by name."""

LONGEST: Final = 500
"""Characters of a text."""
_LARGEST: Final = 1e15
_NUMBER: Final = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,10})?")
_TYPES: Final[Mapping[str, Mapping[str, Any]]] = {
    "text": {"type": "string", "maxLength": LONGEST},
    "number": {"type": "number"},
    "date": {"type": "string", "description": "YYYY-MM-DD"},
    "boolean": {"type": "boolean"},
}


class WrongValue(ValueError):
    """A value is not what was declared; the words go to the model."""


def schema(declared: Declared) -> dict[str, Any]:
    """The arguments of the tool that keeps facts, as a JSON schema: every name may be left out; null forgets."""
    properties = {name: {"anyOf": [_schema(kind), {"type": "null"}]} for name, kind in declared.items()}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _schema(kind: str | tuple[str, ...]) -> dict[str, Any]:
    return dict(_TYPES[kind]) if isinstance(kind, str) else {"type": "string", "enum": list(kind)}


def checked(declared: Declared, given: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What of it is kept, and what is wrong with the rest."""
    kept: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in given.items():
        if name not in declared:
            problems.append(f"{name[:40]!r} is not kept; there are: {', '.join(declared) or 'none'}")
            continue
        try:
            kept[name] = None if value is None else _value(declared[name], value)
        except WrongValue as wrong:
            problems.append(f"{name}: {wrong}")
    return kept, tuple(problems)


def _value(kind: str | tuple[str, ...], value: Any) -> Any:
    """Raises WrongValue."""
    if not isinstance(kind, str):
        return _chosen(kind, value)
    if kind == "number":
        return _number(value)
    if kind == "boolean":
        return _boolean(value)
    if not isinstance(value, str):
        raise WrongValue("a text is needed")
    return _date(value) if kind == "date" else _text(value)


def _text(value: str) -> str:
    said = value.strip()
    if not said:
        raise WrongValue("the text is empty; null forgets")
    if len(said) > LONGEST:
        raise WrongValue(f"longer than {LONGEST} characters")
    return said.encode("utf-8", "replace").decode()


def _number(value: Any) -> float:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
        raise WrongValue("a number is needed, without a unit")
    return value


def _boolean(value: Any) -> bool:
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    if not isinstance(value, bool):
        raise WrongValue("true or false is needed")
    return value


def _date(value: str) -> str:
    try:
        return date.fromisoformat(value.strip()).isoformat()
    except ValueError as error:
        raise WrongValue("a date is needed, as YYYY-MM-DD") from error


def _chosen(choices: tuple[str, ...], value: Any) -> str:
    said = value.strip().casefold() if isinstance(value, str) else None
    found = next((each for each in choices if each.casefold() == said), None)
    if found is None:
        raise WrongValue(f"one of {', '.join(choices)} is needed")
    return found
