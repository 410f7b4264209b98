"""The original's documents as boxes and lines, whichever of their shapes they have.

One is React Flow's (`nodes: [{id, type, data, position}]`, `edges: [{source, target, sourceHandle, label}]`), also as
JSON in a string under `nodes_data`; the older one has `nodes: [{id, type, config}]` and
`connections: [{from, to, conditionType, conditionValue}]`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from turnkeeper.flows.model import Position
from turnkeeper.flows.reading import LARGEST, MOST_EDGES, MOST_NODES

Note = Callable[[str, str, str], None]
"""Where, what, and what to do."""

_DEEPEST: Final = 4
"""Wrappings: a row in a list, its nodes_data, a string in it."""
_KEPT_BESIDE: Final = frozenset({
    "nodes", "edges", "connections", "nodes_data", "edges_data", "name", "flow_name", "title", "id", "uuid", "viewport",
    "created_at", "updated_at", "user_id", "id_device", "device_id", "id_user", "owner_id", "version", "format",
})  # fmt: skip
"""What belongs to the original's own rows and is nothing of the flow."""


class NotAFlow(ValueError):
    """What was given holds no nodes; the text says why."""


@dataclass(frozen=True, slots=True)
class Box:
    """A node. `fields`: its `data` or `config`; `where`: None if nobody placed it."""

    id: str
    type: str
    fields: Mapping[str, Any]
    where: Position | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """From a box to another. `handle`: what it says where it leaves, in small letters; `kind` and `value`: the test
    that it carries in the older shape."""

    id: str
    source: str
    target: str
    handle: str = ""
    kind: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """All of it; the boxes in the order of the document."""

    name: str
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def drawing(raw: bytes | str | Mapping[str, Any], note: Note) -> Drawing:
    """What was drawn. Raises NotAFlow."""
    document = _unwrapped(_plain(raw))
    if isinstance(document.get("format"), int):
        raise NotAFlow("it is a flow of this platform already: it can be used as it is")
    raw_lines = [*_listed(document.get("edges"), "edges"), *_listed(document.get("connections"), "connections")]
    for several, most, what in ((document["nodes"], MOST_NODES, "nodes"), (raw_lines, MOST_EDGES, "edges")):
        if len(several) > most:
            raise NotAFlow(f"it has {len(several)} {what}, at most {most} are read")
    boxes = tuple(_boxes(document["nodes"], note))
    if not boxes:
        raise NotAFlow("it has no nodes")
    lines = tuple(_lines(raw_lines, {box.id for box in boxes}, note))
    for name, value in document.items():
        if name not in _KEPT_BESIDE and value:
            note("", f"{name!r} ({_shown(value)}) is no part of a flow here", _mend(name))
    name = next(filter(None, (text_of(document.get(key)) for key in ("name", "flow_name", "title"))), "")
    return Drawing(name.strip(), boxes, lines)


def _mend(name: str) -> str:
    return "Write it into the channel's niche." if name == "niche" else ""


def _plain(raw: bytes | str | Mapping[str, Any]) -> Any:
    try:
        given = raw if isinstance(raw, bytes | str) else msgspec.json.encode(raw)
        if len(given) > LARGEST:
            raise NotAFlow(f"it is larger than {LARGEST} bytes")
        return msgspec.json.decode(given)
    except NotAFlow:
        raise
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
        raise NotAFlow(f"it is not JSON: {error}") from error


def _unwrapped(found: Any) -> dict[str, Any]:
    """The table that holds the nodes, with what stood around it."""
    around: dict[str, Any] = {}
    for _ in range(_DEEPEST):
        if isinstance(found, str):
            found = _plain(found)
        if isinstance(found, list):
            if len(found) == 1 and isinstance(found[0], Mapping) and ("nodes" in found[0] or "nodes_data" in found[0]):
                found = found[0]
            elif found and all(isinstance(each, Mapping) and {"nodes", "nodes_data"} & {*each} for each in found):
                raise NotAFlow(f"it holds {len(found)} flows: import them one by one")
            else:
                found = {"nodes": found}
        if not isinstance(found, Mapping):
            raise NotAFlow("a flow is a table with nodes and edges")
        around = {**around, **found}
        if "nodes" in found and not isinstance(found["nodes"], str):
            return {**around, "nodes": _listed(around["nodes"], "nodes")}
        inner = found.get("nodes", found.get("nodes_data"))
        if inner is None:
            raise NotAFlow("it has no nodes")
        if "edges" not in around and "edges_data" in found:
            around["edges"] = found["edges_data"]
        found = inner
    raise NotAFlow("it is wrapped too deep")


def _listed(raw: Any, name: str) -> list[Any]:
    """A list, also one that is a table by id, or JSON in a string."""
    if isinstance(raw, str) and raw.strip():
        raw = _plain(raw)
    if isinstance(raw, Mapping):
        raw = raw.get(name, list(raw.values()))
    if not raw:
        return []
    if not isinstance(raw, list):
        raise NotAFlow(f"its {name} are no list")
    return raw


def _boxes(raw: list[Any], note: Note) -> Iterator[Box]:
    names = Names()
    for place, each in enumerate(raw, 1):
        if not isinstance(each, Mapping):
            note(f"node {place}", f"is no table ({_shown(each)}): left out", "")
            continue
        known_as = _id(each.get("id"))
        if not known_as:
            note(f"node {place}", "has no id, so no edge can lead to it", "")
        fields = _fields(each, known_as or f"node {place}", note)
        unique = names.free(known_as or f"node_{place}")
        if known_as and unique != known_as:
            note(unique, f"is a second node with the id {known_as!r}: edges lead to the first one", "Check its edges.")
        label = text_of(fields.get("label")) or text_of(each.get("label"))
        yield Box(unique, text_of(each.get("type")).strip(), fields, _where(each.get("position")), label.strip())


def _fields(raw: Mapping[str, Any], where: str, note: Note) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for name in ("data", "config"):
        value = raw.get(name)
        if isinstance(value, Mapping):
            found |= value
        elif value:
            note(where, f"its {name} is no table ({_shown(value)})", "")
    return found


def _lines(raw: list[Any], boxes: set[str], note: Note) -> Iterator[Line]:
    names = Names()
    for place, each in enumerate(raw, 1):
        if not isinstance(each, Mapping):
            note(f"edge {place}", f"is no table ({_shown(each)}): left out", "")
            continue
        source, target = (_id(each.get(a, each.get(b))) for a, b in (("source", "from"), ("target", "to")))
        known_as = names.free(_id(each.get("id")) or f"e{place}")
        missing = [end for end in (source, target) if end not in boxes]
        if missing:
            which = f"leads {'to' if source in boxes else 'from'} {missing[0]!r}, which is not there: left out"
            note(source if source in boxes else f"edge {known_as}", f"its edge {known_as} {which}", "Draw it anew.")
            continue
        handle = text_of(each.get("sourceHandle")).strip().casefold()
        label = text_of(each.get("label")).strip().casefold()
        kind, value = text_of(each.get("conditionType")).strip().casefold(), text_of(each.get("conditionValue"))
        yield Line(known_as, source, target, handle if handle in _SIDES else label, kind, value)


YES: Final = frozenset({"true", "yes"})
NO: Final = frozenset({"false", "no"})
_SIDES: Final = YES | NO


def _id(value: Any) -> str:
    return text_of(value)[:200]


def _where(raw: Any) -> Position | None:
    try:
        return (
            msgspec.convert(raw, Position, strict=False) if isinstance(raw, Mapping) and {"x", "y"} <= {*raw} else None
        )
    except msgspec.ValidationError:
        return None


def text_of(value: Any) -> str:
    """A text, or a number as one; "" for everything else. Nothing that a database refuses to keep."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).replace("\0", "")


class Names:
    """Names of which nobody has two."""

    def __init__(self, *taken: str) -> None:
        self._taken = set(taken)
        self._next: dict[str, int] = {}

    def free(self, name: str) -> str:
        """This one, or with a number; from now on it is taken."""
        found, n = name, self._next.get(name, 2)
        while found in self._taken:
            found, n = f"{name}_{n}", n + 1
        self._next[name] = n
        self._taken.add(found)
        return found


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else f"{text[:57]}…"
