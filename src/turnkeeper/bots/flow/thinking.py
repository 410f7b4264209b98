"""A flow's question to a model, and what its answer means.

Where the model may choose a way on, or set variables, it is asked for one JSON object that holds all of it. An answer
in mere words is taken as what is to be said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from msgspec.structs import replace as changed

from turnkeeper.bots.hearing import heard
from turnkeeper.bots.recalling import Memory, recollect
from turnkeeper.bots.thinking import Thinking
from turnkeeper.bots.turn import Turn
from turnkeeper.engine.answer import Work
from turnkeeper.flows.effects import AskModel, Extract
from turnkeeper.flows.signals import Failed, ModelAnswered
from turnkeeper.flows.values import put
from turnkeeper.llm.calls import ChainAnswer
from turnkeeper.llm.toolbox import Tool
from turnkeeper.llm.tools.gathering import gathered
from turnkeeper.model.llm import ChatRequest, ModelSettings, Said
from turnkeeper.rules.recall import with_now
from turnkeeper.text import stage_format
from turnkeeper.text.broken_json import read_object
from turnkeeper.text.prompts import QUOTED, quoted

KNOWLEDGE: Final = "knowledge"
"""The tool that looks things up."""
_OURS: Final = ("channel.", "time.")
_NONE: Final = "none"
_NOTHING_SAID: Final = "(The person has not written anything now. Say what fits your task.)"
_TOKENS: Final = 8_000
"""Of the messages that were said before."""
_ANSWER: Final = (
    "Answer with one JSON object of the given schema, and nothing else. `answer` is what the person reads, in Markdown."
)


async def asked(work: Work, turn: Turn, thinking: Thinking, ask: AskModel, said: Sequence[str]) -> ChainAnswer:
    """What the models answer. `said`: what the bot says before it in this turn."""
    told: list[str] = []
    if ask.model:
        chain = thinking.chain.preferring(ask.model)
        told += [] if chain else [f"there is no model {ask.model!r}: the others were asked"]
        thinking = replace(thinking, chain=chain or thinking.chain)
    tools, left_out = await gathered(thinking.tools, thinking.servers)
    request = await _request(work, turn, thinking, ask, said)
    answered = await thinking.asked(work, turn, request, [tool for tool in tools if _is_given(tool, ask)])
    return changed(answered, told=(*told, *left_out, *answered.told))


def _is_given(tool: Tool, ask: AskModel) -> bool:
    return ask.knowledge or tool.spec.name != KNOWLEDGE


async def _request(work: Work, turn: Turn, thinking: Thinking, ask: AskModel, said: Sequence[str]) -> ChatRequest:
    memory = Memory(ask.history, _TOKENS, summary=False)
    before = await recollect(work, memory, await work.history(memory.lines)) if ask.history else None
    now = Said("user", ask.text)
    if turn.messages:
        now = await heard(turn, images=thinking.images, documents=thinking.documents)
        now = now if _holds(now.text, ask.text) else Said("user", ask.text)
    if not now.text and not now.files:
        now = Said("user", _NOTHING_SAID)
    values = _as_data(ask.values)
    parts = [put(ask.task, values), QUOTED if any(map(_is_quoted, values.values())) else ""]
    parts += [before.note if before else "", _said_already(said), put(_asked_for(ask), values)]
    return ChatRequest(
        "\n\n".join(filter(None, parts)),
        with_now(before.messages if before else (), now),
        settings=ModelSettings(temperature=ask.temperature, max_tokens=ask.max_tokens),
        json_schema=_schema(ask),
    )


def _as_data(values: Mapping[str, str]) -> dict[str, str]:
    """What stands for the marks of a task: people's words as such, the operator's and the clock's as they are."""
    return {mark: said if mark.startswith(_OURS) else quoted(said) for mark, said in values.items()}


def _is_quoted(said: str) -> bool:
    return said.startswith("“")


def _holds(said: str, text: str) -> bool:
    """Whether a text is what was said in this turn, whatever stands around each line."""
    return all(line in said for line in text.splitlines())


def _said_already(said: Sequence[str]) -> str:
    if not said:
        return ""
    return "Just before your answer the person reads this, which you do not say again:\n" + "\n\n".join(said)


def _asked_for(ask: AskModel) -> str:
    """Which ways there are, and what may be set, in words; or the format of a prompt with stages."""
    if stages_of(ask):
        return stage_format.instructions(ask.task)
    if not (ask.chooses or ask.sets):
        return ""
    lines = [_ANSWER]
    if ask.chooses:
        lines.append("`way` says how it goes on:")
        lines += [f"- {each.exit}: {each.when}" for each in ask.chooses]
        lines.append(f"- {_NONE}: none of these")
    if ask.sets:
        lines.append("`values` holds what you know of the following, null for what you do not know:")
        lines += [f"- {name}: {what}" if what else f"- {name}" for name, what in ask.sets.items()]
    return "\n".join(lines)


def stages_of(ask: AskModel) -> tuple[str, ...]:
    """The stages that a prompt marks; none where ways or variables are asked for in another form."""
    return () if ask.chooses or ask.sets else stage_format.stages(ask.task)


def _schema(ask: AskModel) -> dict[str, Any] | None:
    if not (ask.chooses or ask.sets):
        return None
    properties: dict[str, Any] = {"answer": {"type": "string"}}
    if ask.chooses:
        properties["way"] = {"type": "string", "enum": [*(each.exit for each in ask.chooses), _NONE]}
    if ask.sets:
        kinds = [{"type": kind} for kind in ("string", "number", "boolean", "null")]
        values = {name: {"description": what, "anyOf": kinds} for name, what in ask.sets.items()}
        properties["values"] = _object(values)
    return _object(properties)


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def signal_of(ask: AskModel, text: str) -> ModelAnswered | Failed:
    """What an answer means."""
    if not (ask.chooses or ask.sets):
        return ModelAnswered(ask.call, text)
    found = read_object(text, lambda value: bool(value.keys() & {"answer", "way", "values"}))
    if found is None:
        if text.lstrip(" \n`").startswith(("{", "json")):
            return Failed(ask.call, "the model's JSON cannot be read")
        return ModelAnswered(ask.call, text)
    answer, way, values = found.get("answer"), found.get("way"), found.get("values")
    return ModelAnswered(
        ask.call,
        answer if isinstance(answer, str) else "",
        _way(ask, way) if isinstance(way, str) else "",
        {name: value for name, value in values.items() if name in ask.sets and value is not None}
        if isinstance(values, dict)
        else {},
    )


async def extracted(turn: Turn, ask: Extract) -> ModelAnswered | Failed:
    """The fields that a model finds in a text, as far as they are right."""
    from pydantic import Field, create_model

    kind = str | int | float | bool | list[str] | None
    names = {f"field_{place}": name for place, name in enumerate(ask.fields)}
    fields: dict[str, Any] = {
        field: (kind, Field(default=None, alias=name, description=ask.fields[name])) for field, name in names.items()
    }
    found = await turn.extract(create_model("Fields", **fields), ask.text, instructions=ask.instructions)
    if found.value is None and not found.partial:
        return Failed(ask.call, "; ".join(found.problems) or "nothing was found")
    return ModelAnswered(ask.call, values={names.get(field, field): value for field, value in found.partial.items()})


def _way(ask: AskModel, said: str) -> str:
    """The exit that is meant, as it is written."""
    wanted = said.strip().casefold()
    meant = next((each.exit for each in ask.chooses if each.exit.casefold() == wanted), None)
    return meant if meant is not None else "" if wanted in ("", _NONE) else said
