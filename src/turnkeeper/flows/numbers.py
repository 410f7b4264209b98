"""What became of the people who came by a node, out of what was counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from turnkeeper.model.flows import FlowCount

GAVE_UP: Final = frozenset({"fallback", "cancelled", "gave_up", "expired"})
"""Exits by which somebody left who did not do what the node asks for: its tries were over, they called it off, or they
were gone for so long that their session ended."""


@dataclass(slots=True)
class NodeNumbers:
    """One node of one version. `left`: how often by which exit.

    `waiting`: who entered and has not left; of these, those who never come back leave when they write again after
    their session has ended.
    """

    flow: str
    version: int
    node: str
    entered: int = 0
    left: dict[str, int] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """Never less than nobody: who was erased may have left twice."""
        return max(0, self.entered - sum(self.left.values()))

    @property
    def gave_up(self) -> int:
        """Who left without doing what was asked for."""
        return sum(times for by, times in self.left.items() if by in GAVE_UP)

    def as_words(self) -> Mapping[str, object]:
        """For JSON."""
        return {
            "flow": self.flow,
            "version": self.version,
            "node": self.node,
            "entered": self.entered,
            "left": self.left,
            "waiting": self.waiting,
            "gave_up": self.gave_up,
        }


def numbers(counts: Iterable[FlowCount], version: int | None = None) -> list[NodeNumbers]:
    """By flow, version and node; `version`: only of that one."""
    found: dict[tuple[str, int, str], NodeNumbers] = {}
    for (flow, of, node, by), times in counts:
        if version is not None and of != version:
            continue
        each = found.setdefault((flow, of, node), NodeNumbers(flow, of, node))
        if by:
            each.left[by] = each.left.get(by, 0) + times
        else:
            each.entered += times
    return [found[key] for key in sorted(found)]
