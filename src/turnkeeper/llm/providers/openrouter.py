"""OpenRouter: many providers' models under one account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openai import AsyncOpenAI
from openai.types import chat
from pydantic_ai.messages import ModelResponse
from pydantic_ai.models import Model
from pydantic_ai.models.openrouter import OpenRouterModel
from pydantic_ai.providers import Provider
from pydantic_ai.providers.openrouter import OpenRouterProvider

from turnkeeper.llm.base import ModelMisconfigured
from turnkeeper.llm.providers.chat_completions import ChatCompletions, ours
from turnkeeper.model.llm import OfferedModel


class OpenRouter(ChatCompletions):
    """It tells what each call cost."""

    default_address = "https://openrouter.ai/api/v1"

    def provided(self) -> Provider[AsyncOpenAI]:
        """Knows the ways of the models behind it."""
        return OpenRouterProvider(openai_client=self.client)

    def build(self, name: str) -> Model[Any]:
        """With what a model behind it wants back between tool calls."""
        return _Tolerant(name, provider=self.provider, profile=ours())

    async def models(self) -> Sequence[OfferedModel]:
        """Its list is open to everybody, so the key is asked for first; gateways may not know that call."""
        try:
            await self.fetch("GET", f"{self.address}/key")
        except ModelMisconfigured as error:
            if error.status != 404:
                raise
        return await super().models()

    def own_cost(self, response: ModelResponse) -> float | None:
        """`usage.cost`, in credits, which are US dollars."""
        cost = (response.provider_details or {}).get("cost")
        return float(cost) if isinstance(cost, int | float) else None


class _Tolerant(OpenRouterModel):
    """The library refuses a reply that does not name who answered; gateways leave that out."""

    def _validate_completion(self, response: chat.ChatCompletion) -> Any:
        if not getattr(response, "provider", None):
            response.provider = "unknown"  # type: ignore[attr-defined]
        return super()._validate_completion(response)
