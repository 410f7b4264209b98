"""Any bot can have sequences: their steps are said here, one timer at a time, and the bot is not asked.

A step's timer is the only trace of a running sequence: it holds where it stands, and the turn that says a step sets
the next. Under one id it is there once, so a sequence that is started again begins anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import msgspec

from turnkeeper.engine.answer import Answer, Bot, Later, Work
from turnkeeper.engine.local_time import zone_of
from turnkeeper.model.consent import EVERYTHING
from turnkeeper.model.contents import Reply, Template
from turnkeeper.model.events import Inbound
from turnkeeper.model.outside import outside
from turnkeeper.model.sequences import PREFIX, MessageSequence, SequenceStep, Standing
from turnkeeper.rules.consent import is_refused
from turnkeeper.rules.mailbox import OUTSIDE_KINDS
from turnkeeper.rules.quiet_hours import next_allowed
from turnkeeper.text.escaping import escaped

_VALUE = re.compile(r"\{(\w+)\}")
_WAITED = 60.0
"""Seconds after which it is looked whether the contact has written since a step was due."""


def step_timer(sequence: MessageSequence, standing: Standing, wait: float | None = None) -> Later:
    """The timer of a sequence's next step; `wait`: seconds, instead of the step's own."""
    seconds = sequence.steps[standing.step].after if wait is None else wait
    return Later(
        seconds,
        sequence.timer,
        standing,
        follow_up=sequence.stop_on_reply,
        id=sequence.timer,
        quiet=sequence.quiet,
    )


class Sequencing:
    """A bot, and the sequences of its channel beside it."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @property
    def version(self) -> str:
        """The bot's own."""
        return self.bot.version

    async def answer(self, work: Work) -> Answer:
        """Run the bot, unless all that happened is ours; then say what is due."""
        own = [event for event in work.events if _standing(event) is not None]
        started = _started(work)
        if not own:
            answer = await self.bot.answer(work)
            return _with(answer, started) if started else answer
        steps = [await _due(work, event) for event in own]
        others = [event for event in work.events if _standing(event) is None]
        others += [_for_the_bot(event, step) for event, step in zip(own, steps, strict=True) if step.event]
        if others:
            answer = await self.bot.answer(cast("Work", _Narrowed(work, others)))
        else:
            answer = Answer(state=work.state, stage=work.stage, asked=False)
        taken_back = {*answer.cancelled, *(later.id for later in answer.timers)}
        kept = [step for step in steps if step.timer not in taken_back]
        said = [step.said for step in kept if step.said is not None]
        trace = "\n".join(filter(None, [answer.trace, *(step.told for step in kept)])) or None
        next_ones = [step.next for step in kept if step.next is not None]
        whole = replace(answer, replies=[*answer.replies, *said], timers=[*answer.timers, *next_ones], trace=trace)
        return _with(whole, started) if started else whole


class _Due(msgspec.Struct, frozen=True):
    """What becomes of a step that fired."""

    timer: str
    told: str
    said: Reply | None = None
    event: str | None = None
    next: Later | None = None


class _Narrowed:
    """The turn as the bot sees it: without what is ours."""

    def __init__(self, work: Work, events: Sequence[Inbound]) -> None:
        self._whole = work
        self.events = events

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)


def _standing(event: Inbound) -> Standing | None:
    details = event.details or {}
    if event.kind != "timer" or not str(details.get("name", "")).startswith(PREFIX):
        return None
    return msgspec.convert(details.get("data") or {}, Standing)


async def _due(work: Work, event: Inbound) -> _Due:
    """Say the step, put it off until the contact's quiet hours are over, or end the sequence."""
    name = str((event.details or {})["name"])
    standing = _standing(event) or Standing()
    sequence = work.channel.turns.sequences.get(name.removeprefix(PREFIX))
    if sequence is None or standing.step >= len(sequence.steps):
        return _Due(name, f"{name} ends: the configuration no longer has it, or no such step")
    told = f"{name}, step {standing.step + 1} of {len(sequence.steps)}"
    if sequence.stop_on_reply and await _has_written(work, event):
        return _Due(name, f"{told}: ends, the contact has written")
    if not await _may(work, sequence.purpose):
        return _Due(name, f"{told}: ends, the contact wants no {sequence.purpose or 'messages'}")
    if sequence.quiet is not None:
        zone = zone_of(await work.records.facts(), work.addresses, sequence.quiet.time_zone)
        wait = next_allowed(work.now(), sequence.quiet, zone) - work.now()
        if wait > 0:
            return _Due(name, f"{told}: waits for the morning", next=step_timer(sequence, standing, wait))
    step = sequence.steps[standing.step]
    further = Standing(standing.step + 1, standing.values)
    follows = step_timer(sequence, further) if further.step < len(sequence.steps) else None
    return _Due(name, told, _said(step, standing.values), step.event, follows)


async def _has_written(work: Work, event: Inbound) -> bool:
    """In this turn, or while the step waited for the bot to be given the conversation back."""
    if any(each.kind not in OUTSIDE_KINDS and not each.from_me for each in work.events):
        return True
    due_at = (event.details or {}).get("due_at")
    if not isinstance(due_at, int | float) or work.now() - due_at < _WAITED:
        return False
    return any(line.role == "contact" for line in await work.history(50, since=due_at))


async def _may(work: Work, purpose: str) -> bool:
    """Whether the contact, on whichever channel they said it, has declined neither the purpose nor everything."""
    known = {record.purpose: record.granted for record in await work.records.consents()}
    return not is_refused(known, purpose or EVERYTHING)


def _said(step: SequenceStep, values: Mapping[str, Any]) -> Reply | None:
    if step.text is not None:
        return filled(step.text, {name: escaped(str(value)) for name, value in values.items()})
    if step.template is None:
        return None
    template = step.template
    return msgspec.structs.replace(
        template,
        body=tuple(filled(each, values) for each in template.body),
        named={name: filled(each, values) for name, each in template.named.items()},
        header=None if template.header is None else filled(template.header, values),
    )


def filled(text: str, values: Mapping[str, Any]) -> str:
    """The text with its `{names}` replaced by values; one that is not given stays empty."""
    return _VALUE.sub(lambda found: str(values.get(found[1], "")), text)


def needed(steps: Sequence[SequenceStep]) -> frozenset[str]:
    """The values that the steps' words name."""
    return frozenset(name for step in steps for text in _texts(step) for name in _VALUE.findall(text))


def _texts(step: SequenceStep) -> list[str]:
    template = step.template or Template("", "")
    return [each for each in (step.text, template.header, *template.body, *template.named.values()) if each]


def _for_the_bot(event: Inbound, step: _Due) -> Inbound:
    """A step that is an event is the bot's: a timer of that name, with the values."""
    standing = _standing(event) or Standing()
    return msgspec.structs.replace(event, details={"name": step.event, "data": dict(standing.values)})


def _started(work: Work) -> list[Later]:
    """The sequences that events from outside start, with their data as values."""
    wanted = {told.sequence: told.data for event in work.events if (told := outside(event)) and told.sequence}
    known = work.channel.turns.sequences
    return [
        step_timer(known[name], Standing(0, data if isinstance(data, dict) else {}))
        for name, data in wanted.items()
        if name in known
    ]


def _with(answer: Answer, started: Sequence[Later]) -> Answer:
    """Started anew, whatever ran before or has just fired."""
    names = [later.name for later in started]
    timers = [later for later in answer.timers if later.name not in names]
    return replace(answer, cancelled=[*answer.cancelled, *names], timers=[*timers, *started])
