"""A template: the only thing that reaches somebody on WhatsApp who has not written for a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from turnkeeper.flows.effects import Say
from turnkeeper.flows.model import Texts
from turnkeeper.flows.nodes.base import Leave, Move, NodeData, Spot
from turnkeeper.flows.values import names_in
from turnkeeper.model.contents import Template

if TYPE_CHECKING:
    from turnkeeper.flows.problems import Checking


class TemplateNode(NodeData, frozen=True):
    """Sends the template `name` and goes on. `language`: a text for each of the flow's languages where they differ.

    What its marks stand for is `body`, in their order, or `named`, by their names; and its `header`.
    """

    TYPE: ClassVar[str] = "template"
    TITLE: ClassVar[str] = "Template"

    name: str
    language: Texts = "en"
    body: tuple[str, ...] = ()
    named: Mapping[str, str] = {}
    header: str = ""

    def enter(self, spot: Spot) -> Move:
        """Send it; its parameters are plain, with no new lines."""
        template = Template(
            self.name,
            spot.text(self.language),
            tuple(_flat(spot.filled(value)) for value in self.body),
            {name: _flat(spot.filled(value)) for name, value in self.named.items()},
            header=_flat(spot.filled(self.header)) if self.header else None,
        )
        return Leave(effects=(Say(template),), why=f"template {self.name}")

    def reads(self) -> Iterator[str]:
        """Its parameters."""
        for value in (*self.body, *self.named.values(), self.header):
            yield from names_in(value)

    def problems(self, checking: Checking) -> Iterator[str]:
        """A template that there is not."""
        if not self.name:
            yield "it names no template"
        elif checking.templates is not None and self.name not in checking.templates:
            yield f"there is no template {self.name!r}"


def _flat(text: str) -> str:
    """On one line, and never empty: a template takes nothing else."""
    return " ".join(text.split())[:1000] or "-"
