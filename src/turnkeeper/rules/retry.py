"""When something that failed is tried again. The caller draws the jitter, so that seeds repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from turnkeeper.model.policy import TurnPolicy

_SPREAD = 0.25
_LONGEST_UNKNOWN_WAIT = 600.0


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
