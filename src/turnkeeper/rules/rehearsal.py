"""What stands for a step of a turn that is run again: its result of then, nothing at all, or its own work.

Rule: an effect never happens, and no call of a flow's is made. What is only read or reckoned is done anew, where it was
not done then with the same arguments. Models are asked, or say what they said then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from turnkeeper.model.conversation import StepRow

Models = Literal["asked", "recorded"]
_ANEW = ("prompt", "flow")
"""What the draft decides."""


class Wanted(NamedTuple):
    """A step that a turn comes to; `arguments`: their digest."""

    name: str
    occurrence: int
    arguments: str
    effect: bool


class Standing(NamedTuple):
    """`row`: whose result it has; None and not `runs`: nothing is done."""

    row: StepRow | None
    runs: bool


def stands_for(wanted: Wanted, steps: Sequence[StepRow], models: Models) -> Standing:
    """What stands for a step. `steps`: those of then, of which the newest attempt's count first."""
    name = wanted.name
    if name == "model":
        row = _by_place(wanted, steps) if models == "recorded" else None
        return Standing(row, runs=models == "asked")
    if name in _ANEW or name.startswith("tool.") or _is_flows_tool(name):
        return Standing(None, runs=True)  # of a tool the tool itself is stood for
    row = _by_arguments(wanted, steps)
    if row is not None:
        return Standing(row, runs=False)
    called = wanted.effect or _is_call(name) or name.startswith(("payment.", "hear", "voice."))
    return Standing(None, runs=not called)


def _is_call(name: str) -> bool:
    return name.startswith("flow ") and name.endswith(" http")


def _is_flows_tool(name: str) -> bool:
    return name.startswith("flow ") and name.endswith(" tool")


def _by_place(wanted: Wanted, steps: Sequence[StepRow]) -> StepRow | None:
    same = [row for row in steps if row.name == wanted.name and row.occurrence == wanted.occurrence]
    return _newest(same)


def _by_arguments(wanted: Wanted, steps: Sequence[StepRow]) -> StepRow | None:
    """The same question, wherever it stood; a call of a flow has a number in its name, which a draft may move."""
    same = [row for row in steps if _alike(row.name, wanted.name) and row.arguments == wanted.arguments]
    here = [row for row in same if row.occurrence == wanted.occurrence]
    return _newest(here) or _newest(same)


def _alike(one: str, other: str) -> bool:
    return one == other or (_is_call(one) and _is_call(other))


def _newest(rows: Sequence[StepRow]) -> StepRow | None:
    done = [row for row in rows if row.result is not None]
    return max(done, key=lambda row: (row.effect, row.attempt), default=None)


def tool_ran(name: str, arguments: object, runs: Sequence[tuple[str, object, bytes]]) -> bytes | None:
    """What a tool gave then for the same arguments. `runs`: names, arguments, replies."""
    return next((reply for each, given, reply in runs if each == name and given == arguments), None)
