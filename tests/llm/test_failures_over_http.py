"""The rows of docs/agents.md that a provider causes, over real HTTP, for three families and a fake of all."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bots.failures import ANSWER, GETS, SECOND, rows
from tests.llm.journal import Notebook
from tests.llm.providers_rig import MODELS, Rig, read
from turnkeeper import tool
from turnkeeper.llm.chain import Chain
from turnkeeper.llm.toolbox import Toolbox
from turnkeeper.llm.tools.functions import FunctionTool
from turnkeeper.model.llm import Attached, ChatRequest, ModelChoice, ModelSettings, Said
from turnkeeper.rules.budget import Limits
from turnkeeper.testing.fake_models import (
    Call,
    FakeModels,
    busy,
    calls,
    cut,
    error,
    garbage,
    html,
    refused,
    reset,
    says,
    silence,
    too_long,
)
from turnkeeper.testing.loopback import serve_in_thread

EARLIER = (Said("user", "Tell me all."), Said("assistant", "All."))
PICTURE = Attached("k1", "image/png", "poster.png", 100)
REQUEST = ChatRequest("Be kind.", (*EARLIER, Said("user", "What is on?", (PICTURE,))))
LOOK = calls(Call("look", {"word": "a"}))
FAMILIES = [("openai", "anthropic"), ("anthropic", "google"), ("google", "openrouter")]


@tool
async def look(word: str) -> str:
    """Look something up."""
    return f"found {word}"


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with serve_in_thread(FakeModels()) as here:
        yield Rig(here)


async def no_wait(_: float) -> None:
    """A Retry-After of a second is a second of nobody's."""


# What the first model says, what the second, and the first failure's kind.
CASES: dict[str, tuple[list[Any], list[Any], str]] = {
    "no connection": ([reset()], [SECOND], "away"),
    "a 500": ([error(500, "boom")], [SECOND], "away"),
    "a malformed body": ([garbage()], [SECOND], "away"),
    "an HTML page instead of an answer": ([html()], [SECOND], "away"),
    "a stream that is cut": ([cut()], [SECOND], "away"),
    "a stall": ([silence()], [SECOND], "slow"),
    "a 429 with a Retry-After of 2 s or less": ([busy("1"), ANSWER], [], "busy"),
    "a 429 with a longer one, or none": ([busy("9")], [SECOND], "busy"),
    "an empty answer": ([says(""), ANSWER], [], "empty"),
    "two empty answers": ([says(""), says("")], [SECOND], "empty"),
    "a refusal": ([refused()], [SECOND], "refused"),
    "a picture or PDF that the model cannot read": ([error(400, "Could not process image", "bad"), ANSWER], [], "file"),
    "a conversation that is too long": ([too_long(), ANSWER], [], "too_long"),
    "one that is still too long": ([too_long(), too_long()], [SECOND], "too_long"),
    "a wrong key, an unknown model": ([error(401, "Bad key", "key")], [SECOND], "misconfigured"),
    "both providers": ([error(503, "down")], [html()], "away"),
    "malformed arguments": ([calls(Call("look", "today please")), ANSWER], [], ""),
    "an unknown tool": ([calls(Call("drop", {})), ANSWER], [], ""),
    "an endless tool loop": ([LOOK, LOOK, ANSWER], [], ""),
    "a first model that fails after its tools": ([LOOK, error(500, "boom")], [SECOND], "away"),
}


def cases(first: str, *, stream: bool) -> Iterator[tuple[str, tuple[list[Any], list[Any], str]]]:
    """The cases for a family: one that stalls is enough, and Gemini's arguments are always an object."""
    left_out = {"openai": set(), "anthropic": {"a stall"}, "google": {"a stall", "malformed arguments"}}[first]
    for label, case in CASES.items():
        if stream == (label == "a stream that is cut") and label not in left_out:
            yield label, case


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("first", "second"), FAMILIES, ids=[family[0] for family in FAMILIES])
async def test_what_a_provider_does_wrong(rig: Rig, first: str, second: str, stream: bool) -> None:
    settings = ModelSettings(max_tokens=100, timeout=1.1)
    choices = [ModelChoice(kind, MODELS[kind], settings=settings) for kind in (first, second)]
    wrong = []
    async with rig.model(first, stream=stream) as one, rig.model(second, stream=stream) as two:
        for label, (says_first, says_second, kind) in cases(first, stream=stream):
            rig.fake._scripts.clear()
            rig.fake.will(*says_first, model=MODELS[first])
            rig.fake.will(*says_second, model=MODELS[second])
            models = Chain(list(zip(choices, (one, two), strict=True)), time.time, sleep=no_wait)
            toolbox = Toolbox([FunctionTool(look)], now=time.time)
            limits = Limits(time.time(), tool_rounds=2)
            answer = await models.answer(REQUEST, toolbox, Notebook().attempt(), limits, read)
            failed = next((call.failure.kind for call in answer.calls if call.failure), "")
            gets = rows()[label]
            if (answer.text, failed) != (None if gets == "the fixed reply" else GETS[gets], kind):
                wrong.append((label, answer.text, answer.told))
    assert not wrong
