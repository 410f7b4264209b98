"""What a turn may take of models and tools: rounds, calls, repetitions, seconds, tokens, money.

At a cap the model is asked once more without tools, so that what was collected is not lost. After an interrupt or a
retry time counts from the turn's beginning, not the attempt's: neither gives a model its time again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from turnkeeper.model.agents import Spent
from turnkeeper.model.llm import Usage

LEAST = 1.0
"""Seconds below which it is not worth asking."""
LAST_CHANCE = 5.0
"""Seconds for a model where the time of all was over before anybody could be asked."""

NOTHING = Spent()
Repeated = Literal["new", "again", "too_often"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The caps of one turn; None: no cap. `spent`: what the conversation's day had taken when the turn began.

    `began_at`: when the turn's first attempt began, `attempt`: which one this is; `seconds` for the whole,
    `tool_seconds` for one call of a tool; costs in US dollars, of what has a known price.
    """

    began_at: float
    attempt: int = 1
    tool_rounds: int = 3
    tool_calls: int = 12
    seconds: float = 120.0
    tool_seconds: float = 20.0
    turn_tokens: int | None = None
    turn_cost: float | None = None
    day_tokens: int | None = None
    day_cost: float | None = None
    spent: Spent = NOTHING


@dataclass(frozen=True, slots=True)
class Used:
    """What an attempt has used so far."""

    rounds: int = 0
    calls: int = 0
    repeated: bool = False
    tokens: int = 0
    micros: int = 0

    def plus(self, usage: Usage | None) -> Used:
        """With one more call of a model."""
        if usage is None:
            return self
        taken = spent_of(usage)
        return Used(self.rounds, self.calls, self.repeated, self.tokens + taken.tokens, self.micros + taken.micros)


UNUSED = Used()


def spent_of(usage: Usage) -> Spent:
    """A call's usage as it is counted: no price is no money."""
    return Spent(usage.tokens, round((usage.cost or 0.0) * 1_000_000))


def counts_from(limits: Limits, now: float) -> float:
    """Where a turn's time begins: for the first attempt now, also where it is resumed after an outage of ours."""
    return now if limits.attempt <= 1 else limits.began_at


def tools_over(limits: Limits, used: Used, *, since: float, now: float) -> str | None:
    """Why the model gets no tools any more; None: it does."""
    if used.rounds >= limits.tool_rounds:
        return f"the cap of {limits.tool_rounds} tool rounds"
    if used.calls >= limits.tool_calls:
        return f"the cap of {limits.tool_calls} tool calls"
    if used.repeated:
        return "the same tool call for the third time"
    # What is left must do for a tool and for the answer after it.
    if now - since >= limits.seconds / 2:
        return f"half of the turn's {limits.seconds:.0f} s"
    return turn_over(limits, used) or day_over(limits, used)


def tools_until(limits: Limits, since: float) -> float:
    """When tools must have ended: the last quarter is the answer's."""
    return since + limits.seconds * 0.75


def turn_over(limits: Limits, used: Used) -> str | None:
    """Which of the turn's own caps on tokens and money is reached."""
    if limits.turn_tokens is not None and used.tokens >= limits.turn_tokens:
        return f"the turn's cap of {limits.turn_tokens} tokens"
    if limits.turn_cost is not None and used.micros >= limits.turn_cost * 1_000_000:
        return f"the turn's cap of ${limits.turn_cost:g}"
    return None


def day_over(limits: Limits, used: Used = UNUSED) -> str | None:
    """Which of the conversation's caps of a day is reached."""
    if limits.day_tokens is not None and limits.spent.tokens + used.tokens >= limits.day_tokens:
        return f"the conversation's cap of {limits.day_tokens} tokens a day"
    if limits.day_cost is not None and limits.spent.micros + used.micros >= limits.day_cost * 1_000_000:
        return f"the conversation's cap of ${limits.day_cost:g} a day"
    return None


def repeated(times: int) -> Repeated:
    """What a tool call is that was asked for `times` times, this one counted."""
    return "new" if times <= 1 else "again" if times == 2 else "too_often"


def time_left(limits: Limits, timeout: float, *, since: float, alive_at: float, waited: float, now: float) -> float:
    """Seconds that a model may take; below `LEAST` it is not asked.

    `alive_at`: when a model or a tool last answered, at first `since`; `waited`: how long models took since then that
    gave no answer. The next one's `timeout` begins where theirs ended, whenever it is asked.
    """
    return min(timeout, alive_at + waited + timeout - now, since + limits.seconds - now)
