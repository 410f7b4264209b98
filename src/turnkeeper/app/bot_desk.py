"""Bots, providers and bases as a workspace sees them in the console, out of the configuration as it is now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from turnkeeper.app.files import incoming
from turnkeeper.app.library import Providers, searcher
from turnkeeper.config.bots import AgentKeys, ChainKeys, ModelUserKeys
from turnkeeper.engine.documents import Intake
from turnkeeper.model.ids import DEFAULT_WORKSPACE
from turnkeeper.model.knowledge import BaseKey
from turnkeeper.model.policy import RateLimit
from turnkeeper.text.prompts import variables
from turnkeeper.web.api.bot_ports import BaseSeen, BotSeen, Desk, ProviderSeen, SettingSeen

if TYPE_CHECKING:
    from pydantic import BaseModel

    from turnkeeper.config import BotSettings, Settings
    from turnkeeper.media.base import MediaStore
    from turnkeeper.model.ids import ChannelId, WorkspaceId
    from turnkeeper.store.base import Store

_PER = {1.0: "second", 60.0: "minute", 3_600.0: "hour", 86_400.0: "day"}
_APART = ("kind", "prompt")
"""Settings that are told apart from the others."""


def open_desk(settings: Settings, store: Store, media: MediaStore, now: Callable[[], float]) -> Desk:
    """What the pages of bots work with."""
    found = searcher(settings, store, Providers(settings).find)
    return Desk(ConfiguredBots(lambda: settings), Intake(store, media, incoming(settings), now), found)


class ConfiguredBots:
    """The BotDesk port over the settings that count now."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings

    async def bots(self, workspace_id: WorkspaceId) -> Sequence[BotSeen]:
        """Those that answer in the workspace; the first workspace also has those that answer nowhere yet."""
        settings = self._settings()
        found = []
        for bot in settings.bots.values():
            homes = {each.workspace_id for each in settings.channels if each.bot_id == bot.id} or {DEFAULT_WORKSPACE}
            if workspace_id in homes:
                found.append(_bot(settings, bot, workspace_id))
        return sorted(found, key=lambda each: each.id)

    async def providers(self, workspace_id: WorkspaceId) -> Sequence[ProviderSeen]:  # noqa: ARG002 - the port's
        """What the file declares is for all."""
        found = self._settings().providers
        return [ProviderSeen(name, str(getattr(keys, "kind", "")), "file") for name, keys in sorted(found.items())]

    async def bases(self, workspace_id: WorkspaceId) -> Sequence[BaseSeen]:
        """Those of the workspace."""
        settings = self._settings()
        return [
            BaseSeen(
                BaseKey(workspace_id, name),
                "file",
                keys.folder,
                keys.embeddings,
                tuple(each.id for each in settings.bots.values() if name in _knowledge(each)),
            )
            for name, keys in sorted(settings.knowledge.items())
            if keys.workspace == workspace_id
        ]


def _bot(settings: Settings, bot: BotSettings, workspace_id: WorkspaceId) -> BotSeen:
    keys = bot.keys
    agent = keys if isinstance(keys, AgentKeys) else None
    return BotSeen(
        id=bot.id,
        kind=bot.kind,
        source="file",
        channels=_channels(settings, bot, workspace_id),
        settings=tuple(told(keys)),
        models=tuple(each.model for each in keys.models) if isinstance(keys, ChainKeys) else (),
        knowledge=_knowledge(bot),
        prompt=None if agent is None else agent.prompt,
        prompt_file=bot.prompt_file is not None,
        variables=() if agent is None else variables(tuple(agent.facts)),
    )


def _channels(settings: Settings, bot: BotSettings, workspace_id: WorkspaceId) -> tuple[ChannelId, ...]:
    of_bot = [each for each in settings.channels if each.bot_id == bot.id]
    return tuple(each.id for each in of_bot if each.workspace_id == workspace_id)


def _knowledge(bot: BotSettings) -> tuple[str, ...]:
    return bot.keys.knowledge if isinstance(bot.keys, ModelUserKeys) else ()


def told(keys: BaseModel) -> Iterator[SettingSeen]:
    """The settings of a table, in their order."""
    for name, info in type(keys).model_fields.items():
        if name in _APART:
            continue
        secret = info.annotation is SecretStr
        value = getattr(keys, name)
        yield SettingSeen(
            name=name,
            value=bool(value.get_secret_value()) if secret else written(value),
            default=False if secret else _default(info),
            given=name in keys.model_fields_set,
            says=info.description or "",
            secret=secret,
        )


def _default(info: FieldInfo) -> Any:
    return None if info.is_required() else written(info.get_default(call_default_factory=True))


def written(value: object) -> Any:
    """A value as a configuration would have it, in JSON."""
    match value:
        case RateLimit():
            per = _PER.get(value.per, f"{value.per:g}s")
            return f"{value.count}/{per}"
        case SecretStr():
            return bool(value.get_secret_value())
        case Mapping():
            return {str(name): written(each) for name, each in value.items()}
        case tuple() | list() | set() | frozenset():
            return [written(each) for each in value]
        case str() | int() | float() | bool() | None:
            return value
    fields = getattr(type(value), "model_fields", None) or getattr(type(value), "__dataclass_fields__", None)
    if fields is None:
        return str(value)
    found = {name: written(getattr(value, name)) for name in fields}
    return {name: each for name, each in found.items() if each is not None}
