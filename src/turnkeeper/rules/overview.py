"""What the overview page says of the figures that were summed: sums, shares, and how long answers took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from turnkeeper.model.inbox import Figure
from turnkeeper.rules.figures import percentile

Part = Literal["total", "waiting", "bot", "model", "sending"]
PARTS: tuple[Part, ...] = ("total", "waiting", "bot", "model", "sending")
_OUTCOMES = ("answered", "no_reply", "person", "failed")


class Took(NamedTuple):
    """How long one part of an answer took, in seconds; None: nothing was answered."""

    part: Part
    p50: float | None
    p95: float | None
    times: int


class Counted(NamedTuple):
    """How often something happened for one reason."""

    reason: str
    times: int


class Stretch(NamedTuple):
    """An hour or a day that begins at `at`."""

    at: float
    received: int
    sent: int
    p50: float | None
    p95: float | None


class Overview(NamedTuple):
    """What happened in a while. `micros`: millionths of a dollar; `stretches`: one after the other, none left out."""

    received: int
    sent: int
    turns: Mapping[str, int]
    took: Sequence[Took]
    drops: Sequence[Counted]
    send_failures: Sequence[Counted]
    tokens: int
    micros: int
    stretches: Sequence[Stretch]


def overview(figures: Iterable[Figure], since: float, until: float, step: float) -> Overview:
    """Of figures that are grouped by `step` seconds, from `since` (the start of one) to before `until`."""
    by_group: dict[int, dict[str, int]] = {}
    whole: dict[str, int] = {}
    for each in figures:
        group = by_group.setdefault(int(float(each.group)), {})
        group[each.name] = group.get(each.name, 0) + each.value
        whole[each.name] = whole.get(each.name, 0) + each.value
    starts = [since + n * step for n in range(max(0, round((until - since) / step)))]
    return Overview(
        received=whole.get("in", 0),
        sent=whole.get("out", 0),
        turns={outcome: whole.get(f"turn.{outcome}", 0) for outcome in _OUTCOMES},
        took=[_took(whole, part) for part in PARTS],
        drops=_reasons(whole, "drop."),
        send_failures=_reasons(whole, "send_failed."),
        tokens=whole.get("tokens", 0),
        micros=whole.get("micros", 0),
        stretches=[_stretch(at, by_group.get(int(at), {})) for at in starts],
    )


def _stretch(at: float, sums: Mapping[str, int]) -> Stretch:
    total = _took(sums, "total")
    return Stretch(at, sums.get("in", 0), sums.get("out", 0), total.p50, total.p95)


def _took(sums: Mapping[str, int], part: Part) -> Took:
    prefix = f"time.{part}."
    buckets = {int(name.removeprefix(prefix)): count for name, count in sums.items() if name.startswith(prefix)}
    return Took(part, percentile(buckets, 0.5), percentile(buckets, 0.95), sum(buckets.values()))


def _reasons(sums: Mapping[str, int], prefix: str) -> list[Counted]:
    """The most frequent first."""
    found = [Counted(name.removeprefix(prefix), count) for name, count in sums.items() if name.startswith(prefix)]
    return sorted(found, key=lambda each: (-each.times, each.reason))
