"""A bot that is drawn: its flows decide, one turn at a time.

Where a person is in them is kept in the session, as `flow`; so an interrupt takes them back to where they were when
the turn began. A flow that waits for a time or a payment outlives its session.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any, Final

import msgspec

from turnkeeper.bots import offering
from turnkeeper.bots.flow.asked import ASKED, answers_another, noted
from turnkeeper.bots.flow.begun import begun
from turnkeeper.bots.flow.calling import Calls
from turnkeeper.bots.flow.running import Means, Running, left_by
from turnkeeper.bots.flow.signals import Begins, Heard, Nudged, Paid, What, happened, payment_name, said
from turnkeeper.bots.library import Library
from turnkeeper.bots.offering import Replies
from turnkeeper.bots.paying import Paying
from turnkeeper.bots.thinking import NotConfigured, Thinking
from turnkeeper.bots.turn import Turn
from turnkeeper.engine.answer import Answer, Work
from turnkeeper.engine.flows import Shelf
from turnkeeper.flows.decide import Decision, decide, new_turn, start
from turnkeeper.flows.model import FORMAT
from turnkeeper.flows.nodes.ask import Ask
from turnkeeper.flows.nodes.base import NodeData
from turnkeeper.flows.nodes.message import Message
from turnkeeper.flows.signals import GivenBack, PaymentTold, Replied, Started, TimedOut
from turnkeeper.flows.state import FlowState
from turnkeeper.flows.triggers import Came, Due, Happened, Said, answer
from turnkeeper.flows.walking import Passage
from turnkeeper.model.flows import TAGS, Counted
from turnkeeper.model.ids import BotId
from turnkeeper.text.money import shown

STATE: Final = "flow"
"""Where a session keeps where the person is in their flow."""
_NAME: Final = "contact_name"
"""Where a session keeps what the person calls themselves: a timer does not tell."""
_UNTIL: Final = "flow_until"
"""Where a session keeps when the time is over that the flow waits for: a timer may never come (it is dropped after a
STOP, and a turn that fails takes it with it)."""
_PAID: Final = "flow_paid"
"""Where a session keeps the payment that was found to be paid before it was told: the news may come after it."""
_OUTLIVES: Final = frozenset({"time", "payment"})
EXPIRED: Final = "expired"
"""How a node was left where the session expired in it."""


class FlowBot:
    """A bot of flows. `shelf`: where they come from; `thinking`, `paying`, `client`: what their nodes ask with.

    `trusted`: the flows are the operator's own, so that their calls may reach the operator's network.
    """

    def __init__(
        self,
        bot_id: BotId,
        shelf: Shelf,
        *,
        thinking: Thinking | None = None,
        library: Library | None = None,
        own_words: Replies = Replies(),  # noqa: B008 - frozen
        paying: Paying | None = None,
        client: Calls | None = None,
        trusted: bool = False,
        release: str = "",
    ) -> None:
        """`release`: of the program, which decides what its steps are."""
        self._bot_id = bot_id
        self._shelf = shelf
        self._thinking = thinking
        self._library = library
        self._own_words = own_words
        self._paying = paying
        self._means = Means(thinking, client, trusted)
        choices = thinking.chain.choices if thinking is not None else ()
        self.version = blake2b(repr((release, FORMAT, bot_id, choices)).encode(), digest_size=8).hexdigest()
        """Of the program and the configuration; not of published flows: a turn that was begun keeps its versions."""

    @property
    def shelf(self) -> Shelf:
        """Where its flows come from."""
        return self._shelf

    async def answer(self, work: Work) -> Answer:
        """Run one turn."""
        turn = Turn(work, self._thinking, self._library, self._own_words, self._paying)
        _, wanted = offering.set_apart(turn, work.state)
        turn.state.pop(offering.STATE, None)
        told, passed, state = _found(work, turn)
        workspace_id = work.channel.workspace_id
        name = turn.contact.name or str(turn.state.get(_NAME) or "")
        begins = await begun(work, turn, state, name, self._shelf.now(workspace_id, self._bot_id))
        opened = await self._shelf.open(workspace_id, self._bot_id, begins.versions, new_turn(state))
        running = Running(work, turn, self._means, opened, begins.here(f"{workspace_id}/{work.key.id}"), state)
        running.told += [*told, *opened.told]
        running.passed += [*passed, *opened.passed]
        if wanted is not None:
            await offering.take_up(turn, wanted, self._own_words)
            running.over("handed_over")
        found = [what for what in happened(work) if wanted is None or not isinstance(what, Heard)]
        await _catches_up(work, running, found, begins.at)
        for what in found:
            await _goes_on(work, turn, running, what, back=begins.person)
        await running.leaves()
        by_the_clock = bool(found) and not running.passed and all(isinstance(what, Due) for what in found)
        if running.asks:
            turn.state[ASKED] = noted(turn.state, running.state, work.number)
        turn.state.pop(_UNTIL, None)
        turn.state.update({**_kept(running, name), **turn.offer})
        return self._left(turn, running, asked=not by_the_clock)

    def _left(self, turn: Turn, running: Running, *, asked: bool) -> Answer:
        """`asked`: not only by a clock that nothing follows from, which is no reason to keep a session alive."""
        counts = Counter(Counted(each.flow, each.version, each.node, each.by or "") for each in running.passed)
        return replace(turn.answer("\n".join(running.told) or None), counts=counts, asked=asked)


def _found(work: Work, turn: Turn) -> tuple[list[str], list[Passage], FlowState]:
    """Where the person is. Of a session that expired a flow goes on that waits for what comes by itself."""
    told: list[str] = []
    state = _read(work.state, told)
    if work.expired is None or STATE in work.state:
        return told, [], state
    before = _read(work.expired.state, told)
    if not before.at:
        return told, [], FlowState(call=before.call, language=before.language)
    if not _OUTLIVES & set(before.awaits):
        told.append(f"the session expired in the flow {before.flow}, at {before.at}")
        return told, left_by(before, EXPIRED), FlowState(call=before.call, language=before.language)
    turn.stage = work.expired.stage
    turn.state[_NAME] = work.expired.state.get(_NAME)
    return told, [], before


def _read(kept: Mapping[str, Any], told: list[str]) -> FlowState:
    raw = kept.get(STATE)
    if raw is None:
        return FlowState()
    try:
        return msgspec.convert(raw, FlowState)
    except msgspec.ValidationError as error:
        told.append(f"where the person was in their flow could not be read, and is set aside: {error}")
        return FlowState()


def _kept(running: Running, name: str) -> dict[str, Any]:
    """Outside of flows only what late answers are told by is kept; what counts within a turn is not."""
    state = new_turn(running.state)
    if not state.at:
        state = FlowState(call=state.call, language=state.language)
    until = running.until if "time" in state.awaits else None
    waits = {} if until is None else {_UNTIL: until}
    return {STATE: msgspec.to_builtins(state), **waits, **({_NAME: name} if name else {})}


async def _catches_up(work: Work, running: Running, found: Sequence[What], now: float) -> None:
    """A flow whose time has been over for longer than a turn takes, and whose timer is not here, is told so first."""
    kept = work.state if STATE in work.state or work.expired is None else work.expired.state
    until = kept.get(_UNTIL)
    running.until = until if isinstance(until, int | float) else None
    told = TimedOut(running.state.call)
    if "time" not in running.state.awaits or running.until is None or told in found:
        return
    if now >= running.until + work.channel.turns.turn_limit:
        running.told.append("the timer never came, and its time is over")
        await running.hears(told)


async def _goes_on(work: Work, turn: Turn, running: Running, what: What, *, back: bool) -> None:
    """Tell the flow what happened."""
    match what:
        case TimedOut():
            await running.hears(what)
        case Paid():
            await _paid(turn, running, what)
        case Happened():
            await running.goes(_answered(running, what))
        case Due():
            await _due(running, what)
        case Begins():
            await running.goes(_begun(running, what))
        case Nudged():
            await running.goes(_nudged(running, what))
        case Heard():
            wants_files = _question(running, "media") is not None
            came = await said(turn, what, ever=work.number == 1, files=wants_files)
            old = answers_another(turn.state, what, running.state)
            decided = _heard(running, came, back=back, old=old)
            if not await _finds_paid(turn, running, decided):
                await running.goes(decided)


async def _due(running: Running, what: Due) -> None:
    """A schedule is looked up before its time comes: tags may have gone since."""
    if what.tag in running.here.contact.get(TAGS, ()):
        await running.goes(_answered(running, what))
    else:
        running.told.append(f"the schedule {what.cron} is not for them: they have no tag {what.tag!r} any more")


def _answered(running: Running, came: Came) -> Decision:
    return answer(running.opened.book, running.state, came, running.here, running.opened.published.values())


def _begun(running: Running, what: Begins) -> Decision:
    if what.flow not in running.opened.published:
        told = f"there is no flow {what.flow!r}"
        return replace(_answered(running, Happened(what.flow, what.data)), told=(told,))
    book = {**running.opened.book, what.flow: running.opened.published[what.flow]}
    left = tuple(left_by(running.state, "left"))
    begun = start(book, what.flow, Started("event", data=what.data), running.here, running.state)
    return replace(begun, passed=(*left, *begun.passed))


def _heard(running: Running, came: Said, *, back: bool, old: bool = False) -> Decision:
    """What was said, to the flow that the person is in, else to the one that begins by it, else to the default one.

    `back`: a colleague had the word since the flow asked. Then what is no plain answer is not held against the person,
    and what could be one by chance is not taken for it: the question is asked again. `old`: so it is where they tapped
    a button of an older question.
    """
    state = running.state
    if state.at and old and (_offers(running, came.reply.choice) or _question(running, "text") is not None):
        again = decide(running.opened.book, state, GivenBack(), running.here)
        return replace(again, told=("a button of an older question was tapped", *again.told))
    decided = _answered(running, came)
    if state.at and back and not came.reply.choice and (decided.missed or _question(running, "text") is not None):
        again = decide(running.opened.book, state, GivenBack(), running.here)
        return again if again.effects else decided
    default = running.opened.default
    if state.at or decided.state.at or decided.effects or default not in running.opened.published:
        return decided
    begun = start(running.opened.book, default, Started("first_message", came.reply), running.here, state)
    return replace(begun, told=(f"{default} begins: no other flow does", *begun.told))


def _nudged(running: Running, what: Nudged) -> Decision:
    """Whoever is asked something is asked again; else the words are heard as the person's."""
    again = decide(running.opened.book, running.state, GivenBack(), running.here)
    return again if again.effects else _heard(running, Said(Replied(what.text)), back=False)


def _node(running: Running) -> NodeData | None:
    flow = running.opened.book.get(running.state.flow)
    node = flow.nodes.get(running.state.at) if flow is not None else None
    return node.data if node is not None else None


def _offers(running: Running, choice: str) -> bool:
    """Whether it can be chosen where the person is."""
    node = _node(running)
    return isinstance(node, Ask | Message) and any(option.id == choice for option in node.options)


def _question(running: Running, wants: str) -> Ask | None:
    """The question of that kind in which the person is."""
    node = _node(running)
    return node if isinstance(node, Ask) and node.wants == wants else None


async def _finds_paid(turn: Turn, running: Running, decided: Decision) -> bool:
    """A message after which the flow would go on waiting for a payment looks at it first: its news may be late, or
    lost with a turn that failed."""
    state = running.state
    if "payment" not in state.awaits or "payment" not in decided.state.awaits or decided.state.call != state.call:
        return False
    try:
        payment = await turn.payment(payment_name(state.flow, state.at, state.call))
    except NotConfigured:
        return False
    if payment is None or not payment.is_paid:
        return False
    turn.state[_PAID] = payment.id
    running.told.append("the payment was looked at, and is paid")
    running.settled(state.call)
    await running.hears(PaymentTold(state.call, "paid"))
    return True


async def _paid(turn: Turn, running: Running, what: Paid) -> None:
    """News of a payment; money that comes where nobody waits for it any more is a person's business."""
    event, before = what.event, running.state
    if event.news == "paid" and turn.state.get(_PAID) == event.id:
        running.told.append("the payment was found before it was told")
        return
    awaited = what.told is not None and "payment" in before.awaits and what.told.call == before.call
    if what.told is not None and awaited:
        running.settled(what.told.call)
        await running.hears(what.told)
        return
    data = {"name": event.name, "amount": event.money.amount, "currency": event.money.currency, "id": event.id}
    await running.goes(_answered(running, Happened(f"payment.{event.news}", data)))
    if event.news == "paid" and running.state is before:
        turn.handover(f"{shown(event.money)} was paid, and the flow waits for it no more ({event.name})")
