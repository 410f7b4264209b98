"""Channels as a workspace sees them in the console, out of the configuration as it is now."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

from turnkeeper.app.addresses import webhook_path, webhook_url
from turnkeeper.app.bot_desk import as_written, told
from turnkeeper.app.errand import Errand as Asked
from turnkeeper.app.errands import Errands
from turnkeeper.app.making import Change, Making, placed
from turnkeeper.channels import registry
from turnkeeper.config.forms import form_fields
from turnkeeper.config.stored import model_of
from turnkeeper.model.configured import ConfiguredKey
from turnkeeper.model.ids import ChannelId
from turnkeeper.web.api.channel_ports import Can, ChannelSeen, Errand, FieldSeen, KindSeen

if TYPE_CHECKING:
    from turnkeeper.config import Receiver, Settings
    from turnkeeper.config.stored import Document
    from turnkeeper.model.ids import WorkspaceId
    from turnkeeper.store.base import Store

_MADE_LENGTH = 32
_CAN: dict[Can, str] = {
    "connect": "connect",
    "pair": "pair",
    "code": "pairing_code",
    "templates": "templates",
    "health": "health",
}
_LEFT_OUT = ("kind", "workspace")
_APART = ("kind", "workspace", "bot")


class ConfiguredChannels:
    """The ChannelDesk port. `began`: the settings with which this process works."""

    def __init__(self, making: Making, store: Store, now: Callable[[], float], began: Settings) -> None:
        self._making = making
        self._store = store
        self._now = now
        self._began = began
        self._errands = Errands()

    def kinds(self) -> Sequence[KindSeen]:
        """All that there are."""
        return [_kind(each) for each in registry.kinds()]

    async def channels(self, workspace_id: WorkspaceId) -> Sequence[ChannelSeen]:
        """The file's and the console's, and those that are left out with what is wrong."""
        settings = await self._making.settings()
        documents = {each.key.name: each for each in settings.documents if each.key[:2] == (workspace_id, "channel")}
        found = [
            self._seen(each, settings, documents.get(each.channel.id))
            for each in settings.receivers
            if each.channel.workspace_id == workspace_id
        ]
        for name, each in documents.items():
            if each.key in settings.problems:
                kind = str(each.table.get("kind", ""))
                wrongs = tuple(placed(error, each) for error in settings.problems[each.key])
                found.append(
                    ChannelSeen(
                        ChannelId(name),
                        kind,
                        "console",
                        str(each.table.get("bot", "")),
                        settings=as_written(each),
                        revision=each.revision,
                        problems=wrongs,
                        can=_can(kind),
                    )
                )
        return sorted(found, key=lambda each: each.id)

    def _seen(self, receiver: Receiver, settings: Settings, document: Document | None) -> ChannelSeen:
        channel, base = receiver.channel, settings.server.public_url
        made = document if receiver.made else None
        account = next(iter(receiver.account_ids), "")
        secret = account in settings.secrets
        return ChannelSeen(
            channel.id,
            channel.kind,
            "console" if made else "file",
            channel.bot_id,
            account=f"…{account[-4:]}" if secret else account,
            environment=channel.elsewhere,
            webhook=_webhook(receiver, base),
            settings=_settings(made) if made else (),
            revision=made.revision if made else None,
            applied=self._applies(channel.id, made),
            can=_can(channel.kind),
            credentials=channel.credentials,
        )

    def _applies(self, name: str, made: Document | None) -> bool:
        if made is None:
            return any(each.channel.id == name for each in self._began.receivers)
        return any((each.key, each.revision) == (made.key, made.revision) for each in self._began.documents)

    async def make(self, workspace_id: WorkspaceId, wanted: str, table: Mapping[str, Any], by: str) -> str:
        """A new document, with the secrets of our own choice."""
        made = await self._making.make(workspace_id, "channel", wanted, with_made(table), by, self._now())
        return made.name

    async def change(
        self,
        workspace_id: WorkspaceId,
        name: str,
        revision: int,
        given: Mapping[str, Any],
        unset: Sequence[str],
        by: str,
    ) -> None:
        """Another revision; a channel whose credentials were refused is tried again with others."""
        key = ConfiguredKey(workspace_id, "channel", name)
        await self._making.change(key, Change(given, unset), revision, by, self._now())
        refused = (await self._store.refused_credentials()).get((workspace_id, ChannelId(name)))
        settings = await self._making.settings()
        channel = settings.directory().channel(workspace_id, ChannelId(name))
        if refused is not None and channel is not None and channel.credentials != refused:
            await self._store.resume_channel(workspace_id, channel.id, self._now())

    async def drop(self, workspace_id: WorkspaceId, name: str) -> None:
        """No document any more."""
        await self._making.drop(ConfiguredKey(workspace_id, "channel", name))

    async def tried(
        self, workspace_id: WorkspaceId, name: str, given: Mapping[str, Any], unset: Sequence[str], *, new: bool
    ) -> Mapping[str, Any]:
        """Checked by the words of the file."""
        key = ConfiguredKey(workspace_id, "channel", name)
        table = with_made(given) if new else dict(await self._making.table(key, Change(given, unset)))
        await self._making.check(key, table)
        return table

    def errand(
        self,
        workspace_id: WorkspaceId,
        name: str,
        do: Errand,
        table: Mapping[str, Any] | None = None,
        **asked: Any,
    ) -> AsyncIterator[bytes]:
        """In a child of its own."""
        settings = None if table is None else dict(table)
        path = str(self._began.path)
        return self._errands.run(
            Asked(config=path, workspace=workspace_id, name=name, do=do, settings=settings, **asked)
        )


def with_made(table: Mapping[str, Any]) -> dict[str, Any]:
    """A new table with the secrets that nobody but us and the provider need know."""
    kind = table.get("kind")
    made = registry.find(kind).keys.made if kind in registry.kinds() else ()
    return {each: token_urlsafe(_MADE_LENGTH) for each in made} | {k: v for k, v in table.items() if v != ""}


def _webhook(receiver: Receiver, base: str) -> str | None:
    if receiver.polls:
        return None
    return webhook_url(base, receiver, shown=True) if base else webhook_path(receiver, shown=True)


def _settings(document: Document) -> Any:
    keys = model_of("channel", document.table.get("kind"))
    assert keys is not None
    table = {name: value for name, value in document.table.items() if name != "workspace"}
    return tuple(each for each in told(keys.model_validate(table)) if each.name not in _APART)


@cache
def _can(kind: str) -> tuple[Can, ...]:
    if kind not in registry.kinds():
        return ()
    adapter = registry.find(kind).adapter
    return tuple(can for can, name in _CAN.items() if hasattr(adapter, name))


@cache
def _kind(kind: str) -> KindSeen:
    keys = registry.find(kind).keys
    fields = tuple(FieldSeen(**asdict(each)) for each in form_fields(keys, _LEFT_OUT))
    return KindSeen(kind, (keys.__doc__ or "").strip(), fields, _can(kind))
