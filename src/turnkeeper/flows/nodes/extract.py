"""Fields out of what somebody wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from turnkeeper.flows.effects import Extract
from turnkeeper.flows.model import FAILED, NEXT
from turnkeeper.flows.nodes.base import Leave, Move, NodeData, Spot, Stay, without_models
from turnkeeper.flows.signals import Failed, ModelAnswered, Signal
from turnkeeper.flows.values import NAME, names_in

if TYPE_CHECKING:
    from turnkeeper.flows.problems import Checking


class ExtractNode(NodeData, frozen=True):
    """Has a model read a text (`of`, else the person's last message) and sets the variables `fields`, by what each is.
    `instructions`: what else it is told.

    By `incomplete` where some of `required` are missing, by `failed` where no model answered.
    """

    TYPE: ClassVar[str] = "extract"
    TITLE: ClassVar[str] = "Extract"

    fields: Mapping[str, str]
    of: str = "{{message}}"
    instructions: str = ""
    required: tuple[str, ...] = ()

    def exits(self) -> tuple[str, ...]:
        """`next`, `incomplete`, `failed`."""
        return (NEXT, "incomplete", FAILED)

    def enter(self, spot: Spot) -> Move:
        """Ask the model."""
        ask = Extract(spot.next_call, spot.filled(self.of), self.fields, spot.filled(self.instructions))
        return Stay(("model",), (ask,), asked=True, why=f"reads {', '.join(self.fields)}")

    def hear(self, spot: Spot, signal: Signal) -> Move | None:
        """What was found; what was not is left as it was."""
        match signal:
            case ModelAnswered():
                found = {n: v for n, v in signal.values.items() if n in self.fields and v is not None and v != ""}
                missing = [name for name in self.required if spot.variables.get(name) is None and name not in found]
                if missing:
                    return Leave("incomplete", sets=found, why=f"missing: {', '.join(missing)}")
                return Leave(sets=found, why=f"found: {', '.join(found) or 'nothing'}")
            case Failed():
                return Leave(FAILED, why=f"no model answered: {signal.reason}")
        return None

    def reads(self) -> Iterator[str]:
        """What it reads from."""
        yield from names_in(self.of)
        yield from names_in(self.instructions)

    def sets(self) -> Iterator[str]:
        """Its fields."""
        yield from self.fields

    def problems(self, checking: Checking) -> Iterator[str]:
        """No fields, or names that are none."""
        if not self.fields:
            yield "it has no fields"
        for name in self.fields:
            if not NAME.fullmatch(name):
                yield f"{name!r} is not a variable's name"
        for name in self.required:
            if name not in self.fields:
                yield f"{name!r} is required, but no field"

    def doubts(self, checking: Checking) -> Iterator[tuple[str, str]]:
        """Nobody to ask."""
        yield from without_models(checking)
