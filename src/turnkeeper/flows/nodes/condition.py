"""A fork: the first branch whose condition holds, else the other way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from turnkeeper.flows import conditions
from turnkeeper.flows.conditions import BadCondition, Condition
from turnkeeper.flows.model import Flow
from turnkeeper.flows.nodes.base import Leave, Move, NodeData, Spot
from turnkeeper.flows.nodes.set import names_of

if TYPE_CHECKING:
    from turnkeeper.flows.problems import Checking

ELSE: Final = "else"


class Branch(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An `exit`, and `when` it is taken: a condition."""

    exit: str
    when: Any

    def condition(self) -> Condition:
        """Raises BadCondition."""
        return conditions.read(self.when)


class ConditionNode(NodeData, frozen=True):
    """Goes on by the first of its `branches` that holds, else by `else`."""

    TYPE: ClassVar[str] = "condition"
    TITLE: ClassVar[str] = "Condition"

    branches: tuple[Branch, ...]

    def exits(self) -> tuple[str, ...]:
        """One for each branch, and `else`."""
        return (*(branch.exit for branch in self.branches), ELSE)

    def enter(self, spot: Spot) -> Move:
        """Decide."""
        data = spot.data
        for exit_, condition in self._conditions:
            if conditions.holds(condition, data):
                return Leave(exit_, why=f"{exit_}: it holds")
        return Leave(ELSE, why="none of the conditions holds")

    @cached_property
    def _conditions(self) -> tuple[tuple[str, Condition], ...]:
        """Those that are some; publishing refuses the others."""
        found: list[tuple[str, Condition]] = []
        for branch in self.branches:
            try:
                found.append((branch.exit, branch.condition()))
            except BadCondition:
                continue
        return tuple(found)

    def conditions(self) -> Iterator[Condition]:
        """Those of its branches that are some."""
        return (condition for _, condition in self._conditions)

    def expects(self, flow: Flow, node: str) -> tuple[str, ...]:
        """All of them."""
        return self.exits()

    def reads(self) -> Iterator[str]:
        """The fields of its conditions, and what their values are made of."""
        for _, condition in self._conditions:
            for test in conditions.tests_of(condition):
                yield test.field
                yield from names_of(test.value)

    def problems(self, checking: Checking) -> Iterator[str]:
        """Conditions that are none."""
        if not self.branches:
            yield "it has no branches"
        for exit_, times in Counter(branch.exit for branch in self.branches).items():
            if times > 1 or exit_ in (ELSE, ""):
                yield f"a branch cannot be called {exit_!r}" if times == 1 else f"{times} branches are called {exit_!r}"
        for branch in self.branches:
            try:
                condition = branch.condition()
            except BadCondition as error:
                yield f"{branch.exit}: {error}"
            else:
                yield from (f"{branch.exit}: {problem}" for problem in conditions.problems(condition))
