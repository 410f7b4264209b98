"""Models that answer from a script, for tests of agents: no provider, no network, no key.

    model = ScriptedModel("Which day?", calls("search_events", day="2026-11-21"), "There is a concert.")

What a script may hold: words; `calls(…)`; a ModelError, or any error, to be raised; a whole ChatAnswer; or a function
of the request that returns one of these.

`forbid_real_models()` in a conftest.py: from then on no test reaches a model outside this machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from turnkeeper.llm.base import ReadFile
from turnkeeper.llm.providers import permission
from turnkeeper.model.llm import ChatAnswer, ChatRequest, Said, ToolCall, ToolResult, Usage


def forbid_real_models() -> None:
    """Ask no model outside this machine, here and in processes that are started from here.

    Whoever tries raises turnkeeper.llm.providers.permission.RealModelForbidden, before anything is sent.
    """
    permission.forbid()


class ScriptOver(AssertionError):
    """A model was asked once more than its script knows an answer."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Tools that the model wants: names and what it writes as their arguments."""

    tools: tuple[tuple[str, str], ...]
    text: str = ""

    def and_calls(self, name: str, /, **arguments: Any) -> Wanted:
        """Another one in the same answer."""
        return Wanted((*self.tools, *calls(name, **arguments).tools), self.text)


@dataclass(frozen=True, slots=True)
class Stalled:
    """Silence for so many seconds, then what follows."""

    seconds: float
    then: Any = "late"


def calls(name: str, /, **arguments: Any) -> Wanted:
    """The model wants a tool."""
    return Wanted(((name, msgspec.json.encode(arguments).decode()),))


class ScriptedModel:
    """A model that answers line by line, and remembers what it was asked.

    `asked`: every request, oldest first. `repeat`: the last line is said for ever. Raises ScriptOver when the script
    is over. A chain takes that for a model's failure and goes on, so a `conversation` raises it again at its end.
    """

    def __init__(
        self,
        *script: Any,
        repeat: bool = False,
        takes_images: bool = False,
        takes_documents: bool = False,
        usage: Usage = Usage(10, 5),  # noqa: B008 - frozen
    ) -> None:
        self.asked: list[ChatRequest] = []
        self.takes_images = takes_images
        self.takes_documents = takes_documents
        self._script: Sequence[Any] = script
        self._repeat = repeat
        self._usage = usage

    @property
    def last(self) -> ChatRequest:
        """What it was asked last. Raises IndexError before that."""
        return self.asked[-1]

    @property
    def heard(self) -> list[str]:
        """The words of the last request: what was said, and what tools gave."""
        said = (each.text if isinstance(each, Said) else getattr(each, "content", "") for each in self.last.messages)
        return [words for words in said if words]

    @property
    def results(self) -> list[ToolResult]:
        """What tools gave, as the last request tells it."""
        return [each for each in self.last.messages if isinstance(each, ToolResult)]

    def see_that_it_was_not_over(self) -> None:
        """Raises ScriptOver if it was asked more than it knows."""
        asked, known = len(self.asked), len(self._script)
        if asked > known and not (self._repeat and known):
            raise ScriptOver(f"the model was asked {asked} times, its script has {known} lines")

    async def ask(self, request: ChatRequest, read: ReadFile) -> ChatAnswer:  # noqa: ARG002 - the port's
        """The script's next line. Raises what the script says, and ScriptOver."""
        place = len(self.asked)
        self.asked.append(request)
        self.see_that_it_was_not_over()
        return await self._said(self._script[min(place, len(self._script) - 1)], request, place)

    async def _said(self, line: Any, request: ChatRequest, place: int) -> ChatAnswer:
        match line:
            case ChatAnswer():
                return line
            case str():
                return ChatAnswer(line, "scripted", self._usage)
            case Wanted():
                wanted = enumerate(line.tools)
                tools = tuple(ToolCall(f"call-{place}-{n}", name, arguments) for n, (name, arguments) in wanted)
                return ChatAnswer(line.text, "scripted", self._usage, calls=tools, finish="tool_call")
            case Stalled():
                await asyncio.sleep(line.seconds)
                return await self._said(line.then, request, place)
            case Exception():
                raise line
            case _ if callable(line):
                return await self._said(line(request), request, place)
        raise TypeError(f"a script holds no {type(line).__name__}")
