"""Variables, fields of the contact, tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from turnkeeper.flows.effects import Effect, KeepField, Tag
from turnkeeper.flows.nodes.base import Leave, Move, NodeData, Spot
from turnkeeper.flows.values import MARK, NAME, looked_up, names_in, number
from turnkeeper.flows.variables import plain_json

if TYPE_CHECKING:
    from turnkeeper.flows.problems import Checking

LONGEST_TAG: Final = 100
_MOST: Final = 1e15


class Set(NodeData, frozen=True):
    """Sets `variables`, keeps fields of the `contact` (null forgets one), puts tags on (`tag`) and takes them
    off (`untag`). A value that is one mark alone keeps its kind (a number stays one); other texts are filled in.
    Numbers, or marks that stand for some, are added to variables by `add`; what is no number counts as 0."""

    TYPE: ClassVar[str] = "set"
    TITLE: ClassVar[str] = "Set"

    variables: Mapping[str, Any] = {}
    add: Mapping[str, int | float | str] = {}
    contact: Mapping[str, Any] = {}
    tag: tuple[str, ...] = ()
    untag: tuple[str, ...] = ()

    def enter(self, spot: Spot) -> Move:
        """Set them."""
        effects: list[Effect] = [
            KeepField(name, plain_json(worth(value, spot))) for name, value in self.contact.items()
        ]
        effects += [Tag(tag) for tag in self._tags(spot, self.tag)]
        effects += [Tag(tag, on=False) for tag in self._tags(spot, self.untag)]
        sets = {name: worth(value, spot) for name, value in self.variables.items()}
        sets |= {name: _sum(spot.variables.get(name), worth(value, spot)) for name, value in self.add.items()}
        return Leave(effects=tuple(effects), sets=sets)

    def _tags(self, spot: Spot, tags: tuple[str, ...]) -> Iterator[str]:
        return filter(None, (spot.filled(tag).strip()[:LONGEST_TAG] for tag in tags))

    def sets(self) -> Iterator[str]:
        """Its variables."""
        yield from self.variables
        yield from self.add

    def reads(self) -> Iterator[str]:
        """What its values are made of."""
        for value in (*self.variables.values(), *self.add.values(), *self.contact.values(), *self.tag, *self.untag):
            yield from names_of(value)

    def problems(self, checking: Checking) -> Iterator[str]:
        """Names that are none."""
        if not (self.variables or self.add or self.contact or self.tag or self.untag):
            yield "it sets nothing"
        for name in (*self.variables, *self.add, *self.contact):
            if not NAME.fullmatch(name):
                yield f"{name!r} is not a name: use letters, digits and underscores, a letter first"
        for name, value in self.add.items():
            if name in self.variables:
                yield f"{name!r} is set and added to: do one of them"
            if number(value) is None and not (isinstance(value, str) and MARK.fullmatch(value.strip())):
                yield f"{value!r} is no number to add to {name!r}"
        if any(not tag.strip() for tag in (*self.tag, *self.untag)):
            yield "a tag has no name"


def _sum(before: Any, more: Any) -> int | float:
    """Of whatever is a number; without the dust of fractions, and never so large that 1 more would be lost."""
    total = (number(before) or 0.0) + (number(more) or 0.0)
    total = round(max(-_MOST, min(_MOST, total)), 9)
    return int(total) if total == int(total) else total


def worth(value: Any, spot: Spot) -> Any:
    """What a value of the author's stands for: JSON with the marks in its texts filled in."""
    match value:
        case str():
            mark = MARK.fullmatch(value.strip()) if "{{" in value else None
            if mark is not None and (found := looked_up(spot.data, mark[1])) is not None:
                return found
            return spot.filled(value)
        case Mapping():
            return {name: worth(each, spot) for name, each in value.items()}
        case list() | tuple():
            return [worth(each, spot) for each in value]
    return value


def names_of(value: Any) -> Iterator[str]:
    """The names of the marks in JSON."""
    match value:
        case str():
            yield from names_in(value)
        case Mapping():
            for each in value.values():
                yield from names_of(each)
        case list() | tuple():
            for each in value:
                yield from names_of(each)
