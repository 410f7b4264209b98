"""What it costs to decide one node of a flow, and whether a large flow, many variables or many words cost more.

Times are of this process's processor: others on the machine slow it, but do not count.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from statistics import median
from typing import Any, Final

import msgspec

from benchmarks.report import Line, at_most, told
from benchmarks.servers import Places
from turnkeeper.flows.checking import check
from turnkeeper.flows.decide import decide, new_turn, start
from turnkeeper.flows.model import Flow
from turnkeeper.flows.nodes.base import Here
from turnkeeper.flows.reading import document_of, read
from turnkeeper.flows.signals import Replied, Started
from turnkeeper.flows.state import FlowState

_HERE: Final = Here(datetime(2026, 11, 20, 9, 0), {"name": "Ana", "language": "id"}, seed="c1")  # noqa: DTZ001
_ROUNDS: Final = 15
_TURNS: Final = 200
_WHEN: Final = {
    "all": [{"field": "n", "op": "more", "value": 3}, {"field": "message", "op": "contains", "value": "yes"}]
}
_BLOCK: Final[tuple[tuple[str, Mapping[str, Any]], ...]] = (
    ("ask", {"text": {"en": "How many, {{contact.name}}?", "id": "Berapa?"}, "wants": "number", "save": "n"}),
    ("set", {"variables": {"total": "{{n}}", "note": "for {{contact.name}}"}}),
    ("condition", {"branches": [{"exit": "next", "when": _WHEN}]}),
    ("message", {"text": {"en": "{{n}} it is", "id": "{{n}} ya"}}),
    ("stage", {"stage": "ordering"}),
    ("message", {"text": "Thank you"}),
    ("split", {"shares": [{"exit": "next", "share": 1}, {"exit": "else", "share": 1}]}),
    ("message", {"text": "Good"}),
    ("set", {"tag": ["asked"]}),
    ("message", {"text": "On we go"}),
)


def flow_of(size: int) -> Flow:
    """So many nodes in a circle: in each ten of them one asks, and both ways of a fork lead on."""
    nodes: list[dict[str, Any]] = [{"id": "s", "type": "start"}]
    edges = [{"source": "s", "target": "n0"}]
    for n in range(size):
        kind, data = _BLOCK[n % len(_BLOCK)]
        nodes.append({"id": f"n{n}", "type": kind, "data": data})
        ways = ("next", "else") if kind in ("condition", "split") else ("next",)
        edges += [
            {"source": f"n{n}", "target": f"n{(n + 1) % size}", "sourceHandle": leaving_by} for leaving_by in ways
        ]
    words = [{"words": [f"word {n}"], "does": "help", "text": "Help"} for n in range(20)]
    return read({"name": "main", "language": "en", "languages": ["id"], "nodes": nodes, "edges": edges, "words": words})


def run(places: Places, *, quick: bool) -> Iterator[Line]:  # noqa: ARG001 - needs no place
    """Every line of this benchmark."""
    rounds = _ROUNDS // 4 if quick else _ROUNDS
    small, large = flow_of(10), flow_of(1000)
    many = {f"v{n}": "x" * 1000 for n in range(50)}
    costs: dict[str, list[float]] = {"small": [], "large": [], "full": []}
    for _ in range(rounds):
        costs["small"].append(_microseconds(small, {}))
        costs["large"].append(_microseconds(large, {}))
        costs["full"].append(_microseconds(large, many))
    each = {name: median(found) for name, found in costs.items()}
    ratio = median(b / a for a, b in zip(costs["small"], costs["large"], strict=True))
    yield at_most("flows", "a node of a flow of 10", each["small"], 30, "µs")
    yield at_most("flows", "a node of a flow of 1,000", each["large"], 30, "µs")
    yield at_most("flows", "1,000 nodes to 10", ratio, 1.15)
    yield told("flows", "a node with 50 kB of variables", f"{each['full']:.1f} µs", microseconds=each["full"])
    state = _state(large, {})
    kept = _best(lambda: msgspec.json.decode(msgspec.json.encode(state), type=FlowState), rounds)
    yield told("flows", "the state, written and read", f"{kept * 1e6:.1f} µs", microseconds=kept * 1e6)
    document = msgspec.json.encode(document_of(large))
    reading = _best(lambda: read(document), rounds)
    yield at_most("flows", "a document of 1,000 nodes, read", reading * 1e3, 50, "ms")
    yield at_most("flows", "the same, checked", _best(lambda: check(large), rounds) * 1e3, 50, "ms")


def _state(flow: Flow, variables: Mapping[str, Any]) -> FlowState:
    return start({"main": flow}, "main", Started("called", data=variables), _HERE).state


def _microseconds(flow: Flow, variables: Mapping[str, Any]) -> float:
    """Of one node, when a person answers again and again."""
    book, state, passed = {"main": flow}, _state(flow, variables), 0
    began = time.process_time()
    for turn in range(_TURNS):
        decision = decide(book, new_turn(state), Replied("4" if turn % 2 else "3"), _HERE)
        state = decision.state
        passed += sum(each.by is None for each in decision.passed)
    return (time.process_time() - began) / passed * 1e6


def _best(work: Any, rounds: int) -> float:
    found: list[float] = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return median(found)
