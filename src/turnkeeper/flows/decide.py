"""The flow engine: where a person is now, and what is to be done, from values alone.

Total: every signal gives a decision, whatever the flow, and none is endless (steps in a turn, visits of a node, flows
within flows). A signal that nobody waits for changes nothing. The same values give the same decision, so a turn that
is run again comes to the same place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from msgspec.structs import replace as changed

from turnkeeper.flows.effects import Effect, Ended, HandOver
from turnkeeper.flows.model import NEXT, Book, Flow, Word
from turnkeeper.flows.nodes.base import GiveUp, Here, Leave, Move, Spot, Stay, Stop, Visit
from turnkeeper.flows.nodes.start import Start
from turnkeeper.flows.signals import ANSWERS, GivenBack, Replied, Signal, Started, TimedOut
from turnkeeper.flows.state import FlowState, Frame
from turnkeeper.model.folding import fold

MOST_STEPS: Final = 200
"""Nodes that one turn may come by."""
MOST_VISITS: Final = 25
"""And how often one node."""
DEEPEST: Final = 10
"""Flows that wait for one another."""
CANCEL: Final = "cancel"
"""The exit of a node that says where to go when the person wants out."""
FALLBACK: Final = "fallback"
"""What the exit is called by which the trace says that a node gave up."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A node that was entered (`by` is None), or left by an exit. Counted per node and version."""

    flow: str
    version: int
    node: str
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Where the person is now, what is to be done in this order, and why: a line for each node."""

    state: FlowState
    effects: tuple[Effect, ...] = ()
    told: tuple[str, ...] = ()
    passed: tuple[Passage, ...] = ()


@dataclass(slots=True)
class _Walk:
    """One decision in the making."""

    book: Book
    here: Here
    state: FlowState
    reply: Replied
    effects: list[Effect] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    passed: list[Passage] = field(default_factory=list)

    @property
    def flow(self) -> Flow | None:
        return self.book.get(self.state.flow)

    def spot(self, flow: Flow) -> Spot:
        state = self.state
        return Spot(
            flow,
            state.at,
            self.here,
            state.variables,
            state.language or flow.language,
            state.call,
            state.tries,
            state.memo,
            state.visits.get(f"{state.flow}/{state.at}", 0),
            self.reply,
        )

    def note(self, node: str, by: str | None = None) -> None:
        self.passed.append(Passage(self.state.flow, self.state.version, node, by))

    def tell(self, line: str) -> None:
        flow = self.flow
        node = flow.nodes.get(self.state.at) if flow else None
        name = f"{node.name} ({node.type})" if node else self.state.at or self.state.flow
        self.told.append(f"{name}: {line}")

    def decision(self) -> Decision:
        return Decision(self.state, tuple(self.effects), tuple(self.told), tuple(self.passed))


def new_turn(state: FlowState) -> FlowState:
    """The state as a turn begins: what is counted within a turn begins anew."""
    return changed(state, steps=0, visits={}) if state.steps or state.visits else state


def decide(book: Book, state: FlowState, signal: Signal, here: Here) -> Decision:
    """What a signal does. `book` holds the flow that the person is in, and those that it may call."""
    reply = signal if isinstance(signal, Replied) else signal.reply if isinstance(signal, Started) else Replied()
    walk = _Walk(book, here, state, reply)
    if isinstance(signal, Started):
        return _begun(walk)
    flow = walk.flow
    if flow is None or state.at not in flow.nodes:
        return _set_aside(walk)
    if isinstance(signal, ANSWERS) and signal.call != state.call:
        return Decision(state, told=(f"an answer to question {signal.call} came too late",))
    if isinstance(signal, Replied) and (word := _word(flow, signal)) is not None and _meant(flow, state, signal):
        _obey(walk, flow, word)
        return walk.decision()
    if isinstance(signal, GivenBack):
        return _given_back(walk)
    move = flow.nodes[state.at].data.hear(walk.spot(flow), signal)
    if move is None:
        return Decision(state)
    _go(walk, move)
    return walk.decision()


def start(book: Book, name: str, signal: Started, here: Here, before: FlowState | None = None) -> Decision:
    """A flow from its beginning. `before`: the state that it follows, whose calls count on, so that answers to what
    was asked then are not taken for answers to what is asked now."""
    flow = book[name]
    state = FlowState(flow=name, version=flow.version, variables=dict(signal.data))
    if before is not None:
        state = changed(state, call=before.call, language=before.language)
    return decide(book, state, signal, here)


def _begun(walk: _Walk) -> Decision:
    flow = walk.flow
    first = None if flow is None else _first(flow)
    if flow is None or first is None:
        return _set_aside(walk)
    _enter(walk, first)
    _run_on(walk)
    return walk.decision()


def _first(flow: Flow) -> str | None:
    return next((node.id for node in flow.nodes.values() if isinstance(node.data, Start)), None)


def _set_aside(walk: _Walk) -> Decision:
    """The flow, or the node in it, is not there any more: nobody is left in it."""
    walk.tell("is not there any more: the flow is set aside")
    _over(walk)
    walk.effects.append(Ended("broken"))
    return walk.decision()


def _word(flow: Flow, said: Replied) -> Word | None:
    if said.choice or not said.text:
        return None
    folded = fold(said.text)
    if not folded:
        return None
    return next((word for word in flow.words if any(fold(each) == folded for each in word.words)), None)


def _meant(flow: Flow, state: FlowState, said: Replied) -> bool:
    """A word that stands on a button which is offered now is an answer, not a word to the flow."""
    titles = getattr(flow.nodes[state.at].data, "titles", None)
    return titles is None or fold(said.text) not in {fold(each) for each in titles(flow, state.language)}


def _obey(walk: _Walk, flow: Flow, word: Word) -> None:
    spot = walk.spot(flow)
    text = spot.text(word.text)
    said: tuple[Effect, ...] = (spot.say(text),) if text else ()
    match word.does:
        case "cancel" if flow.leads_to(walk.state.at, CANCEL) is not None:
            _go(walk, Leave(CANCEL, said, why=f"the person said {walk.reply.text!r}"))
        case "cancel":
            _go(walk, Stop("cancelled", said, why=f"the person said {walk.reply.text!r}"))
        case "help":
            walk.effects += said
            walk.tell(f"help, for {walk.reply.text!r}")
        case "person":
            _go(walk, Stop("handed_over", (*said, HandOver("the person asked for one")), why="a person was asked for"))
        case "go":
            walk.effects += said
            walk.tell(f"the word {walk.reply.text!r} leads to {word.node}")
            walk.note(walk.state.at, FALLBACK)
            _enter(walk, word.node)
            _run_on(walk)


def _given_back(walk: _Walk) -> Decision:
    """Whoever comes back finds the flow where it stood, and the question is asked again."""
    flow = walk.flow
    if flow is not None and "reply" in walk.state.awaits:
        walk.tell("the conversation came back: asked again")
        _enter(walk, walk.state.at)
        _run_on(walk)
    return walk.decision()


def _go(walk: _Walk, move: Move | None) -> None:
    """Make a move, and all that follow from it."""
    _apply(walk, move)
    _run_on(walk)


def _run_on(walk: _Walk) -> None:
    """Nodes are entered one after the other until one waits, or the flow is over."""
    while walk.state.at and not walk.state.awaits:
        flow = walk.flow
        if flow is None or walk.state.at not in flow.nodes:
            walk.tell("leads nowhere")
            _end(walk, Stop("broken"))
            return
        if (why := _endless(walk)) is not None:
            _end(walk, Stop("looped", why=why))
            return
        _apply(walk, flow.nodes[walk.state.at].data.enter(walk.spot(flow)))


def _endless(walk: _Walk) -> str | None:
    state = walk.state
    place = f"{state.flow}/{state.at}"
    visits = state.visits.get(place, 0) + 1
    walk.state = changed(state, steps=state.steps + 1, visits={**state.visits, place: visits})
    walk.note(state.at)
    if state.steps >= MOST_STEPS:
        return f"more than {MOST_STEPS} nodes in one turn"
    return f"came by more than {MOST_VISITS} times in one turn" if visits > MOST_VISITS else None


def _apply(walk: _Walk, move: Move | None) -> None:
    match move:
        case Leave():
            _leave(walk, move)
        case Stay():
            _stay(walk, move)
        case Visit():
            _visit(walk, move)
        case Stop():
            _end(walk, move)
        case GiveUp():
            _fall_back(walk, move)


def _leave(walk: _Walk, move: Leave) -> None:
    flow = walk.flow
    walk.effects += move.effects
    walk.tell(move.why or f"left by {move.by}")
    walk.note(walk.state.at, move.by)
    walk.state = changed(walk.state, variables={**walk.state.variables, **move.sets})
    target = flow.leads_to(walk.state.at, move.by) if flow else None
    if flow is None or target is None:
        _end(walk, Stop("completed", why="nothing comes after it"))
        return
    _enter(walk, target)


def _enter(walk: _Walk, node: str) -> None:
    """Stand before a node; what was asked for in the one before counts no more."""
    walk.state = changed(walk.state, at=node, awaits=(), tries=0, memo=None, call=walk.state.call + 1)


def _stay(walk: _Walk, move: Stay) -> None:
    state = walk.state
    walk.effects += move.effects
    if move.why:
        walk.tell(move.why)
    walk.state = changed(
        state,
        awaits=move.awaits,
        variables={**state.variables, **move.sets},
        memo=move.memo,
        tries=state.tries + move.missed,
        call=state.call + move.asked,
    )


def _visit(walk: _Walk, move: Visit) -> None:
    state, flow = walk.state, walk.book.get(move.flow)
    first = None if flow is None else _first(flow)
    if flow is None or first is None:
        walk.tell(f"there is no flow {move.flow!r}")
        _leave(walk, Leave(NEXT))
        return
    if len(state.stack) >= DEEPEST:
        _end(walk, Stop("looped", why=f"more than {DEEPEST} flows within one another"))
        return
    walk.tell(move.why or f"into the flow {move.flow}")
    frame = Frame(state.flow, state.version, state.at, state.variables, move.again)
    walk.state = changed(
        state, flow=move.flow, version=flow.version, stack=(*state.stack, frame), variables=dict(move.sets)
    )
    _enter(walk, first)


def _end(walk: _Walk, move: Stop) -> None:
    """Over; whoever called this flow goes on, with what was found out in it, unless all of it is over."""
    walk.effects += move.effects
    if move.why:
        walk.tell(move.why)
    state = walk.state
    if move.ending != "completed" or not state.stack:
        _over(walk)
        walk.effects.append(Ended(move.ending))
        return
    frame = state.stack[-1]
    caller = walk.book.get(frame.flow)
    walk.state = changed(
        state,
        flow=frame.flow,
        version=frame.version,
        at=frame.node,
        stack=state.stack[:-1],
        variables={**frame.variables, **_handed_back(state.variables)},
    )
    if caller is None or frame.node not in caller.nodes:
        _set_aside(walk)
        return
    if frame.again:
        walk.tell("back, and asked again")
        _enter(walk, frame.node)
    else:
        _leave(walk, Leave(NEXT, why=f"back from {state.flow}"))


def _handed_back(variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a flow that was called leaves to its caller: all but names that begin with an underscore."""
    return {name: value for name, value in variables.items() if not name.startswith("_")}


def _over(walk: _Walk) -> None:
    walk.state = FlowState(
        call=walk.state.call + 1,
        language=walk.state.language,
        variables=walk.state.variables,
        steps=walk.state.steps,
        visits=walk.state.visits,
    )


def _fall_back(walk: _Walk, move: GiveUp) -> None:
    """The flow's own way out, if an asking node has none."""
    flow = walk.flow
    if flow is None:
        return
    fallback = flow.fallback
    walk.tell(move.why or "gave up")
    walk.note(walk.state.at, FALLBACK)
    if fallback.node:
        _enter(walk, fallback.node)
    elif fallback.flow and fallback.flow in walk.book:
        _visit(walk, Visit(fallback.flow, again=True))
    else:
        reason = f"{flow.nodes[walk.state.at].name}: the person did not answer what was asked"
        _end(walk, Stop("handed_over", (HandOver(reason),)))


def timed_out(state: FlowState) -> TimedOut:
    """The signal that a timer set in this state gives when it fires."""
    return TimedOut(state.call)
