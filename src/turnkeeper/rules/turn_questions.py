"""What models were asked in a turn, put together from its steps: the prompt, the calls, and the tools in between.

An agent's question is its step `prompt`; any other stands in the first call of the question itself. A call goes on
with the question before it, unless that had come to its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from turnkeeper.model.conversation import StepRow
from turnkeeper.model.turn_told import Answered, Question, ToldMessage, ToldStep, ToolUse

PROMPT = "prompt"
_TOOL, _WANTED = "tool.", ".arguments"
_Step = tuple[StepRow, ToldStep]


@dataclass(slots=True)
class _Asked:
    """A question on its way."""

    attempt: int
    request: Mapping[str, Any] | None
    version: int | None = None
    calls: list[Answered] = field(default_factory=list)
    is_over: bool = False


def questions(steps: Sequence[_Step]) -> list[Question]:
    """All questions of all attempts, in order."""
    ran = _Ran([step for row, step in steps if _is_run(row)])
    found: list[_Asked] = []
    prompts = {row.attempt: step.result for row, step in steps if row.name == PROMPT and isinstance(step.result, dict)}
    for row, step in sorted(steps, key=lambda pair: (pair[0].attempt, pair[0].occurrence)):
        if step.call is None or not isinstance(step.result, dict):
            continue
        last = found[-1] if found and found[-1].attempt == row.attempt else None
        asked = step.result.get("asked")
        if last is None or last.is_over or asked is not None:
            prompt = prompts.get(row.attempt, {}) if last is None else {}
            last = _Asked(row.attempt, asked or prompt.get("request"), prompt.get("version"))
            found.append(last)
        last.calls.append(_answered(step, ran))
        last.is_over = _is_over(step.result)
    return [_told(each) for each in found]


def _is_run(row: StepRow) -> bool:
    return row.name.startswith(_TOOL) and not row.name.endswith(_WANTED)


def _is_over(call: Mapping[str, Any]) -> bool:
    """Whether nothing was asked after it for the same answer."""
    answer, failure = call.get("answer"), call.get("failure")
    if failure is not None:
        return bool(failure.get("kind") == "nobody")
    return answer is not None and not (answer.get("calls") and call.get("tools"))


class _Ran:
    """The runs of tools, each told with the call that wanted it."""

    def __init__(self, steps: Sequence[ToldStep]) -> None:
        self._left = list(steps)

    def of(self, name: str, arguments: Any, since: float) -> ToldStep | None:
        """The next run of a tool with these arguments."""
        for place, step in enumerate(self._left):
            run = step.result if isinstance(step.result, dict) else {}
            same = step.name == f"{_TOOL}{name}" and run.get("arguments") == arguments
            if same and step.began_at >= since:
                return self._left.pop(place)
        return None


def _answered(step: ToldStep, ran: _Ran) -> Answered:
    result: Mapping[str, Any] = step.result
    answer = result.get("answer") or {}
    usage = result.get("usage") or answer.get("usage") or {}
    assert step.call is not None
    return Answered(
        call=step.call,
        at=result["at"],
        text=answer.get("text"),
        finish=answer.get("finish", "stop") if answer else None,
        tools=[_use(each, ran, result["at"]) for each in answer.get("calls", ())],
        with_tools=bool(result.get("tools")),
        left_out=int(result.get("left_out", 0)),
        input_tokens=usage.get("input_tokens"),
        output_tokens=usage.get("output_tokens"),
        cached_tokens=usage.get("cached_tokens"),
    )


def _use(wanted: Mapping[str, Any], ran: _Ran, since: float) -> ToolUse:
    arguments = _read(str(wanted.get("arguments") or ""))
    name = str(wanted.get("name"))
    step = ran.of(name, arguments if isinstance(arguments, dict) else {}, since)
    if step is None:
        return ToolUse(name, arguments, None, failed=False, effect=False, seconds=None)
    reply = step.result.get("reply") or {}
    failed = bool(reply.get("failed"))
    return ToolUse(name, arguments, reply.get("content"), failed, step.effect, step.seconds, reply.get("told") or None)


def _read(written: str) -> Any:
    """As it was meant, where it is JSON."""
    try:
        return msgspec.json.decode(written) if written.strip() else {}
    except msgspec.DecodeError:
        return written


def _told(asked: _Asked) -> Question:
    request = asked.request or {}
    messages = [message for each in request.get("messages", ()) for message in _messages(each)]
    known = asked.request is not None
    return Question(asked.attempt, known, request.get("instructions", ""), messages, asked.calls, asked.version)


def _messages(said: Mapping[str, Any]) -> Iterator[ToldMessage]:
    match said.get("type"):
        case "calling":
            names = [str(each.get("name")) for each in said.get("calls", ())]
            yield ToldMessage("assistant", said.get("text") or f"[{', '.join(names)}]", [])
        case "result":
            yield ToldMessage("tool", str(said.get("content")), [])
        case _:
            files = [str(file.get("filename") or file.get("mime")) for file in said.get("files", ())]
            yield ToldMessage(str(said.get("role")), str(said.get("text")), files)
