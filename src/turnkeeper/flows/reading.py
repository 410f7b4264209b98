"""A flow's document into a Flow and back: every problem with its place, none of them raised one by one.

What a visual editor keeps beside what we know (widths, colours, what is selected) is not the flow's and is left out.
Documents of older formats are brought up to the newest first, step by step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import msgspec

from turnkeeper.flows.fitting import misfits
from turnkeeper.flows.model import FORMAT, NEXT, Edge, Fallback, Flow, Node, Position, Word
from turnkeeper.flows.nodes import TYPES
from turnkeeper.flows.problems import Problem

MOST_NODES: Final = 5000
MOST_EDGES: Final = 20_000
LARGEST: Final = 5_000_000
"""Bytes of a document."""
DEEPEST: Final = 40
"""How deep a document may be nested."""
_LONGEST_ID: Final = 200
_LINE_END: Final = b"\n"
_BYTE: Final = re.compile(r" \(byte (\d+)\)$")
_LONGEST_TITLE: Final = 200
_MOST_TOLD: Final = 100
"""Problems that are told of one document, and exits in one of them."""
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f]")
"""What stands in no id: databases do not keep it, and nobody sees it."""


class FlowUnreadable(ValueError):
    """A document that is no flow, with all that is wrong in it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{each.where}: {each.what}" if each.where else each.what for each in problems))
        self.problems = problems


_STEPS: Final[Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {}
"""How a document of a format becomes one of the next: none yet, since there is one format."""


@dataclass(slots=True)
class _Reading:
    problems: list[Problem]

    def wrong(self, where: str, what: str, mend: str = "") -> None:
        if len(self.problems) < _MOST_TOLD:
            self.problems.append(Problem(where[:_LONGEST_ID], what[:500], mend))


def read(raw: bytes | str | Mapping[str, Any], *, version: int = 0) -> Flow:
    """A flow from its document. `version`: which published one it is. Raises FlowUnreadable."""
    if not isinstance(raw, Mapping):
        document = _json(raw)
    else:
        document = dict(raw)
    if _is_too_deep(document):
        raise FlowUnreadable([Problem("", f"the document is nested more than {DEEPEST} deep")])
    document = _upgraded(document)
    reading = _Reading([])
    nodes = dict(_nodes(reading, document.get("nodes")))
    named = _named(document.get("nodes"))
    edges = tuple(_edges(reading, document.get("edges", []), nodes, named))
    settings = _settings(reading, document)
    if reading.problems:
        raise FlowUnreadable(reading.problems)
    return Flow(
        name=settings.name,
        nodes=nodes,
        edges=edges,
        version=version,
        language=settings.language,
        languages=settings.languages,
        fallback=settings.fallback,
        words=settings.words,
        variables=settings.variables,
        priority=settings.priority,
    )


class _Settings(msgspec.Struct, frozen=True):
    name: str = ""
    language: str = "en"
    languages: tuple[str, ...] = ()
    fallback: Fallback = Fallback()
    words: tuple[Word, ...] = ()
    variables: Mapping[str, str] = {}
    priority: int = 0


def _json(raw: bytes | str) -> dict[str, Any]:
    if len(raw) > LARGEST:
        raise FlowUnreadable([Problem("", f"the document is larger than {LARGEST} bytes")])
    if not raw.strip():
        raise FlowUnreadable([Problem("", "there is nothing in it")])
    try:
        document = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FlowUnreadable([Problem("", f"it is not JSON: {_where(str(error), raw)}")]) from error
    if not isinstance(document, dict):
        raise FlowUnreadable([Problem("", "a flow is a table with nodes and edges")])
    return document


def _where(error: str, raw: bytes | str) -> str:
    """What is wrong with the JSON, by line and column instead of bytes."""
    what = error.removeprefix("JSON is malformed: ")
    if (found := _BYTE.search(what)) is None:
        return what
    before = (raw.encode("utf-8", "replace") if isinstance(raw, str) else raw)[: int(found[1])]
    *_, line = before.rpartition(_LINE_END)
    column = len(line.decode("utf-8", "replace")) + 1
    return f"{what[: found.start()]} (line {before.count(_LINE_END) + 1}, column {column})"


def _is_too_deep(document: Any) -> bool:
    layer = [document]
    for _ in range(DEEPEST):
        layer = [
            inner
            for each in layer
            if isinstance(each, Mapping | list | tuple)
            for inner in (each.values() if isinstance(each, Mapping) else each)
        ]
    return bool(layer)


def _upgraded(document: dict[str, Any]) -> dict[str, Any]:
    found = document.get("format", FORMAT)
    if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= FORMAT:
        mend = "Update turnkeeper, or export the flow again."
        raise FlowUnreadable([Problem("", f"format {found!r} is not known here (1 to {FORMAT} are)", mend)])
    for step in range(found, FORMAT):
        document = _STEPS[step](document)
    return document


def _nodes(reading: _Reading, raw: Any) -> Iterator[tuple[str, Node]]:
    if not isinstance(raw, list) or len(raw) > MOST_NODES:
        reading.wrong("", f"nodes are a list of at most {MOST_NODES}")
        return
    seen: set[str] = set()
    for place, each in enumerate(raw, 1):
        node = _node(reading, each, place)
        if node is None:
            continue
        if node.id in seen:
            reading.wrong(node.id, "two nodes have this id", "Give each node an id of its own.")
        seen.add(node.id)
        yield node.id, node


def _named(raw: Any) -> frozenset[str]:
    """The ids of all nodes, also of those with which something is wrong: an edge to one of them is no mistake."""
    several = raw if isinstance(raw, list) else []
    ids = (each.get("id") for each in several if isinstance(each, Mapping))
    return frozenset(each for each in ids if isinstance(each, str))


def _node(reading: _Reading, raw: Any, place: int) -> Node | None:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("id"), str) or not raw["id"]:
        reading.wrong(f"node {place}", "has no id")
        return None
    if len(raw["id"]) > _LONGEST_ID:
        reading.wrong(f"node {place}", f"its id is longer than {_LONGEST_ID} characters")
        return None
    if _UNSEEN.search(raw["id"]):
        reading.wrong(f"node {place}", "its id holds a character that cannot be shown")
        return None
    known_as, kind = raw["id"], raw.get("type")
    data = raw.get("data", {})
    if not isinstance(kind, str) or kind not in TYPES:
        reading.wrong(known_as, f"{kind!r} is not a type of node", f"Known: {', '.join(sorted(TYPES))}.")
        return None
    if not isinstance(data, Mapping):
        reading.wrong(known_as, "its data is no table")
        return None
    title = data.get("label", "")
    fields = {name: value for name, value in data.items() if name != "label"}
    try:
        read_data = msgspec.convert(fields, TYPES[kind])
    except msgspec.ValidationError:
        for what in misfits(fields, TYPES[kind]):
            reading.wrong(known_as, f"{kind}: {what}")
        return None
    for leaving_by in read_data.exits():
        if len(leaving_by) > _LONGEST_ID or _UNSEEN.search(leaving_by):
            what = f"{leaving_by[:50]!r} is no exit: it has {_LONGEST_ID} characters at most, all of which can be shown"
            reading.wrong(known_as, what)
            return None
    named = title[:_LONGEST_TITLE] if isinstance(title, str) else ""
    return Node(known_as, kind, read_data, _position(raw.get("position")), named)


def _position(raw: Any) -> Position:
    try:
        return msgspec.convert(raw, Position)
    except msgspec.ValidationError:
        return Position()


def _edges(reading: _Reading, raw: Any, nodes: Mapping[str, Node], named: frozenset[str]) -> Iterator[Edge]:
    if not isinstance(raw, list) or len(raw) > MOST_EDGES:
        reading.wrong("", f"edges are a list of at most {MOST_EDGES}")
        return
    exits_of = {known_as: dict.fromkeys(node.data.exits()) for known_as, node in nodes.items()}
    for place, each in enumerate(raw, 1):
        if not isinstance(each, Mapping):
            reading.wrong(f"edge {place}", "is no table")
            continue
        source, target, leaving_by = (_text(each, name) for name in ("source", "target", "sourceHandle"))
        known_as = _text(each, "id") or f"e{place}"
        where = f"edge {known_as}"
        if source not in named or target not in named:
            missing = source if source not in named else target
            reading.wrong(where, f"there is no node {missing!r}", "Remove the edge, or add the node.")
            continue
        if source not in nodes:
            continue
        leaving_by = leaving_by or NEXT
        if leaving_by not in exits_of[source]:
            exits = ", ".join(islice(exits_of[source], _MOST_TOLD)) or "none"
            reading.wrong(where, f"{source} has no exit {leaving_by!r}", f"Its exits: {exits}.")
            continue
        yield Edge(known_as, source, target, leaving_by)


def _text(table: Mapping[str, Any], name: str) -> str:
    value = table.get(name)
    return value if isinstance(value, str) else ""


def _settings(reading: _Reading, document: Mapping[str, Any]) -> _Settings:
    known = {name: document[name] for name in _Settings.__struct_fields__ if name in document}
    for name in document:
        if name not in _Settings.__struct_fields__ and name not in ("format", "nodes", "edges", "viewport"):
            reading.wrong("", f"{name!r} is not a setting of a flow")
    try:
        return msgspec.convert(known, _Settings)
    except msgspec.ValidationError:
        for what in misfits(known, _Settings):
            reading.wrong("", what)
        return _Settings()


def document_of(flow: Flow) -> dict[str, Any]:
    """The flow as its document, as JSON would have it."""
    document: dict[str, Any] = {"format": FORMAT, "name": flow.name, "language": flow.language}
    if flow.languages:
        document["languages"] = list(flow.languages)
    for name in ("fallback", "words", "variables"):
        value = msgspec.to_builtins(getattr(flow, name))
        if value:
            document[name] = value
    if flow.priority:
        document["priority"] = flow.priority
    document["nodes"] = [_node_document(node) for node in flow.nodes.values()]
    document["edges"] = [
        {
            "id": edge.id,
            "source": edge.source,
            "target": edge.target,
            **({} if edge.exit == NEXT else {"sourceHandle": edge.exit}),
        }
        for edge in flow.edges
    ]
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))
    return plain


def _node_document(node: Node) -> dict[str, Any]:
    data = msgspec.to_builtins(node.data)
    return {
        "id": node.id,
        "type": node.type,
        "position": msgspec.to_builtins(node.position),
        "data": {**({"label": node.title} if node.title else {}), **data},
    }
