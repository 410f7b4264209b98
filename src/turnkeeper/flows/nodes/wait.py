"""Waiting for the person to write, for a time at most."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Final

from turnkeeper.flows.effects import Effect, Sleep
from turnkeeper.flows.model import NEXT
from turnkeeper.flows.nodes.base import Leave, Move, NodeData, Spot, Stay
from turnkeeper.flows.nodes.delay import LONGEST
from turnkeeper.flows.signals import Replied, Signal, TimedOut
from turnkeeper.flows.values import NAME

if TYPE_CHECKING:
    from turnkeeper.flows.problems import Checking

NO_ANSWER: Final = "no_answer"
"""The exit that is taken when nobody answered in time."""


class Wait(NodeData, frozen=True):
    """Goes on when the person writes, whatever it is (`message` then stands for it; `save` keeps it); after `seconds`,
    if there are any, by `no_answer`."""

    TYPE: ClassVar[str] = "wait"
    TITLE: ClassVar[str] = "Wait for a reply"
    WAITS: ClassVar[bool] = True

    seconds: float | None = None
    save: str = ""

    def exits(self) -> tuple[str, ...]:
        """`next`, and `no_answer` where there is a limit."""
        return (NEXT,) if self.seconds is None else (NEXT, NO_ANSWER)

    def enter(self, spot: Spot) -> Move:
        """Begin to wait."""
        if self.seconds is None:
            return Stay(("reply",), why="waits for a reply")
        effects: tuple[Effect, ...] = (Sleep(spot.next_call, self.seconds),)
        return Stay(("reply", "time"), effects, asked=True, why=f"waits for a reply, at most {self.seconds:g} s")

    def hear(self, spot: Spot, signal: Signal) -> Move | None:
        """Somebody wrote, or nobody did."""
        if isinstance(signal, Replied):
            return Leave(sets={self.save: signal.label or signal.text} if self.save else {}, why="the person wrote")
        if isinstance(signal, TimedOut) and self.seconds is not None:
            return Leave(NO_ANSWER, why=f"no answer within {self.seconds:g} s")
        return None

    def sets(self) -> Iterator[str]:
        """What was written."""
        if self.save:
            yield self.save

    def problems(self, checking: Checking) -> Iterator[str]:
        """No time at all, or a lifetime."""
        if self.seconds is not None and not 0 < self.seconds <= LONGEST:
            yield "the limit is more than 0 seconds and at most a year"
        if self.save and not NAME.fullmatch(self.save):
            yield f"{self.save!r} is not a variable's name"
