"""Google's Gemini."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from pydantic_ai.models import Model
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.providers.google import GoogleProvider

from turnkeeper.llm.base import ModelAway
from turnkeeper.llm.providers.account import EMBEDDING_TIMEOUT, Account
from turnkeeper.llm.providers.config import ProviderConfig
from turnkeeper.model.llm import OfferedModel

_MOST_PAGES: Final = 20


class Google(Account):
    """The Gemini API, by a key. It tells nobody when a model ends."""

    default_address = "https://generativelanguage.googleapis.com"

    def __init__(self, config: ProviderConfig) -> None:
        super().__init__(config)
        self.address = self.address.removesuffix("/v1beta")
        self.provider = GoogleProvider(
            api_key=config.api_key, http_client=self.http, base_url=f"{self.address}/" if config.base_url else None
        )

    def build(self, name: str) -> Model[Any]:
        """The library's model."""
        return GoogleModel(name, provider=self.provider)

    def thinks(self, model: Model[Any]) -> bool:
        """Whatever can think does."""
        return bool(model.profile.get("supports_thinking"))

    def auth(self) -> dict[str, str]:
        """The key has a header of its own."""
        return {"x-goog-api-key": self.config.api_key}

    async def models(self) -> Sequence[OfferedModel]:
        """What makes content, page by page."""
        found: list[OfferedModel] = []
        page = ""
        for _ in range(_MOST_PAGES):
            more = f"&pageToken={quote(page, safe='')}" if page else ""
            body = await self.fetch("GET", f"{self.address}/v1beta/models?pageSize=1000{more}")
            entries = body.get("models")
            if not isinstance(entries, list):
                raise ModelAway("its reply holds no list of models")
            found += [_offered(each) for each in entries if isinstance(each, dict) and _answers(each)]
            page = body.get("nextPageToken") or ""
            if not isinstance(page, str) or not page:
                break
        return found

    async def embed(self, model: str, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """A vector for each text."""
        return [vector for batch in self.batches(texts) for vector in await self._batch(model, batch)]

    async def _batch(self, model: str, texts: Sequence[str]) -> list[list[float]]:
        name = f"models/{model}"
        asked = {"requests": [{"model": name, "content": {"parts": [{"text": each}]}} for each in texts]}
        url = f"{self.address}/v1beta/models/{quote(model, safe='')}:batchEmbedContents"
        body = await self.fetch("POST", url, body=asked, within=EMBEDDING_TIMEOUT)
        try:
            found = [[float(n) for n in each["values"]] for each in body["embeddings"]]
        except (KeyError, TypeError, ValueError):
            found = []
        if len(found) != len(texts):
            raise ModelAway("its reply holds no vectors")
        return found


def _answers(entry: dict[str, Any]) -> bool:
    """Whether it can be asked for words, or for vectors."""
    methods = entry.get("supportedGenerationMethods") or ()
    return isinstance(entry.get("name"), str) and bool({"generateContent", "embedContent"} & set(methods))


def _offered(entry: dict[str, Any]) -> OfferedModel:
    limit = entry.get("inputTokenLimit")
    name = str(entry["name"]).removeprefix("models/")
    return OfferedModel(name, str(entry.get("displayName") or ""), None, limit if isinstance(limit, int) else None)
