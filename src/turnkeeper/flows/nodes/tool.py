"""A tool of the bot's configuration, used by the flow itself instead of a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from turnkeeper.flows.effects import UseTool
from turnkeeper.flows.model import FAILED, NEXT
from turnkeeper.flows.nodes.base import Leave, Move, NodeData, Spot, Stay
from turnkeeper.flows.nodes.set import names_of, worth
from turnkeeper.flows.signals import CallAnswered, Failed, Signal
from turnkeeper.flows.values import NAME, looked_up

if TYPE_CHECKING:
    from turnkeeper.flows.problems import Checking


def keeping_problems(save: str, keep: Mapping[str, str]) -> Iterator[str]:
    """Names that are none, and paths that lead nowhere."""
    for name in (*keep, *filter(None, (save,))):
        if not NAME.fullmatch(name):
            yield f"{name!r} is not a variable's name"
    for name, path in keep.items():
        if not path or ".." in f".{path}.":
            yield f"{path!r} is no path to what {name!r} keeps: write it like cart.items.0"


class ToolNode(NodeData, frozen=True):
    """Uses a `tool` of the configuration with `arguments` and keeps what it gave: `save` the whole, `keep` parts of it
    by their paths."""

    TYPE: ClassVar[str] = "tool"
    TITLE: ClassVar[str] = "Tool"

    tool: str
    arguments: Mapping[str, Any] = {}
    save: str = ""
    keep: Mapping[str, str] = {}

    def exits(self) -> tuple[str, ...]:
        """`next` and `failed`."""
        return (NEXT, FAILED)

    def enter(self, spot: Spot) -> Move:
        """Use it."""
        use = UseTool(spot.next_call, self.tool, {name: worth(value, spot) for name, value in self.arguments.items()})
        return Stay(("call",), (use,), asked=True, why=f"uses {self.tool}")

    def hear(self, spot: Spot, signal: Signal) -> Move | None:
        """What came of it."""
        match signal:
            case CallAnswered():
                sets = {name: looked_up(signal.data, path) for name, path in self.keep.items()}
                if self.save:
                    sets[self.save] = signal.data
                return Leave(sets=sets, why=f"{self.tool} answered")
            case Failed():
                return Leave(FAILED, why=f"{self.tool} failed: {signal.reason}")
        return None

    def reads(self) -> Iterator[str]:
        """What it is given."""
        for value in self.arguments.values():
            yield from names_of(value)

    def sets(self) -> Iterator[str]:
        """What is kept."""
        yield from self.keep
        if self.save:
            yield self.save

    def problems(self, checking: Checking) -> Iterator[str]:
        """A tool that there is not."""
        if not self.tool:
            yield "it names no tool"
        elif checking.tools is not None and self.tool not in checking.tools:
            yield f"there is no tool {self.tool!r}"
        yield from keeping_problems(self.save, self.keep)
