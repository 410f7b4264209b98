"""A bot of stages as a diagram: stages and events, what leads from one to the other, and what is set on its way."""

from __future__ import annotations

from collections.abc import Iterator

from turnkeeper.bots.sketch import UNKNOWN, Doings, Move, Sketch
from turnkeeper.text.diagram import Diagram, Edge, Node

_LONGEST = 30
"""Characters of a condition that is written beside its arrow; a longer one would be cut beyond use."""
_MOST = 3
"""Arrows to a person; where there are more, their number says as much."""
_START, _END, _PERSON = "start", "end", "person"


def diagram(found: Sketch) -> Diagram:
    """The picture of a bot."""
    edges = [*_edges(found)]
    used = {end for edge in edges for end in (edge.source, edge.target)}
    nodes = [
        Node(_START, "a session begins", "start"),
        *(Node(_stage(name), name) for name in found.stages),
        *(Node(_event(types[0]), _named(types), _kind(types[0])) for types in _events(found)),
        *(Node(_stage(name), f"{name}: no such stage", "unknown") for name in _missing(found)),
        *_people(found),
        Node(_stage(UNKNOWN), UNKNOWN, "unknown"),
        Node(_END, "the session starts anew", "end"),
    ]
    lone = {_stage(UNKNOWN), _END}
    return Diagram(found.name, [node for node in nodes if node.id not in lone or node.id in used], edges)


def _stage(name: str) -> str:
    return f"stage {name}"


def _event(type_: str) -> str:
    return f"on {type_}"


def _kind(type_: str) -> str:
    return "timer" if type_.startswith("timer.") else "event"


def _events(found: Sketch) -> list[list[str]]:
    """What has a handler, and timers that have none: their stage reads them itself. Handlers of payments that lead
    nowhere are one."""
    timers = [f"timer.{name}" for doings in found.doings.values() for name in doings.timers if name != UNKNOWN]
    events = dict.fromkeys([*found.handlers, *timers])
    quiet = [type_ for type_ in events if type_.startswith("payment.") and _is_quiet(found.doings[type_])]
    return [*([type_] for type_ in events if type_ not in quiet), *([quiet] if quiet else [])]


def _is_quiet(doings: Doings) -> bool:
    return not (doings.goes or doings.goes_on or doings.timers or doings.pays)


def _named(types: list[str]) -> str:
    return types[0] if len(types) == 1 else f"{types[0]} and {len(types) - 1} more"


def _people(found: Sketch) -> list[Node]:
    sources = [name for name, doings in found.doings.items() if doings.hands_over]
    label = "a person" if len(sources) <= _MOST else f"a person, from {len(sources)} places"
    return [Node(_PERSON, label, "person")] if sources else []


def _missing(found: Sketch) -> list[str]:
    known = {*found.stages, None, UNKNOWN}
    return list(dict.fromkeys(move.target for move in found.moves() if move.target and move.target not in known))


def _edges(found: Sketch) -> Iterator[Edge]:
    def node(source: str) -> str:
        return _stage(source) if source in found.stages else _event(source)

    if found.first is not None:
        yield Edge(_START, _stage(found.first))
    for source, target, label in _joined(found.moves()):
        yield Edge(node(source), _END if target is None else _stage(target), label)
    paid = [types[0] for types in _events(found) if types[0].startswith("payment.")]
    persons = sum(doings.hands_over for doings in found.doings.values())
    for source, doings in found.doings.items():
        for name in dict.fromkeys(doings.timers):
            if name != UNKNOWN:
                yield Edge(node(source), _event(f"timer.{name}"), kind="dashed")
        for type_ in paid if doings.pays else []:
            yield Edge(node(source), _event(type_), kind="dashed")
        if doings.hands_over and persons <= _MOST:
            yield Edge(node(source), _PERSON)


def _joined(moves: list[Move]) -> list[tuple[str, str | None, str]]:
    """One arrow from each to each; a condition is told where there is one alone, and it is short."""
    together: dict[tuple[str, str | None], list[str]] = {}
    for move in moves:
        together.setdefault((move.source, move.target), []).append(move.when)
    return [
        (source, target, when[0] if len(when) == 1 and len(when[0]) <= _LONGEST else "")
        for (source, target), when in together.items()
    ]
