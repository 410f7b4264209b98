"""The short way for what comes most: a body of exactly one shape, decoded in one step into values that fit.

What has another shape, one field more or a value beyond its bounds, goes the long way, which reads everything; a body
that fits must mean the same there (the contract suite compares).
"""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta

from turnkeeper.channels.json_values import ID_LENGTH, holds_nul

T = TypeVar("T")
Id = Annotated[str, Meta(min_length=1, max_length=ID_LENGTH)]
"""An id as a text."""


class Part(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """An object with these fields and no others."""


class Shape(Generic[T]):
    """Reads bodies of one shape."""

    def __init__(self, kind: type[T]) -> None:
        self._decode = msgspec.json.Decoder(kind).decode

    def read(self, body: bytes) -> T | None:
        """The values of a body; None for one that is to go the long way."""
        if holds_nul(body):
            return None
        try:
            return self._decode(body)
        except (ValueError, RecursionError):
            return None


def is_number(value: str, longest: int) -> bool:
    """Whether a text is digits, and not too many."""
    return len(value) <= longest and value.isascii() and value.isdigit()
