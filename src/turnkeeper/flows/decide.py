"""The flow engine: where a person is now, and what is to be done, from values alone.

Total: every signal gives a decision, whatever the flow, and none is endless (steps in a turn, visits of a node, flows
within flows). A signal that nobody waits for changes nothing. The same values give the same decision, so a turn that
is run again comes to the same place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace as changed

from turnkeeper.flows.effects import Effect
from turnkeeper.flows.model import Book
from turnkeeper.flows.nodes.base import Here
from turnkeeper.flows.signals import ANSWERS, Replied, Signal, Started
from turnkeeper.flows.state import FlowState
from turnkeeper.flows.variables import kept
from turnkeeper.flows.walking import Passage as Passage
from turnkeeper.flows.walking import Walk
from turnkeeper.flows.words import obey, word_for


@dataclass(frozen=True, slots=True)
class Decision:
    """Where the person is now, what is to be done in this order, and why: a line for each node.

    `missed`: what the person said is not what the node waits for: it asks again, gives up, or does not hear at all.
    """

    state: FlowState
    effects: tuple[Effect, ...] = ()
    told: tuple[str, ...] = ()
    passed: tuple[Passage, ...] = ()
    missed: bool = False


def new_turn(state: FlowState) -> FlowState:
    """The state as a turn begins: what is counted within a turn begins anew."""
    return changed(state, steps=0, visits={}) if state.steps or state.visits else state


def decide(book: Book, state: FlowState, signal: Signal, here: Here) -> Decision:
    """What a signal does. `book` holds the flow that the person is in, and those that it may call."""
    if isinstance(signal, Started):
        walk = Walk(book, here, state, signal.reply)
        walk.begin()
        return _decision(walk)
    if not state.at:
        return Decision(state)
    reply = signal if isinstance(signal, Replied) else Replied()
    walk = Walk(book, here, state, reply)
    node = walk.node
    if node is None:
        walk.set_aside()
        return _decision(walk)
    if isinstance(signal, ANSWERS) and signal.call != state.call:
        return Decision(state, told=(f"an answer to question {signal.call} came too late",))
    if isinstance(signal, Replied):
        walk.guess_language()
        if (meant := word_for(walk, signal)) is not None:
            obey(walk, *meant)
            return _decision(walk)
    move = node.data.hear(walk.spot(), signal)
    if move is None:
        missed = isinstance(signal, Replied)
        return Decision(state, told=("nobody waits for what the person wrote",) if missed else (), missed=missed)
    walk.go(move)
    return _decision(walk)


def start(book: Book, name: str, signal: Started, here: Here, before: FlowState | None = None) -> Decision:
    """A flow from its beginning. `before`: the state that it follows, whose calls count on, so that answers to what
    was asked then are not taken for answers to what is asked now."""
    flow = book.get(name)
    given, cut = kept({}, _given(signal))
    state = FlowState(flow=name, version=flow.version if flow else 0, variables=given)
    if before is not None:
        state = state.after(before)
    walk = Walk(book, here, state, signal.reply)
    walk.tell_cut(cut)
    walk.begin()
    return _decision(walk)


def _given(signal: Started) -> Mapping[str, Any]:
    """What a flow knows as it begins: the variables that it is called with, or what came, by the name of its kind."""
    if signal.trigger in ("event", "referral"):
        return {signal.trigger: signal.data} if signal.data else {}
    return signal.data


def _decision(walk: Walk) -> Decision:
    return Decision(walk.state(), tuple(walk.effects), tuple(walk.told), tuple(walk.passed), walk.missed)
