"""Comparing passages by what models make of them: vectors as float32, and the sign of each number as one bit.

Signs are compared first, since counting bits costs a hundredth of multiplying; the few nearest by the numbers.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from heapq import nsmallest
from math import sqrt
from operator import mul

LONGEST = 8192


def packed(vector: Sequence[float]) -> bytes:
    """A vector of length 1 as float32, little-endian."""
    size = sqrt(sum(map(mul, vector, vector))) or 1.0
    numbers = array("f", [number / size for number in vector])
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def unpacked(vector: bytes) -> array[float]:
    """The numbers again."""
    numbers = array("f")
    numbers.frombytes(vector[: len(vector) // 4 * 4])
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def signs_of(vector: Sequence[float]) -> bytes:
    """One bit a number: whether it is above zero."""
    bits = int("".join("1" if number > 0 else "0" for number in vector) or "0", 2)
    return bits.to_bytes((len(vector) + 7) // 8, "big")


def nearest(signs: Sequence[tuple[int, int]], asked: int, most: int) -> list[int]:
    """The ids whose signs differ least from those of a question."""
    return [id_ for _, id_ in nsmallest(most, (((bits ^ asked).bit_count(), id_) for id_, bits in signs))]


def likeness(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of two vectors of length 1; -1 for those of different models."""
    return sum(map(mul, one, other)) if len(one) == len(other) else -1.0
