"""A fake of the providers of models: OpenAI, Azure, OpenRouter, Anthropic, Gemini, whoever speaks like them.

    fake = FakeModels()
    async with running(fake):                       # testing.loopback
        # a provider's base_url is fake.address("anthropic"), its api_key fake.key
        fake.will("Hello!", busy("7"), calls(Call("search", {"q": "tea"})), silence())
        assert fake.last.body["messages"] == ...

It refuses what the real ones refuse. Beside its neighbour's neutral parts it depends on nothing else of this project.
"""

from turnkeeper.testing.fake_models.fake import KEY, Asked, FakeModels, Offered, vector
from turnkeeper.testing.fake_models.script import (
    Answer,
    Call,
    Cite,
    Fails,
    Says,
    blocked,
    busy,
    calls,
    cut,
    ends,
    error,
    garbage,
    html,
    in_200,
    out_of_credit,
    overloaded,
    refused,
    reset,
    says,
    silence,
    too_long,
)

__all__ = [
    "KEY",
    "Answer",
    "Asked",
    "Call",
    "Cite",
    "Fails",
    "FakeModels",
    "Offered",
    "Says",
    "blocked",
    "busy",
    "calls",
    "cut",
    "ends",
    "error",
    "garbage",
    "html",
    "in_200",
    "out_of_credit",
    "overloaded",
    "refused",
    "reset",
    "says",
    "silence",
    "too_long",
    "vector",
]
