"""What is kept of each call of a model and of a tool: the steps of an agent's turn, which `turnkeeper trace` tells.

A resumed turn goes on after them, so they hold everything that was decided when the call was made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from turnkeeper.model.llm import ChatAnswer, ChatRequest, Citation, Usage


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a model gave no answer. `kind`: as of llm.base's errors, or `bug`; `shown` is for operators."""

    kind: str
    shown: str
    status: int | None = None
    retry_after: float | None = None


class Skipped(msgspec.Struct, frozen=True):
    """A model that was not asked, and why."""

    model: str
    why: str


class ModelCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """One question to a model and what came of it; `model` "": nobody was left to ask.

    `place`: the model's in the chain. `tools`: whether it was given any; `without`: which cap took them away.
    `digest`: of the request; `left_out`: how many of the oldest messages it lacked. `asked`: the whole question, with
    its first call, where nobody else keeps it.
    """

    model: str
    place: int
    at: float
    seconds: float = 0.0
    answer: ChatAnswer | None = None
    failure: Failure | None = None
    usage: Usage | None = None
    tools: bool = False
    without: str | None = None
    skipped: tuple[Skipped, ...] = ()
    digest: str = ""
    left_out: int = 0
    asked: ChatRequest | None = None

    @property
    def ended_at(self) -> float:
        """When the answer was there."""
        return self.at + self.seconds


class ToolReply(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a tool gives: `content` for the model, the rest for the turn, which keeps it through a crash.

    `citations`: where it comes from; `handover`: why a person is to go on; `facts`: what was learned of the contact,
    None forgets. `told`: for the trace only.
    """

    content: str
    failed: bool = False
    citations: tuple[Citation, ...] = ()
    handover: str | None = None
    facts: Mapping[str, Any] = {}
    told: str = ""


class ToolRun(msgspec.Struct, frozen=True, omit_defaults=True):
    """One call of a tool. `refused`: nothing happened, so that even an effect may be tried with other arguments.

    `begun`: False if it is refused for the moment's sake, so that the same call may be made again.
    """

    name: str
    arguments: Mapping[str, Any]
    at: float
    seconds: float = 0.0
    reply: ToolReply = ToolReply("")
    refused: bool = False
    begun: bool = True


class ChainAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of a question. `text` None: no model answered, and `told` says why.

    `citations` are the answer's own, `sources` what the tools found, in order. `told`: lines for the trace.
    """

    text: str | None
    model: str = ""
    citations: tuple[Citation, ...] = ()
    sources: tuple[Citation, ...] = ()
    handover: str | None = None
    facts: Mapping[str, Any] = {}
    calls: tuple[ModelCall, ...] = ()
    runs: tuple[ToolRun, ...] = ()
    usage: Usage = Usage()
    told: tuple[str, ...] = ()

    @property
    def failures(self) -> tuple[str, ...]:
        """Who gave no answer and who was not asked, in words that are fit for logs: none came from outside."""
        return tuple(line for call in self.calls for line in _why_not(call))


def _why_not(call: ModelCall) -> Iterator[str]:
    for skipped in call.skipped:
        yield f"{skipped.model}: not asked, {skipped.why}"
    if call.failure is not None:
        yield f"{call.model}: {call.failure.kind}" if call.model else call.failure.shown
