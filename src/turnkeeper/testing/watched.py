"""A bot as a test sees it: what it did last, and what is inside of all that stands around it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from turnkeeper.engine.answer import Answer, Bot, Work
from turnkeeper.testing.models import ScriptedModel


class Watched:
    """The bot, with what it did last."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.raised: list[Exception] = []
        self.left = Answer()

    @property
    def version(self) -> str:
        """The bot's own."""
        return self.bot.version

    async def answer(self, work: Work) -> Answer:
        """The bot's own, noted."""
        try:
            self.left = await self.bot.answer(work)
        except Exception as error:
            self.raised.append(error)
            raise
        return self.left


def scripted_models(bot: Bot) -> Iterator[ScriptedModel]:
    """The scripted models that a bot asks."""
    thinking = getattr(innermost(bot), "_thinking", None)
    if thinking is not None:
        yield from (model for _, model in thinking.chain.models if isinstance(model, ScriptedModel))


def innermost(bot: Any) -> Any:
    """The bot itself, without what stands around it: one that hears, or says goodbye."""
    while hasattr(bot, "bot"):
        bot = bot.bot
    return bot
