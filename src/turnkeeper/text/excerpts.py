"""What is searched for in people's messages, and what of a message is shown where it was found.

Words are those of the knowledge index (`text/words`). The last word may be a beginning, since results are shown while
somebody types; a number is found by any four digits of it that follow each other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

from turnkeeper.model.knowledge import Forms
from turnkeeper.text import words as index

LEAST_DIGITS: Final = 4
"""Of a number, so that it is looked for as one."""
LONGEST: Final = 10_000
"""Characters of a message whose words are kept."""
MOST_ASKED: Final = 200
"""Characters of a question that are read."""
_MOST_FORMS: Final = 1500
_LONGEST_NUMBER: Final = 20
_BEFORE: Final = 40
_AROUND: Final = 160
_MOST_HITS: Final = 20
_NUMBER: Final = re.compile(r"[\d\s()+./-]+")
_LAST_WORD: Final = re.compile(r"(.*\s)?(\S*)", re.DOTALL)


class Wanted(NamedTuple):
    """What is looked for: words in their forms, and one more, that begins like the first of its forms or is one of the
    others. `number`: its digits, where it is a number and nothing else."""

    words: tuple[Forms, ...]
    beginning: Forms = ()
    number: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not (self.words or self.beginning)


def wanted(question: str) -> Wanted:
    """What somebody who typed this looks for; after a space the last word is whole."""
    said = question[:MOST_ASKED]
    parts = _LAST_WORD.fullmatch(said)
    head, last = ((parts[1] or ""), parts[2]) if parts is not None else ("", said)
    found = tuple(index.words(last))
    whole = tuple(dict.fromkeys([*index.asked(head), *found[:-1]]))
    number = digits(said) if _NUMBER.fullmatch(said) else ""
    return Wanted(whole, found[-1] if found else (), number if len(number) >= LEAST_DIGITS else "")


def forms(text: str) -> list[str]:
    """The forms of a text's words as the index keeps them, each once."""
    found = dict.fromkeys(form for each in index.words(text[:LONGEST]) for form in each)
    return list(found)[:_MOST_FORMS]


def digits(text: str) -> str:
    """The digits of a number, however it is written."""
    return "".join(str(unicodedata.decimal(char)) for char in text if char.isdecimal())


def endings(number: str) -> list[str]:
    """All endings of a number that it may be found by."""
    plain = digits(number)[-_LONGEST_NUMBER:]
    return [plain[at:] for at in range(max(0, len(plain) - LEAST_DIGITS + 1))]


def excerpt(text: str, sought: Wanted) -> tuple[str, tuple[tuple[int, int], ...]]:
    """What stands around the first word that was found, and from where to where in it words stand that were."""
    flat = " ".join(text[:LONGEST].split())
    spots = list(_spots(flat, sought))
    first = spots[0][0] if spots else 0
    start = max(0, first - _BEFORE)
    if start:
        start = max(start, flat.find(" ", start, first) + 1)
    end = min(len(flat), start + _AROUND)
    lead, tail = "…" if start else "", "…" if end < len(flat) else ""
    moved = len(lead) - start
    hits = tuple((a + moved, min(b, end) + moved) for a, b in spots if start <= a < end)
    return lead + flat[start:end] + tail, hits[:_MOST_HITS]


def _spots(flat: str, sought: Wanted) -> Iterator[tuple[int, int]]:
    plain = {form for each in (*sought.words, sought.beginning[1:]) for form in each}
    reached = 0
    for start, end, known in index.placed(flat):
        begins = bool(sought.beginning) and known[0].startswith(sought.beginning[0])
        if begins or not plain.isdisjoint(known) or (sought.number and sought.number in known[0]):
            if end > reached:  # pairs of characters share one
                yield max(start, reached), end
            reached = max(reached, end)
