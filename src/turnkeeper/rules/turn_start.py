"""When the messages that wait become a turn.

A turn starts `quiet` seconds after the last message, but at most `max_wait` after the first.
`adaptive` only ever shortens `quiet`: it waits some of this person's usual gaps, the more of them
the more the message looks as if another one follows, and the more often theirs were followed.
"""

from __future__ import annotations

import math

from turnkeeper.model.policy import Habit, TurnPolicy
from turnkeeper.rules.completeness import looks_complete

__all__ = ["after_typing", "learn", "looks_complete", "turn_at"]

NEW_BURST_AFTER = 8.0
"""Seconds of silence after which a message is a new thought, not the rest of the last one."""

# Found with benchmarks/adaptive.py, on other seeds than it prints. `_AT_EVEN_ODDS` is in gaps; the
# weights say by how many gaps a step of the log-odds (2.7 times as likely) moves the wait.
_AT_EVEN_ODDS = 2.7
_TEXT_WEIGHT = 1.5
_PERSON_WEIGHT = 0.6
_WITHIN_BURST = 1.5
_LEAST = 0.95
_COVERED = 0.4
"""Seconds of the model's thinking that stand in for waiting, where a newer message may interrupt."""
_UNCOVERED = 1.0
_TRUST_AFTER = 6
_EVERYONE = Habit()
_MEMORY = 20


def turn_at(policy: TurnPolicy, *, first_at: float, last_at: float, text: str | None, habit: Habit) -> float:
    """When the messages that came from `first_at` to `last_at` are due.

    `text` is the last message's, None for media without a caption; `habit` already knows of it.
    """
    if not policy.gather or policy.quiet <= 0:
        return last_at
    wait = policy.quiet
    if policy.adaptive:
        gaps = _AT_EVEN_ODDS + _more_is_coming(text, habit)
        if last_at > first_at:
            gaps += _WITHIN_BURST
        cover = _COVERED if policy.interruptible else -_UNCOVERED
        wait = min(policy.quiet, max(_LEAST, gaps * _usual_gap(habit) - cover))
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


def _trust(habit: Habit) -> float:
    """How far a habit counts, from 0 (nothing seen) towards 1."""
    return habit.seen / (habit.seen + _TRUST_AFTER)


def _usual_gap(habit: Habit) -> float:
    """Seconds between this person's messages; nearer to everyone's the less we have seen."""
    return _EVERYONE.gap + _trust(habit) * (habit.gap - _EVERYONE.gap)


def _more_is_coming(text: str | None, habit: Habit) -> float:
    """The weighed log-odds that another message follows, by this one's look and by the person."""
    by_text = _log_odds(1 - looks_complete(text))
    by_person = _log_odds(habit.bursts) * _trust(habit)
    return _TEXT_WEIGHT * by_text + _PERSON_WEIGHT * by_person


def _log_odds(chance: float) -> float:
    bounded = min(max(chance, 0.03), 0.97)
    return math.log(bounded / (1 - bounded))
