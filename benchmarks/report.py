"""One measured line beside its goal; figures as people read them."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Line:
    """What was measured. `met` None: there is no goal, or it could not be measured (`value` says why)."""

    group: str
    name: str
    value: str
    goal: str = ""
    met: bool | None = None
    figures: dict[str, float] | None = None

    def __str__(self) -> str:
        verdict = {True: "ok", False: "MISSED", None: ""}[self.met]
        return f"  {self.name:<58} {self.value:>24}   {self.goal:<22} {verdict}".rstrip()


def at_least(group: str, name: str, value: float, goal: float, shown: str, **figures: float) -> Line:
    """A line whose value must reach its goal."""
    return Line(group, name, shown, f"at least {goal:g}", value >= goal, {"value": value, **figures})


def at_most(group: str, name: str, value: float, goal: float, unit: str = "", **figures: float) -> Line:
    """A line whose value must not pass its goal; both in `unit`."""
    shown = f"{value:.3g} {unit}".strip()
    return Line(group, name, shown, f"at most {goal:g} {unit}".strip(), value <= goal, {"value": value, **figures})


def told(group: str, name: str, value: str, **figures: float) -> Line:
    """A line without a goal."""
    return Line(group, name, value, figures=figures or None)


def missing(group: str, name: str, why: str) -> Line:
    """A line that could not be measured."""
    return Line(group, name, f"not measured: {why}")


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios of rounds that ran side by side."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the sorted values lie."""
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def spread(values: Sequence[float]) -> str:
    """The median, and the whole range when there are several."""
    middle = f"{median(values):,.0f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):,.0f} to {max(values):,.0f})"


def load() -> str:
    """How busy the machine is, as the kernel says."""
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
