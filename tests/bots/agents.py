"""Agents for tests: scripted models, nothing configured that a test does not ask for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from turnkeeper.bots.agent import AgentBot, Replies
from turnkeeper.bots.question import Prompting
from turnkeeper.bots.thinking import Caps, Thinking
from turnkeeper.llm.base import ModelAway, ReadFile
from turnkeeper.llm.chain import Chain
from turnkeeper.llm.toolbox import Tool
from turnkeeper.model.agents import PromptVersion
from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.model.llm import ChatAnswer, ChatRequest, ModelChoice, Said
from turnkeeper.testing.models import ScriptedModel
from turnkeeper.testing.virtual_time import VirtualClock

DOWN = ModelAway("503 from the provider: key sk-secret")


class Looking(ScriptedModel):
    """A model that looks at the files that it is given."""

    def __init__(self, *script: Any) -> None:
        super().__init__(*script, repeat=True, takes_images=True)
        self.files: list[bytes] = []

    async def ask(self, request: ChatRequest, read: ReadFile) -> ChatAnswer:
        """As the script says."""
        said = [message for message in request.messages if isinstance(message, Said)]
        self.files += [await read(file) for message in said for file in message.files]
        return await super().ask(request, read)


def scripted(*lines: Any) -> ScriptedModel:
    """Says one line after the other, the last for ever."""
    return ScriptedModel(*lines, repeat=True)


@dataclass(slots=True)
class Published:
    """Prompts that a test publishes."""

    text: str | None = None
    version: int = 1

    def find(self, workspace_id: WorkspaceId, bot_id: BotId) -> PromptVersion | None:
        if self.text is None:
            return None
        return PromptVersion(workspace_id, bot_id, self.version, self.text, "published", 0.0, 0.0)


def thinking(*models: ScriptedModel, tools: Sequence[Tool] = (), caps: Caps | None = None) -> Thinking:
    """Models p1/m, p2/m, …"""
    choices = [(ModelChoice(f"p{place}", "m"), model) for place, model in enumerate(models, 1)]
    images = any(model.takes_images for model in models)
    documents = any(model.takes_documents for model in models)
    return Thinking(Chain(choices, VirtualClock().now), tools, caps or Caps(), images, documents)


def agent(
    *models: ScriptedModel,
    prompt: str = "You help.",
    tools: Sequence[Tool] = (),
    prompts: Published | None = None,
    caps: Caps | None = None,
    fixed: str | None = None,
    **prompting: Any,
) -> AgentBot:
    """An agent with models p1/m, p2/m, …"""
    asked = thinking(*models, tools=tools, caps=caps)
    replies = Replies() if fixed is None else Replies(fixed)
    return AgentBot(Prompting(BotId("bot"), prompt, **prompting), asked, prompts or Published(), replies)
