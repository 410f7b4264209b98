"""A flow in a turn: what happened is decided on, what the flow asks for is done, and its answer decided on again, until
nothing is asked. All else is what the turn leaves, and counts when it commits.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog

from turnkeeper.bots.flow import calling, thinking
from turnkeeper.bots.flow.filling import filled_in
from turnkeeper.bots.flow.signals import TIMER, payment_name
from turnkeeper.bots.payment import PaymentRefused, PaymentUnavailable
from turnkeeper.bots.question import DETAIL
from turnkeeper.bots.results import NotStorable
from turnkeeper.bots.thinking import NotConfigured, Thinking
from turnkeeper.bots.turn import Turn
from turnkeeper.engine.answer import Work
from turnkeeper.engine.flows import Opened
from turnkeeper.flows.decide import Decision, decide
from turnkeeper.flows.effects import (
    AskModel,
    AskPayment,
    CallHttp,
    Effect,
    Ended,
    Extract,
    HandOver,
    KeepField,
    Say,
    SetStage,
    Sleep,
    Tag,
    UseTool,
)
from turnkeeper.flows.nodes.base import Here
from turnkeeper.flows.signals import Failed, ModelAnswered, PaymentTold, Signal
from turnkeeper.flows.state import FlowState
from turnkeeper.flows.walking import Passage
from turnkeeper.llm.calls import ChainAnswer, ToolReply
from turnkeeper.llm.tools.gathering import gathered
from turnkeeper.model.contents import Buttons, List, Sections, words_of
from turnkeeper.model.flows import TAGS
from turnkeeper.text import citations, stage_format

_log = structlog.get_logger("turnkeeper.flows")
_SPARED: Final = 0.1
"""The part of a turn's time in which nothing more is asked for."""
_LAST_TRY: Final = 3
"""The attempt in which a payment provider that is away ends the question instead of the turn."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a flow has to ask with. `trusted`: its calls may reach the operator's network."""

    thinking: Thinking | None = None
    client: calling.Calls | None = None
    trusted: bool = False


class Running:
    """The flows of one conversation in one turn."""

    def __init__(
        self, work: Work, turn: Turn, means: Means, opened: Opened, here: Here, before: FlowState | None = None
    ) -> None:
        """`before`: where the person was left, if that is not where they are found."""
        self._work, self._turn, self._means = work, turn, means
        self.opened = opened
        self.here = here
        self.state: FlowState = opened.state
        self.before: FlowState = opened.state if before is None else before
        self._links: dict[int, str] = {}
        """Payments that can be paid, as far as this turn knows: their names, by the calls that asked for them."""
        if "payment" in self.before.awaits:
            self._links[self.before.call] = payment_name(self.before.flow, self.before.at, self.before.call)
        self.asks = False
        """Something to tap was said in this turn."""
        self.until: float | None = None
        """When the time is over that is waited for."""
        self.told: list[str] = []
        self.passed: list[Passage] = []
        self._said: list[str] = []
        self._sleeps: dict[int, float] = {}

    async def goes(self, decision: Decision) -> None:
        """Do what was decided, and all that follows from it."""
        decisions = deque([decision])
        while decisions:
            decided = decisions.popleft()
            self.state = decided.state
            self._at_hand()
            self.told += decided.told
            self.passed += decided.passed
            for effect in decided.effects:
                signal = await self._done(effect)
                if signal is not None:
                    decisions.append(decide(self.opened.book, self.state, signal, self.here))

    def _at_hand(self) -> None:
        """A flow that has just begun anew is the published one, in whichever version the person was in it before."""
        state, opened = self.state, self.opened
        begun = opened.published.get(state.flow)
        if begun is not None and begun.version == state.version and opened.book.get(state.flow) is not begun:
            self.opened = replace(opened, book={**opened.book, state.flow: begun})

    async def hears(self, signal: Signal) -> None:
        """Decide on a signal."""
        await self.goes(decide(self.opened.book, self.state, signal, self.here))

    async def leaves(self) -> None:
        """Set the timer that is waited for, and take back what is not waited for any more."""
        awaited = self.state.call if "time" in self.state.awaits else None
        if "time" in self.before.awaits and awaited != self.before.call:
            self._turn.cancel(f"{TIMER}{self.before.call}")
        if awaited in self._sleeps:
            self.until = self.here.local.timestamp() + self._sleeps[awaited]
            self._turn.after(self._sleeps[awaited], f"{TIMER}{awaited}", follow_up=False)
        for call, name in self._links.items():
            if call != self.state.call or "payment" not in self.state.awaits:
                await self._voids(name)

    def settled(self, call: int) -> None:
        """A payment is paid, or cannot be any more."""
        self._links.pop(call, None)

    async def _voids(self, name: str) -> None:
        """Nobody is to pay what the flow has left. Whoever was quicker has paid, which is a person's business."""
        try:
            payment = await self._turn.expire_payment(name)
        except (PaymentRefused, PaymentUnavailable, LookupError, NotConfigured) as error:
            self.told.append(f"the payment's link could not be taken back: {error}"[:300])
            return
        if payment.is_paid:
            self._turn.handover(f"{payment.shown} was paid, and the flow waits for it no more ({name})")

    async def _done(self, effect: Effect) -> Signal | None:
        """Do it; what came of it, where that is answered in this turn."""
        match effect:
            case Say():
                await self._say(effect)
            case Sleep():
                self._sleeps[effect.call] = effect.seconds
            case KeepField():
                self._keep(effect.name, effect.value)
            case Tag():
                self._tag(effect)
            case SetStage():
                self._stands(effect.stage)
            case HandOver():
                self._turn.handover(effect.reason)
            case Ended():
                self.told.append(f"the flow is over: {effect.why}")
            case _:
                return await self._asked(effect)
        return None

    async def _say(self, say: Say) -> None:
        try:
            said = filled_in(say)
            await self._turn.reply(said)
            self.asks = self.asks or isinstance(said, Buttons | List)
        except (TypeError, ValueError) as error:
            _log.warning("a flow's message cannot be said", channel=self._work.channel.id, why=str(error)[:200])
            self.told.append(f"not said: {error}"[:500])
            return
        self._said.append(_words(said))

    def _keep(self, name: str, value: Any) -> None:
        try:
            self._turn.facts.set(name, value)
        except (ValueError, NotStorable) as error:
            self.told.append(f"{name[:64]} is not kept: {error}"[:300])
            return
        self.here = replace(self.here, contact={**self.here.contact, name: value})

    def _tag(self, tag: Tag) -> None:
        known = [each for each in self.here.contact.get(TAGS, ()) if each != tag.name]
        self._keep(TAGS, [*known, tag.name] if tag.on else known)

    async def _asked(self, ask: Effect) -> Signal | None:
        left = self._seconds_left()
        if left < 1 and isinstance(ask, AskModel | CallHttp | UseTool | Extract):
            return Failed(ask.call, "the turn's time is over")
        match ask:
            case AskModel():
                return await self._asks_model(ask)
            case Extract():
                return await self._extracts(ask)
            case CallHttp():
                return await calling.called(self._work, self._means.client, ask, left, trusted=self._means.trusted)
            case UseTool():
                return await self._uses(ask, left)
            case AskPayment():
                return await self._asks_payment(ask)
        return None

    def _seconds_left(self) -> float:
        work = self._work
        return work.channel.turns.turn_limit * (1 - _SPARED) - (work.now() - work.began_at)

    async def _asks_model(self, ask: AskModel) -> Signal | None:
        means = self._means.thinking
        if means is None or not means.chain.models:
            return Failed(ask.call, "no models are configured")
        answered = await thinking.asked(self._work, self._turn, means, ask, self._said)
        self.told += answered.told
        for name, value in answered.facts.items():
            self._keep(name, value)
        if answered.handover is not None:
            await self._handed_over(answered.handover, answered.text)
            return None
        if answered.text is None:
            return Failed(ask.call, "; ".join(answered.failures) or "no model gave an answer")
        if stages := thinking.stages_of(ask):
            return self._staged(ask, stage_format.read(answered.text, stages))
        signal = thinking.signal_of(ask, answered.text)
        return _with_sources(signal, answered) if isinstance(signal, ModelAnswered) else signal

    def _staged(self, ask: AskModel, staged: stage_format.Staged) -> ModelAnswered:
        """An answer to a prompt with stages: where the conversation stands now, what was captured, what is said."""
        if staged.stage:
            self._stands(staged.stage)
        if staged.detail:
            self._turn.state[DETAIL] = staged.detail
            self.here = replace(self.here, session={**self.here.session, "detail": staged.detail})
        if not staged.contents:
            self.told.append("the model's answer has a stage and nothing to say")
        words = "\n\n".join(filter(None, map(_words, staged.contents)))
        return ModelAnswered(ask.call, words, parts=staged.contents)

    def _stands(self, stage: str) -> None:
        self._turn.stage = stage or None
        self.here = replace(self.here, session={**self.here.session, "stage": stage})

    async def _handed_over(self, reason: str, said: str | None) -> None:
        """A model's tool wants a person: that ends the flow wherever it is."""
        if said:
            await self._say(Say(said))
        self._turn.handover(reason)
        self.told.append(f"the model hands over: {reason}"[:300])
        self.over("handed_over")

    def over(self, how: str) -> None:
        """Out of all flows."""
        self.passed += left_by(self.state, how)
        self.state = FlowState(call=self.state.call + 1, language=self.state.language)

    async def _extracts(self, ask: Extract) -> Signal:
        try:
            return await thinking.extracted(self._turn, ask)
        except NotConfigured:
            return Failed(ask.call, "no models are configured")

    async def _uses(self, ask: UseTool, seconds: float) -> Signal | None:
        means = self._means.thinking
        tools, told = ((), ()) if means is None else await gathered(means.tools, means.servers)
        self.told += told
        limit = min(seconds, means.caps.tool_seconds) if means is not None else seconds
        named = {tool.spec.name: tool for tool in (() if means is None else means.standing(tools))}
        signal, reply = await calling.used(self._work, self._turn, named, ask, limit)
        self._notes(reply)
        if reply.handover is not None:
            await self._handed_over(reply.handover, None)
            return None
        return signal

    def _notes(self, reply: ToolReply) -> None:
        for name, value in reply.facts.items():
            self._keep(name, value)

    async def _asks_payment(self, ask: AskPayment) -> Signal:
        name = payment_name(self.state.flow, self.state.at, ask.call)
        try:
            payment = await self._turn.payment_link(
                ask.money, ask.description or ask.money.currency, name=name, expires_in=ask.expires_in
            )
        except (PaymentRefused, NotConfigured, ValueError) as refused:
            return Failed(ask.call, str(refused))
        except PaymentUnavailable as away:
            if self._turn.attempt < _LAST_TRY:
                raise
            return Failed(ask.call, str(away))
        if payment.is_paid:
            return PaymentTold(ask.call, "paid")
        if payment.url is None:
            return Failed(ask.call, f"the payment is {payment.state}")
        self._links[ask.call] = name
        return PaymentTold(ask.call, "opened", payment.url)


def left_by(state: FlowState, how: str) -> list[Passage]:
    """Whoever is somewhere in a flow, and in those that wait for it, leaves them."""
    if not state.at:
        return []
    frames = [Passage(each.flow, each.version, each.node, how) for each in state.stack if not each.again]
    return [Passage(state.flow, state.version, state.at, how), *frames]


def _with_sources(answered: ModelAnswered, chain: ChainAnswer) -> ModelAnswered:
    """With what it cites, as an agent's answer has it."""
    if not chain.citations and not chain.sources:
        return answered
    places = chain.citations if answered.text == chain.text else ()
    said = citations.said(citations.cited(answered.text, places, chain.sources))
    return replace(answered, text="\n\n".join(said.texts) if isinstance(said, Sections) else said)


def _words(said: Any) -> str:
    if isinstance(said, str):
        return said
    return "\n".join(said.texts) if isinstance(said, Sections) else words_of(said)
