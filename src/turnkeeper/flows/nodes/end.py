"""The end of a flow, with a last word or without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from turnkeeper.flows.model import Texts
from turnkeeper.flows.nodes.base import Move, NodeData, Spot, Stop


class End(NodeData, frozen=True):
    """The flow is over here, with `text` as its last word; a flow that called it goes on."""

    TYPE: ClassVar[str] = "end"
    TITLE: ClassVar[str] = "End"

    text: Texts = ""

    def exits(self) -> tuple[str, ...]:
        """None."""
        return ()

    def enter(self, spot: Spot) -> Move:
        """Say the last word and stop."""
        text = spot.text(self.text)
        return Stop("completed", (spot.say(text),) if text else (), why="the end")

    def texts(self) -> Iterator[tuple[str, Texts]]:
        """The last word."""
        if self.text:
            yield "text", self.text
