"""What became of a message that we sent: reports come in any order, the state only moves forward.

Source of the order: the Cloud API gives no guarantee on the order of statuses, and `delivered` may
be missing when `read` comes; so the highest rank is kept, and `failed` is terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

# `expired` and `cancelled` are our own decisions not to send (again). A report from the provider
# ranks above them: it proves that the message had left before we decided.
_ORDER = (
    "queued",
    "sending",
    "unknown",
    "expired",
    "cancelled",
    "accepted",
    "sent",
    "delivered",
    "read",
    "played",
    "failed",
)
_RANK = {state: rank for rank, state in enumerate(_ORDER)}
_TAKEN = frozenset({"accepted", "sent", "delivered", "read", "played"})
_SETTLED = _TAKEN | {"failed", "expired", "cancelled"}


def advance(current: str, reported: str) -> str:
    """The state after a report: the one of higher rank, whatever order the reports come in.

    `pending` (WAHA: the message waits for the phone) means that the provider has it: `accepted`.
    A report in a word that is not in the list changes nothing.
    """
    reached = "accepted" if reported == "pending" else reported
    return reached if _RANK.get(reached, -1) > _RANK[current] else current


def is_settled(state: str) -> bool:
    """Whether the row asks for nothing more from us. A final `unknown` is the caller's flag."""
    return state in _SETTLED


def settle_events(states: Sequence[str]) -> Literal["answered", "person", "failed"]:
    """How a turn's events end once all of its rows are settled.

    All accepted or beyond: `answered`. Any cancelled (someone took over): `person`. Else `failed`:
    a part expired, was refused or stayed unknown, and also one that was accepted first and reported
    `failed` later, because the person never got it. Raises ValueError without rows: such a turn
    ends as `no_reply`.
    """
    if not states:
        raise ValueError("a turn without rows has nothing to settle")
    if all(state in _TAKEN for state in states):
        return "answered"
    return "person" if "cancelled" in states else "failed"
