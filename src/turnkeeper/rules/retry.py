"""When something that failed is tried again. The caller draws the jitter, so that seeds repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from turnkeeper.model.policy import TurnPolicy

_SPREAD = 0.25
_LONGEST_UNKNOWN_WAIT = 600.0
_LAG = 5.0
"""Seconds that a busy queue may be late, or a store slow, before we count as having been away."""


class Outage(NamedTuple):
    """A time in which the store did not answer: when it was over, and how many seconds it had lasted."""

    over_at: float
    lasted: float


def outage(*, silent: float, now: float) -> Outage | None:
    """The outage that ends now, if the store's last answer is `silent` seconds old; None for a short silence."""
    return Outage(now, silent) if silent > _LAG else None


def backoff(tries: int, *, jitter: float, base: float = 1.0, cap: float = 300.0) -> float:
    """Seconds to wait after `tries` failed tries (from 1): `base`, doubled each time, up to `cap`.

    `jitter` in [0, 1) spreads the result by a quarter to both sides. At the top too it is the
    middle that is held back, not the result: else most of a crowd would come back at `cap` exactly.
    """
    doublings = min(max(tries, 1) - 1, 64)
    middle = min(base * 2.0**doublings, cap / (1 + _SPREAD))
    return min(middle * (1 + _SPREAD * (2 * jitter - 1)), cap)  # the last digit may round up


def turn_retry(policy: TurnPolicy, *, failures: int, jitter: float) -> float | None:
    """Seconds until the next attempt of a turn that failed `failures` times; None: give up."""
    if failures > policy.turn_retries:
        return None
    return backoff(failures, jitter=jitter)


def unknown_wait(*, unknown_wait: float, sent_at: float, now: float) -> float:
    """Seconds from now for which a send of unknown fate waits for its echo before anything else.

    At least the channel's `unknown_wait`, and as long as we were away since `sent_at` (the echoes
    of an outage lag as well), at most ten minutes.
    """
    return min(max(unknown_wait, now - sent_at), _LONGEST_UNKNOWN_WAIT)


def waits_anew(
    *, unknown_wait: float, sent_at: float, waited_until: float | None, now: float, over: Outage | None
) -> float | None:
    """Until when a send whose wait is over goes on waiting, because we were away meanwhile; None: it does not.

    We were away if an outage was just `over`, or if nobody looked when the wait had ended: then all echoes of
    that time are still on their way to us, out of a spool or from the provider.
    """
    until = now
    if over is not None and sent_at < over.over_at:
        until = over.over_at + min(max(unknown_wait, over.lasted), _LONGEST_UNKNOWN_WAIT)
    if waited_until is not None and now - waited_until > _LAG:
        wait = min(max(unknown_wait, now - sent_at), _LONGEST_UNKNOWN_WAIT)
        until = max(until, now + wait)
    return until if until > now else None
