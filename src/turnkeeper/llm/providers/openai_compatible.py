"""Any server that speaks OpenAI's chat completions."""

from __future__ import annotations

from typing import Any

from openai import AsyncOpenAI
from pydantic_ai.models import Model
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.profiles import merge_profile
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers import Provider
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

from turnkeeper.llm.providers.chat_completions import ChatCompletions, ours
from turnkeeper.llm.providers.config import CompatibleConfig


class Compatible(ChatCompletions):
    """Nothing is taken for granted: no schema, no strict tools, one system message."""

    config: CompatibleConfig

    def provided(self) -> Provider[AsyncOpenAI]:
        """Named as in the configuration: what it signs goes back to it only."""
        return OpenAICompatibleProvider(self.config.name or "compatible", openai_client=self.client)

    def build(self, name: str) -> Model[Any]:
        """Older servers know `max_tokens` only, and take one system message at most."""
        plain = OpenAIModelProfile(
            openai_chat_supports_max_completion_tokens=False,
            openai_chat_supports_multiple_system_messages=False,
            openai_supports_strict_tool_definition=False,
        )
        return OpenAIChatModel(name, provider=self.provider, profile=merge_profile(ours(), plain))

    def structured(self, model: Model[Any]) -> bool:
        """As configured."""
        del model
        return self.config.structured
