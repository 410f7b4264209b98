"""An agent: a prompt, models and tools answer; where none of them does, a fixed reply that offers a person.

A turn's life: an offer that is taken up, the guard against circles, the question (kept as the step `prompt`, so that a
resumed turn asks the same), the chain of models, the answer as this channel says it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec

from turnkeeper.bots import guarding, offering
from turnkeeper.bots.hearing import heard
from turnkeeper.bots.thinking import Thinking
from turnkeeper.bots.turn import Turn
from turnkeeper.engine.answer import Answer, Work
from turnkeeper.llm.calls import ChainAnswer
from turnkeeper.model.agents import PromptVersion
from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.model.llm import ChatRequest, Said
from turnkeeper.text.prompts import instructions

DETAIL = "detail"
"""Where a session's state keeps what a stage prompt has captured."""


class PromptSource(Protocol):
    """The published prompts, as this process knows them."""

    def find(self, workspace_id: WorkspaceId, bot_id: BotId) -> PromptVersion | None:
        """The published version; None: the configured prompt counts."""


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """What an agent was told in the configuration. `timezone`: of `{{now}}`."""

    bot_id: BotId
    prompt: str
    fixed_reply: str = "Sorry, something is not working. Shall I ask a person to get back to you?"
    handover_reply: str = "I have told my colleagues. Somebody will get back to you here."
    language: str = "auto"
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    history: int = 10
    history_tokens: int = 4000
    summary: bool = True
    facts: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    format: str = "auto"
    loop_guard: bool = True


class Prepared(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that was decided before the first model was asked; kept as the step `prompt`.

    `version`: the published prompt's; None: the configured one. `unknown`: variables that nobody knows.
    """

    request: ChatRequest
    version: int | None = None
    unknown: tuple[str, ...] = ()
    loop: guarding.Loop | None = None
    not_before: float | None = None


_prepared = msgspec.json.Decoder(Prepared).decode


class AgentBot:
    """A configured agent. `thinking`: whom it asks; `prompts`: what is published."""

    def __init__(self, settings: AgentSettings, thinking: Thinking, prompts: PromptSource) -> None:
        self._settings = settings
        self._thinking = thinking
        self._prompts = prompts
        told = repr((settings, thinking.chain.choices, [tool.spec for tool in thinking.tools], thinking.caps))
        self.version = blake2b(told.encode(), digest_size=8).hexdigest()
        """Of the configuration without published prompts: a turn that was begun keeps its question anyway."""

    async def answer(self, work: Work) -> Answer:
        """Run one turn."""
        turn = Turn(work)
        reason = offering.accepted(turn)
        if reason is not None:
            return await self._handed_over(turn, reason)
        now_said = await heard(turn, images=self._thinking.images, documents=self._thinking.documents)
        if not now_said.text and not now_said.files:
            return turn.answer("nothing was said: no model was asked")
        prepared = await self._prepared(work, turn, now_said)
        if prepared.loop is not None and prepared.loop.step == "stop":
            turn.handover(prepared.loop.reason)
            return turn.answer(f"not answered: {prepared.loop.reason}")
        await guarding.wait_until(work, prepared.not_before)
        answered = await self._thinking.asked(work, turn, prepared.request)
        return await self._said(turn, prepared, answered)

    async def _handed_over(self, turn: Turn, reason: str) -> Answer:
        if self._settings.handover_reply:
            await turn.reply(self._settings.handover_reply)
        turn.handover(reason)
        return turn.answer("the person took up the offer of a person")

    async def _prepared(self, work: Work, turn: Turn, now_said: Said) -> Prepared:
        """Decided once for an attempt of a turn, whoever goes on with it."""

        async def prepare(_: str) -> bytes:
            return msgspec.json.encode(await self._prepare(work, turn, now_said))

        return _prepared(await work.step("prompt", prepare, b"", effect=False, on_unknown="retry"))

    async def _prepare(self, work: Work, turn: Turn, now_said: Said) -> Prepared:
        settings = self._settings
        lines = await work.history(max(guarding.LOOKED_BACK, 2 * settings.history + len(turn.events)))
        loop = guarding.judged(lines, work.now()) if settings.loop_guard and turn.messages else None
        published = self._prompts.find(work.channel.workspace_id, settings.bot_id)
        prompt = settings.prompt if published is None else published.text
        facts = {name: value for name, value in (await work.records.facts()).items() if not name.startswith("_")}
        filled = instructions(
            prompt, work.channel.niche, self._values(work, turn, facts), language=settings.language, facts=facts
        )
        request = ChatRequest(filled.text, (now_said,))
        version = None if published is None else published.version
        return Prepared(request, version, filled.unknown, loop, guarding.slowed_until(lines, loop))

    def _values(self, work: Work, turn: Turn, facts: Mapping[str, Any]) -> dict[str, str]:
        """The variables of a prompt."""
        moment = datetime.fromtimestamp(work.now(), self._settings.timezone)
        return {
            "contact.name": turn.contact.name or "",
            "contact.phone": turn.contact.phone or "",
            "channel.name": work.channel.id,
            "now": f"{moment:%A, %d %B %Y, %H:%M} ({self._settings.timezone.key})",
            "stage": turn.stage or "",
            "detail": str(turn.state.get(DETAIL) or ""),
            **{f"facts.{name}": str(value) for name, value in facts.items()},
        }

    async def _said(self, turn: Turn, prepared: Prepared, answered: ChainAnswer) -> Answer:
        """The chain's answer as replies, or the fixed reply."""
        told = [f"unknown in the prompt: {{{{{name}}}}}" for name in prepared.unknown]
        if prepared.loop is not None:
            told.append(f"slowed down: {prepared.loop.reason}")
        told += answered.told
        if answered.handover is not None:
            turn.handover(answered.handover)
        if answered.text:
            await turn.reply(answered.text)
        elif answered.handover is not None:
            await turn.reply(self._settings.handover_reply)
        else:
            told.append("fixed reply: no model gave an answer")
            why = "no model gave an answer: " + "; ".join(answered.told)
            for reply in offering.offered(self._settings.fixed_reply, why, turn.state):
                await turn.reply(reply)
        answer = turn.answer("\n".join(told) or None)
        return replace(answer, facts=answered.facts)
