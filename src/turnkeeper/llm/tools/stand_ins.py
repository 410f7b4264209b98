"""What stands for a tool where a turn is run again: what it gave then for the same arguments, or nothing was done.

Tools that only look something up in our own, or note something for the turn, run as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from turnkeeper.llm.calls import ToolReply, ToolRun
from turnkeeper.llm.toolbox import Checking, Tool, ToolContext
from turnkeeper.model.conversation import StepRow
from turnkeeper.model.llm import ToolSpec
from turnkeeper.model.rehearsed import StandIn

NOT_RUN = "(This is a rehearsal: it was not done. Go on as if it had worked.)"
_run = msgspec.json.Decoder(ToolRun).decode
_reply = msgspec.json.Decoder(ToolReply).decode


class StandIns:
    """Stands in for the tools of one turn. `harmless`: the kinds that really run; `stands` is told what stood."""

    def __init__(self, steps: Sequence[StepRow], harmless: tuple[type, ...], stands: Callable[[StandIn], None]) -> None:
        self._harmless = harmless
        self._stands = stands
        self._runs: list[ToolRun] = []
        self._replies: dict[str, ToolReply] = {}
        for row in steps:
            if row.result is not None:
                self._add(row, row.result)

    def _add(self, row: StepRow, result: bytes) -> None:
        try:
            if row.name.startswith("tool.") and not row.name.endswith(".arguments"):
                self._runs.append(_run(result))
            elif row.name.startswith("flow ") and row.name.endswith(" tool"):
                self._replies[row.arguments] = _reply(result)
        except msgspec.MsgspecError:
            return  # another release's

    def of(self, tool: Tool) -> Tool:
        """What stands for a tool."""
        return tool if isinstance(tool, self._harmless) else _Stood(tool, self)

    def gave(self, tool: Tool, arguments: Mapping[str, Any]) -> ToolReply:
        """What it gave then; else that nothing was done."""
        name = tool.spec.name
        found = next((run.reply for run in self._runs if run.name == name and run.arguments == arguments), None)
        found = found or self._replies.get(_digest([name, arguments]))
        detail = msgspec.json.encode(arguments).decode()
        self._stands(StandIn(f"tool.{name}", "stubbed" if found is None else "recorded", tool.effect, detail))
        return ToolReply(NOT_RUN, told="not run: a rehearsal") if found is None else found


class _Stood:
    """A tool that is stood for."""

    def __init__(self, tool: Tool, stand_ins: StandIns) -> None:
        self._tool = tool
        self._stand_ins = stand_ins

    @property
    def spec(self) -> ToolSpec:
        return self._tool.spec

    @property
    def effect(self) -> bool:
        return self._tool.effect

    def check(self, arguments: Mapping[str, Any]) -> None:
        """As the tool does, where it does."""
        if isinstance(self._tool, Checking):
            self._tool.check(arguments)

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolReply:  # noqa: ARG002 - the port's
        return self._stand_ins.gave(self._tool, arguments)


def _digest(arguments: object) -> str:
    return blake2b(msgspec.json.encode(arguments), digest_size=16).hexdigest()
