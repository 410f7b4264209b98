"""Anthropic's Claude."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from anthropic import AsyncAnthropic
from anthropic.types.beta import BetaMessage
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

from turnkeeper.llm.base import ModelAway
from turnkeeper.llm.providers.account import Account
from turnkeeper.llm.providers.config import ProviderConfig
from turnkeeper.llm.providers.listing import instant
from turnkeeper.llm.providers.messages import Asked
from turnkeeper.model.llm import OfferedModel

_VERSION: Final = "2023-06-01"


class Anthropic(Account):
    """The Messages API: `max_tokens` is required, and tools that were used have to be declared."""

    default_address = "https://api.anthropic.com"
    keeps_tools = True
    default_max_tokens = 4096

    def __init__(self, config: ProviderConfig) -> None:
        super().__init__(config)
        self.address = self.address.removesuffix("/v1")
        client = AsyncAnthropic(api_key=config.api_key, base_url=self.address, http_client=self.http, max_retries=0)
        self.provider = AnthropicProvider(anthropic_client=client)

    def build(self, name: str) -> Model[Any]:
        """The library's model."""
        return AnthropicModel(name, provider=self.provider)

    def warm(self) -> None:
        """And what reads answers: the library builds it when the first one comes."""
        super().warm()
        _ = self.provider.client.beta.messages
        BetaMessage.construct(content=[{"type": "text", "text": ""}])

    def auth(self) -> dict[str, str]:
        """The key has a header of its own."""
        return {"x-api-key": self.config.api_key, "anthropic-version": _VERSION}

    def samples(self, model: Model[Any]) -> bool:
        """The newest models refuse temperature and top_p."""
        profile: Mapping[str, Any] = model.profile
        return not profile.get("anthropic_disallows_sampling_settings")

    def own_settings(self, settings: dict[str, Any], asked: Asked) -> dict[str, Any]:
        """Temperature ends at 1 and goes without top_p. Documents are cited; with a JSON schema that is refused."""
        found = dict(settings)
        if "temperature" in found:
            found["temperature"] = min(found["temperature"], 1.0)
            found.pop("top_p", None)
        if asked.documents and asked.parameters.output_mode != "native":
            found["citations"] = True
        return found

    async def models(self) -> Sequence[OfferedModel]:
        """What may still be asked, with the day on which it retires."""
        body = await self.fetch("GET", f"{self.address}/v1/models?limit=1000")
        entries = body.get("data")
        if not isinstance(entries, list):
            raise ModelAway("its reply holds no list of models")
        return [
            OfferedModel(
                name=each["id"],
                title=str(each.get("display_name") or ""),
                ends_at=instant(each.get("retires_at")),
                context=each.get("max_input_tokens") if isinstance(each.get("max_input_tokens"), int) else None,
            )
            for each in entries
            if isinstance(each, dict) and isinstance(each.get("id"), str)
        ]
