"""What a call of a model costs us, beside the bare HTTP call with the same body: the processor's time in this thread.

The provider is a fake in another thread. A call also waits for its model, for seconds; this is what we add to that.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from statistics import median

import httpx2

from benchmarks.report import Line, at_most
from benchmarks.servers import Places
from turnkeeper.config.providers import PROVIDER_KINDS
from turnkeeper.llm.providers.registry import open_provider
from turnkeeper.model.llm import Attached, ChatRequest, ModelSettings, Said
from turnkeeper.testing.fake_models import Asked, FakeModels
from turnkeeper.testing.loopback import serve_in_thread

_MODELS = {
    "openrouter": "openai/gpt-4.1-mini",
    "openai": "gpt-4.1-mini",
    "azure": "gpt-4.1-mini",
    "anthropic": "claude-haiku-4-5",
    "google": "gemini-3.5-flash",
    "openai_compatible": "llama-3.1-8b",
}
_CALLS = 30
_ROUNDS = 6
_MOST_ADDED = 5.0
"""Milliseconds; a model takes a thousand."""
_ASKED = ChatRequest(
    "You help the customers of a shop. Answer in the person's language.",
    tuple(Said("user" if n % 2 else "assistant", f"Message {n}, with some words in it.") for n in range(1, 12)),
    settings=ModelSettings(temperature=0.7, max_tokens=500),
)


def run(places: Places, *, quick: bool) -> Iterator[Line]:  # noqa: ARG001 - needs no place
    """Every line of this benchmark."""
    with serve_in_thread(FakeModels()) as here:
        for kind in _MODELS:
            ours, bare = asyncio.run(_measured(here.fake, kind, _ROUNDS // 3 if quick else _ROUNDS))
            name = f"{kind}: {ours:.2f} ms, bare {bare:.2f} ms; added"
            yield at_most("models", name, ours - bare, _MOST_ADDED, "ms", ours=ours, bare=bare)


async def _measured(fake: FakeModels, kind: str, rounds: int) -> tuple[float, float]:
    keys = {"kind": kind, "api_key": fake.key, "base_url": fake.address(kind) or fake.base_url}
    provider = open_provider(PROVIDER_KINDS[kind].model_validate(keys).config(kind))
    model = provider.model(_MODELS[kind])
    await model.ask(_ASKED, _none)
    async with httpx2.AsyncClient() as client:
        post = _posting(client, fake, fake.last)
        ask = partial(model.ask, _ASKED, _none)
        pairs = [(await _milliseconds(ask), await _milliseconds(post)) for _ in range(rounds)]
    await provider.close()
    return median(each[0] for each in pairs), median(each[1] for each in pairs)


def _posting(client: httpx2.AsyncClient, fake: FakeModels, asked: Asked) -> Callable[[], Awaitable[object]]:
    """The same call by hand: encode, post, decode."""
    names = ("authorization", "api-key", "x-api-key", "x-goog-api-key", "anthropic-version")
    headers = {name: asked.headers[name] for name in names if name in asked.headers}

    async def post() -> object:
        reply = await client.post(fake.base_url + asked.path, headers=headers, json=asked.body)
        return json.loads(reply.content)

    return post


async def _milliseconds(work: Callable[[], Awaitable[object]]) -> float:
    began = time.thread_time()
    for _ in range(_CALLS):
        await work()
    return (time.thread_time() - began) / _CALLS * 1e3


async def _none(file: Attached) -> bytes:
    raise FileNotFoundError(file.filename)
