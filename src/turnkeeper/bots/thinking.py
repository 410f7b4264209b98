"""Whom a bot asks: its chain of models, their tools, and what a turn may take of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from turnkeeper.bots.turn import Turn
from turnkeeper.engine.answer import Work
from turnkeeper.llm.base import ReadFile
from turnkeeper.llm.calls import ChainAnswer
from turnkeeper.llm.chain import Chain
from turnkeeper.llm.toolbox import Tool, Toolbox
from turnkeeper.model.agents import Spent
from turnkeeper.model.llm import Attached, ChatRequest
from turnkeeper.rules.budget import Limits


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


@dataclass(frozen=True, slots=True)
class Thinking:
    """What a bot was configured to think with. `images`, `documents`: whether a model of the chain takes them.

    `tools`: what models may use.
    """

    chain: Chain
    tools: Sequence[Tool] = ()
    caps: Caps = Caps()
    images: bool = False
    documents: bool = False

    async def asked(
        self, work: Work, turn: Turn, request: ChatRequest, tools: Sequence[Tool] | None = None
    ) -> ChainAnswer:
        """Ask the chain; the request's own tools are those of the toolbox. Raises no model's error."""
        toolbox = Toolbox(self.tools if tools is None else tools, turn, work.now)
        return await self.chain.answer(request, toolbox, turn, await self._limits(work), _reader(work))

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


def _reader(work: Work) -> ReadFile:
    async def read(file: Attached) -> bytes:
        return b"".join([chunk async for chunk in work.files.read(file.key)])

    return read
