"""A bot whose server is killed in the middle of turns."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

from turnkeeper.engine.answer import Answer, Bot, Work
from turnkeeper.testing.conversation import Person


class Crashing:
    """The bot; the server that runs it is killed after the steps in `at`, counted over all turns from 1. The end of a
    turn, before its commit, counts as a step."""

    def __init__(self, bot: Bot, at: Collection[int]) -> None:
        self.bot = bot
        self.at = set(at)
        self.person: Person | None = None
        self.steps = 0
        self.lives = 1

    @property
    def version(self) -> str:
        """The bot's own."""
        return self.bot.version

    async def answer(self, work: Work) -> Answer:
        """The bot's own, if the server lives to see it."""
        answer = await self.bot.answer(_Stepping(work, self))  # type: ignore[arg-type]
        await self.stepped()
        return answer

    async def stepped(self) -> None:
        """One more."""
        self.steps += 1
        if self.steps in self.at and self.person is not None:
            self.lives += 1
            asyncio.get_running_loop().create_task(self.person.survives_a_crash())
            await asyncio.Event().wait()


class _Stepping:
    """The turn, step by step."""

    def __init__(self, work: Work, crashing: Crashing) -> None:
        self._work = work
        self._crashing = crashing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)

    async def step(self, *given: Any, **named: Any) -> bytes:
        """As the turn's."""
        result = await self._work.step(*given, **named)
        await self._crashing.stepped()
        return result
