"""Azure OpenAI."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlsplit

from openai import AsyncAzureOpenAI, AsyncOpenAI
from pydantic_ai.providers import Provider
from pydantic_ai.providers.azure import AzureProvider

from turnkeeper.llm.providers.chat_completions import ChatCompletions, listed
from turnkeeper.llm.providers.config import AzureConfig
from turnkeeper.model.llm import OfferedModel

_V1: Final = "/openai/v1"
_LISTING: Final = "2024-10-21"
"""The dated version that tells when models end."""


class Azure(ChatCompletions):
    """A resource; its models are named by deployments."""

    config: AzureConfig

    def __init__(self, config: AzureConfig) -> None:
        self._resource = config.base_url.rstrip("/").removesuffix(_V1).removesuffix("/v1")
        super().__init__(config)

    @property
    def _dated(self) -> bool:
        return self.config.api_version not in ("", "preview", "latest")

    def connected(self) -> AsyncOpenAI:
        """The v1 API is called like OpenAI's own; dated versions have each deployment under a path of its own."""
        if self._dated:
            return AsyncAzureOpenAI(
                azure_endpoint=self._resource,
                api_key=self.config.api_key,
                api_version=self.config.api_version,
                http_client=self.http,
                max_retries=0,
            )
        client = AsyncOpenAI(
            api_key=self.config.api_key,
            base_url=self._v1,
            default_headers=self.auth(),
            default_query={"api-version": self.config.api_version} if self.config.api_version else None,
            http_client=self.http,
            max_retries=0,
        )
        client.organization = client.project = None
        return client

    @property
    def _v1(self) -> str:
        serverless = (urlsplit(self._resource).hostname or "").endswith(".models.ai.azure.com")
        return f"{self._resource}/v1" if serverless else f"{self._resource}{_V1}"

    def provided(self) -> Provider[AsyncOpenAI]:
        """Knows Azure's content filter."""
        return AzureProvider(openai_client=self.client)  # type: ignore[call-overload,no-any-return]

    def auth(self) -> dict[str, str]:
        """The key has a header of its own."""
        return {"api-key": self.config.api_key}

    async def models(self) -> Sequence[OfferedModel]:
        """The models that the resource may deploy, not its deployments: those only Azure's management tells."""
        version = self.config.api_version if self._dated else _LISTING
        return listed(await self.fetch("GET", f"{self._resource}/openai/models?api-version={version}"))

    async def embed(self, model: str, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """A vector for each text, by a deployment."""
        if self._dated:
            deployment = f"{self._resource}/openai/deployments/{quote(model, safe='')}"
            return await self._embedded(f"{deployment}/embeddings?api-version={self.config.api_version}", model, texts)
        return await self._embedded(f"{self._v1}/embeddings", model, texts)
