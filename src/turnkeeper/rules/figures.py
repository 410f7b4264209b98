"""Figures that are summed by the hour: times go into buckets, from which percentiles are told.

A bucket is a tenth wider than the one before it, so a percentile is right to about five percent.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, log
from typing import Final

HOUR: Final = 3600
_FIRST: Final = 0.01
"""Seconds; what is shorter counts as this."""
_WIDER: Final = log(1.1)


def hour_of(at: float) -> int:
    """When the hour of an instant began, unix seconds."""
    return int(at // HOUR) * HOUR


def bucket_of(seconds: float) -> int:
    """The bucket of a time."""
    return max(0, ceil(log(max(seconds, _FIRST) / _FIRST) / _WIDER))


def middle_of(bucket: int) -> float:
    """The time that stands for a bucket, in seconds."""
    return float(_FIRST * 1.1 ** (bucket - 0.5)) if bucket else _FIRST


def percentile(buckets: Mapping[int, int], share: float) -> float | None:
    """The time within which a share (0 to 1) of them was; None: there are none."""
    wanted, reached = share * sum(buckets.values()), 0
    last: float | None = None
    for bucket in sorted(buckets):
        reached += buckets[bucket]
        last = middle_of(bucket)
        if reached >= wanted and buckets[bucket]:
            return last
    return last
