"""An agent: a prompt, models and tools answer; where none of them does, a fixed reply that offers a person.

A turn's life: an offer that is taken up, the question, the guard against circles, the chain of models, the answer as
its format has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b

import structlog

from turnkeeper.bots import guarding, offering
from turnkeeper.bots.hearing import heard
from turnkeeper.bots.library import Library, answer_from
from turnkeeper.bots.offering import Replies as Replies
from turnkeeper.bots.question import DETAIL, Prompting, PromptSource, Question, question
from turnkeeper.bots.recalling import HANDED_OVER_AT
from turnkeeper.bots.remembering import Remembering
from turnkeeper.bots.thinking import Thinking
from turnkeeper.bots.turn import Turn
from turnkeeper.engine.answer import Answer, Work
from turnkeeper.llm.calls import ChainAnswer
from turnkeeper.model.contents import Reply
from turnkeeper.text import citations, stage_format

_log = structlog.get_logger("turnkeeper.agents")


class AgentBot:
    """A configured agent. `thinking`: whom it asks; `prompts`: what is published; `remembering`: None keeps no
    summaries; `library`: what it looks things up in, and what answers where there is no model."""

    def __init__(
        self,
        prompting: Prompting,
        thinking: Thinking,
        prompts: PromptSource,
        replies: Replies = Replies(),  # noqa: B008 - frozen
        remembering: Remembering | None = None,
        library: Library | None = None,
        release: str = "",
    ) -> None:
        """`release`: of the program, which decides what its steps are."""
        self._prompting = prompting
        self._thinking = thinking
        self._prompts = prompts
        self._replies = replies
        self._remembering = remembering
        self._library = library
        specs = [tool.spec for tool in thinking.tools]
        told = repr((release, prompting, replies, thinking.chain.choices, specs, thinking.caps))
        self.version = blake2b(told.encode(), digest_size=8).hexdigest()
        """Of the configuration, and of what keeps the steps; not of published prompts: a turn that was begun keeps
        its question anyway."""

    async def answer(self, work: Work) -> Answer:
        """Run one turn."""
        turn = Turn(work, self._thinking, self._library)
        taken = offering.taken(turn)
        if taken.accepted is not None:
            return await self._handed_over(work, turn, taken.accepted)
        said = await heard(turn, images=self._thinking.images, documents=self._thinking.documents)
        if not said.text and not said.files:
            return turn.answer("nothing was said: no model was asked")
        asked = await question(work, turn, self._prompting, self._prompts, said)
        if asked.loop is not None and asked.loop.step == "stop":
            self._hand_over(work, turn, asked.loop.reason)
            return turn.answer(f"not answered: {asked.loop.reason}")
        await guarding.wait_until(work, asked.not_before)
        if not self._thinking.chain.models:
            return turn.answer(_DECLINED) if taken.declined else await self._looked_up(turn)
        answered = await self._thinking.asked(work, turn, asked.request, keeps=False)
        return await self._answered(work, turn, asked, answered, declined=taken.declined)

    async def _looked_up(self, turn: Turn) -> Answer:
        """With no model the best passage is the answer."""
        quoted = await answer_from(turn, turn.text)
        if quoted is not None:
            await turn.reply(citations.said(citations.cited(quoted.text, quoted.citations, ())))
            return turn.answer(f"there is no model: answered by {quoted.citations[0].title}")
        reason = "nothing about it was found in the documents"
        for reply in offering.offered(self._replies.nothing_found, reason, turn.state, self._replies.buttons):
            await turn.reply(reply)
        return turn.answer(f"there is no model: {reason}")

    def _hand_over(self, work: Work, turn: Turn, reason: str) -> None:
        turn.handover(reason)
        turn.state[HANDED_OVER_AT] = work.now()

    async def _handed_over(self, work: Work, turn: Turn, reason: str) -> Answer:
        """The person wants a person."""
        if self._replies.handover:
            await turn.reply(self._replies.handover)
        self._hand_over(work, turn, reason)
        return turn.answer("the person took up the offer of a person")

    async def _answered(
        self, work: Work, turn: Turn, asked: Question, answered: ChainAnswer, *, declined: bool
    ) -> Answer:
        """What the turn leaves."""
        told = [f"unknown in the prompt: {{{{{name}}}}}" for name in asked.unknown]
        told += [] if asked.loop is None else [f"slowed down: {asked.loop.reason}"]
        told += answered.told
        if answered.handover is not None:
            self._hand_over(work, turn, answered.handover)
        if answered.text is None:
            _log.warning(
                "no model gave an answer",
                bot=self._prompting.bot_id,
                channel=work.channel.id,
                conversation=work.key.id,
                turn=work.number,
                why=answered.failures,
            )
        if answered.text is None and answered.handover is None and declined:
            told.append(_DECLINED)
        else:
            for reply in self._said(turn, asked, answered, told):
                await turn.reply(reply)
        summarise = self._remembering is not None and asked.is_due and answered.text is not None
        afterwards = [self._remembering.afterwards(work)] if self._remembering is not None and summarise else []
        facts = {**turn.facts.learned, **answered.facts}
        return replace(turn.answer("\n".join(told) or None), facts=facts, afterwards=afterwards)

    def _said(self, turn: Turn, asked: Question, answered: ChainAnswer, told: list[str]) -> Sequence[Reply]:
        """The answer, or the fixed reply."""
        if answered.text is not None and asked.stages is not None:
            return _staged(turn, answered.text, asked.stages, told)
        if answered.text is not None:
            return [citations.said(citations.cited(answered.text, answered.citations, answered.sources))]
        if answered.handover is not None:
            return [self._replies.handover] if self._replies.handover else []
        told.append("fixed reply: no model gave an answer")
        reason = "no model gave an answer: " + "; ".join(answered.told)
        return offering.offered(self._replies.fixed, reason, turn.state, self._replies.buttons)


_DECLINED = "nothing was said: the person wants nobody, and there is no other answer"


def _staged(turn: Turn, text: str, stages: Sequence[str], told: list[str]) -> Sequence[Reply]:
    """An answer in the stage format: where the conversation stands now, what was captured, what is said."""
    staged = stage_format.read(text, stages)
    turn.stage = staged.stage or turn.stage
    if staged.detail:
        turn.state[DETAIL] = staged.detail
    if not staged.contents:
        told.append("the model's answer has a stage and nothing to say")
    return staged.contents
