"""Whether a conversation runs in circles, or with a machine: read from what was said lately, and when.

First the bot slows down, then a person is asked to go on. What people do in a hurry is none of it: short answers, taps,
voice notes, a text that was pasted once, a question that is asked twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Literal, NamedTuple

from turnkeeper.rules.opt_out import fold

LOOKED_BACK = 24
"""Lines of the history that are enough to tell."""
LOOKED_AT = 1800.0
"""Seconds before which nothing counts."""
SLOWED = 20.0
"""Seconds after a message before which a suspicious one is not answered."""

_READS = 25.0
"""Characters a second that a person reads at most."""
_TYPES = 10.0
"""And types."""
_UNDERCUT = 0.5
"""The share of a person's least time below which it was none."""
_WORDS = 20
"""Characters of a message below which it proves nothing."""
_EVEN = 0.75
"""Seconds within which answers come that a clock could set."""
_QUICK = 60.0
"""Seconds after which nobody counts how even an answer came."""
_IN_A_ROW = 3
"""Exchanges that make a suspicion; one more makes a handover."""
_QUOTED = 40
"""Characters of ours that a message must hold to repeat us."""
_MOSTLY = 0.7
"""And the share of it that is ours."""
_NEAR = 0.5
"""How much of each other's length two texts have that may be the same but for marks: others need no look."""

Step = Literal["slow", "stop"]


class Spoken(NamedTuple):
    """A line of a conversation. `at`: when we heard or said it, unix seconds; `kind`: as the event's or content's."""

    role: Literal["contact", "bot", "person"]
    text: str
    at: float
    kind: str = "text"


class Loop(NamedTuple):
    """What is to be done about it, and why, in words for the operator."""

    step: Step
    reason: str


class _Exchange(NamedTuple):
    """What we said (message by message, until `said_at`) and what came back (from `heard_at`).

    `typed`: no tap, no voice note, no file; `proves`: typed, and long enough to tell anything.
    """

    said: tuple[str, ...]
    said_at: float
    heard: str
    heard_at: float
    proves: bool
    typed: bool

    @property
    def gap(self) -> float:
        """Seconds until they answered."""
        return max(0.0, self.heard_at - self.said_at)


def found(lines: Sequence[Spoken], now: float, *, in_group: bool = False) -> Loop | None:
    """What the newest message makes of it; None: a conversation like any other.

    `lines`: the last ones, oldest first, the messages to be answered at their end. `in_group`: several people write,
    whose times say nothing.
    """
    if not lines or lines[-1].role != "contact":
        return None
    exchanges = _exchanges([line for line in lines if line.at > now - LOOKED_AT])
    timed = [] if in_group else exchanges
    rows = (
        (_row(timed, _is_fast), _IN_A_ROW, "a bot seems to answer: faster than anybody reads and types"),
        (_even(timed), _IN_A_ROW, "a bot seems to answer: always after the same time"),
        (_echoes(exchanges), 1, "our own words come back"),
        (_row(exchanges, lambda each: _is_same(each, exchanges[-1])), _IN_A_ROW, "the same is said again and again"),
    )
    loops = [loop for row in rows if (loop := _judged(*row)) is not None]
    return min(loops, key=lambda loop: loop.step != "stop", default=None)


def _judged(length: int, enough: int, reason: str) -> Loop | None:
    if length < enough:
        return None
    times = "once" if length == 1 else f"{length} times in a row"
    return Loop("slow" if length == enough else "stop", f"{reason} ({times})")


def _exchanges(lines: Sequence[Spoken]) -> list[_Exchange]:
    """What we said with what came back, since a person of ours spoke last; the oldest first."""
    found: list[_Exchange] = []
    ours: list[Spoken] = []
    theirs: list[Spoken] = []
    for line in lines:
        if line.role == "person":
            found, ours, theirs = [], [], []
        elif line.role == "contact":
            theirs.append(line)
        else:
            if ours and theirs:
                found.append(_exchange(ours, theirs))
            ours = [line] if theirs else [*ours, line]
            theirs = []
    return [*found, _exchange(ours, theirs)] if ours and theirs else found


def _exchange(ours: Sequence[Spoken], theirs: Sequence[Spoken]) -> _Exchange:
    heard = " ".join(line.text for line in theirs)
    typed = all(line.kind == "text" for line in theirs)
    said = tuple(line.text for line in ours)
    return _Exchange(said, ours[-1].at, heard, theirs[0].at, typed and len(heard) >= _WORDS, typed)


def _row(exchanges: Sequence[_Exchange], fits: Callable[[_Exchange], bool]) -> int:
    """How many of the newest ones fit, one after the other."""
    return sum(1 for _ in takewhile(fits, reversed(exchanges)))


def _is_fast(exchange: _Exchange) -> bool:
    needs = sum(map(len, exchange.said)) / _READS + len(exchange.heard) / _TYPES
    return exchange.proves and exchange.gap < _UNDERCUT * needs


def _even(exchanges: Sequence[_Exchange]) -> int:
    """How many of the newest answers came after the same time."""
    gaps: list[float] = []
    for exchange in reversed(exchanges):
        spread = [*gaps, exchange.gap]
        if not exchange.proves or exchange.gap > _QUICK or max(spread) - min(spread) > _EVEN:
            break
        gaps = spread
    return len(gaps)


def _echoes(exchanges: Sequence[_Exchange]) -> int:
    """How many of the newest messages repeat what we had said until then."""
    for length in range(len(exchanges)):
        end = len(exchanges) - length
        ours = [text for exchange in exchanges[:end] for text in {*exchange.said, " ".join(exchange.said)}]
        if not _repeats(exchanges[end - 1], ours):
            return length
    return len(exchanges)


def _repeats(exchange: _Exchange, ours: Sequence[str]) -> bool:
    """Whether it is one of our texts, or mostly one."""
    if not exchange.proves:
        return False
    heard = fold(exchange.heard)
    near = [fold(text) for text in ours if _NEAR * len(text) < len(exchange.heard) < len(text) / _NEAR]
    return len(heard) >= _WORDS and any(
        heard == said or (len(said) >= _QUOTED and said in heard and len(said) > _MOSTLY * len(heard)) for said in near
    )


def _is_same(one: _Exchange, other: _Exchange) -> bool:
    """The same said and the same heard; a number that chooses from a menu is none of it."""
    if not one.typed or sum(map(str.isalpha, one.heard)) < 2:
        return False
    return one is other or (
        fold(one.heard) == fold(other.heard)
        and [fold(text) for text in one.said] == [fold(text) for text in other.said]
    )
