"""The only wiring: which store, adapters and bots a configuration stands for, and who runs where.

Everything is imported when it is needed, so that each process holds only what it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from turnkeeper.app.models import Minds
    from turnkeeper.bots.listening import Ears
    from turnkeeper.bots.paying import Paying
    from turnkeeper.channels.base import ChannelAdapter
    from turnkeeper.config import BotSettings, Settings
    from turnkeeper.config.bots import PythonKeys
    from turnkeeper.engine.answer import Bot
    from turnkeeper.engine.flows import Shelf
    from turnkeeper.engine.http import Client
    from turnkeeper.engine.spooling import Spooling
    from turnkeeper.engine.wakeups import Wakeups
    from turnkeeper.media.base import MediaStore
    from turnkeeper.model.policy import Directory
    from turnkeeper.store.base import Store

SQLITE = "sqlite:///"


def open_store(url: str, directory: Directory, *, beside_bots: bool = False) -> Store:
    """The store of a database url, not yet opened.

    `beside_bots`: bots run in the same event loop and may block it, which must not halt a transaction.
    """
    if url.startswith(SQLITE):
        from turnkeeper.store.sqlite.store import SqliteStore

        return SqliteStore(url.removeprefix(SQLITE), directory)
    from turnkeeper.store.postgres.store import PostgresStore

    store: Store = PostgresStore(url, directory, own_thread=beside_bots)
    return store


def spooling(settings: Settings, store: Store) -> Spooling | None:
    """The spool before a store; None where there is none, and nothing left of one."""
    if not settings.spools and not settings.spool.exists():
        return None
    from turnkeeper.engine.spooling import Spooling
    from turnkeeper.model.ids import WorkspaceId
    from turnkeeper.store.sqlite.spool import SqliteSpool

    home = settings.channels[0].workspace_id if settings.channels else WorkspaceId("default")
    return Spooling(store, SqliteSpool(settings.spool), settings.directory(), home, keeps=settings.spools)


def open_media(settings: Settings) -> MediaStore:
    """Where files are kept: a folder or a bucket."""
    if not settings.in_bucket:
        from turnkeeper.media.disk import DiskStore

        return DiskStore(settings.files)
    from turnkeeper.media.bucket import BucketConfig, BucketStore

    media = settings.media
    return BucketStore(
        BucketConfig(
            media.url,
            media.endpoint,
            media.region,
            media.access_key_id.get_secret_value(),
            media.secret_access_key.get_secret_value(),
        )
    )


def media_secret(settings: Settings) -> bytes:
    """What signs links to files: the configured secret, or one made once. Raises ConfigurationError."""
    from turnkeeper.media.secret import made_once

    given = settings.media.secret.get_secret_value()
    return given.encode() if given else made_once(settings.folder / "media.secret")


def adapter(kind: str) -> ChannelAdapter[Any]:
    """The adapter of a kind of channel."""
    from turnkeeper.channels import registry

    return registry.find(kind).adapter


def adapters(settings: Settings) -> Adapters:
    """The adapter of each kind of channel that is configured; of others once somebody asks for them."""
    return Adapters({kind: adapter(kind) for kind in sorted({each.kind for each in settings.channels})})


class Adapters(dict[str, "ChannelAdapter[Any]"]):
    """Each kind's adapter, imported when it is asked for."""

    def __missing__(self, kind: str) -> ChannelAdapter[Any]:
        self[kind] = adapter(kind)
        return self[kind]


def load_bots(
    settings: Settings,
    client: Client | None = None,
    minds: Minds | None = None,
    ears: Callable[[BotSettings], Ears] | None = None,
    paying: Callable[[BotSettings], Paying | None] | None = None,
    shelf: Shelf | None = None,
) -> dict[str, Bot]:
    """The configured bots; raises ConfigurationError for one that cannot be made.

    Without a client only those that call no backend, without `minds` those that ask models ask none, without `ears`
    none hears, without `paying` none is paid, without `shelf` none has flows: enough to see whether they can be
    loaded.
    """
    found: dict[str, Bot] = {}
    for bot in settings.bots.values():
        made = load_bot(settings, bot, client, minds, ears, paying, shelf)
        if made is not None:
            found[bot.id] = made
    return found


def load_bot(
    settings: Settings,
    bot: BotSettings,
    client: Client | None = None,
    minds: Minds | None = None,
    ears: Callable[[BotSettings], Ears] | None = None,
    paying: Callable[[BotSettings], Paying | None] | None = None,
    shelf: Shelf | None = None,
) -> Bot | None:
    """One of them, with the same; None: it calls a backend, and there is no client."""
    made = _made(settings, bot, client, minds, None if paying is None else paying(bot), shelf)
    return made if made is None or ears is None else _dressed(bot, made, ears)


def _made(
    settings: Settings,
    bot: BotSettings,
    client: Client | None,
    minds: Minds | None,
    paid: Paying | None,
    shelf: Shelf | None,
) -> Bot | None:
    from turnkeeper.config.bots import AgentKeys, PythonKeys
    from turnkeeper.config.flows import FlowKeys
    from turnkeeper.config.remote import RemoteKeys

    def opened() -> Minds:
        from turnkeeper.app.models import examined

        return examined(settings) if minds is None else minds

    match bot.keys:
        case PythonKeys() as keys:
            return _python_bot(settings, bot, keys, opened, paid)
        case AgentKeys() as keys:
            return opened().agent(bot, keys)
        case FlowKeys() as keys:
            from turnkeeper.app.flow_library import flow_bot

            return flow_bot(settings, bot, keys, opened, shelf, client, paid)
        case RemoteKeys() as keys if client is not None:
            from turnkeeper.app.backends import remote_bot
            from turnkeeper.engine.streaming import Guarded

            chain = opened().chain(keys) if keys.models else None
            return remote_bot(keys, Guarded(client) if bot.guarded else client, chain)
    return None


def _python_bot(
    settings: Settings, bot: BotSettings, keys: PythonKeys, minds: Callable[[], Minds], paid: Paying | None
) -> Bot:
    from turnkeeper.bots.offering import Replies
    from turnkeeper.bots.python import load

    loaded = load(keys.entry, settings.folder, f"bots.{bot.id}.entry")
    loaded = loaded.with_words(Replies(keys.fixed_reply, keys.handover_reply, keys.offer_buttons))
    loaded = loaded if paid is None else loaded.with_payments(paid)
    loaded = loaded.with_thinking(minds().thinking(bot, keys)) if keys.models else loaded
    return loaded.with_library(minds().library(keys)) if keys.knowledge else loaded


def _dressed(settings: BotSettings, bot: Bot, ears: Callable[[BotSettings], Ears]) -> Bot:
    """The bot with what stands around any kind of bot."""
    from turnkeeper.bots.farewell import with_farewell

    return _hearing(settings, with_farewell(bot, settings.keys.farewell), ears)


def _hearing(settings: BotSettings, bot: Bot, ears: Callable[[BotSettings], Ears]) -> Bot:
    """The bot with its sequences, listening if it is said who hears for it."""
    from turnkeeper.bots.listening import Listening
    from turnkeeper.bots.sequencing import Sequencing
    from turnkeeper.config.hearing import HearingKeys

    keys, whole = settings.keys, Sequencing(bot)
    if not isinstance(keys, HearingKeys) or not keys.transcribe:
        return whole
    return Listening(whole, ears(settings), keys.manners())


def open_wakeups(store: Store, runtime: Path, name: str) -> Wakeups:
    """The line to all workers: sockets on this machine; through the database to other machines."""
    from turnkeeper.engine.wakeups import (
        JoinedWakeups,
        Notifications,
        NotifyWakeups,
        SocketWakeups,
    )

    sockets = SocketWakeups(runtime, name)
    if not isinstance(store, Notifications):
        return sockets
    return JoinedWakeups(sockets, NotifyWakeups(store, runtime.name))
