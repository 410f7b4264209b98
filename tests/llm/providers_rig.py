"""Every kind of provider against the fake of all of them."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from turnkeeper.config.providers import PROVIDER_KINDS
from turnkeeper.llm.base import ChatModel, Provider
from turnkeeper.llm.providers.registry import open_provider
from turnkeeper.model.llm import Attached, ChatRequest, ModelSettings, Said, ToolSpec
from turnkeeper.testing.fake_models import Asked, FakeModels
from turnkeeper.testing.loopback import Running

MODELS = {
    "openrouter": "openai/gpt-4.1-mini",
    "openai": "gpt-4.1-mini",
    "azure": "gpt-4.1-mini",
    "anthropic": "claude-haiku-4-5",
    "google": "gemini-3.5-flash",
    "openai_compatible": "llama-3.1-8b",
}
KINDS = list(MODELS)
CHAT = ["openrouter", "openai", "azure", "openai_compatible"]
"""Those that speak chat completions."""
SEARCH = ToolSpec(
    "search_events",
    "Find events on a day.",
    {"type": "object", "properties": {"day": {"type": "string"}}, "required": ["day"]},
)
PICTURE = Attached("k1", "image/png", "menu.png", 120_000)
PAPER = Attached("k2", "application/pdf", "terms.pdf", 90_000)
QUESTION = "What is for lunch on Friday?"


async def read(file: Attached) -> bytes:
    """The bytes of an attached file."""
    return file.mime.encode()


def question(*said: Any, **more: Any) -> ChatRequest:
    """One request; words are the person's."""
    messages = tuple(Said("user", each) if isinstance(each, str) else each for each in said or (QUESTION,))
    settings = more.pop("settings", ModelSettings(timeout=10.0))
    return ChatRequest("Be kind.", messages, settings=settings, **more)


@dataclass(frozen=True, slots=True)
class Rig:
    """The fake, in a thread of its own."""

    here: Running[FakeModels]

    @property
    def fake(self) -> FakeModels:
        return self.here.fake

    @contextlib.asynccontextmanager
    async def provider(self, kind: str, **keys: Any) -> AsyncIterator[Provider]:
        """A provider of this kind, configured as in a file."""
        given = {"kind": kind, "api_key": self.fake.key, "base_url": self.fake.address(kind) or self.fake.base_url}
        provider = open_provider(PROVIDER_KINDS[kind].model_validate(given | keys).config("mine"))
        try:
            yield provider
        finally:
            await provider.close()

    @contextlib.asynccontextmanager
    async def model(self, kind: str, name: str = "", **keys: Any) -> AsyncIterator[ChatModel]:
        """A model of such a provider."""
        async with self.provider(kind, **keys) as provider:
            yield provider.model(name or MODELS[kind])

    @property
    def body(self) -> dict[str, Any]:
        """What was asked last."""
        return self.fake.last.body


def parts(asked: Asked) -> Iterator[dict[str, Any]]:
    """Every piece of content in a request, whatever the family calls it."""
    for message in asked.body.get("messages") or asked.body.get("contents") or ():
        content = message.get("content", message.get("parts"))
        if isinstance(content, str):
            yield {"type": "text", "text": content}
        elif isinstance(content, list):
            yield from content


def words(asked: Asked) -> str:
    """Every word of the messages."""
    return "\n".join(each["text"] for each in parts(asked) if "text" in each)


def instructions(asked: Asked) -> str:
    """What stands above the conversation."""
    body = asked.body
    if "systemInstruction" in body:
        return "\n".join(each["text"] for each in body["systemInstruction"]["parts"])
    if "system" in body:
        system = body["system"]
        return system if isinstance(system, str) else "\n".join(each["text"] for each in system)
    return "\n".join(each["content"] for each in body["messages"] if each["role"] == "system")
