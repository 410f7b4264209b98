"""What a table may say, as a form asks for it: out of the keys themselves, as docs/configuration.md is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from turnkeeper.channels.keys import ChannelKeys, read_duration, read_duration_or_off
from turnkeeper.config.stored import address_keys

Shape = Literal["text", "lines", "secret", "number", "switch", "choice", "list", "address", "duration"]
_LONG = 500
"""Characters from which on a text has room for lines."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One key. `asked`: a form asks for it before all others; `made`: a secret that is made up where none is given;
    `example` and `default` as they are typed; `choices`: of a choice."""

    key: str
    shape: Shape
    help: str
    required: bool = False
    asked: bool = False
    made: bool = False
    example: str = ""
    default: str | float | bool | None = None
    choices: tuple[str, ...] = ()


def form_fields(model: type[BaseModel], leave_out: tuple[str, ...] = ("kind",)) -> Iterator[FormField]:
    """Every key of a table, in order."""
    asked: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    if issubclass(model, ChannelKeys):
        asked, made = model.asked, model.made
    addresses = set(address_keys(model))
    for name, info in model.model_fields.items():
        if name in leave_out:
            continue
        shape = "address" if name in addresses else _shape(info)
        yield FormField(
            key=name,
            shape=shape,
            help=info.description or "",
            required=info.is_required(),
            asked=info.is_required() or name in asked,
            made=name in made,
            example=_example(info),
            default=_default(info, shape),
            choices=_choices(info.annotation) if shape == "choice" else (),
        )


def _shape(info: FieldInfo) -> Shape:
    kind = info.annotation
    if kind is SecretStr or SecretStr in get_args(kind):
        return "secret"
    if any(getattr(each, "func", None) in (read_duration, read_duration_or_off) for each in info.metadata):
        return "duration"
    if kind is bool:
        return "switch"
    if _choices(kind):
        return "choice"
    if get_origin(kind) is tuple:
        return "list"
    if kind is int or kind is float or int in get_args(kind):
        return "number"
    longest = max((getattr(each, "max_length", 0) or 0 for each in info.metadata), default=0)
    return "lines" if longest >= _LONG else "text"


def _choices(kind: Any) -> tuple[str, ...]:
    if get_origin(kind) in (Union, UnionType):
        return next((found for each in get_args(kind) if (found := _choices(each))), ())
    return tuple(str(each) for each in get_args(kind)) if get_origin(kind) is Literal else ()


def _example(info: FieldInfo) -> str:
    """Without the ways in which only the file says things."""
    example = str(info.examples[0]) if info.examples else ""
    if example.startswith(('"env:', '"file:')):
        return ""
    try:
        read = json.loads(example)
    except ValueError:
        return example
    return ", ".join(map(str, read)) if isinstance(read, list) else example.strip('"')


def _default(info: FieldInfo, shape: Shape) -> str | float | bool | None:
    value = None if info.is_required() else info.get_default(call_default_factory=True, validated_data={})
    if shape == "secret" or value is None:
        return None
    if isinstance(value, bool | int | float | str):
        return value
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
