"""A diagram of nodes and arrows as data, and as Mermaid's text; `text.drawing` makes an SVG of it.

What a node or an arrow means is its `kind`: a style has looks for the kinds that it knows, and draws others plainly.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

_SHAPES = {
    "start": ("((", "))"),
    "end": ("(((", ")))"),
    "event": ("([", "])"),
    "timer": ("([", "])"),
    "person": ("[[", "]]"),
    "choice": ("{", "}"),
    "last": ("([", "])"),
    "question": ("[/", "/]"),
    "model": ("{{", "}}"),
    "call": ("[(", ")]"),
    "sub": ("[[", "]]"),
}
_PLAIN = ("[", "]")
_ARROWS = {"dashed": "-.->"}
_UNSAFE = re.compile(r"[^0-9A-Za-z_]")
_ESCAPED = {"&": "&amp;", '"': "&quot;", "<": "&lt;", ">": "&gt;", "#": "&#35;", "\n": " "}


@dataclass(frozen=True, slots=True)
class Node:
    """`kind`: step, start, end, event, timer, person, choice, unknown, question, model, call, payment, sub (another
    diagram), quiet, last, or any other, drawn as a step. `above`, `below`: small words over and under the label."""

    id: str
    label: str
    kind: str = "step"
    above: str = ""
    below: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow between two nodes' ids. `kind`: solid or dashed."""

    source: str
    target: str
    label: str = ""
    kind: str = "solid"


@dataclass(frozen=True, slots=True)
class Diagram:
    """What is drawn, in the order in which it is to be read. Edges whose nodes are not there are left out."""

    title: str
    nodes: Sequence[Node]
    edges: Sequence[Edge]

    def arrows(self) -> list[Edge]:
        """The edges, each once, between nodes that are there."""
        known = {node.id for node in self.nodes}
        return [edge for edge in dict.fromkeys(self.edges) if {edge.source, edge.target} <= known]


def mermaid(diagram: Diagram) -> str:
    """A flowchart in Mermaid's language, which GitHub and many editors show."""
    lines = ["---", f"title: {json.dumps(diagram.title)}", "---", "flowchart TD"]
    names = {node.id: f"n{place}_{_UNSAFE.sub('_', node.id)}" for place, node in enumerate(diagram.nodes)}
    for node in diagram.nodes:
        before, after = _SHAPES.get(node.kind, _PLAIN)
        words = "<br/>".join(map(_escaped, filter(None, (node.above, node.label, node.below)))) or " "
        lines.append(f'    {names[node.id]}{before}"{words}"{after}')
    for edge in diagram.arrows():
        label = f"|{_quoted(edge.label)}|" if edge.label else ""
        arrow = _ARROWS.get(edge.kind, "-->")
        lines.append(f"    {names[edge.source]} {arrow}{label} {names[edge.target]}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return "".join(_ESCAPED.get(each, each) for each in text)
