"""The conversation's stage, as people see it in the console."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Final

from turnkeeper.flows.effects import SetStage
from turnkeeper.flows.nodes.base import Leave, Move, NodeData, Spot
from turnkeeper.flows.values import names_in

if TYPE_CHECKING:
    from turnkeeper.flows.problems import Checking

_LONGEST: Final = 100


class Stage(NodeData, frozen=True):
    """Names the `stage` in which the conversation is."""

    TYPE: ClassVar[str] = "stage"
    TITLE: ClassVar[str] = "Stage"

    stage: str

    def enter(self, spot: Spot) -> Move:
        """Set it and go on."""
        name = spot.filled(self.stage).strip()[:_LONGEST]
        if not name:
            return Leave(why="the stage stays as it is: nothing is known of its name")
        return Leave(effects=(SetStage(name),), why=f"stage {name}")

    def reads(self) -> Iterator[str]:
        """What its name is made of."""
        yield from names_in(self.stage)

    def problems(self, checking: Checking) -> Iterator[str]:
        """No name."""
        if not self.stage.strip():
            yield "the stage has no name"
