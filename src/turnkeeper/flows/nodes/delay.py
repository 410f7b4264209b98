"""Time that passes, from seconds to days, whatever happens to the machine meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Final

from turnkeeper.flows.effects import Sleep
from turnkeeper.flows.nodes.base import Leave, Move, NodeData, Spot, Stay
from turnkeeper.flows.signals import Replied, Signal, TimedOut

if TYPE_CHECKING:
    from turnkeeper.flows.problems import Checking

LONGEST: Final = 366 * 86_400.0


class Delay(NodeData, frozen=True):
    """Goes on after `seconds`. What the person writes meanwhile is kept in the history; it ends the delay only where
    `skip` says so."""

    TYPE: ClassVar[str] = "delay"
    TITLE: ClassVar[str] = "Delay"
    WAITS: ClassVar[bool] = True

    seconds: float
    skip: bool = False

    def enter(self, spot: Spot) -> Move:
        """Begin to wait."""
        return Stay(
            ("time", "reply") if self.skip else ("time",),
            (Sleep(spot.next_call, self.seconds),),
            asked=True,
            why=f"waits {self.seconds:g} s",
        )

    def hear(self, spot: Spot, signal: Signal) -> Move | None:
        """The time is over."""
        if isinstance(signal, TimedOut):
            return Leave(why=f"{self.seconds:g} s are over")
        if isinstance(signal, Replied) and self.skip:
            return Leave(why="the person wrote")
        return None

    def problems(self, checking: Checking) -> Iterator[str]:
        """No time at all, or a lifetime."""
        if not 0 < self.seconds <= LONGEST:
            yield "a delay takes more than 0 seconds and at most a year"
