"""The port of a language model, and what can go wrong with one.

ModelError                  this model gave no answer: ask the next one
├── ModelAway               counts against the provider: no connection, 5xx, a body that is none, a cut stream
│   ├── ModelSlow           no answer within its time
│   └── ModelBusy           429 or overloaded; `retry_after` in seconds, if it said
├── ModelRefused            it will not answer this (refusal, content filter): not the provider's fault
│   └── FileRefused         it cannot read a file that is attached: ask with words instead, or the next one
├── ModelEmpty              an answer without words and without tools
├── TooMuchSaid             longer than the model can read: ask with less, or the next one
└── ModelMisconfigured      wrong key, unknown model, refused settings: page the operator

`shown` is what an operator reads; a person never sees any of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar, Protocol

from turnkeeper.model.errors import TurnkeeperError
from turnkeeper.model.llm import Attached, ChatAnswer, ChatRequest, OfferedModel

ReadFile = Callable[[Attached], Awaitable[bytes]]
"""The bytes of an attached file."""


class ModelError(TurnkeeperError):
    """A model gave no answer. `kind` is one word for traces and counters."""

    kind: ClassVar[str] = "error"

    def __init__(self, shown: str, *, status: int | None = None) -> None:
        super().__init__(shown)
        self.shown = shown
        self.status = status


class ModelAway(ModelError):
    """The provider does not work now."""

    kind = "away"


class ModelSlow(ModelAway):
    """No answer within its time."""

    kind = "slow"


class ModelBusy(ModelAway):
    """The provider wants us to come back later, after `retry_after` seconds if it said."""

    kind = "busy"

    def __init__(self, shown: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(shown, status=status)
        self.retry_after = retry_after


class ModelRefused(ModelError):
    """The model will not answer this."""

    kind = "refused"


class FileRefused(ModelRefused):
    """It cannot read a file that is attached, or takes none of its kind."""

    kind = "file"


class ModelEmpty(ModelError):
    """Neither words nor tools."""

    kind = "empty"


class TooMuchSaid(ModelError):
    """More than the model can read."""

    kind = "too_long"


class ModelMisconfigured(ModelError):
    """What the operator has to mend."""

    kind = "misconfigured"


class ChatModel(Protocol):
    """One model of one provider."""

    @property
    def takes_images(self) -> bool: ...
    @property
    def takes_documents(self) -> bool: ...
    async def ask(self, request: ChatRequest, read: ReadFile) -> ChatAnswer:
        """One call, no retries; raises ModelError and nothing else. `request.settings.timeout` limits the whole."""


class Provider(Protocol):
    """A configured account with a provider of models."""

    def model(self, name: str, images: bool | None = None, documents: bool | None = None) -> ChatModel:
        """One of its models; nothing is called. `images`, `documents`: whether it takes them; None: as is known."""

    async def models(self) -> Sequence[OfferedModel]:
        """What it offers; raises ModelError."""

    async def embed(self, model: str, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """A vector for each text; raises ModelError."""

    async def close(self) -> None:
        """Close its connections."""


class Steps(Protocol):
    """The journal of a turn, as far as the chain needs it: a stored result is never computed again."""

    async def step(
        self, name: str, function: Callable[..., Any], *args: Any, effect: bool = False, spent: bool = False
    ) -> Any:
        """As `Turn.step`. `spent`: the result has a `usage`, which counts for the conversation's day."""
