"""Where a webhook goes while the database is away, and how much of what waited is moved on together."""

from __future__ import annotations

from typing import Literal

SLOWEST_TAKE = 2.0
"""Seconds after which a store that does not answer counts as away; a provider waits 5 to 10 for its 200."""
LARGEST_SPOOL = 1 << 30
"""Bytes; about a million messages."""
MOST_TOGETHER = 256
MOST_BYTES_TOGETHER = 1 << 20
"""What is moved on in one transaction: enough to gain on what comes in, little enough to repeat."""

Place = Literal["store", "spool", "nowhere"]


def place(*, waiting: int, away: bool, held: int, size: int, limit: int) -> Place:
    """Where a webhook of `size` bytes goes: behind what waits already, else into the store while it answers.

    `waiting`: entries of the spool; `held`, `limit`: its bytes. "nowhere": the provider has to keep it.
    """
    if not waiting and not away:
        return "store"
    return "spool" if held + size <= limit else "nowhere"


def is_full(entries: int, size: int) -> bool:
    """Whether no more entries join these in one transaction."""
    return entries >= MOST_TOGETHER or size >= MOST_BYTES_TOGETHER
