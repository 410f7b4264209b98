"""The tools of one turn: fixed before it begins, asked for by the model, run as steps.

Whatever goes wrong with a call goes back to the model as its result. The same call is never run twice in a turn, and
an effect at most once, whatever the model asks for in another attempt.

ToolRefused                 nothing has happened: the words go to the model, which may try again otherwise
├── NotBegun                nothing has left for wherever it is done: the same call may be made again
└── WrongArguments          the arguments are not what the tool takes
"""

from __future__ import annotations

import asyncio
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

import msgspec

from turnkeeper.llm.base import Steps
from turnkeeper.llm.calls import ToolReply, ToolRun
from turnkeeper.model.errors import TurnkeeperError
from turnkeeper.model.llm import Citation, ToolCall, ToolResult, ToolSpec
from turnkeeper.rules.budget import LEAST, Repeated, repeated

LONGEST_RESULT = 20_000
"""Characters of a result that a model gets to read."""
LONGEST_ARGUMENTS = 20_000
_SHOWN_TOLD = 500
_CUT_OFF = (
    "This was begun before and cut off. Nobody knows whether it has happened, and it is not tried again in this turn. "
    "Say so, or let a colleague go on."
)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class ToolRefused(TurnkeeperError):
    """A tool did not do it and nothing has happened: the words go to the model, which may try again otherwise."""


class NotBegun(ToolRefused):
    """Nothing has left for wherever it is done: the same call may be made again. It says nothing of a try before."""


class WrongArguments(ToolRefused):
    """The arguments are not what the tool takes."""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool is given besides its arguments, never by the model.

    `turn`: the author's Turn, where the contact is; `key`: the same for every try of one call, and different
    everywhere else; `cited`: how many sources the turn's tools have named before.
    """

    turn: Any = None
    key: str = ""
    cited: int = 0


class Tool(Protocol):
    """Something that a model may use. `effect`: what it does cannot be taken back."""

    @property
    def spec(self) -> ToolSpec: ...
    @property
    def effect(self) -> bool: ...
    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolReply:
        """Do it. Raises ToolRefused where nothing happened; whatever else it raises is told without its words."""


@runtime_checkable
class Repeatable(Protocol):
    """An effect of which `repeatable` says whether a second try under the same key does it once only."""

    @property
    def repeatable(self) -> bool: ...


@runtime_checkable
class Checking(Protocol):
    """A tool that looks at its arguments before anything begins."""

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Raises WrongArguments."""


class _Time(NamedTuple):
    """How many seconds a call may take, when it must have ended, and when the model had asked for it."""

    seconds: float
    until: float
    asked_at: float


@dataclass(slots=True)
class _Answered:
    """What a tool gave for some arguments, and how often it was asked for."""

    ran: ToolRun
    times: int = 1


@dataclass(slots=True)
class Toolbox:
    """The tools of one question. Raises ValueError for two of a name, or a name that no model takes.

    `effects`: those that were run in this attempt of the turn, shared by all its questions.
    """

    tools: Sequence[Tool] = ()
    turn: Any = None
    now: Callable[[], float] = lambda: 0.0
    effects: dict[str, ToolRun] = field(default_factory=dict)
    runs: list[ToolRun] = field(default_factory=list)
    _tools: dict[str, Tool] = field(default_factory=dict)
    _answered: dict[str, _Answered] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, times in Counter(tool.spec.name for tool in self.tools).items():
            if times > 1 or not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} names two tools" if times > 1 else f"{name!r} is no tool's name")
        self._tools = {tool.spec.name: tool for tool in self.tools}

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """What models are told of them."""
        return tuple(tool.spec for tool in self._tools.values())

    @property
    def sources(self) -> tuple[Citation, ...]:
        """What the tools found, in order."""
        return tuple(source for run in self.runs for source in run.reply.citations)

    async def run(
        self, call: ToolCall, steps: Steps, seconds: float, until: float = math.inf, asked_at: float = 0.0
    ) -> tuple[ToolResult, Repeated, str]:
        """The call's result, whether it was asked for before, and what the trace has to know; raises no tool's errors.

        `seconds`: how long it may take; `until`: when it must have ended; `asked_at`: when the model asked for it.
        """
        tool = self._tools.get(call.name)
        if tool is None:
            known = ", ".join(self._tools) or "none"
            return _result(call, failed(f"There is no tool {call.name[:64]!r}. There are: {known}.")), "new", "unknown"
        try:
            arguments = read_arguments(call.arguments)
            if isinstance(tool, Checking):
                tool.check(arguments)
        except ToolRefused as refused:
            return _result(call, failed(f"Nothing was done: {refused}")), "new", f"refused: {refused}"[:_SHOWN_TOLD]
        same = call.name + "\n" + msgspec.json.encode(arguments, order="sorted").decode()
        before = self._answered.get(same)
        times = 1 if before is None else before.times + 1
        if before is not None and (before.ran.begun or repeated(times) == "too_often"):
            before.times = times
            return _result(call, _once_more(before.ran.reply)), repeated(times), "asked for again, not run again"
        time = _Time(seconds, until, asked_at)
        ran = await (self._affect if tool.effect else self._look)(tool, arguments, steps, time)
        self._answered[same] = _Answered(ran, times)
        return _result(call, ran.reply), repeated(times), ran.reply.told

    async def _look(self, tool: Tool, arguments: Mapping[str, Any], steps: Steps, time: _Time) -> ToolRun:
        async def run(key: str) -> ToolRun:
            return await self._do(tool, arguments, time, key)

        ran: ToolRun = await steps.step(f"tool.{tool.spec.name}", run)
        self.runs.append(ran)
        return ran

    async def _affect(self, tool: Tool, arguments: Mapping[str, Any], steps: Steps, time: _Time) -> ToolRun:
        """At most once a turn. What is wanted is kept before it begins: a try after a crash does the same again, if it
        can be repeated. One that did not begin answers whoever asked for it then, not who asks later."""
        name = tool.spec.name
        wanted_now: list[Mapping[str, Any]] = []

        async def want() -> dict[str, Any]:
            wanted_now.append(arguments)
            return dict(arguments)

        async def run(key: str) -> ToolRun:
            if not wanted_now and not (isinstance(tool, Repeatable) and tool.repeatable):
                return ToolRun(name, wanted, self.now(), reply=failed(_CUT_OFF, "cut off before, not tried again"))
            return await self._do(tool, wanted, time, key, again=not wanted_now)

        while name not in self.effects:
            wanted: dict[str, Any] = await steps.step(f"tool.{name}.arguments", want, effect=True)
            ran: ToolRun = await steps.step(f"tool.{name}", run, effect=True)
            self.runs.append(ran)
            if not ran.refused:
                self.effects[name] = ran
            if ran.arguments == arguments and (ran.begun or wanted_now or ran.at >= time.asked_at):
                return ran
        return _already(self.effects[name])

    async def _do(
        self, tool: Tool, arguments: Mapping[str, Any], time: _Time, key: str, *, again: bool = False
    ) -> ToolRun:
        """Run it within its time; what it raises becomes its result. `again`: a try before may have done it."""
        began_at, refused, begun = self.now(), False, True
        name = tool.spec.name
        seconds = min(time.seconds, time.until - began_at)
        try:
            if seconds < LEAST:
                raise NotBegun("there was no time left")
            async with asyncio.timeout(seconds):
                context = ToolContext(self.turn, key, len(self.sources))
                reply = await tool.call(arguments, context)
        except ToolRefused as error:
            begun = not isinstance(error, NotBegun)
            refused = begun or not again
            told = f"{error} ({error.__cause__!r})" if error.__cause__ else str(error)
            reply = failed(f"Nothing was done: {error}" if refused else f"{name} failed: {error}.", told)
        except TimeoutError:
            reply = failed(f"{name} did not answer within {seconds:.0f} s.", "too slow")
        except Exception as error:  # noqa: BLE001 - whatever somebody's tool raises
            reply = failed(f"{name} failed ({type(error).__name__}).", f"{type(error).__name__}: {error}")
        if reply.failed and not refused and tool.effect:
            reply = msgspec.structs.replace(reply, content=f"{reply.content} It may have happened all the same.")
        return ToolRun(name, arguments, began_at, self.now() - began_at, _kept(reply), refused, begun or not refused)


def failed(content: str, told: str = "") -> ToolReply:
    """What a model is told of a call that came to nothing."""
    return ToolReply(content, failed=True, told=told[:_SHOWN_TOLD])


def read_arguments(written: str) -> dict[str, Any]:
    """A model's JSON; a slip in it is mended. Raises WrongArguments."""
    if len(written) > LONGEST_ARGUMENTS:
        raise WrongArguments(f"the arguments are longer than {LONGEST_ARGUMENTS} characters")
    if not written.strip():
        return {}
    try:
        found = msgspec.json.decode(written)
    except (msgspec.DecodeError, RecursionError):
        found = _mended(written)
    if not isinstance(found, dict):
        raise WrongArguments("the arguments are not a JSON object")
    return found


def _mended(written: str) -> Any:
    """As a step keeps it: what is read again later must be equal (NaN is not equal to itself)."""
    from turnkeeper.text.broken_json import read_object

    try:
        found = read_object(written, bool)  # an empty object is what mere words would be
        return msgspec.json.decode(msgspec.json.encode(found))
    except (ValueError, TypeError, RecursionError):
        return None


def result_text(value: object) -> str:
    """What a tool returned, as a model reads it: words as they are, everything else as JSON. Raises TypeError."""
    if isinstance(value, str):
        return value
    if value is None:
        return "Done."
    return msgspec.json.encode(value, enc_hook=_encodable).decode()


def _encodable(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    raise TypeError(f"a tool returned a {type(value).__name__}, which is no JSON")


def _kept(reply: ToolReply) -> ToolReply:
    """A reply that fits a model and a database."""
    content = reply.content.encode("utf-8", "replace").decode()
    if len(content) > LONGEST_RESULT:
        content = f"{content[:LONGEST_RESULT]}\n[cut: {len(content) - LONGEST_RESULT} more characters]"
    return reply if content == reply.content else msgspec.structs.replace(reply, content=content)


def _result(call: ToolCall, reply: ToolReply) -> ToolResult:
    return ToolResult(call.id, call.name, reply.content, reply.failed)


def _once_more(reply: ToolReply) -> ToolReply:
    note = "[You have asked for this before in this turn. The result is the same:]"
    return msgspec.structs.replace(reply, content=f"{note}\n{reply.content}")


def _already(ran: ToolRun) -> ToolRun:
    with_ = msgspec.json.encode(ran.arguments).decode()
    note = f"[This was already done in this turn, with {with_}, and is not done again. Its result was:]"
    reply = ToolReply(f"{note}\n{ran.reply.content}", ran.reply.failed, told="already done in this turn")
    return msgspec.structs.replace(ran, reply=reply)
