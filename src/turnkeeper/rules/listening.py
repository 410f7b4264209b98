"""How long transcribers may take: as the note is long, and so that those behind one still get their time."""

from __future__ import annotations

TIMEOUT = 60.0
"""Seconds for each minute of a note, unless said."""
LEAST = 1.0
"""Seconds below which it is not worth asking."""
_PER_BYTE = 1 / 2_000
"""Seconds of a voice note in a byte of it, where nobody tells its length: Opus at 16 kbit/s."""
_FIRST_SHARE = 0.75
"""Of the time that is left, where somebody could still be asked after this one."""


def guessed_length(size: int, longest: float) -> float:
    """Seconds that a note of so many bytes may last; no more than what is taken at all."""
    return min(size * _PER_BYTE, longest)


def time_for(timeout: float, length: float) -> float:
    """Seconds that a transcriber may take for a note of `length` seconds: its `timeout` for each minute begun."""
    return timeout * max(1.0, length / 60)


def time_left(own: float, within: float, used: float, *, is_last: bool) -> float:
    """Seconds for the next one, of the `within` that all have together; below `LEAST` it is not asked."""
    left = max(0.0, within - used)
    return min(own, left if is_last else left * _FIRST_SHARE)
