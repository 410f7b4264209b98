"""A flow as a diagram: a box for each node in the look of its kind, an arrow for each edge, named by its exit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal

from turnkeeper.flows.conditions import BadCondition, tests_of
from turnkeeper.flows.model import NEXT, Flow, Node, Texts
from turnkeeper.flows.nodes.condition import ConditionNode
from turnkeeper.flows.nodes.start import Start, Trigger
from turnkeeper.flows.values import written
from turnkeeper.text import diagram
from turnkeeper.text.diagram import Diagram, Edge
from turnkeeper.text.rendering import plain_line

Format = Literal["svg", "mermaid"]
LOOKS: Final[Mapping[str, str]] = {
    "start": "event",
    "message": "step",
    "ask": "question",
    "ai": "model",
    "condition": "choice",
    "set": "quiet",
    "stage": "quiet",
    "delay": "timer",
    "wait": "timer",
    "http": "call",
    "tool": "call",
    "template": "step",
    "extract": "model",
    "payment": "payment",
    "handover": "person",
    "flow": "sub",
    "split": "choice",
    "end": "last",
}
"""How each type of node is drawn: a kind of text.diagram."""
_ASIDE: Final = frozenset({"cancel", "no_answer", "failed", "expired", "incomplete", "else"})
"""Exits for what does not go as it was meant to: dashed."""
_PERSON: Final = "a person"
_LONGEST: Final = 300
"""Characters of a text that are told."""


def drawn(flow: Flow, wanted: Format) -> str:
    """The flow as the text of a picture."""
    if wanted == "mermaid":
        return diagram.mermaid(diagram_of(flow))
    from turnkeeper.text.drawing import svg

    return svg(diagram_of(flow))


def diagram_of(flow: Flow) -> Diagram:
    """What is drawn: the nodes, and what leads from anywhere in the flow to somewhere (its words, its fallback)."""
    nodes = [_box(flow, node) for node in flow.nodes.values()]
    edges = [_arrow(flow, edge.source, edge.exit, edge.target) for edge in flow.edges]
    for box, arrow in _from_anywhere(flow):
        nodes.append(box)
        edges.append(arrow)
    if any(edge.target == f" {_PERSON}" for edge in edges):
        nodes.append(diagram.Node(f" {_PERSON}", _PERSON, "person"))
    return Diagram(flow.name, nodes, edges)


def _from_anywhere(flow: Flow) -> Iterator[tuple[diagram.Node, Edge]]:
    for place, word in enumerate(flow.words):
        target = {"go": word.node, "person": f" {_PERSON}"}.get(word.does)
        if target:
            known_as = f" word {place}"
            box = diagram.Node(known_as, ", ".join(word.words), "event", above="anywhere")
            yield box, Edge(known_as, target, kind="dashed")
    fallback = flow.fallback
    if fallback.node or fallback.person:
        box = diagram.Node(" fallback", "not understood", "event", above="anywhere")
        yield box, Edge(" fallback", fallback.node or f" {_PERSON}", kind="dashed")


def _box(flow: Flow, node: Node) -> diagram.Node:
    told, more = _told(flow, node), ""
    if isinstance(node.data, Start) and node.data.triggers:
        told, *others = map(_trigger, node.data.triggers)
        more = " · ".join(others)
    label, below = (node.title, " · ".join(filter(None, (told, more)))) if node.title else (told or node.id, more)
    return diagram.Node(node.id, label, LOOKS[node.type], above=node.data.TITLE, below=below)


def _told(flow: Flow, node: Node) -> str:
    """What the box does, in a few words."""
    data: Any = node.data
    told = _TELL.get(node.type)
    if told is not None:
        return told(flow, data)
    return str(getattr(data, _NAMES.get(node.type, ""), ""))


def _said(flow: Flow, data: Any) -> str:
    return _text(flow, data.text) or (f"[{data.media.kind}]" if getattr(data, "media", None) else "")


_TELL: Final[Mapping[str, Callable[[Flow, Any], str]]] = {
    "start": lambda _, data: "" if data.triggers else "called by another flow",
    "message": _said,
    "ask": _said,
    "end": _said,
    "payment": lambda flow, data: _text(flow, data.description),
    "split": lambda *_: "by lot",
    "ai": lambda flow, data: _text(flow, data.prompt),
    "set": lambda _, data: ", ".join(
        [*data.variables, *data.contact, *data.tag, *(f"without {tag}" for tag in data.untag)]
    ),
    "condition": lambda _, data: _tested(data),
    "extract": lambda _, data: ", ".join(data.fields),
    "delay": lambda _, data: span(data.seconds),
    "wait": lambda _, data: "until they write" if data.seconds is None else f"at most {span(data.seconds)}",
    "http": lambda _, data: f"{data.method} {data.url}",
    "handover": lambda flow, data: data.reason or _text(flow, data.text),
}
_NAMES: Final = {"stage": "stage", "tool": "tool", "template": "name", "flow": "flow"}


def _text(flow: Flow, texts: Texts) -> str:
    return plain_line(flow.said(texts, flow.language), _LONGEST)


def _tested(data: ConditionNode) -> str:
    """One test in words; of several, what they are about."""
    tests = []
    for branch in data.branches:
        try:
            tests += list(tests_of(branch.condition()))
        except BadCondition:
            continue
    if len(tests) != 1:
        return ", ".join(dict.fromkeys(test.field for test in tests))
    (test,) = tests
    value = " to ".join(map(written, test.value)) if test.op == "between" else written(test.value)
    return f"{test.field} {_SIGNS.get(test.op, test.op.replace('_', ' '))} {value}".strip()


_SIGNS: Final = {"more": ">", "at_least": "≥", "less": "<", "at_most": "≤"}


def _trigger(trigger: Trigger) -> str:
    match trigger.kind:
        case "keyword":
            return ", ".join(trigger.words)
        case "first_message":
            return "first message ever" if trigger.ever else "first message"
        case "referral":
            return f"ad {trigger.source}".strip()
        case "event":
            return f"event {trigger.event}"
    return f"at {trigger.cron} for {trigger.tag}" if trigger.tag else f"at {trigger.cron}"


def _arrow(flow: Flow, source: str, leaving_by: str, target: str) -> Edge:
    kind = "dashed" if leaving_by in _ASIDE else "solid"
    return Edge(source, target, _named(flow, flow.nodes[source], leaving_by), kind)


def _named(flow: Flow, node: Node, leaving_by: str) -> str:
    """An exit in words: a choice by its title, a lot by its share."""
    if leaving_by == NEXT:
        return ""
    data: Any = node.data
    for option in getattr(data, "options", ()):
        if option.id == leaving_by:
            return _text(flow, option.title)
    for share in getattr(data, "shares", ()):
        if share.exit == leaving_by:
            return f"{leaving_by} ({share.share / sum(each.share for each in data.shares):.0%})"
    if leaving_by == "no_answer":
        return f"no answer in {span(data.seconds)}"
    return leaving_by.replace("_", " ")


def span(seconds: float) -> str:
    """A time in the largest unit that says it shortly."""
    for unit, length in (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0)):
        if seconds >= length and (seconds / length).is_integer():
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:g} s"
