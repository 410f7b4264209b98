"""Agents with scripted models, for tests: everything else is what runs in production.

model = ScriptedModel(calls("search_events", day="2026-11-21"), "There is a concert.")
async with conversation(agent(model, tools=[search_events])) as person:
    await person.says("What is on tomorrow?")
    assert person.heard == ["There is a concert."]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from turnkeeper.bots.agent import AgentBot, Replies
from turnkeeper.bots.question import Prompting
from turnkeeper.bots.thinking import Caps, Thinking
from turnkeeper.llm.base import ChatModel
from turnkeeper.llm.chain import Chain
from turnkeeper.llm.toolbox import Tool
from turnkeeper.llm.tools.functions import FunctionTool
from turnkeeper.llm.tools.gathering import ToolServer
from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.model.llm import ModelChoice, ModelSettings
from turnkeeper.testing.virtual_time import VirtualClock


class Unpublished:
    """No prompt is published: the configured one counts."""

    def find(self, workspace_id: WorkspaceId, bot_id: BotId) -> None:
        """None."""


def thinking(
    *models: ChatModel | tuple[ModelChoice, ChatModel],
    tools: Sequence[Tool | Callable[..., Any]] = (),
    servers: Sequence[ToolServer] = (),
    caps: Caps | None = None,
    timeout: float = 30.0,
) -> Thinking:
    """What a bot asks: models called `p1/m`, `p2/m`, …, or as chosen; functions become tools.

    Also for bots in Python: `bot.with_thinking(thinking(model))`.
    """
    settings = ModelSettings(timeout=timeout)
    chosen = [
        each if isinstance(each, tuple) else (ModelChoice(f"p{place}", "m", settings=settings), each)
        for place, each in enumerate(models, 1)
    ]
    used = [cast(Tool, each) if hasattr(each, "spec") else FunctionTool(each) for each in tools]
    return Thinking(
        Chain(chosen, VirtualClock().now),
        used,
        caps or Caps(),
        any(model.takes_images for _, model in chosen),
        any(model.takes_documents for _, model in chosen),
        servers,
    )


def agent(
    *models: ChatModel | tuple[ModelChoice, ChatModel],
    prompt: str = "You help.",
    tools: Sequence[Tool | Callable[..., Any]] = (),
    servers: Sequence[ToolServer] = (),
    caps: Caps | None = None,
    timeout: float = 30.0,
    replies: Replies | None = None,
    **prompting: Any,
) -> AgentBot:
    """An agent as the configuration makes one; `prompting` as of bots.question.Prompting (`history`, `facts`, …)."""
    asks = thinking(*models, tools=tools, servers=servers, caps=caps, timeout=timeout)
    return AgentBot(Prompting(BotId("bot"), prompt, **prompting), asks, Unpublished(), replies or Replies())
