"""Which flow begins, by what came; and who gets what somebody wrote: the flow that they are in, or another.

In a flow its own words come first, then the node's own answer; a keyword of another flow counts only where the node
does not take what was written, and only if its trigger says that it interrupts. Of several flows that fit, the one with
the highest priority begins, then the one whose trigger says more, then the first by name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

from turnkeeper.flows.decide import Decision, decide, start
from turnkeeper.flows.model import Book, Flow, folded_word
from turnkeeper.flows.nodes.base import Here
from turnkeeper.flows.nodes.start import Start, Trigger
from turnkeeper.flows.signals import Replied, Started
from turnkeeper.flows.state import FlowState
from turnkeeper.flows.walking import Walk
from turnkeeper.model.folding import fold

# How much a trigger says: a whole message, where somebody came from, a word in it, …
_EXACT: Final = 6
_SOURCE: Final = 5
_WORD: Final = 4
_REFERRAL: Final = 3
_EVER: Final = 2
_ANY: Final = 1


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody wrote. `ever`: for the first time at all; `referral`: the ad or link that they came by, with its
    `source`."""

    reply: Replied
    ever: bool = False
    referral: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Happened:
    """An event from outside."""

    type: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Due:
    """The time of a schedule has come for this contact. `flow`: whose it is; "" for any that has it."""

    cron: str
    tag: str = ""
    flow: str = ""


Came = Said | Happened | Due


@dataclass(frozen=True, slots=True)
class Fit:
    """A flow that begins, and why."""

    flow: Flow
    trigger: Trigger
    started: Started
    why: str
    says: tuple[int, int] = (0, 0)


def triggers_of(flow: Flow) -> tuple[Trigger, ...]:
    """What a flow begins by."""
    node = flow.nodes.get(flow.first) if flow.first else None
    return node.data.triggers if node is not None and isinstance(node.data, Start) else ()


def best(flows: Iterable[Flow], came: Came, *, inside: bool = False) -> Fit | None:
    """The flow that begins by what came; None: none does. `inside`: somebody is in a flow that would be interrupted."""
    fits = (
        fit
        for flow in flows
        for trigger in triggers_of(flow)
        if (trigger.interrupts or not inside) and (fit := _fit(flow, trigger, came)) is not None
    )
    return min(fits, key=lambda fit: (-fit.flow.priority, -fit.says[0], -fit.says[1], fit.flow.name), default=None)


def answer(book: Book, state: FlowState, came: Came, here: Here, published: Iterable[Flow]) -> Decision:
    """What is done with what came, whoever is where. `published`: the flows that may begin; they are in `book` too,
    in the versions that begin now, unless somebody is inside an older one."""
    said = came.reply if isinstance(came, Said) else None
    decision = Decision(state)
    if state.at and said is not None:
        decision = decide(book, state, said, here)
        if not decision.missed:
            return decision
    fit = best(published, came, inside=bool(state.at))
    if fit is None:
        if state.at and said is not None:
            return decision
        return Decision(state, told=(f"no flow begins by {_told(came)}",))
    left = Walk(book, here, state, Replied())
    if state.at:
        left.abandon()
    begun = start({**book, fit.flow.name: fit.flow}, fit.flow.name, fit.started, here, state)
    told = (*left.told, f"{fit.flow.name} begins: {fit.why}", *begun.told)
    return replace(begun, told=told, passed=(*left.passed, *begun.passed))


def _told(came: Came) -> str:
    match came:
        case Said():
            return "what was written"
        case Happened():
            return f"the event {came.type}"
    return f"the schedule {came.cron}"


def _fit(flow: Flow, trigger: Trigger, came: Came) -> Fit | None:
    match came:
        case Happened():
            if trigger.kind != "event" or trigger.event != came.type:
                return None
            return Fit(flow, trigger, Started("event", data=came.data), f"the event {came.type}", (_EXACT, 0))
        case Due():
            if trigger.kind != "schedule" or (trigger.cron, trigger.tag) != (came.cron, came.tag):
                return None
            if came.flow not in ("", flow.name):
                return None
            return Fit(flow, trigger, Started("schedule"), f"the schedule {came.cron}", (_EXACT, 0))
    return _fit_said(flow, trigger, came)


def _fit_said(flow: Flow, trigger: Trigger, came: Said) -> Fit | None:
    match trigger.kind:
        case "keyword":
            word = max(_words_in(trigger, came.reply.label or came.reply.text), key=len, default=None)
            if word is None:
                return None
            says = (_WORD if trigger.anywhere else _EXACT, len(word))
            return Fit(flow, trigger, Started("keyword", came.reply), f"the word {word!r}", says)
        case "first_message":
            if trigger.ever and not came.ever:
                return None
            says = (_EVER if trigger.ever else _ANY, 0)
            return Fit(flow, trigger, Started("first_message", came.reply), "somebody wrote", says)
        case "referral" if came.referral is not None:
            source = str(came.referral.get("source") or "")
            if trigger.source and trigger.source != source:
                return None
            says = (_SOURCE if trigger.source else _REFERRAL, 0)
            started = Started("referral", came.reply, came.referral)
            return Fit(flow, trigger, started, f"a referral from {source or 'somewhere'}", says)
    return None


def _words_in(trigger: Trigger, text: str) -> Iterator[str]:
    """The words of a trigger that a message is, or holds as whole words."""
    said = folded_word(text)
    if not said:
        return
    for word in trigger.words:
        wanted = _folded_word(word)
        if wanted and (said == wanted or (trigger.anywhere and _holds(said if _is_spoken(word) else text, wanted))):
            yield word


# Authors' words are the same for every message; with many flows they are many.
_folded_word: Final = lru_cache(maxsize=16_384)(folded_word)


@lru_cache(maxsize=16_384)
def _is_spoken(word: str) -> bool:
    return bool(fold(word))


def _holds(said: str, word: str) -> bool:
    """Whether a word stands in what was said: by itself, where its script puts spaces between words."""
    if any(_joins(char) for char in (word[0], word[-1])):
        return word in said
    return f" {word} " in f" {said} "


def _joins(char: str) -> bool:
    """Whether a character is of a script that writes words together, or is no letter at all."""
    if not char.isalnum():
        return not unicodedata.category(char).startswith("M")
    return (
        "\u0e00" <= char <= "\u0eff"
        or "\u1000" <= char <= "\u109f"
        or "\u1780" <= char <= "\u17ff"
        or ("\u2e80" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or "\U00020000" <= char <= "\U0003ffff")
    )
