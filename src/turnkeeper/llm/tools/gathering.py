"""Which tools a turn has: the fixed ones, and those that its MCP servers offer now."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from turnkeeper.llm.toolbox import Tool


class ToolServer(Protocol):
    """Something that offers tools, or is away."""

    async def tools(self) -> Sequence[Tool]:
        """What it offers now. Raises TurnkeeperError where it is away, in words for operators."""


async def gathered(fixed: Sequence[Tool], servers: Sequence[ToolServer]) -> tuple[tuple[Tool, ...], tuple[str, ...]]:
    """All tools of a turn, each name once, and what the trace has to know: a server that is away, a name taken."""
    found = await asyncio.gather(*(server.tools() for server in servers), return_exceptions=True)
    tools = {tool.spec.name: tool for tool in fixed}
    told: list[str] = []
    for offered in found:
        if isinstance(offered, Exception):
            told.append(f"tools left out, their server is away: {offered}")
        elif isinstance(offered, BaseException):
            raise offered
        else:
            told += [f"{tool.spec.name}: left out, the name is taken" for tool in offered if tool.spec.name in tools]
            tools = {**{tool.spec.name: tool for tool in offered}, **tools}
    return tuple(tools.values()), tuple(told)
