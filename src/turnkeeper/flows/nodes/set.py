"""Variables, fields of the contact, tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from turnkeeper.flows.effects import Effect, KeepField, Tag
from turnkeeper.flows.nodes.base import Leave, Move, NodeData, Spot
from turnkeeper.flows.values import MARK, NAME, looked_up, names_in

if TYPE_CHECKING:
    from turnkeeper.flows.checking import Checking


class Set(NodeData, frozen=True):
    """Sets variables, keeps fields of the contact (null forgets one), puts tags on and takes them off. A value that is
    one mark alone keeps its kind (a number stays one); other texts are filled in."""

    TYPE: ClassVar[str] = "set"
    TITLE: ClassVar[str] = "Set"

    variables: Mapping[str, Any] = {}
    contact: Mapping[str, Any] = {}
    tag: tuple[str, ...] = ()
    untag: tuple[str, ...] = ()

    def enter(self, spot: Spot) -> Move:
        """Set them."""
        effects: list[Effect] = [KeepField(name, worth(value, spot)) for name, value in self.contact.items()]
        effects += [Tag(name) for name in self.tag]
        effects += [Tag(name, on=False) for name in self.untag]
        return Leave(effects=tuple(effects), sets={name: worth(value, spot) for name, value in self.variables.items()})

    def sets(self) -> Iterator[str]:
        """Its variables."""
        yield from self.variables

    def reads(self) -> Iterator[str]:
        """What its values are made of."""
        for value in (*self.variables.values(), *self.contact.values()):
            if isinstance(value, str):
                yield from names_in(value)

    def problems(self, checking: Checking) -> Iterator[str]:
        """Names that are none."""
        if not (self.variables or self.contact or self.tag or self.untag):
            yield "it sets nothing"
        for name in (*self.variables, *self.contact):
            if not NAME.fullmatch(name):
                yield f"{name!r} is not a name: use letters, digits and underscores, a letter first"


def worth(value: Any, spot: Spot) -> Any:
    """What a value of the author's stands for."""
    if not isinstance(value, str):
        return value
    mark = MARK.fullmatch(value.strip())
    if mark is not None and (found := looked_up(spot.data, mark[1])) is not None:
        return found
    return spot.filled(value)
