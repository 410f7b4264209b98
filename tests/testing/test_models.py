"""Scripted models: what they say, what they remember, and that a script which is over is noticed."""

from typing import Any

import pytest

from turnkeeper.llm.base import ModelAway
from turnkeeper.model.llm import Attached, ChatAnswer, ChatRequest, Said, ToolCall, Usage
from turnkeeper.testing.agents import agent
from turnkeeper.testing.conversation import conversation, in_virtual_time
from turnkeeper.testing.models import ScriptedModel, ScriptOver, Stalled, calls
from turnkeeper.testing.virtual_time import run

REQUEST = ChatRequest("Be kind.", (Said("user", "hi"),))


async def no_file(file: Attached) -> bytes:
    return b""


def said(model: ScriptedModel) -> ChatAnswer:
    return run(model.ask(REQUEST, no_file))


LINES: list[tuple[str, Any, ChatAnswer]] = [
    ("words", "Hello!", ChatAnswer("Hello!", "scripted", Usage(10, 5))),
    ("a tool", calls("look", day=1),
     ChatAnswer("", "scripted", Usage(10, 5), (ToolCall("call-0-0", "look", '{"day":1}'),), finish="tool_call")),
    ("an answer", ChatAnswer("x", "m"), ChatAnswer("x", "m")),
    ("a function", lambda request: request.instructions, ChatAnswer("Be kind.", "scripted", Usage(10, 5))),
    ("late", Stalled(60, "late"), ChatAnswer("late", "scripted", Usage(10, 5))),
]  # fmt: skip


@pytest.mark.parametrize(("label", "line", "expected"), LINES, ids=[row[0] for row in LINES])
def test_what_a_line_says(label: str, line: Any, expected: ChatAnswer) -> None:
    model = ScriptedModel(line)
    assert said(model) == expected
    assert model.asked == [REQUEST]
    assert model.heard == ["hi"]


def test_errors_are_raised() -> None:
    with pytest.raises(ModelAway, match="503"):
        said(ScriptedModel(ModelAway("503")))


def test_a_script_that_is_over_is_over() -> None:
    model = ScriptedModel("one")
    said(model)
    with pytest.raises(ScriptOver, match="was asked 2 times, its script has 1 lines"):
        said(model)


def test_unless_its_last_line_is_repeated() -> None:
    model = ScriptedModel("one", "two", repeat=True)
    assert [said(model).text for _ in range(4)] == ["one", "two", "two", "two"]


def test_the_chain_goes_on_without_it_and_the_conversation_tells() -> None:
    heard: list[str] = []

    @in_virtual_time
    async def main() -> None:
        async with conversation(agent(ScriptedModel(), ScriptedModel("B"))) as person:
            await person.says("hi")
            heard.extend(person.heard)

    with pytest.raises(ScriptOver):
        main()
    assert heard == ["B"]
