"""What is said to a language model and what comes back, whoever provides it.

Plain values: adapters turn them into each provider's words, rules decide over them, steps keep them as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import msgspec


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a call took. `cost`: US dollars; None where nobody knows the price."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: float | None = None

    @property
    def tokens(self) -> int:
        """Read and written together."""
        return self.input_tokens + self.output_tokens


class Attached(msgspec.Struct, frozen=True, omit_defaults=True):
    """A kept file that goes with words, to models that take its kind; others are told of it in words."""

    key: str
    mime: str
    filename: str
    size: int


class Said(msgspec.Struct, frozen=True, tag="said", omit_defaults=True):
    """Words of the person (`user`), or of the bot (`assistant`) in earlier turns."""

    role: Literal["user", "assistant"]
    text: str
    files: tuple[Attached, ...] = ()


class ToolCall(msgspec.Struct, frozen=True):
    """A tool that the model wants to use; `arguments` is what it wrote: mostly JSON."""

    id: str
    name: str
    arguments: str


class Calling(msgspec.Struct, frozen=True, tag="calling", omit_defaults=True):
    """The model's own words that asked for tools. `opaque` is the provider's form of it, for the same model only."""

    calls: tuple[ToolCall, ...]
    text: str = ""
    opaque: str = ""
    model: str = ""


class ToolResult(msgspec.Struct, frozen=True, tag="result", omit_defaults=True):
    """What came of a tool call, as the model reads it."""

    id: str
    name: str
    content: str
    failed: bool = False


ChatMessage = Said | Calling | ToolResult


class ToolSpec(msgspec.Struct, frozen=True):
    """A tool as it is told to a model: `parameters` is the JSON schema of an object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


class ModelSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a model is to answer; None: as the provider likes. `timeout`: seconds for one call."""

    temperature: float | None = None
    max_tokens: int | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    timeout: float = 30.0


class ModelChoice(msgspec.Struct, frozen=True, omit_defaults=True):
    """One model of a chain: the provider's name in the configuration and the model's name there.

    `images`, `documents`: whether it takes them; None: as is known of its family.
    """

    provider: str
    name: str
    tools: bool = True
    images: bool | None = None
    documents: bool | None = None
    settings: ModelSettings = ModelSettings()

    def __str__(self) -> str:
        return f"{self.provider}/{self.name}"


class ChatRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """One question to a model. `json_schema`: the answer is to be JSON of this shape."""

    instructions: str
    messages: tuple[ChatMessage, ...]
    tools: tuple[ToolSpec, ...] = ()
    settings: ModelSettings = ModelSettings()
    json_schema: Mapping[str, Any] | None = None


class Citation(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a part of an answer comes from. `end`: the place in the answer's text after which its number belongs."""

    title: str
    quote: str = ""
    url: str = ""
    end: int | None = None


class ChatAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a model answered: words, or tools that it wants, or both. `model`: as the provider names it."""

    text: str
    model: str
    usage: Usage = Usage()
    calls: tuple[ToolCall, ...] = ()
    citations: tuple[Citation, ...] = ()
    finish: str = "stop"
    opaque: str = ""


class OfferedModel(NamedTuple):
    """A model that a provider says it has. `ends_at`: when it is switched off, if the provider tells (unix seconds)."""

    name: str
    title: str = ""
    ends_at: float | None = None
    context: int | None = None
