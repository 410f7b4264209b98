"""A person goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from turnkeeper.flows.effects import Effect, HandOver
from turnkeeper.flows.model import Texts
from turnkeeper.flows.nodes.base import Move, NodeData, Spot, Stop
from turnkeeper.flows.values import names_in


class Handover(NodeData, frozen=True):
    """Says `text`, hands the conversation over to a person, and ends every flow that the person is in. The team is told
    the `reason`."""

    TYPE: ClassVar[str] = "handover"
    TITLE: ClassVar[str] = "Person"

    reason: str = ""
    text: Texts = ""

    def exits(self) -> tuple[str, ...]:
        """None: when it is given back, the conversation begins anew."""
        return ()

    def enter(self, spot: Spot) -> Move:
        """Hand over."""
        text = spot.text(self.text)
        said: tuple[Effect, ...] = (spot.say(text),) if text else ()
        reason = spot.filled(self.reason)[:500] or f"the flow {spot.flow.name} hands over"
        return Stop("handed_over", (*said, HandOver(reason)), why=reason)

    def reads(self) -> Iterator[str]:
        """What the reason is made of."""
        yield from names_in(self.reason)

    def texts(self) -> Iterator[tuple[str, Texts]]:
        """What is said."""
        if self.text:
            yield "text", self.text
