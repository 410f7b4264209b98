"""The prompts of configured bots: versions in the database, and what the configuration says."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from turnkeeper.app.database import existing
from turnkeeper.app.people import NotThere
from turnkeeper.config.bots import AgentKeys
from turnkeeper.config.errors import nearest
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.text.prompts import unknown_in

if TYPE_CHECKING:
    from turnkeeper.config import Settings
    from turnkeeper.engine.prompts import Prompts
    from turnkeeper.model.agents import PromptVersion
    from turnkeeper.store.base import Store

CONFIGURED = 0
"""The number of the configured prompt."""


def open_prompts(settings: Settings, store: Store) -> Prompts:
    """What bots are told while they run; `look` once before the first turn, and let `run` go on."""
    from turnkeeper.engine.prompts import Prompts

    return Prompts(store, {bot.id: bot.prompt_file for bot in settings.bots.values() if bot.prompt_file})


@dataclass(frozen=True, slots=True)
class BotPrompts:
    """A bot's versions, the newest first, and its configured prompt."""

    workspace: str
    bot: str
    configured: str
    versions: tuple[PromptVersion, ...]

    @property
    def published(self) -> PromptVersion | None:
        """The version in effect; None: the configured prompt is."""
        return next((each for each in self.versions if each.state == "published"), None)

    def text(self, version: int | None) -> str:
        """A version's text, `CONFIGURED` for the configured one, None for what is in effect. Raises NotThere."""
        if version is None:
            return self.configured if self.published is None else self.published.text
        if version == CONFIGURED:
            return self.configured
        return self.find(version).text

    def find(self, version: int) -> PromptVersion:
        """Raises NotThere."""
        for each in self.versions:
            if each.version == version:
                return each
        there = ", ".join(str(each.version) for each in reversed(self.versions)) or "none yet"
        raise NotThere(f"bot {self.bot} has no version {version} of its prompt. Versions: {there}.")

    def newest_draft(self) -> PromptVersion:
        """Raises NotThere where nothing was drafted since the last publication."""
        newest = self.versions[0] if self.versions else None
        if newest is None or newest.state != "draft":
            raise NotThere(f"bot {self.bot} has no new draft. `turnkeeper prompt draft {self.bot} FILE` makes one.")
        return newest

    def as_words(self) -> list[dict[str, Any]]:
        """For JSON: every version without its text."""
        return [
            {
                "bot": self.bot,
                "version": each.version,
                "state": each.state,
                "created_at": each.created_at,
                "published_at": each.published_at,
                "note": each.note,
                "characters": len(each.text),
            }
            for each in self.versions
        ]


def agents(settings: Settings) -> list[str]:
    """The bots that have a prompt."""
    return [bot.id for bot in settings.bots.values() if isinstance(bot.keys, AgentKeys)]


def _keys(settings: Settings, bot: str) -> AgentKeys:
    known = {str(each.id): each for each in settings.bots.values()}
    if bot not in known:
        raise ConfigurationError("BOT", f"there is no bot {bot!r}", nearest(bot, agents(settings)))
    keys = known[bot].keys
    if not isinstance(keys, AgentKeys):
        raise ConfigurationError("BOT", f"{bot} has no prompt: it is of the kind {known[bot].kind!r}", "Name an agent.")
    return keys


async def read(settings: Settings, workspace: str, bot: str) -> BotPrompts:
    """A bot's prompts. Raises ConfigurationError, StoreError."""
    configured = _keys(settings, bot).prompt
    async with existing(settings) as store:
        versions = await store.prompts(WorkspaceId(workspace), BotId(bot))
    return BotPrompts(workspace, bot, configured, tuple(versions))


async def draft(
    settings: Settings, workspace: str, bot: str, text: str, note: str
) -> tuple[PromptVersion, tuple[str, ...]]:
    """Keep a new version; with it, the variables in it that are none.

    Raises NotThere for one that is empty, ConfigurationError, StoreError.
    """
    facts = tuple(_keys(settings, bot).facts)
    if not text.strip():
        raise NotThere("the prompt is empty: nothing was kept.")
    async with existing(settings) as store:
        told = text.rstrip("\r\n")
        kept = await store.draft_prompt(WorkspaceId(workspace), BotId(bot), told, note, time.time())
    return kept, unknown_in(told, facts)


async def publish(settings: Settings, workspace: str, bot: str, version: int | None) -> PromptVersion:
    """Publish a version, the newest draft without one. Raises NotThere, ConfigurationError, StoreError."""
    prompts = await read(settings, workspace, bot)
    chosen = prompts.newest_draft() if version is None else prompts.find(version)
    published = await _publish(settings, workspace, bot, chosen.version)
    assert published is not None
    return published


async def back(settings: Settings, workspace: str, bot: str, *, configured: bool) -> PromptVersion | None:
    """Publish the version that was published before, by number; None: back at the configured prompt.

    Raises NotThere where none is published, ConfigurationError, StoreError.
    """
    prompts = await read(settings, workspace, bot)
    now = prompts.published
    if now is None:
        raise NotThere(f"bot {bot} has its configured prompt: there is nothing to go back from.")
    before = [each for each in prompts.versions if each.version < now.version and each.published_at is not None]
    return await _publish(settings, workspace, bot, before[0].version if before and not configured else None)


async def _publish(settings: Settings, workspace: str, bot: str, version: int | None) -> PromptVersion | None:
    async with existing(settings) as store:
        try:
            return await store.publish_prompt(WorkspaceId(workspace), BotId(bot), version, time.time())
        except LookupError as error:
            raise NotThere(str(error)) from None
