"""A report of a file, made as a bot makes one of a note: without a channel, a conversation or a store."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from turnkeeper.app.models import AsConfigured, Minds
from turnkeeper.bots.manners import PLAIN
from turnkeeper.bots.python import named
from turnkeeper.bots.reporting import Reported, report
from turnkeeper.config.bots import ModelUserKeys, PythonKeys
from turnkeeper.config.errors import nearest
from turnkeeper.config.hearing import HearingKeys
from turnkeeper.config.transcribers import BUILT_IN
from turnkeeper.llm.extraction import Extracted, extract
from turnkeeper.llm.toolbox import Toolbox
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.rules.budget import Limits

if TYPE_CHECKING:
    from pathlib import Path

    from turnkeeper.bots.thinking import Thinking
    from turnkeeper.config import BotSettings, Settings
    from turnkeeper.model.llm import Attached, ChatRequest
    from turnkeeper.model.voice import Heard, Transcript


def schema_of(entry: str, folder: Path) -> type[BaseModel]:
    """The pydantic model that `module:name` names, looked for in `folder` first. Raises ConfigurationError."""
    found = named(entry, folder, "--schema", 'write, for example, "mr_voice:Report"')
    if isinstance(found, type) and issubclass(found, BaseModel):
        return found
    problem = f"{entry!r} is {'nothing' if found is None else 'no pydantic model'}"
    raise ConfigurationError("--schema", problem, "Name a class that is made of pydantic's BaseModel.")


def reporter(settings: Settings, entry: str, name: str = "") -> BotSettings:
    """The bot whose models fill the schema: the one called `name`, the one that is written in the schema's module, or
    the first that asks models. Raises ConfigurationError."""
    asking = [bot for bot in settings.bots.values() if isinstance(bot.keys, ModelUserKeys) and bot.keys.models]
    if name:
        asking = [bot for bot in asking if bot.id == name]
        if not asking:
            mend = nearest(name, [str(each) for each in settings.bots]) or "Give it `models`."
            raise ConfigurationError(f"bots.{name}", "is no bot that asks models", mend)
    module = entry.partition(":")[0]
    own = [bot for bot in asking if isinstance(bot.keys, PythonKeys) and bot.keys.entry.partition(":")[0] == module]
    if not asking:
        raise ConfigurationError("bots", "no bot asks models", 'Give one models = ["provider/model"].')
    return (own or asking)[0]


def transcribers_of(bot: BotSettings) -> Sequence[str]:
    """Who hears for a bot; the built-in one where nobody is named."""
    return (bot.keys.transcribe if isinstance(bot.keys, HearingKeys) else ()) or (BUILT_IN,)


def unheard(bot: BotSettings, heard: Heard) -> str:
    """What a person is told of a note that cannot be heard."""
    keys = bot.keys
    return (keys.manners() if isinstance(keys, HearingKeys) else PLAIN).sentence(heard.reason)


async def made(
    settings: Settings, bot: BotSettings, schema: type[BaseModel], transcript: Transcript | None
) -> Reported:
    """The report of what was heard, None for nothing. Raises ConfigurationError."""
    from turnkeeper.llm.providers.registry import open_provider

    assert isinstance(bot.keys, ModelUserKeys)
    minds = Minds(settings, time.time, AsConfigured(), lambda config: open_provider(config))
    try:
        return await report(schema, transcript, _Extracting(minds.thinking(bot, bot.keys)))
    finally:
        await minds.close()


class _Extracting:
    """`Turn.extract` without a turn."""

    def __init__(self, thinking: Thinking) -> None:
        self._thinking = thinking

    async def __call__(self, model: type[Any], text: str, *, instructions: str = "") -> Extracted[Any]:
        told: list[str] = []

        async def ask(request: ChatRequest) -> str | None:
            limits = Limits(time.time(), seconds=self._thinking.caps.seconds)
            chain = self._thinking.chain
            answer = await chain.answer(request, Toolbox(now=time.time), _Unkept(), limits, _no_file)
            told.extend(answer.told)
            return answer.text

        found = await extract(model, text, ask, instructions=instructions)
        return Extracted(found.value, found.partial, (*found.problems, *told))


class _Unkept:
    """Steps that nobody keeps."""

    async def step(self, name: str, function: Callable[..., Any], *args: Any, **_: bool) -> Any:  # noqa: ARG002
        """Run it."""
        return await function(*args)


async def _no_file(file: Attached) -> bytes:
    raise FileNotFoundError(file.key)
