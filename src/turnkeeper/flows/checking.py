"""What is wrong in a flow, where, and what to do: asked when it is published, and while it is drawn.

Every node tells of itself; what only the whole can tell (nodes that nothing leads to, circles that never wait, names
that nobody sets) is found here. Costs grow with nodes and edges, not with paths.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from turnkeeper.flows.model import Flow, Node, Texts
from turnkeeper.flows.nodes.base import marks_in
from turnkeeper.flows.nodes.start import Start
from turnkeeper.flows.reading import Problem

AROUND: Final = frozenset({
    "contact", "session", "channel", "window", "message", "choice", "message_kind", "time", "payment_url", "event",
})  # fmt: skip
"""What is known everywhere, whoever sets it."""


@dataclass(frozen=True, slots=True)
class Checking:
    """What is there around a flow; None: unknown, so nothing is said of it. `text_limit`: characters of a message on
    the shortest of the channels."""

    flows: Collection[str] | None = None
    tools: Collection[str] | None = None
    templates: Collection[str] | None = None
    payments: Collection[str] | None = None
    text_limit: int | None = None
    button_limit: int | None = None


def check(flow: Flow, around: Checking | None = None) -> list[Problem]:
    """All that is wrong, errors first, in the order of the nodes."""
    around = around or Checking()
    found = [
        *_whole(flow),
        *(problem for node in flow.nodes.values() for problem in _of_node(flow, node, around)),
        *_unreachable(flow),
        *_dead_ends(flow),
        *_circles(flow),
        *_unknown_names(flow),
    ]
    return sorted(found, key=lambda problem: problem.level != "error")


def _whole(flow: Flow) -> Iterator[Problem]:
    starts = [node.id for node in flow.nodes.values() if isinstance(node.data, Start)]
    if not starts:
        yield Problem("", "the flow has no start", "Add a start node.")
    for extra in starts[1:]:
        yield Problem(extra, "is a second start", "Keep one start, with several triggers.")
    if not flow.name.strip():
        yield Problem("", "the flow has no name", 'Add "name".')
    fallback = flow.fallback
    if fallback.node and fallback.node not in flow.nodes:
        yield Problem("", f"the fallback leads to {fallback.node!r}, which is not there", "Name a node of the flow.")
    if sum((bool(fallback.node), bool(fallback.flow), fallback.person)) > 1:
        yield Problem("", "the fallback is a node, a flow or a person, one of them")
    for word in flow.words:
        if not any(each.strip() for each in word.words):
            yield Problem("", f"words that {word.does} are missing")
        if word.does == "go" and word.node not in flow.nodes:
            yield Problem("", f"the word {word.words[0] if word.words else ''!r} leads to {word.node!r}, not there")


def _of_node(flow: Flow, node: Node, around: Checking) -> Iterator[Problem]:
    for what in node.data.problems(around):
        yield Problem(node.id, what)
    for name, texts in node.data.texts():
        yield from _of_texts(flow, node, name, texts, around)


def _of_texts(flow: Flow, node: Node, name: str, texts: Texts, around: Checking) -> Iterator[Problem]:
    several = {"": texts} if isinstance(texts, str) else dict(texts)
    limit = around.button_limit if name.startswith("choice ") else around.text_limit
    for language, text in several.items():
        which = f"{name} ({language})" if language else name
        if limit is not None and len(text) > limit:
            what = f"{which} has {len(text)} characters, a message holds {limit}"
            if name.startswith("choice "):
                yield Problem(node.id, what, "Shorten it.", "warning")
            else:
                yield Problem(node.id, what, "It is split into several messages.", "warning")
    if not isinstance(texts, str):
        for language in (flow.language, *flow.languages):
            if not texts.get(language):
                yield Problem(node.id, f"{name} is missing in {language}", f"Write it in {language}.", "warning")


def _reached(flow: Flow) -> set[str]:
    """Every node that some way leads to."""
    first = [node.id for node in flow.nodes.values() if isinstance(node.data, Start)][:1]
    stack = [*first, *filter(None, (flow.fallback.node, *(word.node for word in flow.words)))]
    leads: dict[str, list[str]] = {}
    for (source, _), target in flow.exits.items():
        leads.setdefault(source, []).append(target)
    seen: set[str] = set()
    while stack:
        node = stack.pop()
        if node not in seen and node in flow.nodes:
            seen.add(node)
            stack += leads.get(node, [])
    return seen


def _unreachable(flow: Flow) -> Iterator[Problem]:
    reached = _reached(flow)
    for node in flow.nodes.values():
        if node.id not in reached and not isinstance(node.data, Start):
            yield Problem(node.id, "nothing leads here", "Draw an edge to it, or remove it.", "warning")


def _dead_ends(flow: Flow) -> Iterator[Problem]:
    """Exits that have to lead somewhere and do not; several edges from one exit, of which one counts."""
    for node in flow.nodes.values():
        for needed in node.data.needs():
            if flow.leads_to(node.id, needed) is None:
                yield Problem(node.id, f"its exit {needed!r} leads nowhere", "Draw an edge from it.")
    taken: set[tuple[str, str]] = set()
    for edge in flow.edges:
        if (edge.source, edge.exit) in taken:
            what = f"{edge.source} has two edges from its exit {edge.exit!r}: this one is never taken"
            yield Problem(f"edge {edge.id}", what, "Remove one of them.")
        taken.add((edge.source, edge.exit))


def _circles(flow: Flow) -> Iterator[Problem]:
    """Circles in which nothing waits would go round until they are cut off: found by taking away, again and again,
    the nodes that nothing without a wait leads back to."""
    leads: dict[str, set[str]] = {node: set() for node in flow.nodes}
    into: dict[str, set[str]] = {node: set() for node in flow.nodes}
    for (source, _), target in flow.exits.items():
        if not flow.nodes[source].data.WAITS and not flow.nodes[target].data.WAITS:
            leads[source].add(target)
            into[target].add(source)
    for one, other in ((leads, into), (into, leads)):
        loose = [node for node, ends in one.items() if not ends]
        while loose:
            node = loose.pop()
            for neighbour in other.pop(node, set()):
                one[neighbour].discard(node)
                if not one[neighbour]:
                    loose.append(neighbour)
            one.pop(node, None)
        for node in list(other):
            if node not in one:
                other.pop(node)
    for node in leads:
        mend = "Put a question or a wait into the circle."
        yield Problem(node, "stands in a circle in which nothing waits for the person", mend)


def _unknown_names(flow: Flow) -> Iterator[Problem]:
    known = {*AROUND, *flow.variables, *(name for node in flow.nodes.values() for name in node.data.sets())}
    for node in flow.nodes.values():
        used = {*marks_in(texts for _, texts in node.data.texts()), *node.data.reads()}
        for name in sorted({each.partition(".")[0] for each in used} - known):
            mend = f'Set {name} before, or declare it: "variables": {{"{name}": "…"}}.'
            yield Problem(node.id, f"nobody sets {name!r}", mend, "warning")
