"""A question goes to the first model, then to the next ones; tools run in between; the answer may be that none came.

Each call of a model is a step whose result also tells failures, and everything that was decided for it: who was
skipped, how long it had, whether it got tools. A turn that is resumed reads these and goes on after them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Protocol

import msgspec
import structlog
from msgspec.structs import replace

from turnkeeper.llm.base import ChatModel, ModelBusy, ModelError, ReadFile, Steps
from turnkeeper.llm.calls import ChainAnswer, Failure, ModelCall, Skipped
from turnkeeper.llm.health import Breakers
from turnkeeper.llm.saying import can_be_cut, cut, in_words, shortened, with_files_in_words
from turnkeeper.llm.toolbox import Toolbox
from turnkeeper.model.llm import (
    Attached,
    Calling,
    ChatAnswer,
    ChatMessage,
    ChatRequest,
    ModelChoice,
    ModelSettings,
    Said,
    ToolResult,
    Usage,
)
from turnkeeper.rules import budget
from turnkeeper.rules.budget import UNUSED, Limits, Used

_log = structlog.get_logger("turnkeeper.models")
SHORT_WAIT = 2.0
"""Seconds of a Retry-After that are waited for, instead of asking the next model at once."""
LONGEST_ANSWER = 100_000
"""Characters; what follows them is nobody's answer."""
MOST_CALLS = 64
"""Tools that one answer may want."""
_GRACE = 1.0
"""Seconds that an adapter may be late with telling that its time is over."""
_BUG = "bug"
_TOO_LONG = "too_long"
_NOBODY = "nobody"

Sleep = Callable[[float], Awaitable[None]]


class Watching(Protocol):
    """Who is told of calls as they happen; not of those that a resumed turn reads."""

    def called(self, call: ModelCall) -> None:
        """One question to a model has ended."""


@dataclass(slots=True)
class _Asking:
    """How far one question has come; all of it follows from the calls that are kept."""

    request: ChatRequest
    toolbox: Toolbox
    limits: Limits
    read: ReadFile
    since: float
    alive_at: float
    keeps: bool = False
    place: int = 0
    again: bool = False
    is_cut: bool = False
    in_words: bool = False
    """The model could not read a file: once more with all of them told in words."""
    waited: float = 0.0
    wait: float = 0.0
    bare: bool = False
    """The model gave nothing after tools: once more without."""
    used: Used = UNUSED
    added: list[ChatMessage] = field(default_factory=list)
    calls: list[ModelCall] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def begin_anew(self) -> None:
        """The next model gets the whole, as it was asked."""
        self.again = self.is_cut = self.in_words = False


class Chain:
    """Models in the order in which they are asked, for any number of questions at once."""

    def __init__(
        self,
        models: Sequence[tuple[ModelChoice, ChatModel]],
        now: Callable[[], float],
        *,
        breakers: Breakers | None = None,
        sleep: Sleep = asyncio.sleep,
        watch: Watching | None = None,
    ) -> None:
        """`breakers`: shared by all chains of a process, so that each knows which provider is down."""
        self.models = tuple(models)
        """Choices and their adapters, in the order in which they are asked."""
        self._now = now
        self._breakers = Breakers() if breakers is None else breakers
        self._sleep = sleep
        self._watch = watch

    @property
    def choices(self) -> tuple[ModelChoice, ...]:
        """The models, the first first."""
        return tuple(choice for choice, _ in self.models)

    def preferring(self, name: str) -> Chain | None:
        """The same models, with one of them asked first: by its name, or as `provider/name`; None: it is none of
        them."""
        first = [each for each in self.models if name in (str(each[0]), each[0].name)]
        if not first:
            return None
        chain = copy(self)
        chain.models = (*first, *(each for each in self.models if each not in first))
        return chain

    async def answer(
        self,
        request: ChatRequest,
        toolbox: Toolbox,
        steps: Steps,
        limits: Limits,
        read: ReadFile,
        *,
        keeps: bool = False,
    ) -> ChainAnswer:
        """Ask until there is an answer or nobody is left. Raises what the steps raise, and no model's error.

        `keeps`: the question is kept with its first call."""
        since = budget.counts_from(limits, self._now())
        asking = _Asking(request, toolbox, limits, read, since, since, keeps=keeps)
        while True:

            async def ask() -> ModelCall:
                return await self._ask(asking)

            call: ModelCall = await steps.step("model", ask, spent=True)
            self._note(asking, call)
            if call.failure is not None and call.failure.kind == _NOBODY:
                return _answered(asking, None)
            if call.answer is None:
                continue
            if not (call.answer.calls and call.tools):
                return _answered(asking, call)
            await self._run_tools(asking, call, call.answer, steps)

    async def aside(self, request: ChatRequest, seconds: float) -> ChainAnswer:
        """Ask beside a turn: no tools, no files, and nothing is kept. Raises no model's error."""
        limits = Limits(self._now(), seconds=seconds)
        return await self.answer(request, Toolbox(now=self._now), _Unkept(), limits, _no_file)

    async def _run_tools(self, asking: _Asking, call: ModelCall, answer: ChatAnswer, steps: Steps) -> None:
        """Run what the model asked for; what is over the cap gets a result too, as every call must."""
        asking.added.append(Calling(answer.calls, answer.text, answer.opaque, call.model))
        done, again = asking.used.calls, asking.used.repeated
        until = budget.tools_until(asking.limits, asking.since)
        for wanted in answer.calls:
            if done >= asking.limits.tool_calls:
                result = ToolResult(wanted.id, wanted.name, "Not run: there were too many calls in this turn.", True)
                asking.told.append(f"{wanted.name}: not run, the cap of {asking.limits.tool_calls} tool calls")
            else:
                result, times, told = await asking.toolbox.run(
                    wanted, steps, asking.limits.tool_seconds, until, call.at
                )
                again = again or times == "too_often"
                asking.told += [f"{wanted.name}: {told}"] if told else []
                done += 1
            asking.added.append(result)
        asking.used = Used(asking.used.rounds + 1, done, again, asking.used.tokens, asking.used.micros)
        asking.alive_at = max(asking.alive_at, *(run.at + run.seconds for run in asking.toolbox.runs), call.ended_at)

    def _note(self, asking: _Asking, call: ModelCall) -> None:
        """Go on after a call, made now or read."""
        moved = call.place != asking.place
        asking.told += [f"{skipped.model}: not asked, {skipped.why}" for skipped in call.skipped]
        if call.without and not any(before.without for before in asking.calls):
            asking.told.append(f"tools were taken away: {call.without}")
        asking.calls.append(call)
        asking.used = asking.used.plus(call.usage)
        asking.place, asking.wait = call.place, 0.0
        if moved:
            asking.begin_anew()
        if call.failure is None:
            asking.alive_at, asking.waited, asking.again = max(asking.alive_at, call.ended_at), 0.0, False
            return
        asking.told.append(f"{call.model or 'all'}: {call.failure.kind}, {call.failure.shown}")
        asking.waited += call.seconds
        if not self._asks_again(asking, call.failure):
            asking.place, asking.bare = call.place + 1, False
            asking.begin_anew()

    def _asks_again(self, asking: _Asking, failure: Failure) -> bool:
        """Whether the same model is asked once more, and how."""
        if failure.kind == "too_long" and not asking.is_cut:
            asking.is_cut = can_be_cut(asking.request.messages, asking.added)
            return asking.is_cut
        if failure.kind == "file" and not asking.in_words:
            asking.in_words = True
            return True
        if asking.again:
            return False
        if failure.kind == "busy" and failure.retry_after is not None and failure.retry_after <= SHORT_WAIT:
            asking.again, asking.wait = True, failure.retry_after
            return True
        if failure.kind == "empty":
            asking.again, asking.bare = True, asking.used.rounds > 0
            return True
        return False

    async def _ask(self, asking: _Asking) -> ModelCall:
        """Ask the first that may be asked; nothing here is raised but a cancellation."""
        if asking.wait:
            await self._sleep(asking.wait)
        now = self._now()
        if not asking.calls and (over := budget.day_over(asking.limits)):
            return ModelCall("", 0, now, failure=Failure(_NOBODY, f"{over} is reached"))
        place, seconds, skipped = self._next(asking, now)
        if place is None:
            return ModelCall("", asking.place, now, failure=Failure(_NOBODY, "no model is left"), skipped=skipped)
        choice, model = self.models[place]
        without = budget.tools_over(asking.limits, asking.used, since=asking.since, now=now)
        with_tools = choice.tools and without is None and not asking.bare and bool(asking.toolbox.specs)
        request, left_out = self._request(asking, place, seconds, with_tools=with_tools)
        call = ModelCall(
            str(choice),
            place,
            now,
            tools=with_tools,
            without=without if choice.tools and asking.toolbox.specs else None,
            skipped=skipped,
            digest=blake2b(msgspec.json.encode(request), digest_size=8).hexdigest(),
            left_out=left_out,
            asked=asking.request if asking.keeps and not asking.calls else None,
        )
        self._breakers.tried(choice, now)
        answered = await self._asked(model, request, asking.read)
        call = _with(call, answered, tools=with_tools, seconds=max(0.0, self._now() - now))
        self._learn(choice, call, seconds)
        return call

    def _next(self, asking: _Asking, now: float) -> tuple[int | None, float, tuple[Skipped, ...]]:
        """Who is asked now and for how long, and who is not."""
        waited, late, skipped = asking.waited, None, []
        for place in range(asking.place, len(self.models)):
            choice = self.models[place][0]
            held = self._breakers.held(choice, now)
            if held and not (asking.again and place == asking.place):
                skipped.append(Skipped(str(choice), held))
                continue
            timeout = choice.settings.timeout
            seconds = budget.time_left(
                asking.limits, timeout, since=asking.since, alive_at=asking.alive_at, waited=waited, now=now
            )
            if seconds >= budget.LEAST:
                return place, seconds, tuple(skipped)
            late = place if late is None else late
            waited += timeout
            skipped.append(Skipped(str(choice), "its time was over"))
        if late is not None and not any(call.model for call in asking.calls):
            name = str(self.models[late][0])
            others = tuple(each for each in skipped if each.model != name)
            return late, min(budget.LAST_CHANCE, self.models[late][0].settings.timeout), others
        return None, 0.0, tuple(skipped)

    def _request(self, asking: _Asking, place: int, seconds: float, *, with_tools: bool) -> tuple[ChatRequest, int]:
        """The question as this model gets it, and how many messages were left out."""
        messages, added, left_out = asking.request.messages, asking.added, 0
        if asking.is_cut and place == asking.place:
            messages, left_out = cut(messages)
            added = shortened(added)
        if asking.in_words and place == asking.place:
            messages = tuple(with_files_in_words(each) if isinstance(each, Said) else each for each in messages)
        said = (*messages, *added) if with_tools else in_words(messages, added)
        settings = settings_for(self.models[place][0].settings, asking.request.settings, seconds)
        tools = asking.toolbox.specs if with_tools else ()
        return replace(asking.request, messages=said, tools=tools, settings=settings), left_out

    async def _asked(self, model: ChatModel, request: ChatRequest, read: ReadFile) -> ChatAnswer | Failure:
        seconds = request.settings.timeout
        try:
            async with asyncio.timeout(seconds + _GRACE):
                return await model.ask(request, read)
        except ModelError as error:
            retry_after = error.retry_after if isinstance(error, ModelBusy) else None
            return Failure(error.kind, error.shown, error.status, retry_after)
        except TimeoutError:
            return Failure("slow", f"no answer within {seconds:.0f} s")
        except Exception as error:  # noqa: BLE001 - an adapter's bug is not the person's
            return Failure(_BUG, f"the adapter raised {type(error).__name__}: {error}"[:300])

    def _learn(self, choice: ModelChoice, call: ModelCall, given: float) -> None:
        """What the call tells of the provider, and what somebody has to mend. `given`: the seconds that it had."""
        failure = call.failure
        if failure is None or failure.kind != "slow" or given >= choice.settings.timeout / 2:  # else it was hurried
            self._breakers.ended(choice, failure, call.ended_at)
        if failure is not None and failure.kind in ("misconfigured", _BUG):
            # What an adapter raises by mistake may hold what was said: its words are for the trace only.
            shown = failure.shown if failure.kind == "misconfigured" else failure.shown.partition(":")[0]
            if self._breakers.is_news(f"{choice} {failure.kind}", call.ended_at):
                _log.error("model must be mended", model=str(choice), kind=failure.kind, shown=shown)
        elif failure is not None:
            seconds = round(call.seconds, 1)
            _log.warning(
                "model gave no answer", model=str(choice), kind=failure.kind, status=failure.status, seconds=seconds
            )
        if self._watch is not None:
            self._watch.called(call)


class _Unkept:
    """Steps that nobody resumes."""

    async def step(self, name: str, function: Callable[..., Any], *args: Any, **_: bool) -> Any:  # noqa: ARG002
        """Run it."""
        return await function(*args)


async def _no_file(file: Attached) -> bytes:
    raise FileNotFoundError(file.key)


def settings_for(own: ModelSettings, asked: ModelSettings, seconds: float) -> ModelSettings:
    """A model's own settings, but what the question says of its own, within a time."""
    given = {name: value for name in own.__struct_fields__ if (value := getattr(asked, name)) is not None}
    return replace(own, **{**given, "timeout": seconds})


def _with(call: ModelCall, answered: ChatAnswer | Failure, *, tools: bool, seconds: float) -> ModelCall:
    """The call with what came of it. Tools that nobody offered are none, and without words nothing was answered."""
    if isinstance(answered, Failure):
        return replace(call, failure=answered, seconds=seconds)
    usage = answered.usage
    if len(answered.calls) > MOST_CALLS or sum(len(each.arguments) for each in answered.calls) > LONGEST_ANSWER:
        absurd = Failure("away", f"it wants {len(answered.calls)} tools at once, or says too much to them")
        return replace(call, failure=absurd, usage=usage, seconds=seconds)
    if len(answered.text) > LONGEST_ANSWER:
        answered = replace(answered, text=answered.text[:LONGEST_ANSWER], finish=_TOO_LONG)
    if not answered.text.strip() and not (answered.calls and tools):
        empty = Failure(
            "empty", "an answer without words" + (" that wants tools it was not given" * bool(answered.calls))
        )
        return replace(call, failure=empty, usage=usage, seconds=seconds)
    return replace(call, answer=answered, usage=usage, seconds=seconds)


def _answered(asking: _Asking, call: ModelCall | None) -> ChainAnswer:
    """What everything came to."""
    runs = tuple(asking.toolbox.runs)
    answer = None if call is None else call.answer
    if answer is not None and answer.finish in ("length", _TOO_LONG):
        most = "max_tokens" if answer.finish == "length" else f"{LONGEST_ANSWER} characters"
        asking.told.append(f"the answer was cut off at {most}")
    return ChainAnswer(
        None if answer is None else answer.text,
        "" if call is None else call.model,
        () if answer is None else answer.citations,
        asking.toolbox.sources,
        next((run.reply.handover for run in reversed(runs) if run.reply.handover), None),
        {name: value for run in runs for name, value in run.reply.facts.items()},
        tuple(asking.calls),
        runs,
        total([call.usage for call in asking.calls]),
        tuple(asking.told),
    )


def total(usages: Sequence[Usage | None]) -> Usage:
    """All together; the cost is None where that of one is."""
    known = [usage for usage in usages if usage is not None]
    costs = [usage.cost for usage in known]
    cost = None if None in costs or not costs else sum(cost for cost in costs if cost is not None)
    return Usage(
        sum(usage.input_tokens for usage in known),
        sum(usage.output_tokens for usage in known),
        sum(usage.cached_tokens for usage in known),
        cost,
    )
