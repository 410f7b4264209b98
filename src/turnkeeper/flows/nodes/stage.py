"""The conversation's stage, as people see it in the console."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from turnkeeper.flows.effects import SetStage
from turnkeeper.flows.nodes.base import Leave, Move, NodeData, Spot

if TYPE_CHECKING:
    from turnkeeper.flows.checking import Checking


class Stage(NodeData, frozen=True):
    """Names where the conversation is."""

    TYPE: ClassVar[str] = "stage"
    TITLE: ClassVar[str] = "Stage"

    stage: str

    def enter(self, spot: Spot) -> Move:
        """Set it and go on."""
        name = spot.filled(self.stage)
        return Leave(effects=(SetStage(name),), why=f"stage {name}")

    def problems(self, checking: Checking) -> Iterator[str]:
        """No name."""
        if not self.stage.strip():
            yield "the stage has no name"
