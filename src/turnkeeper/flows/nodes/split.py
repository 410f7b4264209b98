"""A fork by lot: so many of a hundred people go each way, and whoever comes again goes the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING, ClassVar

import msgspec

from turnkeeper.flows.nodes.base import Leave, Move, NodeData, Spot

if TYPE_CHECKING:
    from turnkeeper.flows.problems import Checking


class Share(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An `exit`, and its `share` of the whole: 1 and 3 are a quarter and three."""

    exit: str
    share: float = 1.0


class Split(NodeData, frozen=True):
    """Draws lots by `shares`, the same for a conversation each time it comes by (`again`: anew each time)."""

    TYPE: ClassVar[str] = "split"
    TITLE: ClassVar[str] = "Split"

    shares: tuple[Share, ...]
    again: bool = False

    def exits(self) -> tuple[str, ...]:
        """One for each share."""
        return tuple(share.exit for share in self.shares)

    def needs(self) -> tuple[str, ...]:
        """All of them."""
        return self.exits()

    def enter(self, spot: Spot) -> Move:
        """Draw."""
        parts = [spot.here.seed, spot.flow.name, spot.node]
        if self.again:
            parts.append(str(spot.call))
        drawn = int.from_bytes(blake2b("\x1f".join(parts).encode(), digest_size=8).digest(), "big") / 2**64
        at = drawn * sum(share.share for share in self.shares)
        for share in self.shares:
            at -= share.share
            if at < 0:
                return Leave(share.exit, why=f"drew {share.exit}")
        return Leave(self.shares[-1].exit if self.shares else "", why="drew the last")

    def problems(self, checking: Checking) -> Iterator[str]:
        """Nothing to draw from."""
        if len(self.shares) < 2:
            yield "a split needs two shares or more"
        if any(not share.share > 0 for share in self.shares):
            yield "a share is more than 0"
        for exit_, times in Counter(share.exit for share in self.shares).items():
            if times > 1 or not exit_:
                yield f"{times} shares are called {exit_!r}"
