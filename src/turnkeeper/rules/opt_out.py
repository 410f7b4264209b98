"""Words by which people stop our messages and start them again: the whole message, nothing less.

"stop" alone counts; "stop, he is not coming" does not. The words are in `opt_out_words`. A "start" means something only
for a contact who had opted out. What a bot offered itself is an answer to it (`rules.offered`).
"""

from __future__ import annotations

from typing import Literal

from turnkeeper.model.folding import fold as fold
from turnkeeper.rules.opt_out_words import START, STOP

_LONGEST = 60


def _table(words: dict[str, str]) -> frozenset[str]:
    return frozenset(fold(word) for line in words.values() for word in line.split(","))


_STOP_WORDS = _table(STOP)
_START_WORDS = _table(START)


def verdict(text: str | None) -> Literal["stop", "start"] | None:
    """Whether the message as a whole asks to stop or to start; None for every other message."""
    if text is None or len(text) > _LONGEST:
        return None
    said = fold(text)
    if said in _STOP_WORDS:
        return "stop"
    return "start" if said in _START_WORDS else None
