"""Cases of one node: where it is, what it hears, and the move that it makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import pytest

from turnkeeper.flows.decide import Decision, decide, new_turn, start
from turnkeeper.flows.effects import Effect
from turnkeeper.flows.model import Edge, Flow, Node
from turnkeeper.flows.nodes import TYPES
from turnkeeper.flows.nodes.base import Here, Move, NodeData, Spot
from turnkeeper.flows.problems import Checking
from turnkeeper.flows.reading import read
from turnkeeper.flows.signals import Replied, Signal, Started
from turnkeeper.flows.state import FlowState

NOW = datetime(2026, 11, 20, 14, 30)  # noqa: DTZ001 - the contact's own clock
HERE = Here(NOW, {"name": "Ana", "city": "Kota"}, seed="conversation 1")
HOSTILE = "{{secret}} {{{name}} *_`[x](http://evil.example)\r\nBcc: a@b.example\x00\u202e../..{{contact.name|{{x}}}}"


def data_of(type_: str, data: Mapping[str, Any]) -> NodeData:
    return msgspec.convert(data, TYPES[type_])


@dataclass(frozen=True)
class Case:
    """`signal` None: the node is entered. `drawn`: its exits that lead somewhere."""

    label: str
    data: Mapping[str, Any]
    expected: Move | None
    signal: Signal | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    drawn: Sequence[str] = ()
    reply: Replied = field(default_factory=Replied)
    language: str = "en"
    call: int = 6
    tries: int = 0
    memo: Any = None
    here: Here = HERE

    def __str__(self) -> str:
        return self.label

    def spot(self, type_: str) -> Spot:
        node = Node("n", type_, data_of(type_, self.data))
        edges = tuple(Edge(f"e {each}", "n", "after", each) for each in self.drawn)
        nodes = {"n": node, "after": Node("after", "end", data_of("end", {}))}
        flow = Flow("the flow", nodes, edges, version=1)
        reply = self.signal if isinstance(self.signal, Replied) else self.reply
        variables = {"secret": "s3cret", **self.variables}
        return Spot(flow, "n", self.here, variables, self.language, self.call, self.tries, self.memo, 1, reply)

    def move(self, type_: str) -> Move | None:
        spot = self.spot(type_)
        data = spot.flow.nodes["n"].data
        return data.enter(spot) if self.signal is None else data.hear(spot, self.signal)


def problems_of(type_: str, data: Mapping[str, Any], checking: Checking | None = None) -> list[str]:
    return list(data_of(type_, data).problems(checking or Checking()))


Wrong = tuple[str, Mapping[str, Any], list[str]]


def table_of(type_: str, cases: Sequence[Case], wrong: Sequence[Wrong]) -> tuple[Any, Any]:
    """The tests of one type's table: its moves, and what can be wrong with it."""

    @pytest.mark.parametrize("case", cases, ids=str)
    def test_moves(case: Case) -> None:
        assert case.move(type_) == case.expected

    @pytest.mark.parametrize("label, data, expected", wrong, ids=[label for label, _, _ in wrong])
    def test_problems(label: str, data: Mapping[str, Any], expected: list[str]) -> None:
        assert problems_of(type_, data, AROUND) == expected

    return test_moves, test_problems


AROUND = Checking(flows=["inner"], tools=["look_up"], templates=["order"], payments=["till"])
"""What there is around the nodes of the tables."""


def flow_of(nodes: Mapping[str, Any], edges: Sequence[str] = (), *, version: int = 1, **settings: Any) -> Flow:
    """A flow written shortly: nodes as {id: (type, data)}, edges as "a -> b" or "a:exit -> b"."""
    document: dict[str, Any] = {"name": "main", **settings, "nodes": [], "edges": []}
    for known_as, (type_, data) in nodes.items():
        document["nodes"].append({"id": known_as, "type": type_, "data": data})
    for n, edge in enumerate(edges):
        source, _, target = edge.partition(" -> ")
        source, _, leaving_by = source.partition(":")
        drawn = {"id": f"e{n}", "source": source, "target": target}
        document["edges"].append({**drawn, "sourceHandle": leaving_by} if leaving_by else drawn)
    return read(document, version=version)


def book_of(*flows: Flow) -> dict[str, Flow]:
    return {flow.name: flow for flow in flows}


@dataclass
class Played:
    """A flow in use, a signal a turn; the state goes through JSON in between."""

    book: Mapping[str, Flow]
    here: Here = HERE
    state: FlowState = field(default_factory=FlowState)
    decisions: list[Decision] = field(default_factory=list)

    def begin(self, name: str = "main", signal: Signal | None = None) -> Played:
        begun = signal if isinstance(signal, Started) else Started("called")
        self._keep(start(self.book, name, begun, self.here, self.state))
        return self

    def hear(self, *signals: Signal | str) -> Played:
        for each in signals:
            signal = Replied(each) if isinstance(each, str) else each
            self._keep(decide(self.book, new_turn(self.state), signal, self.here))
        return self

    def _keep(self, decision: Decision) -> None:
        self.decisions.append(decision)
        self.state = msgspec.json.decode(msgspec.json.encode(decision.state), type=FlowState)
        assert self.state == decision.state

    @property
    def last(self) -> Decision:
        return self.decisions[-1]

    @property
    def effects(self) -> tuple[Effect, ...]:
        return self.last.effects
