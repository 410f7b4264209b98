"""One decision in the making: moves from node to node, until one waits or the flow is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from turnkeeper.flows.effects import Effect, Ended, Ending, HandOver, KeepField
from turnkeeper.flows.languages import code_of
from turnkeeper.flows.model import FAILED, NEXT, Book, Flow, Node
from turnkeeper.flows.nodes.base import GiveUp, Here, Leave, Move, Spot, Stay, Stop, Visit
from turnkeeper.flows.signals import Replied
from turnkeeper.flows.state import FlowState, Frame
from turnkeeper.flows.variables import kept

MOST_STEPS: Final = 200
"""Nodes that one turn may come by."""
MOST_VISITS: Final = 25
"""And how often one node."""
DEEPEST: Final = 10
"""Flows that wait for one another."""
FALLBACK: Final = "fallback"
"""How a node was left that gave up."""
BY_WORD: Final = "word"
"""How a node was left where the person said a word that leads elsewhere."""
LEFT: Final = "left"
"""How a node was left where another flow began."""


class Passage(msgspec.Struct, frozen=True, gc=False):
    """A node that was entered (`by` is None), or left: by an exit, by `fallback`, `word` or `left`, or with the flow,
    by its Ending. Whatever is entered is left once."""

    flow: str
    version: int
    node: str
    by: str | None = None


class Walk:
    """Where the person is while it is decided; `state()` is what stays of it."""

    def __init__(self, book: Book, here: Here, state: FlowState, reply: Replied) -> None:
        self.book, self.here, self.reply = book, here, reply
        self.effects: list[Effect] = []
        self.told: list[str] = []
        self.passed: list[Passage] = []
        self.missed = False
        self.flow: Flow | None = book.get(state.flow)
        self._name, self._version, self.at = state.flow, state.version, state.at
        self._awaits, self._call, self._tries, self._memo = state.awaits, state.call, state.tries, state.memo
        self._variables, self.stack, self._language = state.variables, state.stack, state.language
        self._steps, self._visits = state.steps, dict(state.visits)
        self._is_left = False

    def state(self) -> FlowState:
        """As it is now."""
        return FlowState(
            self._name,
            self._version,
            self.at,
            self._awaits,
            self._call,
            self._tries,
            self._memo,
            self._variables,
            self.stack,
            self._language,
            self._steps,
            self._visits,
        )

    @property
    def node(self) -> Node | None:
        """The node in which it stands; None where it is not there any more."""
        return self.flow.nodes.get(self.at) if self.flow else None

    @property
    def language(self) -> str:
        """In which the person is written to."""
        return self._language or (self.flow.language if self.flow else "")

    def leads_to(self, leaving_by: str) -> str | None:
        """Where an exit of this node leads."""
        return self.flow.leads_to(self.at, leaving_by) if self.flow else None

    def spot(self) -> Spot:
        """What the node sees."""
        assert self.flow is not None
        return Spot(
            self.flow,
            self.at,
            self.here,
            self._variables,
            self.language,
            self._call,
            self._tries,
            self._memo,
            self._visits.get(self._place, 0),
            self.reply,
        )

    def tell(self, line: str) -> None:
        """A line of why, with the node's name."""
        node = self.node
        name = f"{node.name} ({node.type})" if node else self.at or self._name
        self.told.append(f"{name}: {line}")

    def tell_cut(self, names: Sequence[str]) -> None:
        """Which variables had to be cut."""
        for name in names:
            self.tell(f"{name[:64]} is cut: the variables are too large")

    def begin(self) -> None:
        """From the flow's first node."""
        first = self.flow.first if self.flow else None
        if first is None:
            self.set_aside()
            return
        self._find_language()
        self._enter(first)
        self._run_on()

    def go(self, move: Move) -> None:
        """Make a move, and all that follow from it."""
        self._apply(move)
        self._run_on()

    def jump(self, node: str, by: str) -> None:
        """On to a node that no edge leads to from here."""
        self._note(by)
        self._enter(node)
        self._run_on()

    def set_aside(self) -> None:
        """The flow, or the node in it, is not there any more: nobody is left in it."""
        self.tell("is not there any more: the flow is set aside")
        self._over("broken")

    def leave_flows(self, several: int, by: str) -> None:
        """Out of so many flows that were called; where they stood counts as left."""
        for _ in range(several):
            self._note(by)
            self._back()

    def guess_language(self) -> None:
        """In which the person wrote, while nobody knows better."""
        if not self._language:
            self._find_language()

    def abandon(self) -> None:
        """Another flow begins instead; nothing of this one is waited for any more."""
        self.tell("left for another flow")
        self._leave_all(LEFT)

    def _find_language(self) -> None:
        if self.flow is not None and len(self.flow.spoken) > 1:
            known = (self.here.contact.get("language"), self._language, *self.here.languages)
            self._language = next(filter(None, map(self.flow.speaks, known)), self._language)

    def _note(self, by: str | None = None) -> None:
        """Entered, or left: once, whatever comes together."""
        if by is None:
            self._is_left = False
        elif self._is_left or not self.at:
            return
        else:
            self._is_left = True
        self.passed.append(Passage(self._name, self._version, self.at, by))

    def _set(self, sets: Mapping[str, Any], effects: Sequence[Effect] = ()) -> None:
        """Keep what was set; it counts at once. A language is also the one that is written from now on, here and to
        this contact."""
        if "language" in sets:
            sets = {**sets, "language": _language(sets["language"])}
        effects = [_with_code(each) for each in effects]
        self._does(effects)
        self._variables, cut = kept(self._variables, sets, [frame.variables for frame in self.stack])
        self.tell_cut(cut)
        chosen = [sets.get("language")] if "language" in sets else []
        chosen += [each.value for each in effects if isinstance(each, KeepField) and each.name == "language"]
        for said in chosen:
            if self.flow is not None and (language := self.flow.speaks(said)):
                self._language = language
                keep = KeepField("language", language)
                if language != self.here.contact.get("language") and keep not in self.effects:
                    self._does([keep])

    def _does(self, effects: Sequence[Effect]) -> None:
        self.effects += effects
        self.here = self.here.after(effects)

    def _run_on(self) -> None:
        """Nodes are entered one after the other until one waits, or the flow is over."""
        while self.at and not self._awaits:
            node = self.node
            if node is None:
                self.tell("leads nowhere")
                self._over("broken")
            elif (why := self._endless()) is not None:
                self.tell(why)
                self._over("looped")
            else:
                self._apply(node.data.enter(self.spot()))

    @property
    def _place(self) -> str:
        return f"{self._name}/{self.at}"

    def _endless(self) -> str | None:
        visits = self._visits.get(self._place, 0) + 1
        self._visits[self._place] = visits
        self._steps += 1
        self._note()
        if self._steps > MOST_STEPS:
            return f"more than {MOST_STEPS} nodes in one turn"
        return f"came by more than {MOST_VISITS} times in one turn" if visits > MOST_VISITS else None

    def _apply(self, move: Move) -> None:
        match move:
            case Leave():
                self._leave(move)
            case Stay():
                self._stay(move)
            case Visit():
                self._visit(move)
            case Stop():
                self._stop(move)
            case GiveUp():
                self.missed = True
                self._fall_back(move.why or "gave up", again=True)

    def _leave(self, move: Leave) -> None:
        self._set(move.sets, move.effects)
        target = self.leads_to(move.by)
        if target is None and move.by == FAILED:
            self._fall_back(move.why or FAILED, again=False)
            return
        self.tell(move.why or f"left by {move.by}")
        self._note(move.by)
        if target is None:
            self._completed("nothing comes after it")
        else:
            self._enter(target)

    def _enter(self, node: str) -> None:
        """Stand before a node; what was asked for in the one before counts no more."""
        self.at, self._awaits, self._tries, self._memo = node, (), 0, None
        self._call += 1

    def _stay(self, move: Stay) -> None:
        if move.why:
            self.tell(move.why)
        self._set(move.sets, move.effects)
        self._awaits, self._memo = move.awaits, move.memo
        self._tries += move.missed
        self._call += move.asked
        self.missed = self.missed or move.missed

    def _visit(self, move: Visit) -> None:
        called = self.book.get(move.flow)
        if called is None or called.first is None:
            self._leave(Leave(NEXT, why=f"there is no flow {move.flow!r}"))
        elif len(self.stack) >= DEEPEST:
            self.tell(f"more than {DEEPEST} flows within one another")
            self._over("looped")
        else:
            self.tell(move.why or f"into the flow {move.flow}")
            frame = Frame(self._name, self._version, self.at, self._variables, move.again)
            self.stack = (*self.stack, frame)
            self._into(move.flow, called, called.first, move.sets)

    def _into(self, name: str, flow: Flow, first: str, sets: Mapping[str, Any]) -> None:
        given, cut = kept({}, sets, [frame.variables for frame in self.stack])
        self.tell_cut(cut)
        self.flow, self._name, self._version, self._variables = flow, name, flow.version, given
        self._enter(first)

    def _stop(self, move: Stop) -> None:
        self.effects += move.effects
        if move.why:
            self.tell(move.why)
        if move.ending == "completed":
            self._note(move.ending)
            self._completed()
        else:
            self._over(move.ending)

    def _completed(self, why: str = "") -> None:
        """Over; whoever called this flow goes on, with what was found out in it."""
        if why:
            self.tell(why)
        if not self.stack:
            self._over("completed")
            return
        called, again, found = self._name, self.stack[-1].again, self._variables
        self._back()
        if self.node is None:
            self.set_aside()
            return
        self._set({name: value for name, value in found.items() if not name.startswith("_")})
        if again:
            self.tell("back, and asked again")
            self._enter(self.at)
        else:
            self._leave(Leave(NEXT, why=f"back from {called}"))

    def _back(self) -> None:
        frame = self.stack[-1]
        self.flow, self._name, self._version = self.book.get(frame.flow), frame.flow, frame.version
        self.at, self._variables, self.stack = frame.node, frame.variables, self.stack[:-1]
        self._is_left = frame.again

    def _leave_all(self, by: str) -> None:
        """Whatever was entered, here and in the flows that wait, counts as left."""
        self._note(by)
        for frame in self.stack:
            if not frame.again:
                self.passed.append(Passage(frame.flow, frame.version, frame.node, by))

    def _over(self, ending: Ending) -> None:
        """All of it is over."""
        self._leave_all(ending)
        self.flow, self._name, self._version, self.at = None, "", 0, ""
        self._awaits, self._tries, self._memo, self.stack = (), 0, None, ()
        self._call += 1
        self.effects.append(Ended(ending))

    def _fall_back(self, why: str, *, again: bool) -> None:
        """The flow's own way out, where a node has none. One that has been tried in this turn is no way out."""
        assert self.flow is not None
        fallback, name = self.flow.fallback, self.node.name if self.node else self.at
        self.tell(why)
        if text := self.flow.said(fallback.text, self.language):
            self.effects.append(self.spot().say(text))
        called = self.book.get(fallback.flow)
        first = called.first if called else None
        self._note(FALLBACK)
        if fallback.node and not self._visits.get(f"{self._name}/{fallback.node}"):
            self._enter(fallback.node)
        elif called is None or first is None or self._visits.get(f"{fallback.flow}/{first}"):
            self.effects.append(HandOver(f"{name}: {why}"[:500]))
            self._over("handed_over")
        elif again:
            self._visit(Visit(fallback.flow, again=True))
        else:
            self._into(fallback.flow, called, first, {})


def _language(said: Any) -> Any:
    """The code of a language that was named; what is none stays as it is."""
    return code_of(said) or said


def _with_code(effect: Effect) -> Effect:
    if isinstance(effect, KeepField) and effect.name == "language":
        return KeepField(effect.name, _language(effect.value))
    return effect
