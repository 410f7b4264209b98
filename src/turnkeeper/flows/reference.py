"""Every type of node as Markdown, told by its struct: `turnkeeper flow nodes` prints it, docs/flows.md holds it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import inspect as kinds

from turnkeeper.flows.nodes import TYPES
from turnkeeper.flows.nodes.base import NodeData

_NAMED: Final = {"MediaData": "Media", "OptionList": "List", "OptionSection": "Section", "Way": "Way"}


def as_markdown(*names: str) -> str:
    """The nodes of these types; all of them where none is named. Raises KeyError for what is no type."""
    shown: set[type] = set()
    return "\n".join(line for name in names or TYPES for line in _node(TYPES[name], shown))


def _node(node: type[NodeData], shown: set[type]) -> Iterator[str]:
    yield f"### {node.TITLE}: `{node.TYPE}`"
    yield ""
    yield from (_paragraph(node), "")
    yield f"Exits: {_flat(inspect.getdoc(node.exits) or '')}" if "exits" in vars(node) else "Exits: `next`."
    yield ""
    yield from _fields(node)
    for inner in structs_in(node):
        if inner not in shown:
            shown.add(inner)
            yield f"**{_name(inner)}**: {_paragraph(inner)}"
            yield ""
            yield from _fields(inner)


def _fields(struct: type[msgspec.Struct]) -> Iterator[str]:
    yield "| field | value | without it |"
    yield "|---|---|---|"
    info = kinds.type_info(struct)
    assert isinstance(info, kinds.StructType)
    for field in info.fields:
        without = "required" if field.required else _default(field)
        yield f"| `{field.encode_name}` | {_kind(field.type)} | {without} |"
    yield ""


def _default(field: kinds.Field) -> str:
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if value is None or value == "" or value == () or value == {}:
        return ""
    return f"`{msgspec.json.encode(value).decode()}`"


def _kind(kind: kinds.Type) -> str:
    match kind:
        case kinds.StrType():
            return "text"
        case kinds.BoolType():
            return "true or false"
        case kinds.IntType():
            return "whole number"
        case kinds.FloatType():
            return "number"
        case kinds.AnyType():
            return "anything"
        case kinds.LiteralType(values=values):
            return ", ".join(f"`{value}`" for value in values)
        case kinds.StructType(cls=cls):
            return _name(cls)
        case kinds.VarTupleType(item_type=item) | kinds.ListType(item_type=item):
            return f"list of {_kind(item)}"
        case kinds.DictType(value_type=item):
            return f"names, and for each {_kind(item)}"
        case kinds.UnionType(types=types):
            return _union([each for each in types if not isinstance(each, kinds.NoneType)])
    return "anything"


def _union(types: list[kinds.Type]) -> str:
    if len(types) == 1:
        return _kind(types[0])
    if {type(each) for each in types} == {kinds.StrType, kinds.DictType}:
        return "text, or one for each language"
    return " or ".join(map(_kind, types))


def structs_in(struct: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    """The structs that its fields hold, and theirs."""
    info = kinds.type_info(struct)
    assert isinstance(info, kinds.StructType)
    for field in info.fields:
        for found in _structs(field.type):
            yield found
            yield from structs_in(found)


def _structs(kind: Any) -> Iterator[type[msgspec.Struct]]:
    match kind:
        case kinds.StructType(cls=cls):
            yield cls
        case kinds.VarTupleType(item_type=item) | kinds.ListType(item_type=item):
            yield from _structs(item)
        case kinds.UnionType(types=types):
            for each in types:
                yield from _structs(each)


def _name(struct: type) -> str:
    return _NAMED.get(struct.__name__, struct.__name__)


def _paragraph(described: type) -> str:
    """What a class says of itself, a line for each of its paragraphs."""
    return "\n\n".join(map(_flat, (inspect.getdoc(described) or "").split("\n\n")))


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
