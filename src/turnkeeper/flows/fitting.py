"""What is wrong with a field of a document, in words for those who draw flows: each field by itself, with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import inspect as kinds

_KINDS: Final = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "null",
}
_EXPECTED: Final = re.compile(r"Expected `([^`]*)`, got `([^`]*)`")
_VALUE: Final = re.compile(r"Invalid enum value (.+)", re.DOTALL)
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
_AT: Final = re.compile(r" - at `(?:key in )?\$([^`]*)`\Z")
_STEP: Final = re.compile(r"\.([^.\[]+)|\[([^\]]*)\]")
_LONGEST: Final = 100


def misfits(given: Mapping[str, Any], struct: type[msgspec.Struct]) -> Iterator[str]:
    """Everything that is wrong with a table."""
    known = {each.encode_name: each for each in msgspec.structs.fields(struct)}
    for name in given:
        if name not in known:
            yield f"there is no field {name[:_LONGEST]!r}: {', '.join(known) or 'it has none'}"
    for name, each in known.items():
        if name in given:
            try:
                msgspec.convert(given[name], each.type)
            except msgspec.ValidationError as error:
                yield in_words(error, each.type, name)
        elif each.required:
            yield f"{name} is missing"


def in_words(error: msgspec.ValidationError, kind: Any, place: str = "") -> str:
    """What msgspec says of a value of a kind; `place`: where the value stands."""
    text = str(error)
    at = _AT.search(text)
    what, path = (text[: at.start()], at[1]) if at else (text, "")
    where = f"{place}{path}".removeprefix(".")
    return f"{where}: {_told(what, kind, path)}" if where else _told(what, kind, path)


def _told(what: str, kind: Any, path: str) -> str:
    if found := _EXPECTED.fullmatch(what):
        wanted = [_KINDS.get(each, each) for each in found[1].split(" | ") if each != "null"]
        return f"takes {' or '.join(wanted)}, not {_KINDS.get(found[2], found[2])}"
    if found := _VALUE.fullmatch(what):
        value = found[1] if len(found[1]) <= _LONGEST else f"{found[1][:_LONGEST]}…"
        return f"{value} is none of {', '.join(_values(kinds.type_info(kind), path))}"
    if found := _UNKNOWN.fullmatch(what):
        return f"there is no field {found[1][:_LONGEST]!r}"
    if found := _MISSING.fullmatch(what):
        return f"{found[1]} is missing"
    return what


def _values(kind: kinds.Type, path: str) -> Iterator[str]:
    """Those that can stand at a place within a kind."""
    reached = [kind]
    for step in _STEP.finditer(path):
        reached = [inner for each in reached for inner in _inside(each, step[1])]
    for each in reached:
        several = each.types if isinstance(each, kinds.UnionType) else (each,)
        for one in several:
            if isinstance(one, kinds.LiteralType):
                yield from map(str, one.values)


def _inside(kind: kinds.Type, field: str | None) -> Iterator[kinds.Type]:
    """The kinds of a field of it, or of its items."""
    match kind:
        case kinds.UnionType(types=types):
            for each in types:
                yield from _inside(each, field)
        case kinds.StructType(fields=fields):
            yield from (each.type for each in fields if each.encode_name == field)
        case kinds.VarTupleType(item_type=item) | kinds.ListType(item_type=item) if field is None:
            yield item
        case kinds.DictType(value_type=item) if field is None:
            yield item
