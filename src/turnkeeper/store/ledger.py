"""The ledger's sums: every accepted event in exactly one state."""

from __future__ import annotations

from collections.abc import Iterable

from turnkeeper.model.conversation import EventState
from turnkeeper.store.base import Ledger

DUPLICATE = "duplicate"
"""What the archive calls redeliveries of things that were forgotten."""
MEDIA_REFUSED = "media_refused"
"""What files are counted as that were not taken: no events either."""


def summed(counts: Iterable[tuple[str, str, int]], duplicates: int) -> Ledger:
    """The ledger of (state, reason, count) rows; reasons are told apart only for what was dropped.

    Rows of DUPLICATE count what was delivered again, those of MEDIA_REFUSED files; they are no events.
    """
    states = {state.value: 0 for state in EventState if state is not EventState.DROPPED}
    dropped: dict[str, int] = {}
    refused: dict[str, int] = {}
    for state, reason, count in counts:
        if state == DUPLICATE:
            duplicates += int(count)
        elif state == MEDIA_REFUSED:
            refused[reason] = refused.get(reason, 0) + int(count)
        elif state == EventState.DROPPED:
            dropped[reason] = dropped.get(reason, 0) + int(count)
        else:
            states[state] = states.get(state, 0) + int(count)
    return Ledger(sum(states.values()) + sum(dropped.values()), int(duplicates), states, dropped, refused)
