"""Providers of models for tests: one server that speaks all their languages, each under paths of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from turnkeeper.testing.fake_graph.changes import Changes
from turnkeeper.testing.fake_graph.clock import Clock, SystemClock
from turnkeeper.testing.fake_models import anthropic_wire, gemini_wire, openai_wire
from turnkeeper.testing.fake_models.script import Answer, Fails, Family, Says
from turnkeeper.testing.fake_models.scripted import Scripts, gone_wrong
from turnkeeper.testing.fake_models.wire import Json, Refusal
from turnkeeper.testing.http import Reply, Request

KEY = "sk-fake-key-for-tests-only-0123456789"
_CHAT = (
    (re.compile(r"/v1/chat/completions"), "openai"),
    (re.compile(r"/api/v1/chat/completions"), "openrouter"),
    (re.compile(r"/openai/v1/chat/completions"), "azure"),
    (re.compile(r"/openai/deployments/(?P<model>[^/]+)/chat/completions"), "azure"),
    (re.compile(r"/v1/messages"), "anthropic"),
    (re.compile(r"/v1beta/models/(?P<model>.+):(?P<method>generateContent|streamGenerateContent)"), "google"),
)
_EMBEDS = re.compile(
    r"(/api)?(/openai)?(/v1|/openai/deployments/[^/]+)/embeddings|/v1beta/models/.+:batchEmbedContents"
)
_PREFIXES = {
    "openai": "/v1",
    "openai_compatible": "/v1",
    "openrouter": "/api/v1",
    "azure": "",
    "anthropic": "",
    "google": "",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as it came."""

    family: Family
    model: str
    body: Json
    headers: dict[str, str]
    path: str
    streamed: bool = False


@dataclass(slots=True)
class Offered:
    """A model in the lists. `ends`: the day on which it is switched off."""

    name: str
    title: str = ""
    ends: str | None = None
    context: int = 128_000


@dataclass(slots=True)
class FakeModels:
    """Serve it with `turnkeeper.testing.loopback`; `address(kind)` is a provider's `base_url`, `key` its `api_key`.

    What was scripted for a model comes first, then what was for any, then `default`.
    """

    key: str = KEY
    default: Answer | Callable[[Asked], Answer] = field(default_factory=lambda: Says(text="Hello!"))
    offers: list[Offered] = field(default_factory=lambda: [Offered("fake-model", "Fake model")])
    clock: Clock = field(default_factory=SystemClock)
    base_url: str = ""
    asked: list[Asked] = field(default_factory=list)
    """Calls for answers, in order; also those that were refused."""
    listed: list[Request] = field(default_factory=list)
    """Calls for the list of models, and for vectors."""
    changes: Changes = field(default_factory=Changes)
    _scripts: Scripts[Answer] = field(default_factory=Scripts)

    def address(self, kind: str) -> str:
        """The `base_url` of a provider of this kind."""
        return self.base_url + _PREFIXES[kind]

    def will(self, *answers: Answer | str, model: str = "") -> None:
        """The next answers, of one model or of any."""
        self._scripts.add(model, (Says(text=each) if isinstance(each, str) else each for each in answers))

    @property
    def last(self) -> Asked:
        """What was asked last."""
        return self.asked[-1]

    async def wait_until(self, condition: Callable[[], bool], within: float = 10.0) -> None:
        """Wait for something to become true of the fake; TimeoutError after `within` seconds."""
        await self.changes.until(condition, within)

    async def aclose(self) -> None:
        """Nothing is running."""

    def ends_with_caller(self, request: Request) -> bool:
        """Nobody answers whoever has left."""
        return request.method == "POST"

    async def answer(self, request: Request) -> Reply:
        """Answer one request; raises NoReply where the script asks for it."""
        self.base_url = self.base_url or request.base_url
        path = unquote(request.path)
        for pattern, family in _CHAT:
            found = pattern.fullmatch(path)
            if found is not None:
                return await self._chat(family, found.groupdict(), request)  # type: ignore[arg-type]
        self.listed.append(request)
        self.changes.happened()
        open_to_all = path == "/api/v1/models"
        if not open_to_all and not self._knows(request):
            return _refuse(_family_of(request), Refusal(401, "Incorrect API key provided", "key"))
        if path == "/api/v1/key":
            return Reply.json(200, {"data": {"label": "sk-or-v1-…", "limit": None, "usage": 0.0}})
        if _EMBEDS.fullmatch(path):
            return self._vectors(request)
        if path.endswith("/models") and request.method == "GET":
            return self._list(path, request)
        return Reply.json(404, {"error": {"message": f"Invalid URL ({request.method} {path})", "code": "unknown_url"}})

    async def _chat(self, family: Family, named: dict[str, Any], request: Request) -> Reply:
        try:
            body = json.loads(request.body)
        except ValueError:
            return _refuse(family, Refusal(400, "We could not parse the JSON body of your request.", "bad"))
        model = named.get("model") or str(body.get("model", ""))
        streamed = named.get("method") == "streamGenerateContent" or bool(body.get("stream"))
        asked = Asked(family, model, body, dict(request.headers), request.path, streamed)
        self.asked.append(asked)
        self.changes.happened()
        if not self._knows(request):
            return _refuse(family, Refusal(401, f"Incorrect API key provided: {self.key[:7]}***", "key"))
        try:
            _check(asked)
        except Refusal as refusal:
            return _refuse(family, refusal)
        return await self._play(asked, self._next(asked))

    async def _play(self, asked: Asked, answer: Answer) -> Reply:
        if isinstance(answer, Says):
            if answer.after:
                await self.clock.sleep(answer.after)
            return _render(asked, answer)
        wrong = await gone_wrong(answer, b'{"id": "chatcmpl-1", "choi')
        if wrong is not None:
            return wrong
        return _fail(asked, answer)

    def _next(self, asked: Asked) -> Answer:
        scripted = self._scripts.next(asked.model)
        if scripted is not None:
            return scripted
        return self.default if isinstance(self.default, Says | Fails) else self.default(asked)

    def _knows(self, request: Request) -> bool:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        names = ("api-key", "x-api-key", "x-goog-api-key")
        return self.key in (bearer, *(request.headers.get(name) for name in names))

    def _list(self, path: str, request: Request) -> Reply:
        offers = self.offers
        if path.startswith("/v1beta"):
            methods = {"supportedGenerationMethods": ["generateContent"]}
            told = [{"name": f"models/{o.name}", "displayName": o.title, "inputTokenLimit": o.context} for o in offers]
            return Reply.json(200, {"models": [each | methods for each in told]})
        if "anthropic-version" in request.headers:
            told = [
                {
                    "type": "model",
                    "id": o.name,
                    "display_name": o.title,
                    "lifecycle": "deprecated" if o.ends else "active",
                    "retires_at": f"{o.ends}T00:00:00Z" if o.ends else None,
                    "max_input_tokens": o.context,
                }
                for o in offers
            ]
            return Reply.json(200, {"data": told, "has_more": False, "first_id": None, "last_id": None})
        return Reply.json(200, {"object": "list", "data": [_entry(path, each) for each in offers]})

    def _vectors(self, request: Request) -> Reply:
        body = json.loads(request.body)
        if "requests" in body:
            texts = [each["content"]["parts"][0]["text"] for each in body["requests"]]
            return Reply.json(200, {"embeddings": [{"values": vector(each)} for each in texts]})
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        told = [{"object": "embedding", "index": at, "embedding": vector(each)} for at, each in enumerate(texts)]
        return Reply.json(200, {"object": "list", "data": told[::-1], "model": body["model"]})


def vector(text: str) -> list[float]:
    """A vector that depends on a text only."""
    return [float(len(text)), float(sum(map(ord, text)) % 97), 1.0]


def _entry(path: str, offered: Offered) -> Json:
    if path.startswith("/api"):
        more = {"name": offered.title, "context_length": offered.context, "expiration_date": offered.ends}
        return {"id": offered.name} | more
    if path.startswith("/openai/models"):
        ends = _day(offered.ends)
        return {"id": offered.name, "object": "model", "status": "succeeded", "deprecation": {"inference": ends}}
    told = {"id": offered.name, "object": "model", "created": 1_700_000_000, "owned_by": "fake"}
    return told | {"shutdown_date": offered.ends}


def _day(ends: str | None) -> int | None:
    from datetime import UTC, datetime

    return None if ends is None else int(datetime.fromisoformat(ends).replace(tzinfo=UTC).timestamp())


def _family_of(request: Request) -> Family:
    if "anthropic-version" in request.headers:
        return "anthropic"
    if request.path.startswith("/v1beta"):
        return "google"
    return "openrouter" if request.path.startswith("/api") else "openai"


def _check(asked: Asked) -> None:
    match asked.family:
        case "anthropic":
            if "anthropic-version" not in asked.headers:
                raise Refusal(400, "anthropic-version: header is required", "bad")
            anthropic_wire.check(asked.body)
        case "google":
            gemini_wire.check(asked.body, asked.model)
        case _:
            openai_wire.check(asked.family, asked.body, asked.model)


def _render(asked: Asked, said: Says) -> Reply:
    match asked.family:
        case "anthropic":
            return anthropic_wire.render(asked.body, said)
        case "google":
            return gemini_wire.render(asked.body, asked.model, said, streamed=asked.streamed)
        case _:
            return openai_wire.render(asked.family, asked.body, asked.model, said)


def _fail(asked: Asked, fault: Fails) -> Reply:
    match asked.family:
        case "anthropic":
            return anthropic_wire.fail(asked.body, fault)
        case "google":
            return gemini_wire.fail(asked.body, asked.model, fault, streamed=asked.streamed)
        case _:
            return openai_wire.fail(asked.family, asked.body, asked.model, fault)


def _refuse(family: Family, refusal: Refusal) -> Reply:
    match family:
        case "anthropic":
            return anthropic_wire.refuse(refusal)
        case "google":
            return gemini_wire.refuse(refusal)
        case _:
            return openai_wire.refuse(family, refusal)
