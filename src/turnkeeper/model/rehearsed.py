"""What came of a turn that was run again, which sent nothing. Instants are unix seconds, spans seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from turnkeeper.model.turn_told import Question, Totals

Stood = Literal["recorded", "stubbed", "really"]


@dataclass(frozen=True, slots=True)
class StandIn:
    """A step or a tool. `stood`: its result was that of then (`recorded`), nothing was done (`stubbed`), or it really
    ran, which changes nothing anywhere."""

    name: str
    stood: Stood
    effect: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SaidNow:
    """A message, as the channel would show it. `offers`: the titles of its choices."""

    kind: str
    text: str
    offers: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Listed:
    """What the turn would leave besides its messages: none of it was done."""

    stage: str | None
    handover: str | None
    timers: list[str]
    cancelled: list[str]
    facts: dict[str, Any]
    consents: dict[str, bool]
    state: Any = None


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """`drafted`: what it was run with; `then`: what was said; `difference`: lines that begin with `-` were said only
    then, with `+` only now, empty where both said the same; `raised`: what the bot raised."""

    drafted: str
    said: list[SaidNow]
    then: list[SaidNow]
    difference: list[str]
    stood: list[StandIn]
    left: Listed | None
    told: list[str]
    raised: str | None
    questions: list[Question]
    totals: Totals
    seconds: float


@dataclass(frozen=True, slots=True)
class WrittenScript:
    """A conversation as a script, to be kept as a test. `passes`: it was played, and goes as it says; None: it was not
    played. `difference`: where what is said today differs from what was said."""

    script: str
    passes: bool | None
    difference: list[str]
    problems: list[str]
