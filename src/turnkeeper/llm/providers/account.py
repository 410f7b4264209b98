"""One account with a provider: its pooled connections, its models, and the one way in which all of them are asked."""

from __future__ import annotations

import asyncio
import json
import ssl
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar, Final, cast

import httpx2
from pydantic_ai import direct
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings as LibrarySettings

from turnkeeper.llm import prices
from turnkeeper.llm.base import (
    ModelAway,
    ModelEmpty,
    ModelError,
    ModelMisconfigured,
    ModelRefused,
    ModelSlow,
    ReadFile,
)
from turnkeeper.llm.providers import errors, messages, permission
from turnkeeper.llm.providers.config import ProviderConfig
from turnkeeper.llm.providers.files import chosen, fetched
from turnkeeper.llm.providers.guarding import Guarded
from turnkeeper.llm.providers.takes import Takes, taken_by
from turnkeeper.llm.replies import ACCEPTED, limited
from turnkeeper.model.llm import ChatAnswer, ChatRequest, ModelSettings, OfferedModel, Usage

MOST_CONNECTIONS: Final = 1_000
"""Calls at once; what is more waits, within its own time."""
LISTING_TIMEOUT: Final = 15.0
EMBEDDING_TIMEOUT: Final = 60.0
MOST_EMBEDDED: Final = 100
"""Texts in one call: Gemini's limit; OpenAI's is 2,048."""
_CONNECT: Final = 5.0
_LONGEST: Final = 600.0
"""Seconds, where a library sets no other: each call has its own limit."""
THOUGHTS: Final = 4_000
"""Tokens beyond `max_tokens` for a model that thinks: thoughts count as its answer, and would leave no room for it."""
_SAMPLING: Final = ("temperature", "top_p", "frequency_penalty", "presence_penalty")
_NO_CHANGE: Final = {"top_p": 1.0, "frequency_penalty": 0.0, "presence_penalty": 0.0}


class Account(ABC):
    """What every provider is; a family says where it is and how it is spoken to."""

    default_address: ClassVar[str] = ""
    keeps_tools: ClassVar[bool] = False
    """Whether tools that were used must be declared again where none may be used any more."""
    default_max_tokens: ClassVar[int | None] = None
    thinks_aloud: ClassVar[bool] = False
    """Whether thoughts may stand in its words, between tags."""

    def __init__(self, config: ProviderConfig) -> None:
        self.config = config
        self.address = (config.base_url or self.default_address).rstrip("/")
        self.http = _client(config)
        self._built: dict[str, Model[Any]] = {}

    @abstractmethod
    def build(self, name: str) -> Model[Any]:
        """The library's model of that name; raises its UserError for a name that is none."""

    def warm(self) -> None:
        """Load what the libraries would load at the first question, which would hold up every turn of the process."""
        self.build("any/model")

    @abstractmethod
    def auth(self) -> dict[str, str]:
        """The headers that carry the key."""

    @abstractmethod
    async def models(self) -> Sequence[OfferedModel]:
        """What the provider offers."""

    def structured(self, model: Model[Any]) -> bool:
        """Whether the model takes a JSON schema for its answer."""
        return bool(model.profile.get("supports_json_schema_output", False))

    def samples(self, model: Model[Any]) -> bool:
        """Whether the model takes temperature and the like; some refuse the call for them."""
        del model
        return True

    def thinks(self, model: Model[Any]) -> bool:
        """Whether the model thinks unless it is told not to."""
        profile = model.profile
        return bool(profile.get("thinking_always_enabled") or profile.get("thinking_enabled_by_default"))

    def own_settings(self, settings: dict[str, Any], asked: messages.Asked) -> dict[str, Any]:
        """The settings as this family has them."""
        del asked
        return settings

    def own_cost(self, response: ModelResponse) -> float | None:
        """The provider's own figure for a call."""
        del response
        return None

    def model(self, name: str, images: bool | None = None, documents: bool | None = None) -> Chat:
        """One of its models; `images`, `documents`: whether it takes them, None: as is known of it."""
        return Chat(self, name, taken_by(self.config.kind, name, images, documents))

    def built(self, name: str) -> Model[Any]:
        """The library's model, made once."""
        if name not in self._built:
            self._built[name] = self.build(name)
        return self._built[name]

    async def embed(self, model: str, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """A vector for each text; raises ModelError."""
        del model, texts
        raise ModelMisconfigured("this provider has no embeddings")

    @staticmethod
    def batches(texts: Sequence[str]) -> list[Sequence[str]]:
        """Texts as they are embedded: so many in one call."""
        return [texts[at : at + MOST_EMBEDDED] for at in range(0, len(texts), MOST_EMBEDDED)]

    async def close(self) -> None:
        """Close its connections."""
        await self.http.aclose()

    async def fetch(
        self, method: str, url: str, *, body: object = None, within: float = LISTING_TIMEOUT
    ) -> dict[str, Any]:
        """A plain call beside the chat; the JSON object of its answer. Raises ModelError."""
        permission.check(url)
        telling = errors.Telling(self.config.secrets)
        try:
            async with asyncio.timeout(within):
                reply = await self.http.request(method, url, headers=self.auth(), json=body, timeout=within)
        except (TimeoutError, httpx2.TimeoutException):
            raise ModelSlow(f"no answer within {within:g} s") from None
        except httpx2.HTTPError as error:
            raise ModelAway(f"no connection ({type(error).__name__})") from None
        told = _json(reply.content)
        if reply.status_code != 200:
            message = errors.message_in(told)
            raise errors.of_status(reply.status_code, message, telling, retry_after=errors.retry_after(reply.headers))
        if not isinstance(told, dict):
            raise ModelAway("its reply is not JSON")
        return told


class Chat:
    """One model of an account."""

    def __init__(self, account: Account, name: str, takes: Takes) -> None:
        self._account = account
        self._takes = takes
        self.name = name
        self.stamp = f"{account.config.kind}:{account.address}:{name}"

    @property
    def takes_images(self) -> bool:
        return self._takes.images

    @property
    def takes_documents(self) -> bool:
        return self._takes.documents

    async def ask(self, request: ChatRequest, read: ReadFile) -> ChatAnswer:
        """One call, no retries. Raises ModelError, and RealModelForbidden in tests."""
        permission.check(self._account.address)
        telling = errors.Telling(self._account.config.secrets, request)
        try:
            async with asyncio.timeout(request.settings.timeout):
                return await self._ask(request, read)
        except TimeoutError:
            raise ModelSlow(f"no answer within {request.settings.timeout:g} s") from None
        except ModelError:
            raise
        except Exception as error:  # noqa: BLE001 - libraries meet broken replies with whatever breaks first
            raise errors.of_library(error, telling) from None

    async def _ask(self, request: ChatRequest, read: ReadFile) -> ChatAnswer:
        account, model = self._account, self._account.built(self.name)
        files = await fetched(chosen(request.messages, self._takes), read)
        asked = messages.translated(
            request, self.stamp, files, structured=account.structured(model), keep_tools=account.keeps_tools
        )
        settings = _settings(request.settings, samples=account.samples(model), max_tokens=account.default_max_tokens)
        if request.settings.max_tokens and account.thinks(model):
            settings["max_tokens"] += THOUGHTS
        settings = account.own_settings(settings, asked)
        if asked.parameters.function_tools and not request.tools:
            settings["tool_choice"] = "none"
        response = await self._call(model, asked.messages, asked.parameters, cast(LibrarySettings, settings))
        return self._answer(request, response, asked.documents)

    async def _call(
        self, model: Model[Any], said: list[ModelMessage], parameters: ModelRequestParameters, settings: LibrarySettings
    ) -> ModelResponse:
        if not self._account.config.stream:
            return await direct.model_request(
                model, said, model_settings=settings, model_request_parameters=parameters, instrument=False
            )
        async with direct.model_request_stream(
            model, said, model_settings=settings, model_request_parameters=parameters, instrument=False
        ) as stream:
            async for _ in stream:
                pass
            response = stream.get()
        if response.finish_reason is None and not (response.provider_details or {}).get("finish_reason"):
            raise ModelAway("the answer broke off")
        return response

    def _answer(self, request: ChatRequest, response: ModelResponse, documents: Sequence[str]) -> ChatAnswer:
        whole, calls = messages.text_of(response), messages.calls_of(response)
        text = messages.spoken(whole) if self._account.thinks_aloud else whole
        finish = response.finish_reason or "stop"
        if finish == "content_filter":
            raise ModelRefused("it declined to answer (content filter)")
        if finish == "error":
            raise ModelAway("it failed in the middle of the answer")
        if not text.strip() and not calls:
            if response.finish_reason is None:
                raise ModelAway("its reply holds no answer")
            why = ": max_tokens was used up before the first word" if finish == "length" else ""
            raise ModelEmpty(f"neither words nor tools{why}")
        return ChatAnswer(
            text=text,
            model=response.model_name or self.name,
            usage=self._usage(response) or messages.estimated(request, whole),
            calls=calls,
            citations=messages.citations_of(response, documents, len(text) - len(whole)),
            finish="tools" if calls else finish,
            opaque=messages.opaque(response, self.stamp) if calls else "",
        )

    def _usage(self, response: ModelResponse) -> Usage | None:
        """What it took as the provider tells, and what that cost; None: it tells nothing."""
        usage, account = messages.usage_of(response), self._account
        if not usage.tokens:
            return None
        cost = account.own_cost(response)
        if cost is None:
            names = dict.fromkeys(filter(None, [response.model_name, self.name]))
            cost = prices.cost(usage, account.config.kind, names, account.config.base_url)
        return Usage(usage.input_tokens, usage.output_tokens, usage.cached_tokens, cost)


def _settings(settings: ModelSettings, *, samples: bool, max_tokens: int | None) -> dict[str, Any]:
    """The settings that are said, that change anything, and that the model takes: some refuse even what does not."""
    found: dict[str, Any] = {"timeout": settings.timeout}
    said = {name: getattr(settings, name) for name in ("max_tokens", *_SAMPLING)}
    said = {name: value for name, value in said.items() if value != _NO_CHANGE.get(name)}
    said["max_tokens"] = settings.max_tokens or max_tokens
    return found | {
        name: value for name, value in said.items() if value is not None and (samples or name not in _SAMPLING)
    }


def _client(config: ProviderConfig) -> httpx2.AsyncClient:
    async def checked(request: httpx2.Request) -> None:
        """Whatever a library builds its addresses from; and no connection is waited for as long as for an answer."""
        permission.check(str(request.url))
        request.headers.update({"accept-encoding": ACCEPTED, **config.headers})
        timeout = dict(request.extensions.get("timeout") or {})
        timeout["connect"] = min(timeout.get("connect") or _CONNECT, _CONNECT)
        request.extensions = {**request.extensions, "timeout": timeout}

    limits = httpx2.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=100)
    within = httpx2.AsyncHTTPTransport(verify=_certificates(), limits=limits) if config.guarded else None
    return httpx2.AsyncClient(
        verify=_certificates(),
        transport=None if within is None else Guarded(within),
        timeout=httpx2.Timeout(_LONGEST, connect=_CONNECT),
        limits=limits,
        event_hooks={"request": [checked], "response": [limited]},
    )


@cache
def _certificates() -> ssl.SSLContext:
    """Whom we trust; read once."""
    return httpx2.create_ssl_context()


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
