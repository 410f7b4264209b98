"""Which conversations this process has committed something to, until that is written where the feeder looks.

It is kept in memory, so that nothing is added to any transaction; what a killed process had not written is found again
by a look at what happened lately (`InboxFeeding.note_lately`).
"""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import Final

from turnkeeper.model.ids import ConversationKey

Rewritten = int | None
"""The number of an event whose words have changed; EVERYTHING, EARLIER, PERHAPS; None: nothing that was there."""
Change = tuple[ConversationKey, Rewritten]
EVERYTHING: Final = -1
"""Whatever was ever said may have been erased."""
EARLIER: Final = -2
"""It is from before there was an inbox: what was said counts as seen."""
PERHAPS: Final = -3
"""It was only looked for; there may be nothing new."""


class Changes:
    """What was committed and is not written yet. Threads may add."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: set[Change] = set()

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, changes: Iterable[Change]) -> None:
        """Note what has just been committed."""
        with self._lock:
            self._found.update(changes)

    def take(self) -> set[Change]:
        """All of it; whoever cannot write it gives it back."""
        with self._lock:
            found, self._found = self._found, set()
        return found
