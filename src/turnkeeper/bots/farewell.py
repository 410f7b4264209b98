"""What is said when a session ends: a timer of one fixed id, set anew by every turn, that starts a turn of its own.

Stands around a bot that has a farewell, or a handler for the end of sessions, and costs the others nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, cast, runtime_checkable

from turnkeeper.engine.answer import Answer, Bot, Later, Work
from turnkeeper.model.events import Inbound

SESSION_EXPIRED = "session.expired"
"""The timer's name."""
_ID = "session"
_AFTER = 1.0
"""Seconds after the end: by then it is one on every machine's clock."""
_LATE = 3600.0
"""Seconds after the end for which a farewell still makes sense."""


@runtime_checkable
class Staged(Protocol):
    """A bot with stages, and handlers of events."""

    def handles(self, type: str) -> bool:  # noqa: A002 - the word of events
        """Whether a handler takes events of that type."""

    def is_fresh(self, state: Mapping[str, object], stage: str | None) -> bool:
        """Whether a session is as every session begins."""


def with_farewell(bot: Bot, said: str = "") -> Bot:
    """The bot, saying goodbye or handling the end of its sessions; itself where it does neither."""
    return Farewell(bot, said) if said or _handles(bot) else bot


def _handles(bot: Bot) -> bool:
    return isinstance(bot, Staged) and bot.handles(f"timer.{SESSION_EXPIRED}")


class Farewell:
    """A bot whose sessions end with words, or with its own handler instead."""

    def __init__(self, bot: Bot, said: str = "") -> None:
        self.bot = bot
        self._said = said
        self._handled = _handles(bot)

    @property
    def version(self) -> str:
        """The bot's own."""
        return self.bot.version

    async def answer(self, work: Work) -> Answer:
        """End the session if it is time, and else run the bot; a session that is under way gets its timer."""
        others = [event for event in work.events if not _is_end(event)]
        if len(others) == len(work.events):
            return self._with_timer(work, await self.bot.answer(work))
        if work.expired is not None and self._handled:
            answer = await self.bot.answer(work)
            over = not others and self._is_fresh(answer)
            return _left_alone(work, answer) if over else self._with_timer(work, answer)
        if others:
            return self._with_timer(work, await self.bot.answer(cast("Work", _Seen(work, others))))
        if work.expired is not None:
            return self._end(work)
        renewed = _nothing(work, "the session has not expired: no farewell yet")
        return replace(renewed, timers=(self._timer(work),)) if work.state or work.stage else renewed

    def _with_timer(self, work: Work, answer: Answer) -> Answer:
        """A session that has nothing in it and nothing said in it needs none; one that was set before stays."""
        if answer.handover is not None:
            return replace(answer, cancelled=(*answer.cancelled, SESSION_EXPIRED))
        if work.channel.turns.keep == "nothing" or (not answer.replies and self._is_fresh(answer)):
            return answer
        return replace(answer, timers=(*answer.timers, self._timer(work)))

    def _timer(self, work: Work) -> Later:
        after = work.channel.turns.session_ttl + _AFTER
        return Later(after, SESSION_EXPIRED, follow_up=False, late=_LATE, id=_ID)

    def _is_fresh(self, answer: Answer) -> bool:
        if isinstance(self.bot, Staged):
            return self.bot.is_fresh(answer.state, answer.stage)
        return not answer.state and answer.stage is None

    def _end(self, work: Work) -> Answer:
        """Where the contact may not be written to any more, the session ends without a word."""
        if work.open_until <= work.now():
            return _nothing(work, "the session has expired: no farewell, the window is closed")
        return Answer([self._said], work.state, work.stage, trace="the session has expired: farewell", asked=False)


def _is_end(event: Inbound) -> bool:
    return event.kind == "timer" and (event.details or {}).get("name") == SESSION_EXPIRED


def _left_alone(work: Work, answer: Answer) -> Answer:
    """The session stays as it expired: whoever comes back may have it back."""
    return replace(answer, state=work.state, stage=work.stage, asked=False)


def _nothing(work: Work, trace: str) -> Answer:
    return Answer((), work.state, work.stage, trace=trace, asked=False)


class _Seen:
    """A Work without the events that the bot has no use for."""

    def __init__(self, work: Work, events: Sequence[Inbound]) -> None:
        self._work = work
        self.events = events

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)
