"""What all who speak OpenAI's chat completions share: the client, the list of models, embeddings."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Final

from openai import AsyncOpenAI
from pydantic_ai.models import Model
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers import Provider

from turnkeeper.llm.base import ModelAway
from turnkeeper.llm.providers.account import EMBEDDING_TIMEOUT, Account
from turnkeeper.llm.providers.config import ProviderConfig
from turnkeeper.llm.providers.listing import instant
from turnkeeper.model.llm import OfferedModel

NO_KEY: Final = "none"
"""What is sent to a server that needs no key: the library insists on one."""


class ChatCompletions(Account):
    """A provider that speaks chat completions."""

    thinks_aloud = True

    def __init__(self, config: ProviderConfig) -> None:
        super().__init__(config)
        self.client = self.connected()
        self.provider = self.provided()

    def connected(self) -> AsyncOpenAI:
        """The library's client, over our connections. Retries are the chain's."""
        client = AsyncOpenAI(
            api_key=self.config.api_key or NO_KEY, base_url=self.address, http_client=self.http, max_retries=0
        )
        client.organization = client.project = None  # else taken from the environment
        return client

    @abstractmethod
    def provided(self) -> Provider[AsyncOpenAI]:
        """The library's provider, which knows its models' ways."""

    def build(self, name: str) -> Model[Any]:
        """The library's model. A stream that ends without a reason has been cut."""
        return OpenAIChatModel(name, provider=self.provider, profile=ours())

    def auth(self) -> dict[str, str]:
        """The key as a bearer token."""
        return {"authorization": f"Bearer {self.config.api_key or NO_KEY}"}

    def samples(self, model: Model[Any]) -> bool:
        """Models that think refuse temperature and the like while they do."""
        profile: Mapping[str, Any] = model.profile
        if not profile.get("openai_supports_reasoning"):
            return True
        can_rest = profile.get("openai_supports_reasoning_effort_none") or "none" in (
            profile.get("openai_reasoning_efforts") or ()
        )
        return bool(can_rest) and not profile.get("thinking_enabled_by_default")

    async def models(self) -> Sequence[OfferedModel]:
        """What the provider lists."""
        return listed(await self.fetch("GET", f"{self.address}/models"))

    async def embed(self, model: str, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """A vector for each text."""
        return await self._embedded(f"{self.address}/embeddings", model, texts)

    async def _embedded(self, url: str, model: str, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return [vector for batch in self.batches(texts) for vector in await self._batch(url, model, batch)]

    async def _batch(self, url: str, model: str, texts: Sequence[str]) -> list[list[float]]:
        asked = {"model": model, "input": list(texts), "encoding_format": "float"}
        body = await self.fetch("POST", url, body=asked, within=EMBEDDING_TIMEOUT)
        try:
            found = {int(each["index"]): [float(n) for n in each["embedding"]] for each in body["data"]}
            return [found[at] for at in range(len(texts))]
        except (KeyError, TypeError, ValueError):
            raise ModelAway("its reply holds no vectors") from None


def ours() -> OpenAIModelProfile:
    """What we want otherwise than the library: a stream without a reason for its end was cut, and tags of thoughts
    are ours to read, since they may come in pieces."""
    return OpenAIModelProfile(openai_chat_streaming_requires_finish_reason=True, thinking_tags=("\0", "\0"))


def listed(body: Mapping[str, Any]) -> list[OfferedModel]:
    """The models of a list; `shutdown_date` is OpenAI's, `expiration_date` OpenRouter's, `deprecation` Azure's."""
    entries = body.get("data")
    if not isinstance(entries, list):
        raise ModelAway("its reply holds no list of models")
    return [_offered(each) for each in entries if isinstance(each, dict) and isinstance(each.get("id"), str)]


def _offered(entry: Mapping[str, Any]) -> OfferedModel:
    deprecation = entry.get("deprecation")
    ends = deprecation.get("inference") if isinstance(deprecation, dict) else None
    context = entry.get("context_length") or entry.get("max_model_len")
    return OfferedModel(
        name=entry["id"],
        title=str(entry.get("name") or ""),
        ends_at=instant(entry.get("shutdown_date") or entry.get("expiration_date") or ends),
        context=context if isinstance(context, int) else None,
    )
