"""What an agent asks: its prompt filled in, what is known, what was said before, what is said now.

Rule: it is decided once for an attempt of a turn and kept as the step `prompt`, so that whoever resumes the turn asks
the same, and the trace has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

import msgspec

from turnkeeper.bots import guarding
from turnkeeper.bots.recalling import Memory, Recollection, recollect
from turnkeeper.bots.turn import Turn
from turnkeeper.engine.answer import Work
from turnkeeper.model.agents import PromptVersion
from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.model.llm import ChatRequest, Said
from turnkeeper.rules.recall import with_now
from turnkeeper.text import stage_format
from turnkeeper.text.prompts import Filled, instructions

DETAIL = "detail"
"""Where a session's state keeps what a stage prompt has captured."""
Format = Literal["auto", "text", "stages"]


class PromptSource(Protocol):
    """The published prompts, as this process knows them."""

    def find(self, workspace_id: WorkspaceId, bot_id: BotId) -> PromptVersion | None:
        """What is published, or stands in the file that is followed; None: the configured prompt counts."""


@dataclass(frozen=True, slots=True)
class Prompting:
    """What an agent is told of its task. `format`: how it answers, `auto` as its prompt looks; `timezone`: of
    `{{now}}`; `loop_guard`: whether it minds circles."""

    bot_id: BotId
    prompt: str
    language: str = "auto"
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    format: Format = "auto"
    memory: Memory = field(default_factory=Memory)
    loop_guard: bool = True


class Question(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that was decided before the first model was asked.

    `version`: the published prompt's, 0 for a file that is followed; None: as the configuration said at the start.
    `stages`: those that the prompt marks, where answers are in the stage format; `unknown`: variables that nobody
    knows. `not_before`: an instant before which nothing is answered; `is_due`: a summary waits to be made.
    """

    request: ChatRequest
    version: int | None = None
    stages: tuple[str, ...] | None = None
    unknown: tuple[str, ...] = ()
    loop: guarding.Loop | None = None
    not_before: float | None = None
    is_due: bool = False


_decode = msgspec.json.Decoder(Question).decode


async def question(work: Work, turn: Turn, prompting: Prompting, prompts: PromptSource, said: Said) -> Question:
    """The question to this turn, made now or by whoever ran it before."""

    async def make(_: str) -> bytes:
        return msgspec.json.encode(await _made(work, turn, prompting, prompts, said))

    return _decode(await work.step("prompt", make, b"", effect=False, on_unknown="retry"))


async def _made(work: Work, turn: Turn, prompting: Prompting, prompts: PromptSource, said: Said) -> Question:
    lines = await work.history(max(guarding.LOOKED_BACK, prompting.memory.lines))
    loop = guarding.judged(work, lines) if prompting.loop_guard and turn.messages else None
    published = prompts.find(work.channel.workspace_id, prompting.bot_id)
    prompt = prompting.prompt if published is None else published.text
    recollection = await recollect(work, prompting.memory, lines)
    facts = {name: value for name, value in (await work.records.facts()).items() if not name.startswith("_")}
    filled = _filled(work, turn, prompting, prompt, recollection, facts)
    stages = stage_format.stages(prompt)
    staged = prompting.format == "stages" or (prompting.format == "auto" and bool(stages))
    told = [filled.text, stage_format.instructions(prompt) if staged else "", recollection.note]
    return Question(
        ChatRequest("\n\n".join(filter(None, told)), with_now(recollection.messages, said)),
        None if published is None else published.version,
        stages if staged else None,
        filled.unknown,
        loop,
        guarding.slowed_until(lines, loop),
        recollection.is_due,
    )


def _filled(
    work: Work, turn: Turn, prompting: Prompting, prompt: str, recollection: Recollection, facts: Mapping[str, Any]
) -> Filled:
    moment = datetime.fromtimestamp(work.now(), prompting.timezone)
    values = {
        "contact.name": turn.contact.name or "",
        "contact.phone": turn.contact.phone or "",
        "name": turn.contact.name or "",
        "phone": turn.contact.phone or "",
        "channel.name": work.channel.id,
        "now": f"{moment:%A, %d %B %Y, %H:%M} ({prompting.timezone.key})",
        "stage": turn.stage or "",
        "detail": str(turn.state.get(DETAIL) or ""),
        **{f"facts.{name}": str(value) for name, value in facts.items()},
    }
    return instructions(
        prompt, work.channel.niche, values, language=prompting.language, facts=facts, summary=recollection.summary
    )
