"""Whom the bots of one process ask: providers, chains, tools; and the agents made of them.

A provider's libraries are loaded in a thread: at once where it is the first that a bot asks, else when it is first
asked. An examination opens none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from turnkeeper import __version__
from turnkeeper.app import garbage
from turnkeeper.app.library import library, searcher
from turnkeeper.app.link import Link
from turnkeeper.app.tools import ConfiguredTools
from turnkeeper.bots.agent import AgentBot, Replies
from turnkeeper.bots.library import KnowledgeTool, Library
from turnkeeper.bots.question import Prompting
from turnkeeper.bots.recalling import Memory
from turnkeeper.bots.remembering import Remembering
from turnkeeper.bots.thinking import Caps, Thinking
from turnkeeper.config.bots import AgentKeys, ChainKeys, ModelUserKeys
from turnkeeper.config.errors import nearest
from turnkeeper.llm.base import ModelError
from turnkeeper.llm.chain import Chain
from turnkeeper.llm.health import Breakers
from turnkeeper.llm.providers import registry
from turnkeeper.llm.providers.later import LaterProvider, Loading
from turnkeeper.llm.tools.remember import Remember
from turnkeeper.model.errors import ConfigurationError, TurnkeeperError
from turnkeeper.model.llm import ModelChoice
from turnkeeper.text.prompts import unknown_in, variables

if TYPE_CHECKING:
    from turnkeeper.bots.question import PromptSource
    from turnkeeper.config import BotSettings, Settings
    from turnkeeper.engine.clock import Clock
    from turnkeeper.llm.base import ChatModel, Provider, ReadFile
    from turnkeeper.llm.chain import Watching
    from turnkeeper.llm.providers.config import ProviderConfig
    from turnkeeper.llm.toolbox import Tool
    from turnkeeper.model.agents import PromptVersion
    from turnkeeper.model.ids import BotId, WorkspaceId
    from turnkeeper.model.llm import ChatAnswer, ChatRequest
    from turnkeeper.store.knowledge import KnowledgeRecords

Open = Callable[[Any], "Provider"]
"""A provider out of its settings: turnkeeper.llm.providers.registry has those that are loaded at once."""

_log = structlog.get_logger("turnkeeper.models")


class NotOpened(TurnkeeperError):
    """A model of an examination was asked, where none is opened."""


class Minds:
    """What the bots of one process think with. Raises ConfigurationError for what cannot be made."""

    def __init__(
        self,
        settings: Settings,
        now: Callable[[], float],
        prompts: PromptSource,
        open_provider: Open | None = None,
        records: KnowledgeRecords | None = None,
        watch: Watching | None = None,
        closed: Callable[[], None] | None = None,
    ) -> None:
        """`open_provider`, `records` None: only to see whether all can be made. `watch`: who counts calls. `closed` is
        called at the end."""
        self._settings = settings
        self._now = now
        self._prompts = prompts
        self._open = open_provider
        self._watch = watch
        self._closed = closed
        self._breakers = Breakers()
        self._providers: dict[str, Provider] = {}
        self._first: dict[str, None] = {}
        """Those that some bot asks whenever it asks anybody."""
        self._searcher = searcher(settings, records, self._provider) if records is not None else None
        self._tools = ConfiguredTools(settings.tools, settings.folder, now, {"knowledge": KnowledgeTool()})
        self._stands_for: Callable[[Tool], Tool] | None = None

    def rehearsing(self, prompts: PromptSource, stands_for: Callable[[Tool], Tool]) -> Minds:
        """The same models for bots that only rehearse: other prompts, and what stands for each tool. Not to be
        closed."""
        minds = copy(self)
        minds._prompts, minds._stands_for = prompts, stands_for
        return minds

    def agent(self, bot: BotSettings, keys: AgentKeys) -> AgentBot:
        """The agent of these settings."""
        memory = Memory(keys.history, keys.history_tokens, keys.summary)
        prompting = Prompting(
            bot.id, keys.prompt, keys.language, _timezone(bot, keys), keys.format, memory, keys.loop_guard
        )
        more = [Remember(keys.facts)] if keys.facts else []
        thinking = self.thinking(bot, keys, more)
        return AgentBot(
            prompting,
            thinking,
            self._prompts,
            Replies(keys.fixed_reply, keys.handover_reply, keys.offer_buttons, keys.nothing_found),
            self._remembering(bot, keys, memory),
            self.library(keys),
            __version__,
        )

    def thinking(self, bot: BotSettings, keys: ModelUserKeys, more: Sequence[Tool] = ()) -> Thinking:
        """Whom a bot asks. `more`: tools that it has besides those that it names."""
        chain = self.chain(keys)
        names = [*keys.tools, *(["knowledge"] if keys.knowledge and "knowledge" not in keys.tools else [])]
        if "knowledge" in names and not keys.knowledge:
            problem = "names `knowledge`, and the bot has none"
            raise ConfigurationError(f"bots.{bot.id}.tools", problem, 'Add knowledge = ["…"], or leave it out.')
        tools = self._tools.of(names, f"bots.{bot.id}.tools")
        return Thinking(
            chain,
            (*tools.tools, *more),
            _caps(keys),
            images=any(model.takes_images for _, model in chain.models),
            documents=any(model.takes_documents for _, model in chain.models),
            servers=tools.servers,
            stands_for=self._stands_for,
        )

    def library(self, keys: ModelUserKeys) -> Library | None:
        """What a bot may look things up in, if it has anything."""
        if not keys.knowledge or self._searcher is None:
            return None
        found = library(self._settings, self._searcher, keys.knowledge)
        for name in keys.knowledge:
            if embeddings := self._settings.knowledge[name].embeddings:
                provider = embeddings.partition("/")[0]
                self._provider(provider)
                self._first[provider] = None
        return found

    def chain(self, keys: ChainKeys) -> Chain:
        """The models that these settings name; what one chain learns of a provider, all know."""
        models = [(choice, self._model(choice)) for choice in keys.choices()]
        if models:
            self._first[models[0][0].provider] = None
        return self._chain(models)

    async def load(self) -> None:
        """Load what the first questions need, so that none of them waits for it."""
        for name in self._first:
            provider = self._providers.get(name)
            if isinstance(provider, LaterProvider):
                try:
                    await provider.load()
                except ModelError as error:
                    _log.error("provider must be mended", provider=name, shown=error.shown)

    def _chain(self, models: Sequence[tuple[ModelChoice, ChatModel]]) -> Chain:
        return Chain(models, self._now, breakers=self._breakers, watch=self._watch)

    async def close(self) -> None:
        """Close every connection."""
        if self._closed is not None:
            self._closed()
        await self._tools.close()
        for provider in self._providers.values():
            await provider.close()

    def _remembering(self, bot: BotSettings, keys: AgentKeys, memory: Memory) -> Remembering | None:
        """Who writes summaries: the model that is named, or the last of the chain."""
        choices = keys.choices()
        if not keys.summary or not choices:
            return None
        provider, _, name = keys.summary_model.partition("/")
        if not name:
            return Remembering(self._chain([(choices[-1], self._model(choices[-1]))]), memory)
        if provider not in self._settings.providers:
            mend = nearest(provider, list(self._settings.providers))
            raise ConfigurationError(f"bots.{bot.id}.summary_model", f'there is no provider "{provider}"', mend)
        choice = ModelChoice(provider, name)
        return Remembering(self._chain([(choice, self._model(choice))]), memory)

    def _model(self, choice: ModelChoice) -> ChatModel:
        return self._provider(choice.provider).model(choice.name, choice.images, choice.documents)

    def _provider(self, name: str) -> Provider:
        if name not in self._providers:
            config = self._settings.provider(name)
            registry.check(config)
            self._providers[name] = _Unopened() if self._open is None else self._open(config)
        return self._providers[name]


def opened(
    settings: Settings, clock: Clock, prompts: PromptSource, records: KnowledgeRecords, watch: Watching
) -> Minds:
    """Minds that ask the configured providers, and look things up in the store."""
    loading = Loading(_load)

    def open_provider(config: ProviderConfig) -> Provider:
        return LaterProvider(config, loading)

    return Minds(settings, clock.now, prompts, open_provider, records, watch, loading.close)


def _load(config: ProviderConfig) -> Provider:
    with garbage.growing():
        return registry.open_provider(config)


def examined(settings: Settings) -> Minds:
    """Minds that ask nobody."""
    return Minds(settings, lambda: 0.0, AsConfigured())


def examine_prompt(name: str, keys: AgentKeys) -> Link:
    """Whether the configured prompt of a bot that can be made names only what is known."""
    unknown = unknown_in(keys.prompt, tuple(keys.facts))
    if not unknown:
        return Link(f"bot {name}", "ok", "its prompt and its tools can be read")
    named = ", ".join(f"{{{{{each}}}}}" for each in unknown)
    known = ", ".join(variables(tuple(keys.facts)))
    mend = f"Mend bots.{name}.prompt. Known are {known}."
    return Link(f"bot {name}", "broken", f"its prompt names {named}, which is nothing", mend)


class AsConfigured:
    """Prompts where nothing is published."""

    def find(self, workspace_id: WorkspaceId, bot_id: BotId) -> PromptVersion | None:  # noqa: ARG002 - the port's
        """None: the configured prompt counts."""
        return None


class _Unopened:
    """Stands for a provider, and for each of its models."""

    takes_images = True
    takes_documents = True

    def model(self, name: str, images: bool | None = None, documents: bool | None = None) -> ChatModel:  # noqa: ARG002
        return self

    async def ask(self, request: ChatRequest, read: ReadFile) -> ChatAnswer:  # noqa: ARG002
        raise NotOpened("no provider is opened here")

    async def models(self) -> Sequence[Any]:
        return ()

    async def embed(self, model: str, texts: Sequence[str]) -> Sequence[Sequence[float]]:  # noqa: ARG002
        raise NotOpened("no provider is opened here")

    async def close(self) -> None:
        """Nothing is open."""


def _caps(keys: ModelUserKeys) -> Caps:
    return Caps(
        keys.tool_rounds,
        keys.tool_calls,
        keys.tool_timeout,
        keys.answer_within,
        keys.turn_tokens,
        keys.turn_cost,
        keys.daily_tokens,
        keys.daily_cost,
    )


def _timezone(bot: BotSettings, keys: AgentKeys) -> ZoneInfo:
    try:
        return ZoneInfo(keys.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problem = f"{keys.timezone!r} is not a time zone"
        raise ConfigurationError(f"bots.{bot.id}.timezone", problem, 'Write for example "Asia/Jakarta".') from None
