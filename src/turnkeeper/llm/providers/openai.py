"""OpenAI."""

from __future__ import annotations

from openai import AsyncOpenAI
from pydantic_ai.providers import Provider
from pydantic_ai.providers.openai import OpenAIProvider

from turnkeeper.llm.providers.chat_completions import ChatCompletions
from turnkeeper.llm.providers.config import OpenAIConfig


class OpenAI(ChatCompletions):
    """OpenAI's chat completions."""

    config: OpenAIConfig
    default_address = "https://api.openai.com/v1"

    def connected(self) -> AsyncOpenAI:
        """With the organization and project that pay."""
        client = super().connected()
        client.organization = self.config.organization or None
        client.project = self.config.project or None
        return client

    def provided(self) -> Provider[AsyncOpenAI]:
        """Knows which models think."""
        return OpenAIProvider(openai_client=self.client)

    def auth(self) -> dict[str, str]:
        """Key, organization and project."""
        more = {"openai-organization": self.config.organization, "openai-project": self.config.project}
        return super().auth() | {name: value for name, value in more.items() if value}
