"""A configuration that was read and is valid: channels, bots and the server as values."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Literal, cast
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from turnkeeper.channels.keys import Keys
from turnkeeper.config.api import ApiTokenKeys
from turnkeeper.config.bots import BotKeys
from turnkeeper.config.errors import nearest
from turnkeeper.config.events import EventSourceKeys, MailKeys, SubscriptionKeys
from turnkeeper.config.keys import MediaKeys, RetentionKeys, ServerKeys, WorkersKeys
from turnkeeper.config.knowledge import KnowledgeKeys
from turnkeeper.config.payments import PaymentKeys
from turnkeeper.config.providers import ProviderKeys
from turnkeeper.config.sequences import SequenceKeys
from turnkeeper.config.sign_in import OidcKeys
from turnkeeper.config.simulated import simulated_channel
from turnkeeper.config.stored import Document
from turnkeeper.config.transcribers import TranscriberKeys
from turnkeeper.llm.providers.config import ProviderConfig
from turnkeeper.model.configured import ConfiguredKey
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.ids import DEFAULT_WORKSPACE, BotId, ChannelId, WorkspaceId
from turnkeeper.model.policy import Channel, TurnPolicy
from turnkeeper.model.simulated import is_simulated
from turnkeeper.model.subscriptions import Subscription
from turnkeeper.rules.rate_cards import RateCard

EVERYBODY = "*"
"""All workspaces, in server.shared_with."""


@dataclass(frozen=True, slots=True)
class ConfiguredDirectory:
    """The channels of a configuration file, looked up by the engine."""

    channels: Mapping[tuple[WorkspaceId, ChannelId], Channel]
    subscriptions: Mapping[tuple[WorkspaceId, str], tuple[Subscription, ...]] = field(default_factory=dict)
    simulated: Callable[[WorkspaceId, ChannelId], Channel | None] = lambda _, __: None
    """Those that are there without being configured."""

    def channel(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> Channel | None:
        """The channel, or None if it is not configured (any more)."""
        found = self.channels.get((workspace_id, channel_id))
        return self.simulated(workspace_id, channel_id) if found is None and is_simulated(channel_id) else found

    def wanting(self, workspace_id: WorkspaceId, event: str) -> tuple[Subscription, ...]:
        """Whoever wants to know of an event."""
        return self.subscriptions.get((workspace_id, event), ())


@dataclass(frozen=True, slots=True)
class BotSettings:
    """What answers, and how it takes its turns. `prompt_file`: where its prompt is followed, if that is a file."""

    id: BotId
    kind: str
    turns: TurnPolicy
    keys: BotKeys
    prompt_file: Path | None = None
    workspace_id: WorkspaceId | None = None
    """Whose it is, where it was made in the console."""
    guarded: bool = False
    """Its calls may not lead into the operator's network."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """A channel as its webhooks see it: `secret` proves a request, `account_ids` are its items'.

    `path_secret` ends its address, for providers that sign nothing; `original` is the path under which the system
    that this one replaces had it ("" for none).
    """

    channel: Channel
    account_ids: tuple[str, ...]
    secret: str = field(repr=False)
    path_secret: str = field(default="", repr=False)
    original: str = field(default="", repr=False)
    polls: bool = False
    """Its events are asked for, since the provider cannot reach us."""
    made: bool = False
    """It was made in the console."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A whole configuration, valid. `database_url` holds an absolute path for SQLite."""

    path: Path
    server: ServerKeys
    database_url: str = field(repr=False)
    workers: WorkersKeys
    retention: RetentionKeys
    media: MediaKeys
    mail: MailKeys
    bots: Mapping[BotId, BotSettings]
    receivers: tuple[Receiver, ...]
    providers: Mapping[str, ProviderKeys] = field(default_factory=dict)
    guarded: frozenset[str] = frozenset()
    """Providers whose calls may not lead into the operator's network: a tenant wrote their addresses."""
    tools: Mapping[str, Keys] = field(default_factory=dict)
    knowledge: Mapping[str, KnowledgeKeys] = field(default_factory=dict)
    transcribers: Mapping[str, TranscriberKeys] = field(default_factory=dict)
    event_sources: Mapping[str, EventSourceKeys] = field(default_factory=dict)
    api_tokens: Mapping[str, ApiTokenKeys] = field(default_factory=dict)
    payments: Mapping[str, PaymentKeys] = field(default_factory=dict)
    subscriptions: Mapping[str, SubscriptionKeys] = field(default_factory=dict)
    sequences: Mapping[str, SequenceKeys] = field(default_factory=dict)
    oidc: OidcKeys | None = None
    rates: RateCard = field(default_factory=RateCard)
    documents: tuple[Document, ...] = ()
    """What was made in the console, as it was read."""
    problems: Mapping[ConfiguredKey, tuple[ConfigurationError, ...]] = field(default_factory=dict)
    """What is wrong with some of these, which are left out."""
    revision: int | None = None
    """Of what was made in the console; None: that was not asked for, or is away."""

    @property
    def folder(self) -> Path:
        """Where bots and relative paths are looked for."""
        return self.path.parent

    @property
    def spool(self) -> Path:
        """Where webhooks wait while the database is away."""
        return self.path.with_name("turnkeeper.spool")

    @property
    def files(self) -> Path:
        """The folder of files; where those are in a bucket, of what is on its way there."""
        return self.folder / ("media" if self.in_bucket else self.media.url)

    @property
    def in_bucket(self) -> bool:
        """Whether files are kept elsewhere than on this machine."""
        return self.media.url.startswith("s3://")

    @property
    def keeps_files(self) -> float:
        """Seconds after which a file that nobody needs is deleted: not before what is to be sent has expired."""
        return max([self.media.keep, *(bot.turns.reply_expires for bot in self.bots.values())])

    @property
    def spools(self) -> bool:
        """Whether they do. Where SQLite is away, there is no disk to spool on either."""
        return self.server.when_database_is_away == "spool" and not self.database_url.startswith("sqlite:///")

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Every configured channel."""
        return tuple(receiver.channel for receiver in self.receivers)

    @property
    def channels_here(self) -> tuple[Channel, ...]:
        """Those of this environment; the others are left alone."""
        return tuple(channel for channel in self.channels if channel.elsewhere is None)

    def serves(self, workspace_id: WorkspaceId) -> bool:
        """Whether what the console makes in a workspace may use what the file says."""
        return served_by(self.server, self.receivers, workspace_id)

    def provider(self, name: str) -> ProviderConfig:
        """What the adapter of a provider is given; raises KeyError where none has that name."""
        return replace(self.providers[name].config(name), guarded=name in self.guarded)

    def receiver(self, name: str) -> Receiver:
        """The channel of that name; raises ConfigurationError where none is configured."""
        found = next((each for each in self.receivers if each.channel.id == name), None)
        if found is None:
            mend = nearest(name, [each.id for each in self.channels])
            raise ConfigurationError(f"channels.{name}", "is not configured", mend)
        return found

    @property
    def polled(self) -> tuple[Receiver, ...]:
        """Those that are asked for events here. Another environment's are its own: whoever asks takes them."""
        return tuple(each for each in self.receivers if each.polls and each.channel.elsewhere is None)

    @property
    def longest_turn(self) -> float:
        """Seconds that a turn may take at most, over all bots."""
        return max((bot.turns.turn_limit for bot in self.bots.values()), default=TurnPolicy().turn_limit)

    @property
    def secrets(self) -> frozenset[str]:
        """Every value that nobody may be shown."""
        configs = [each.config for each in self.channels]
        found = {getattr(each, f.name) for each in configs for f in fields(each) if not f.repr}  # type: ignore[arg-type]
        dsn = self.server.sentry_dsn.get_secret_value()
        found |= {dsn, urlsplit(dsn).username or "", unquote(urlsplit(self.database_url).password or "")}
        of_media = (self.media.secret, self.media.access_key_id, self.media.secret_access_key)
        found |= {each.get_secret_value() for each in of_media}
        found |= {part for each in self.receivers for part in (each.path_secret, each.original.partition("/")[2])}
        of_bots = [bot.keys for bot in self.bots.values()]
        named = (self.providers, self.tools, self.knowledge, self.transcribers, self.payments)
        of_events = (self.mail, *self.event_sources.values(), *self.subscriptions.values(), *self.api_tokens.values())
        of_people = [self.oidc] if self.oidc else []
        for table in (*of_bots, *of_events, *of_people, *(each for tables in named for each in tables.values())):
            found |= set(secrets_in(table))
        return frozenset(found) - {""}

    def subscribed(self) -> dict[str, Subscription]:
        """Who is told what, by the table's name."""
        return {
            name: Subscription(
                WorkspaceId(keys.workspace),
                name,
                cast('Literal["webhook", "email", "chat"]', keys.kind),
                keys.events,
                keys.texts,
            )
            for name, keys in self.subscriptions.items()
        }

    def _wanting(self) -> dict[tuple[WorkspaceId, str], tuple[Subscription, ...]]:
        found: dict[tuple[WorkspaceId, str], tuple[Subscription, ...]] = {}
        for each in self.subscribed().values():
            for event in each.events:
                found[each.workspace_id, event] = (*found.get((each.workspace_id, event), ()), each)
        return found

    def directory(self) -> ConfiguredDirectory:
        """The channels by workspace and name."""
        return self._directory(self.channels)

    def directory_here(self) -> ConfiguredDirectory:
        """Those of this environment: to whoever runs turns and sends, the others are not configured."""
        return self._directory(self.channels_here)

    def _directory(self, channels: Iterable[Channel]) -> ConfiguredDirectory:
        by_name = {(each.workspace_id, each.id): each for each in channels}
        return ConfiguredDirectory(by_name, self._wanting(), partial(simulated_channel, self))


def served_by(server: ServerKeys, receivers: Sequence[Receiver], workspace_id: WorkspaceId) -> bool:
    """Whether the file serves a workspace: the first one, those of its own channels, and those that it names."""
    own = {each.channel.workspace_id for each in receivers if not each.made}
    return workspace_id in {DEFAULT_WORKSPACE, *own, *server.shared_with} or EVERYBODY in server.shared_with


def secrets_in(keys: Keys) -> Iterator[str]:
    """Every secret that a table holds, also those in a table of its own (headers)."""
    for name in type(keys).model_fields:
        value = getattr(keys, name)
        for each in value.values() if isinstance(value, Mapping) else (value,):
            if isinstance(each, SecretStr):
                yield each.get_secret_value()
