"""Whom a bot asks: its chain of models, their tools, and what a turn may take of them.

BotError
├── ModelsFailed            no model gave an answer: say something else, or let it rise
└── NotConfigured           mend the configuration: what the bot asks for is not in it
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from msgspec.structs import replace

from turnkeeper.engine.answer import Work
from turnkeeper.llm.base import ReadFile, Steps
from turnkeeper.llm.calls import ChainAnswer, ToolRun
from turnkeeper.llm.chain import Chain
from turnkeeper.llm.toolbox import Tool, Toolbox
from turnkeeper.llm.tools.functions import FunctionTool
from turnkeeper.llm.tools.gathering import ToolServer, gathered
from turnkeeper.model.agents import Spent
from turnkeeper.model.errors import BotError
from turnkeeper.model.llm import Attached, ChatRequest
from turnkeeper.rules.budget import Limits


class Asking(Steps, Protocol):
    """The turn that asks. `tools_done`: the effects that its tools have had."""

    tools_done: dict[str, ToolRun]


@dataclass(frozen=True, slots=True)
class Caps:
    """What one turn may take, and one conversation in a day; None: no cap. Seconds, and US dollars."""

    tool_rounds: int = 3
    tool_calls: int = 16
    tool_seconds: float = 20.0
    seconds: float = 90.0
    turn_tokens: int | None = 200_000
    turn_cost: float | None = None
    day_tokens: int | None = None
    day_cost: float | None = None


class ModelsFailed(BotError):
    """No model gave an answer; the words are for the operator."""


class NotConfigured(BotError):
    """The bot asks for models, knowledge or payments, and its configuration names none."""


@dataclass(frozen=True, slots=True)
class Thinking:
    """What a bot was configured to think with. `images`, `documents`: whether a model of the chain takes them.

    `tools`: what models may use; `servers`: who is asked at each question for more of them; `stands_for`: what stands
    for each tool that is used, wherever it comes from; None: it does itself.
    """

    chain: Chain
    tools: Sequence[Tool] = ()
    caps: Caps = Caps()
    images: bool = False
    documents: bool = False
    servers: Sequence[ToolServer] = ()
    stands_for: Callable[[Tool], Tool] | None = None

    def standing(self, tools: Sequence[Tool]) -> Sequence[Tool]:
        """What is used of these tools."""
        return tools if self.stands_for is None else [self.stands_for(tool) for tool in tools]

    def chosen(self, wanted: Sequence[Tool | Callable[..., Any] | str] | None) -> Sequence[Tool] | None:
        """The tools that a bot's author names: configured ones by their names, and functions; None: all of the
        configuration's. Raises LookupError."""
        if wanted is None:
            return None
        known = {tool.spec.name: tool for tool in self.tools}
        return [_tool(each, known) for each in wanted]

    async def asked(
        self,
        work: Work,
        turn: Asking,
        request: ChatRequest,
        tools: Sequence[Tool] | None = None,
        *,
        keeps: bool = True,
    ) -> ChainAnswer:
        """Ask the chain; the request's own tools are those of the toolbox. Raises no model's error.

        `keeps`: the question is kept with its first call, for nobody else keeps it."""
        fixed, told = (tools, ()) if tools is not None else await gathered(self.tools, self.servers)
        toolbox = Toolbox(self.standing(fixed), turn, work.now, turn.tools_done)
        answer = await self.chain.answer(request, toolbox, turn, await self._limits(work), _reader(work), keeps=keeps)
        return replace(answer, told=(*told, *answer.told)) if told else answer

    async def _limits(self, work: Work) -> Limits:
        caps = self.caps
        capped = caps.day_tokens is not None or caps.day_cost is not None
        spent = await work.records.spent_today() if capped else Spent()
        return Limits(
            work.began_at,
            work.attempt,
            caps.tool_rounds,
            caps.tool_calls,
            caps.seconds,
            caps.tool_seconds,
            caps.turn_tokens,
            caps.turn_cost,
            caps.day_tokens,
            caps.day_cost,
            spent,
        )


def _tool(wanted: Tool | Callable[..., Any] | str, known: Mapping[str, Tool]) -> Tool:
    if isinstance(wanted, str):
        if wanted not in known:
            raise LookupError(f"there is no tool {wanted!r}; the bot's `tools` are {', '.join(known) or 'none'}")
        return known[wanted]
    return cast(Tool, wanted) if hasattr(wanted, "spec") else FunctionTool(wanted)


def _reader(work: Work) -> ReadFile:
    async def read(file: Attached) -> bytes:
        return b"".join([chunk async for chunk in work.files.read(file.key)])

    return read
