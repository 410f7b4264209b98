"""Flows of the platform that this one replaces, as flows of ours: what can be mapped is, what cannot is named.

Rule: nothing is dropped in silence. A node of an unknown type, or with nothing in it, becomes one that is passed by,
is called "not imported: …" and keeps what it was; whatever else is not as it was is a note with its node.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from turnkeeper.flows import reading
from turnkeeper.flows.model import FAILED, FORMAT, NEXT, Position
from turnkeeper.flows.original.boxes import SAID, Made, Unfolding, made, placeholder, saved_by
from turnkeeper.flows.original.forks import FORKS, fork
from turnkeeper.flows.original.shapes import Box, Drawing, Line, Names, NotAFlow, drawing
from turnkeeper.flows.problems import Problem
from turnkeeper.flows.reading import FlowUnreadable

SENTENCE: Final = "Maaf, saya mengalami kendala teknis. Silakan coba lagi nanti."
"""What the original says where no model answers."""
_WIDE, _HIGH = 280.0, 140.0


@dataclass(frozen=True, slots=True)
class Converted:
    """A flow's document that flows.reading reads, or None, which the notes of level `error` explain."""

    document: dict[str, Any] | None
    notes: list[Problem]


def convert(
    raw: bytes | str | Mapping[str, Any],
    *,
    markdown: Callable[[str], str],
    name: str = "",
    provider: str = "",
    language: str = "id",
    fallback: str = SENTENCE,
) -> Converted:
    """One of the original's flows, in any of its shapes.

    `markdown` makes our Markdown of its texts (text.unmarked.whatsapp: they are written as WhatsApp has them).
    `provider`: the one of the configuration that its models are asked at; without it the bot's own models answer.
    `fallback`: what is said where none does.
    """
    notes: list[Problem] = []

    def note(where: str, what: str, mend: str = "") -> None:
        notes.append(Problem(where, what, mend, "warning"))

    try:
        drawn = drawing(raw, note)
    except NotAFlow as error:
        return Converted(None, [*notes, Problem("", str(error))])
    document = _Converting(drawn, Unfolding(markdown, note, provider), fallback).document()
    if (several := len(document["nodes"])) > reading.MOST_NODES:
        what = f"it comes to {several} nodes with those that are added, at most {reading.MOST_NODES} are read"
        return Converted(None, [*notes, Problem("", what)])
    document |= {"name": (name or drawn.name or "imported")[:200], "language": language}
    try:
        return Converted(reading.document_of(reading.read(document)), notes)
    except FlowUnreadable as error:
        return Converted(None, [*notes, *error.problems])


@dataclass(frozen=True, slots=True)
class _Placed:
    """A box as one of our nodes. `ways`: where its exits lead, by the ids of boxes."""

    box: Box
    made: Made
    ways: Mapping[str, str]


class _Converting:
    """One flow while it is converted: our nodes and edges as they come to be."""

    def __init__(self, drawn: Drawing, unfolding: Unfolding, fallback: str) -> None:
        self._drawn, self._unfolding, self._fallback = drawn, unfolding, fallback
        self._nodes: list[dict[str, Any]] = []
        self._edges: list[tuple[str, str, str]] = []
        self._names = Names(*(box.id for box in drawn.boxes))
        self._enters: dict[str, str] = {}  # where edges to a box lead, if not to itself
        self._sorry: dict[str | None, str] = {}  # who says the fallback, by where it goes on

    def document(self) -> dict[str, Any]:
        """All of it."""
        boxes, out = self._drawn.boxes, _by_source(self._drawn.lines)
        self._unfolding.own |= {saved for box in boxes if (saved := saved_by(box))}
        first = self._first()
        all_made = [self._made(box, out.get(box.id, ()), first) for box in boxes]
        places = _places(self._drawn, first)
        if first.type.casefold() != "start":
            self._begin_before(first, places[first.id])
        leaves = {each.box.id: self._put(each, places[each.box.id]) for each in all_made}
        for each in all_made:
            self._lead(each, leaves[each.box.id], places[each.box.id])
        edges = [
            {"id": f"e{n}", "source": source, "target": self._entered(target, source), "sourceHandle": exit_}
            for n, (source, exit_, target) in enumerate(self._edges, 1)
        ]
        return {"format": FORMAT, "nodes": self._nodes, "edges": edges}

    def _first(self) -> Box:
        boxes = self._drawn.boxes
        reached = {line.target for line in self._drawn.lines}
        starts = [box for box in boxes if box.type.casefold() == "start"]
        loose = [box for box in starts or boxes if box.id not in reached]
        first = (loose or starts or boxes)[0]
        if not loose and not starts:
            what = "every node has an edge that leads to it: the flow begins at the first one"
            self._unfolding.note(first.id, what, "Draw the start where it belongs.")
        for other in loose[1:] if not starts else ():
            what = f"no edge leads here, and the flow begins at {first.id!r}: it is never reached"
            self._unfolding.note(other.id, what, "Draw an edge to it, or remove it.")
        return first

    def _made(self, box: Box, lines: Sequence[Line], first: Box) -> _Placed:
        kind = box.type.casefold()
        if kind in FORKS:
            forked = fork(box, lines, self._unfolding)
            found, ways = forked.made, {exit_: line.target for exit_, line in forked.ways.items()}
        else:
            second = kind == "start" and box is not first
            found = placeholder(box, "it is a second start") if second else made(box, self._unfolding)
            ways = dict.fromkeys(found.exits, lines[0].target) if lines else {}
            for line in lines[1:] if found.exits else lines:
                what = f"its edge to {line.target!r} is never taken: left out"
                self._unfolding.note(box.id, what, "")
        if found.why:
            what = f"{box.type or 'a node'} is not imported: {found.why}"
            self._unfolding.note(box.id, what, "It is passed by. Draw what it was for, or remove it.")
        return _Placed(box, found, ways)

    def _put(self, each: _Placed, at: Position) -> str:
        """The node, with what comes right before and behind it; returns whose exits lead on."""
        box, found = each.box, each.made
        if found.before is not None:
            asks = self._node(f"{box.id}_asks", found.before.type, found.before.data, Position(at.x - 40, at.y - 60))
            self._enters[box.id] = asks
            self._edge(asks, NEXT, box.id)
        data = dict(found.data)
        keeps = found.type in ("wait", "start") and self._unfolding.said
        if keeps and found.type == "wait" and "save" not in data:
            data["save"], keeps = SAID, False
        self._node(box.id, found.type, data, at, f"{found.title} {box.label}".strip(), is_new=False)
        if not keeps:
            return box.id
        self._edge(box.id, NEXT, behind := self._keep_said(box.id, at))
        return behind

    def _keep_said(self, known_as: str, at: Position) -> str:
        place = Position(at.x + 40, at.y + 60)
        return self._node(f"{known_as}_said", "set", {"variables": {SAID: "{{message}}"}}, place)

    def _begin_before(self, first: Box, at: Position) -> None:
        place = Position(at.x - _WIDE, at.y)
        start = self._node("start", "start", {"triggers": [{"kind": "first_message"}]}, place)
        if self._unfolding.said:
            self._edge(start, NEXT, start := self._keep_said(start, place))
        self._edge(start, NEXT, first.id)

    def _lead(self, each: _Placed, leaves: str, at: Position) -> None:
        for exit_, target in each.ways.items():
            self._edge(leaves, exit_, target)
        if each.made.type == "ai" and self._fallback:
            self._edge(leaves, FAILED, self._sorry_for(each.ways.get(NEXT), at))

    def _sorry_for(self, target: str | None, at: Position) -> str:
        """Who says that no model answered, and goes on as if one had."""
        if target not in self._sorry:
            kind = "end" if target is None else "message"
            place = Position(at.x + 40, at.y + 90)
            self._sorry[target] = self._node("no_answer", kind, {"text": self._fallback}, place)
            if target is not None:
                self._edge(self._sorry[target], NEXT, target)
        return self._sorry[target]

    def _node(
        self, known_as: str, kind: str, data: Mapping[str, Any], at: Position, title: str = "", *, is_new: bool = True
    ) -> str:
        if is_new:
            known_as = self._names.free(known_as)
        labelled = {"label": title, **data} if title else data
        self._nodes.append({"id": known_as, "type": kind, "position": msgspec.to_builtins(at), "data": labelled})
        return known_as

    def _edge(self, source: str, exit_: str, target: str) -> None:
        self._edges.append((source, exit_, target))

    def _entered(self, target: str, source: str) -> str:
        into = self._enters.get(target, target)
        return target if into == source else into


def _by_source(lines: Sequence[Line]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.source, []).append(line)
    return found


def _places(drawn: Drawing, first: Box) -> dict[str, Position]:
    """Where each box stands: where it was put, else in a column for each step from the first."""
    out = _by_source(drawn.lines)
    column, waiting = {first.id: 0}, deque([first.id])
    while waiting:
        known_as = waiting.popleft()
        for line in out.get(known_as, ()):
            if line.target not in column:
                column[line.target] = column[known_as] + 1
                waiting.append(line.target)
    filled: dict[int, int] = {}
    found: dict[str, Position] = {}
    for box in drawn.boxes:
        x = column.get(box.id, 0)
        y = filled[x] = filled.get(x, -1) + 1
        found[box.id] = box.where or Position(x * _WIDE, y * _HIGH)
    return found
