"""Giving a turn up: what it did to the world is taken back, as far as its bot knows how.

A step says first that the turn is given up, and why. Whoever takes over reads it and goes on with the undoing, instead
of running the bot again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import msgspec

from turnkeeper.engine.answer import Bot, Effect, Undoing
from turnkeeper.engine.journal import SAY_NOW, Journal, idempotency_key
from turnkeeper.model.conversation import StepRow
from turnkeeper.model.errors import BotError, Fenced
from turnkeeper.rules.effects import GIVEN_UP, UNDO, to_undo, undone_in
from turnkeeper.store.base import ClaimedTurn

_DEADLY = 3
"""Claims more, after a turn was given up, that end without a word: the undoing takes its worker down."""


class GivenUp(msgspec.Struct, frozen=True):
    """Why a turn is given up. `said`: to the person, instead of `error_reply`; `failures`, `claims`: how many the
    conversation had counted by then."""

    trace: str
    said: str | None = None
    failures: int = 0
    claims: int = 0


@dataclass(slots=True)
class Undone:
    """How far the undoing came. `failed`: what could not be taken back, and why; `told`: lines for the trace;
    `over`: it is not to be tried again."""

    told: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    over: bool = False


def given_up(steps: Sequence[StepRow]) -> GivenUp | None:
    """Why the turn was given up before, if it was."""
    found = next((step.result for step in steps if step.effect and step.name == GIVEN_UP and step.result), None)
    return None if found is None else msgspec.json.decode(found, type=GivenUp)


async def undo(bot: Bot, journal: Journal, claimed: ClaimedTurn, why: GivenUp) -> Undone:
    """Take back what stands of the turn, the newest first; one that fails does not keep the others. Raises Fenced."""
    undoing = _undoing(bot)
    ended = Undone()
    standing = to_undo([step for step in journal.steps if step.effect and step.name != SAY_NOW])
    known = [] if undoing is None else [step for step in standing if undoing.undoes(_effect(step))]
    ended.told += [f"step {each.name!r} may have happened: nobody undid it" for each in _unknown(standing, known)]
    if undoing is not None and known:
        if claimed.exhausted and claimed.conversation.claims > why.claims + _DEADLY:
            ended.failed += [f"undoing step {step.name!r} takes its worker down" for step in known]
            ended.over = True
        else:
            ended.failed += await _tried(undoing, journal, known, why, claimed.channel.turns.turn_limit)
    ended.told += [f"undone: step {name!r}" for name, _ in sorted(undone_in(journal.steps))]
    return ended


async def _tried(undoing: Undoing, journal: Journal, known: Sequence[StepRow], why: GivenUp, limit: float) -> list[str]:
    """What could not be undone, in words."""
    failed: list[str] = []
    await journal.apart(GIVEN_UP, 1, partial(_said, why))
    for step in known:
        try:
            async with asyncio.timeout(limit):
                await journal.apart(UNDO + step.name, step.occurrence, partial(_undo, undoing, journal, step))
        except Fenced:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a bot raises is the bot's
            failed.append(f"undoing step {step.name!r} raised {type(error).__name__}: {error}")
            await journal.effects_ended(limit)
    return failed


def _undoing(bot: object) -> Undoing | None:
    while bot is not None:
        if isinstance(bot, Undoing):
            return bot
        bot = getattr(bot, "bot", None)
    return None


def _effect(step: StepRow) -> Effect:
    return Effect(step.name, step.occurrence, step.result, idempotency_key(step))


def _unknown(standing: Sequence[StepRow], known: Sequence[StepRow]) -> list[StepRow]:
    return [step for step in standing if step.result is None and step not in known]


async def _said(why: GivenUp, _: str) -> bytes:
    return msgspec.json.encode(why)


async def _undo(undoing: Undoing, journal: Journal, step: StepRow, key: str) -> bytes:
    try:
        await undoing.take_back(journal, _effect(step), key)
    except asyncio.CancelledError as cancelled:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise BotError("it was cancelled by its own work") from cancelled
    return b"null"
