"""A channel whose account may be logged out: when its sends stop and go on, and what is read again afterwards.

works ──(told that it does not)──▶ stopped, looked at now and then ──(told or seen that it does)──▶ works, catches up
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from turnkeeper.model.account import AccountState
    from turnkeeper.model.events import SessionStatus

PREFIX = "session "
"""Begins the reason of a pause that ends by itself; no other pause's reason begins with it."""
LOOK_EVERY = 30.0
"""Seconds between two looks at an account that does not work: the webhook that tells of its return may be lost."""
OVERLAP = 300.0
"""Seconds before the last event seen from which is read again: events come late and in any order."""
LONGEST = 7 * 86_400.0
"""Seconds that are read again at most: what is older might no longer be known to have been here."""


def pause_reason(status: SessionStatus) -> str:
    """Why the channel sends nothing, and what the operator does."""
    return f"{PREFIX}{status.status}: {status.mend}" if status.mend else f"{PREFIX}{status.status}"


def ends_by_itself(reason: str) -> bool:
    """Whether a pause is the account's own, not an operator's or a refusal's."""
    return reason.startswith(PREFIX)


def is_late(state: AccountState, status: SessionStatus, at: float) -> bool:
    """Whether something newer has been told. Of the same instant, that it works counts: a send would soon tell."""
    return at < state.told_at or (at == state.told_at and state.works and not status.works)


def told(state: AccountState, status: SessionStatus, at: float, *, seen_at: float | None, now: float) -> AccountState:
    """The state after news that are not late. `seen_at`: when the last event came before `now`; None: none did."""
    if not status.works:
        since, look_at = _earlier(state.since_at, seen_at, state), now + LOOK_EVERY
    elif state.since_at is None:
        since, look_at = None, None
    else:
        since, look_at = state.since_at, state.look_at if state.works else now
    return replace(state, status=status.status, works=status.works, told_at=at, since_at=since, look_at=look_at)


def away(state: AccountState, *, seen_at: float | None, now: float) -> AccountState:
    """The state once we ourselves heard nothing for a while: what came meanwhile is to be read."""
    return replace(state, since_at=_earlier(state.since_at, seen_at, state), look_at=now)


def _earlier(since: float | None, seen_at: float | None, state: AccountState) -> float:
    seen = state.known_at if seen_at is None else seen_at
    return seen if since is None else min(since, seen)


def reads_from(since_at: float, now: float) -> float:
    """The instant from which a channel is read again."""
    return max(since_at - OVERLAP, now - LONGEST)


def looked_at(state: AccountState, given: AccountState, again_at: float | None) -> AccountState:
    """The state once it was looked at as it was `given`; `again_at` None: all that was missed is read. Whatever
    happened meanwhile has moved the next look, and is not undone by this one."""
    if state.look_at != given.look_at:
        return state
    if again_at is not None:
        return replace(state, look_at=again_at)
    return replace(state, since_at=None, look_at=None) if state.works else state
