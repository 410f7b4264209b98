"""Bots, providers and bases as a workspace sees them in the console, out of the configuration as it is now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from turnkeeper.app.files import incoming
from turnkeeper.app.library import Providers, searcher
from turnkeeper.app.making import Change, Making, placed, without_secrets
from turnkeeper.config.bots import AgentKeys, ChainKeys, ModelUserKeys
from turnkeeper.engine.documents import Intake
from turnkeeper.engine.searching import Search, Searcher
from turnkeeper.model.configured import ConfiguredKey
from turnkeeper.model.ids import DEFAULT_WORKSPACE, BotId
from turnkeeper.model.knowledge import BaseKey
from turnkeeper.model.policy import RateLimit
from turnkeeper.text.prompts import variables
from turnkeeper.web.api.bot_ports import BaseSeen, BotSeen, Desk, Made, ProviderSeen, SettingSeen

if TYPE_CHECKING:
    from pydantic import BaseModel

    from turnkeeper.config import BotSettings, Settings
    from turnkeeper.config.sealing import Sealing
    from turnkeeper.config.stored import Document
    from turnkeeper.media.base import MediaStore
    from turnkeeper.model.ids import ChannelId, WorkspaceId
    from turnkeeper.store.base import Store
    from turnkeeper.web.api.refusals import Wrong

_PER = {1.0: "second", 60.0: "minute", 3_600.0: "hour", 86_400.0: "day"}
_APART = ("kind", "prompt")
"""Settings that are told apart from the others."""


def open_desk(
    settings: Settings, store: Store, media: MediaStore, now: Callable[[], float], sealing: Callable[[], Sealing]
) -> Desk:
    """What the pages of bots work with."""
    making = Making(settings.path, store, sealing)
    return Desk(ConfiguredBots(making, now), Intake(store, media, incoming(settings), now), Searching(making, store))


class Searching:
    """Looking things up in bases as they are configured now."""

    def __init__(self, making: Making, store: Store) -> None:
        self._making = making
        self._store = store
        self._known: tuple[Settings, Searcher] | None = None

    async def search(self, bases: Sequence[BaseKey], question: str, most: int) -> Search:
        """As bots search."""
        settings = await self._making.settings()
        if self._known is None or self._known[0] is not settings:
            self._known = (settings, searcher(settings, self._store, Providers(settings).find))
        return await self._known[1].search(bases, question, most)


class ConfiguredBots:
    """The BotDesk port over the settings that count now."""

    def __init__(self, making: Making, now: Callable[[], float]) -> None:
        self._making = making
        self._now = now

    async def bots(self, workspace_id: WorkspaceId) -> Sequence[BotSeen]:
        """The workspace's own, and those of the file that answer in it; the first workspace also has those that answer
        nowhere yet."""
        settings = await self._making.settings()
        revisions = _revisions(settings, workspace_id, "bot")
        found = [
            _bot(settings, bot, workspace_id, revisions.get(bot.id))
            for bot in settings.bots.values()
            if workspace_id in _homes(settings, bot)
        ]
        found += [
            BotSeen(
                BotId(each.key.name),
                str(each.table.get("kind", "")),
                "console",
                (),
                as_written(each),
                revision=each.revision,
                problems=_wrongs(settings, each),
            )
            for each in _left_out(settings, workspace_id, "bot")
        ]
        return sorted(found, key=lambda each: each.id)

    async def providers(self, workspace_id: WorkspaceId) -> Sequence[ProviderSeen]:
        """The workspace's own, and the file's where it serves the workspace."""
        settings = await self._making.settings()
        revisions = _revisions(settings, workspace_id, "provider")
        found = []
        for name, keys in settings.providers.items():
            revision = revisions.get(name)
            kind = str(getattr(keys, "kind", ""))
            if revision is not None:
                found.append(ProviderSeen(name, kind, "console", tuple(told(keys)), revision))
            elif not _is_made(settings, "provider", name) and settings.serves(workspace_id):
                found.append(ProviderSeen(name, kind, "file"))
        for each in _left_out(settings, workspace_id, "provider"):
            kind, wrongs = str(each.table.get("kind", "")), _wrongs(settings, each)
            found.append(ProviderSeen(each.key.name, kind, "console", as_written(each), each.revision, wrongs))
        return sorted(found, key=lambda each: each.name)

    async def bases(self, workspace_id: WorkspaceId) -> Sequence[BaseSeen]:
        """Those of the workspace."""
        settings = await self._making.settings()
        revisions = _revisions(settings, workspace_id, "knowledge")
        bots = [each for each in settings.bots.values() if workspace_id in _homes(settings, each)]
        found = [
            BaseSeen(
                BaseKey(workspace_id, name),
                "console" if name in revisions else "file",
                keys.folder,
                keys.embeddings,
                tuple(each.id for each in bots if name in _knowledge(each)),
                revisions.get(name),
            )
            for name, keys in settings.knowledge.items()
            if keys.workspace == workspace_id
        ]
        for each in _left_out(settings, workspace_id, "knowledge"):
            key, wrongs = BaseKey(workspace_id, each.key.name), _wrongs(settings, each)
            found.append(BaseSeen(key, "console", "", str(each.table.get("embeddings", "")), (), each.revision, wrongs))
        return sorted(found, key=lambda each: each.key)

    async def make(self, thing: Made, table: Mapping[str, Any], by: str) -> str:
        """A new document."""
        made = await self._making.make(thing.workspace_id, thing.kind, thing.name, table, by, self._now())
        return made.name

    async def change(self, thing: Made, revision: int, given: Mapping[str, Any], unset: Sequence[str], by: str) -> None:
        """Another revision of it."""
        await self._making.change(ConfiguredKey(*thing), Change(given, unset), revision, by, self._now())

    async def drop(self, thing: Made) -> None:
        """No document any more."""
        await self._making.drop(ConfiguredKey(*thing))


def _homes(settings: Settings, bot: BotSettings) -> set[WorkspaceId]:
    if bot.workspace_id is not None:
        return {bot.workspace_id}
    return {each.workspace_id for each in settings.channels if each.bot_id == bot.id} or {DEFAULT_WORKSPACE}


def _revisions(settings: Settings, workspace_id: WorkspaceId, kind: str) -> dict[str, int]:
    """What the console made in a workspace and is good, by name."""
    own = [each for each in settings.documents if each.key[:2] == (workspace_id, kind)]
    return {each.key.name: each.revision for each in own if each.key not in settings.problems}


def _is_made(settings: Settings, kind: str, name: str) -> bool:
    """Whether a workspace made it, whichever."""
    return any(each.key[1:] == (kind, name) and each.key not in settings.problems for each in settings.documents)


def _left_out(settings: Settings, workspace_id: WorkspaceId, kind: str) -> list[Document]:
    """Of what the console made in a workspace, what is wrong."""
    own = [each for each in settings.documents if each.key[:2] == (workspace_id, kind)]
    return [each for each in own if each.key in settings.problems]


def _wrongs(settings: Settings, document: Document) -> tuple[Wrong, ...]:
    return tuple(placed(each, document) for each in settings.problems[document.key])


def as_written(document: Document) -> tuple[SettingSeen, ...]:
    """The settings of a table that could not be read."""
    shown = without_secrets(document)
    return tuple(SettingSeen(name, value, None, True, "") for name, value in shown.items() if name not in _APART)


def _bot(settings: Settings, bot: BotSettings, workspace_id: WorkspaceId, revision: int | None) -> BotSeen:
    keys = bot.keys
    agent = keys if isinstance(keys, AgentKeys) else None
    return BotSeen(
        id=bot.id,
        kind=bot.kind,
        source="file" if revision is None else "console",
        revision=revision,
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
