"""When the messages that wait become a turn.

A turn starts `quiet` seconds after the last message, but at most `max_wait` after the first.
With `adaptive` it starts after the part of `quiet` that matches the chance that more is coming,
judged by how the message looks and by how this person writes.
"""

from __future__ import annotations

from turnkeeper.model.policy import Habit, TurnPolicy
from turnkeeper.rules.completeness import looks_complete

__all__ = ["after_typing", "learn", "looks_complete", "turn_at"]

NEW_BURST_AFTER = 8.0
"""Seconds of silence after which a message is a new thought, not the rest of the last one."""

_PATIENCE = 3.0
_TRUST_AFTER = 4
_MEMORY = 12


def turn_at(
    policy: TurnPolicy, *, first_at: float, last_at: float, text: str | None, habit: Habit
) -> float:
    """When the messages that came from `first_at` to `last_at` are due.

    `text` is the last message's, None for media without a caption; `habit` already knows of it.
    """
    if not policy.gather or policy.quiet <= 0:
        return last_at
    wait = policy.quiet
    if policy.adaptive:
        wait = min(wait, _reach(policy, habit) * _more_is_coming(text, habit))
    return min(last_at + wait, first_at + policy.max_wait)


def after_typing(policy: TurnPolicy, *, first_at: float, turn_at: float, now: float) -> float:
    """When the messages are due, now that the contact was seen typing at `now`."""
    if not policy.gather:
        return turn_at
    return max(turn_at, min(now + policy.quiet, first_at + policy.max_wait))


def learn(habit: Habit, *, gap: float | None) -> Habit:
    """What a message teaches: it came `gap` seconds after this contact's previous one.

    A short gap says that the previous message was part of a burst, a long one that it was the last.
    The first message ever (None) teaches nothing.
    """
    if gap is None:
        return habit
    followed = gap < NEW_BURST_AFTER
    rate = 1 / (min(habit.seen, _MEMORY) + 2)
    bursts = habit.bursts + rate * (followed - habit.bursts)
    usual = habit.gap + rate * (max(gap, 0.0) - habit.gap) if followed else habit.gap
    return Habit(bursts, usual, habit.seen + 1)


def _reach(policy: TurnPolicy, habit: Habit) -> float:
    """Seconds in which this person's next message would have come, if there is one."""
    trust = habit.seen / (habit.seen + _TRUST_AFTER)
    known = min(policy.quiet, _PATIENCE * habit.gap)
    return policy.quiet + trust * (known - policy.quiet)


def _more_is_coming(text: str | None, habit: Habit) -> float:
    """The chance that another message follows: the odds of the text times those of the person."""
    complete = min(max(looks_complete(text), 0.02), 0.98)
    bursts = min(max(habit.bursts, 0.05), 0.95)
    odds = (1 - complete) / complete * bursts / (1 - bursts)
    return odds / (1 + odds)
