"""Ids of choices that are longer than a button can carry: a key goes out, and is looked up when it comes back."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from turnkeeper.model.events import Choice

MARK = "~#"
_DIGITS = 32


def key_of(choice_id: str) -> str:
    """What stands for a long id; the same for the same id."""
    return MARK + blake2b(choice_id.encode("utf-8", "replace"), digest_size=_DIGITS // 2).hexdigest()


def is_key(given: str) -> bool:
    """Whether it stands for an id."""
    digits = given[len(MARK) :]
    return given.startswith(MARK) and len(digits) == _DIGITS and all(each in "0123456789abcdef" for each in digits)


def found(given: Choice, offered: Iterable[Choice]) -> Choice:
    """The choice that was offered under a key; itself where there is none."""
    return next((each for each in offered if key_of(each.id) == given.id), given) if is_key(given.id) else given
