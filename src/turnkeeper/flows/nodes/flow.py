"""Another flow, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from turnkeeper.flows.nodes.base import Move, NodeData, Spot, Visit
from turnkeeper.flows.nodes.set import names_of, worth
from turnkeeper.flows.values import NAME

if TYPE_CHECKING:
    from turnkeeper.flows.problems import Checking


class FlowNode(NodeData, frozen=True):
    """Goes through another `flow`, which begins with the variables `given`, and on when that one is over. What it set
    comes back, but for names that begin with an underscore."""

    TYPE: ClassVar[str] = "flow"
    TITLE: ClassVar[str] = "Flow"

    flow: str
    given: Mapping[str, Any] = {}

    def enter(self, spot: Spot) -> Move:
        """Into it."""
        return Visit(self.flow, {name: worth(value, spot) for name, value in self.given.items()})

    def calls(self) -> Iterator[str]:
        """The other flow."""
        yield self.flow

    def reads(self) -> Iterator[str]:
        """What it hands on."""
        for value in self.given.values():
            yield from names_of(value)

    def problems(self, checking: Checking) -> Iterator[str]:
        """A flow that there is not."""
        if not self.flow:
            yield "it names no flow"
        elif checking.flows is not None and self.flow not in checking.flows:
            yield f"there is no flow {self.flow!r}"
        for name in self.given:
            if not NAME.fullmatch(name):
                yield f"{name!r} is not a variable's name"
