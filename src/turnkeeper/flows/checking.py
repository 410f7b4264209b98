"""What is wrong in a flow, where, and what to do: asked when it is published, and while it is drawn.

Every node tells of itself; what only the whole can tell (nodes that nothing leads to, circles that never wait, names
that nobody sets) is found here. Costs grow with nodes and edges, not with paths.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Final

from turnkeeper.flows.circles import in_circles
from turnkeeper.flows.limits import too_much
from turnkeeper.flows.model import FAILED, Flow, Node, Texts, folded_word
from turnkeeper.flows.nodes.base import marks_in
from turnkeeper.flows.nodes.start import Start
from turnkeeper.flows.problems import Checking, Problem
from turnkeeper.flows.values import NAME, strays_in
from turnkeeper.flows.words import CANCEL

AROUND: Final = frozenset({"contact", "session", "channel", "window", "message", "choice", "message_kind", "time"})
"""What is known everywhere: no variable can be called so."""
BROUGHT: Final = frozenset({"event", "referral"})
"""What a flow may begin with, by the kind of its trigger."""
_MOST_STRAYS: Final = 3
"""Of one text, that are told of."""
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def check(flow: Flow, around: Checking | None = None) -> list[Problem]:
    """All that is wrong, errors first, in the order of the nodes."""
    around = around or Checking()
    found = [
        *_whole(flow, around),
        *too_much(flow),
        *(problem for node in flow.nodes.values() for problem in _of_node(flow, node, around)),
        *_unreachable(flow),
        *_dead_ends(flow),
        *_circles(flow),
        *_names(flow),
    ]
    return sorted(found, key=lambda problem: problem.level != "error")


def _whole(flow: Flow, around: Checking) -> Iterator[Problem]:
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
    if fallback.flow and around.flows is not None and fallback.flow not in around.flows:
        yield Problem("", f"the fallback leads to the flow {fallback.flow!r}, which is not there", "Name another one.")
    if sum((bool(fallback.node), bool(fallback.flow), fallback.person)) > 1:
        yield Problem("", "the fallback is a node, a flow or a person, one of them")
    for language in (flow.language, *flow.languages):
        if not _LANGUAGE.fullmatch(language):
            yield Problem("", f"{language!r} is not a language", "Write it like en or pt-BR.")
    yield from _of_words(flow)


def _of_words(flow: Flow) -> Iterator[Problem]:
    for word in flow.words:
        if not any(each.strip() for each in word.words):
            yield Problem("", f"words that {word.does} are missing")
        if word.does == "go" and word.node not in flow.nodes:
            yield Problem("", f"the word {word.words[0] if word.words else ''!r} leads to {word.node!r}, not there")
        if word.does == "help" and not word.text:
            yield Problem("", "the word for help has no text", "", "warning")
    meant = Counter(folded for word in flow.words for folded in {folded_word(each) for each in word.words})
    for folded in sorted(folded for folded, times in meant.items() if times > 1 and folded):
        yield Problem("", f"the word {folded!r} means two things: the first counts", "Remove one of them.")
    if not any(word.does == "cancel" for word in flow.words):
        for source, leaving_by in flow.exits:
            if leaving_by == CANCEL:
                mend = 'Add a word that cancels: "words": [{"words": ["cancel"], "does": "cancel"}].'
                yield Problem(source, "its exit 'cancel' is never taken: no word cancels", mend, "warning")


def _of_node(flow: Flow, node: Node, around: Checking) -> Iterator[Problem]:
    for what in node.data.problems(around):
        yield Problem(node.id, what)
    for what, mend in node.data.doubts(around):
        yield Problem(node.id, what, mend, "warning")
    if flow.name in node.data.calls():
        yield Problem(node.id, "the flow goes into itself: people may come ever deeper", "", "warning")
    for name, texts in node.data.texts():
        yield from _of_texts(flow, node, name, texts, around)


_SHORT: Final = frozenset({"choice", "row", "description", "header", "footer", "button", "section"})
"""Places of texts that are cut, not split."""


def _limit(name: str, around: Checking) -> int | None:
    place = name.partition(" ")[0]
    if place == "choice":
        return around.button_limit
    return (around.part_limits or {}).get(place) if place in _SHORT else around.text_limit


def _of_texts(flow: Flow, node: Node, name: str, texts: Texts, around: Checking) -> Iterator[Problem]:
    several = {"": texts} if isinstance(texts, str) else dict(texts)
    limit = _limit(name, around)
    for language, text in several.items():
        which = f"{name} ({language})" if language else name
        for stray in islice(strays_in(text), _MOST_STRAYS):
            mend = "Write a name of letters, digits and _ between {{ and }}."
            yield Problem(node.id, f"{which}: {stray!r} is no mark, and is shown as it stands", mend, "warning")
        if limit is not None and len(text) > limit:
            what = f"{which} has {len(text)} characters, a message holds {limit}"
            mend = "Shorten it." if name.partition(" ")[0] in _SHORT else "It is split into several messages."
            yield Problem(node.id, what, mend, "warning")
    if not isinstance(texts, str):
        for language in dict.fromkeys((flow.language, *flow.languages)):
            if not texts.get(language):
                yield Problem(node.id, f"{name} is missing in {language}", f"Write it in {language}.", "warning")
        for language in texts:
            if not _LANGUAGE.fullmatch(language):
                yield Problem(node.id, f"{name}: {language!r} is not a language", "Write it like en or pt-BR.")


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
    """Nodes that nobody comes to; of those behind them, that it is for that."""
    reached = _reached(flow)
    lost = [node.id for node in flow.nodes.values() if node.id not in reached and not isinstance(node.data, Start)]
    before: dict[str, str] = {}
    for (source, _), target in flow.exits.items():
        if source != target and source not in reached:
            before.setdefault(target, source)
    for node in lost:
        if node in before:
            yield Problem(node, f"nobody comes here: nobody comes to {before[node]!r} before it", "", "warning")
        else:
            yield Problem(node, "nothing leads here", "Draw an edge to it, or remove it.", "warning")


def _dead_ends(flow: Flow) -> Iterator[Problem]:
    """Exits that lead nowhere, though people leave by them; several edges from one exit, of which one counts."""
    for node in flow.nodes.values():
        needed = node.data.needs()
        for leaving_by in dict.fromkeys((*needed, *node.data.expects(flow, node.id))):
            if flow.leads_to(node.id, leaving_by) is None:
                must = leaving_by in needed
                what = f"its exit {leaving_by!r} leads nowhere" + ("" if must else ": the flow ends there")
                yield Problem(node.id, what, "Draw an edge from it.", "error" if must else "warning")
    taken: set[tuple[str, str]] = set()
    for edge in flow.edges:
        if (edge.source, edge.exit) in taken:
            what = f"{edge.source} has two edges from its exit {edge.exit!r}: this one is never taken"
            yield Problem(f"edge {edge.id}", what, "Remove one of them.")
        taken.add((edge.source, edge.exit))


def _circles(flow: Flow) -> Iterator[Problem]:
    """Circles in which nothing waits would go round until they are cut off. What goes through another flow may wait
    there; what waits may fail at once."""
    reached = _reached(flow)
    leads: dict[str, list[str]] = {node: [] for node in flow.nodes if node in reached}
    stops = {node for node in leads if flow.nodes[node].data.waits(flow, node) or any(flow.nodes[node].data.calls())}
    for (source, leaving_by), target in flow.exits.items():
        if source in leads and (source not in stops or leaving_by == FAILED):
            leads[source].append(target)
    found = in_circles(leads)
    mend = "Put a question or a wait into the circle."
    for node in filter(found.__contains__, leads):
        yield Problem(node, "stands in a circle in which nothing waits for the person", mend)


def _names(flow: Flow) -> Iterator[Problem]:
    """Names that nobody sets, and names that are taken."""
    set_by = {name: node.id for node in flow.nodes.values() for name in node.data.sets()}
    for name in sorted({*set_by, *flow.variables} & AROUND):
        yield Problem(set_by.get(name, ""), f"a variable cannot be called {name!r}: it stands for what is around")
    for name in sorted(flow.variables):
        if not NAME.fullmatch(name):
            yield Problem("", f"{name!r} is not a variable's name")
    known = {*AROUND, *BROUGHT, *flow.variables, *set_by}
    around = {*marks_in(word.text for word in flow.words), *marks_in((flow.fallback.text,))}
    for where, used in (("", around), *((node.id, _used(node)) for node in flow.nodes.values())):
        for name in sorted({each.partition(".")[0] for each in used} - known):
            mend = f'Set {name} before, or declare it: "variables": {{"{name}": "…"}}.'
            yield Problem(where, f"nobody sets {name!r}", mend, "warning")


def _used(node: Node) -> set[str]:
    return {*marks_in(texts for _, texts in node.data.texts()), *node.data.reads()}
