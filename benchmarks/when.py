"""The wait that `benchmarks.adaptive` plays, as two lines; its own command prints the whole table."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import adaptive
from benchmarks.report import Line, at_least, at_most, told
from benchmarks.servers import Places

_SEEDS = 3


def run(places: Places, *, quick: bool) -> Iterator[Line]:  # noqa: ARG001 - needs no place
    """Every line of this benchmark."""
    found = [adaptive.run(seed) for seed in range(1 if quick else _SEEDS)]
    fixed, ours = ([each[name]["all"] for each in found] for name in adaptive.POLICIES)
    for name, figures in (("fixed 4 s", fixed), ("adaptive", ours)):
        waits = max(each["median_wait"] for each in figures)
        once = min(each["once"] for each in figures)
        yield told("adaptive", f"{name}: median wait, bursts answered once", f"{waits:.2f} s, {once:.1%}")
    yield at_most("adaptive", "median added wait, worst of the seeds", max(f["median_wait"] for f in ours), 1, "s")
    once = min(f["once"] for f in ours)
    yield at_least("adaptive", "bursts answered once, worst of the seeds", once, 0.97, f"{once:.1%}")
