"""From what the file says to values: each table by its keys, `env:` and `file:` resolved, every problem collected."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from secrets import token_hex
from types import MappingProxyType
from typing import TypeVar

from pydantic import BaseModel, SecretStr, ValidationError

from turnkeeper.channels import registry
from turnkeeper.channels.keys import ChannelKeys
from turnkeeper.config.api import read_api_tokens
from turnkeeper.config.bots import BotKeys, ChainKeys, ModelUserKeys
from turnkeeper.config.errors import SecretMissing, nearest, worded
from turnkeeper.config.events import read_events
from turnkeeper.config.keys import (
    BOT_KINDS,
    BUILT_IN_TOOLS,
    SECTIONS,
    DatabaseKeys,
    MediaKeys,
    RetentionKeys,
    ServerKeys,
    WorkersKeys,
)
from turnkeeper.config.knowledge import KnowledgeKeys
from turnkeeper.config.payments import payers, read_payments
from turnkeeper.config.providers import PROVIDER_KINDS
from turnkeeper.config.rates import RateCardKeys, read_rate_card
from turnkeeper.config.sequences import SequenceKeys, read_sequences
from turnkeeper.config.settings import BotSettings, Receiver, Settings
from turnkeeper.config.timing import TimingKeys
from turnkeeper.config.tools import TOOL_KINDS
from turnkeeper.config.transcribers import BUILT_IN, TRANSCRIBER_KINDS, TranscriberKeys, VoiceKeys
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.ids import BotId, ChannelId, WorkspaceId
from turnkeeper.model.policy import Channel, SendPolicy, TurnPolicy

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_NAMED_SECTIONS = (
    "channels", "bots", "providers", "tools", "knowledge", "transcribers", "event_sources", "subscriptions", "payments",
    "sequences", "api_tokens",
)  # fmt: skip
Table = TypeVar("Table", bound=BaseModel)


class Reading:
    """One pass over a file, collecting what is wrong."""

    def __init__(self, path: Path, environ: Mapping[str, str], *, secrets: bool) -> None:
        self.path = path
        self.secrets = secrets
        self.environ = environ
        self.errors: list[ConfigurationError] = []
        self._elsewhere = False
        """What is read concerns another environment, whose secrets need not be here."""

    def settings(self, raw: Mapping[str, object]) -> Settings | None:
        for name in raw:
            if name not in SECTIONS and name not in _NAMED_SECTIONS:
                self.wrong(name, "is not a section", nearest(name, [*SECTIONS, *_NAMED_SECTIONS]))
        server = self.section(ServerKeys, raw.get("server", {}), "server")
        database = self.section(DatabaseKeys, raw.get("database", {}), "database")
        workers = self.section(WorkersKeys, raw.get("workers", {}), "workers")
        retention = self.section(RetentionKeys, raw.get("retention", {}), "retention")
        media = self.section(MediaKeys, raw.get("media", {}), "media")
        providers = self.tables(self.table(raw.get("providers", {}), "providers"), "providers", PROVIDER_KINDS)
        tools = self.tables(self.table(raw.get("tools", {}), "tools"), "tools", TOOL_KINDS)
        sequences = read_sequences(self, raw)
        bots = self.bots(self.table(raw.get("bots", {}), "bots"), _frozen(sequences))
        knowledge = self.knowledge(self.table(raw.get("knowledge", {}), "knowledge"), providers)
        transcribers = self.transcribers(self.table(raw.get("transcribers", {}), "transcribers"))
        events = read_events(self, raw)
        api_tokens = read_api_tokens(self, raw, events.sources)
        payments = read_payments(self, dict(raw))
        card = self.section(RateCardKeys, raw.get("rate_cards", {}), "rate_cards")
        rates = read_rate_card(self.path.parent, card, self.wrong)
        self.known(bots, {"models": providers, "tools": tools, "knowledge": knowledge})
        self.heard(bots, transcribers)
        payers(self, bots, payments, raw)
        channels = self.table(raw.get("channels", {}), "channels")
        receivers = self.receivers(channels, bots, server.environment if server else "")
        self.within_reach(bots, knowledge, receivers)
        if self.errors or not (server and database and workers and retention and media and events.mail):
            return None
        return Settings(
            path=self.path,
            server=server,
            database_url=_absolute(database.url.get_secret_value(), self.path.parent),
            workers=workers,
            retention=retention,
            media=media,
            bots=MappingProxyType({id_: bot for id_, bot in bots.items() if bot is not None}),
            receivers=tuple(receivers),
            providers=_frozen(providers),
            tools=_frozen(tools),
            knowledge=_frozen(knowledge),
            transcribers=_frozen(transcribers),
            event_sources=_frozen(events.sources),
            api_tokens=_frozen(api_tokens),
            subscriptions=_frozen(events.subscriptions),
            mail=events.mail,
            payments=_frozen(payments),
            sequences=_frozen(sequences),
            rates=rates,
        )

    def wrong(self, key: str, problem: str, mend: str) -> None:
        self.errors.append(ConfigurationError(key, problem, mend))

    def missing(self, value: str, key: str, problem: str, mend: str) -> str:
        """What stands for a value that is not there: nothing that anyone could prove to know."""
        if self._elsewhere:
            return f"env:{token_hex(14)}"
        if self.secrets:
            self.errors.append(SecretMissing(key, problem, mend))
        return value

    def table(self, raw: object, at: str) -> dict[str, object]:
        if isinstance(raw, dict):
            return raw
        self.wrong(at, "is not a table", f"Write it as [{at}] with keys below it.")
        return {}

    def section(self, model: type[Table], raw: object, at: str) -> Table | None:
        table = self.table(raw, at)
        given = {key: self.resolved(value, f"{at}.{key}") for key, value in table.items()}
        try:
            return model.model_validate(given)
        except ValidationError as error:
            elsewhere = {key: value for key, value in table.items() if value != given[key]}
            for problem in error.errors(include_url=False):
                self.errors.append(worded(problem, model, at, elsewhere))
            return None

    def resolved(self, value: object, key: str) -> object:
        """What `env:NAME` and `file:/path` stand for, also in a table within the table (headers), and in a list."""
        if isinstance(value, dict):
            return {name: self.resolved(each, f"{key}.{name}") for name, each in value.items()}
        if isinstance(value, list):
            return [self.resolved(each, key) for each in value]
        if not isinstance(value, str):
            return value
        scheme, _, rest = value.partition(":")
        if scheme == "env":
            if rest in self.environ:
                return self.environ[rest]
            problem = f"the environment variable {rest} is not set"
            return self.missing(value, key, problem, f"Set {rest} before the start.")
        if scheme == "file":
            try:
                return (self.path.parent / rest).read_text("utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                why = getattr(error, "strerror", None) or "not text"
                problem = f"the file {rest} cannot be read ({why})"
                return self.missing(value, key, problem, "Put the value into that file.")
        return value

    def _named(self, environment: object) -> object:
        """A channel's environment, before the channel is read."""
        scheme, _, rest = environment.partition(":") if isinstance(environment, str) else ("", "", "")
        return self.environ.get(rest, "") if scheme == "env" else environment or ""

    def kind(self, kinds: Sequence[str], raw: Mapping[str, object], at: str) -> str | None:
        kind = self.resolved(raw.get("kind"), f"{at}.kind")
        if kind is None:
            choices = " or ".join(f'"{each}"' for each in kinds)
            self.wrong(f"{at}.kind", "is missing", f"Add kind = {choices}.")
            return None
        if not isinstance(kind, str) or kind not in kinds:
            self.wrong(f"{at}.kind", f"{kind!r} is not a kind that there is", nearest(str(kind), kinds))
            return None
        return kind

    def named(self, name: str, at: str) -> None:
        if not _NAME.fullmatch(name):
            mend = "Use up to 63 letters, digits, hyphens and underscores, a letter or digit first."
            self.wrong(at, "is not a name", mend)

    def bots(self, raw: Mapping[str, object], sequences: Mapping[str, SequenceKeys]) -> dict[BotId, BotSettings | None]:
        """Every bot by name; None for one that is wrong, so that its channels are not blamed."""
        found: dict[BotId, BotSettings | None] = {}
        for name, value in raw.items():
            at = f"bots.{name}"
            self.named(name, at)
            table = self.table(value, at)
            kind = self.kind(tuple(BOT_KINDS), table, at)
            keys = self.section(BOT_KINDS[kind], table, at) if kind else None
            if keys is None:
                found[BotId(name)] = None
            else:
                followed = self.followed(table.get("prompt"))
                found[BotId(name)] = BotSettings(BotId(name), keys.kind, _turns(keys, sequences), keys, followed)
        return found

    def followed(self, prompt: object) -> Path | None:
        """The file that a prompt is in."""
        scheme, _, rest = prompt.partition(":") if isinstance(prompt, str) else ("", "", "")
        return self.path.parent / rest if scheme == "file" else None

    def tables(
        self, raw: Mapping[str, object], section: str, kinds: Mapping[str, type[Table]]
    ) -> dict[str, Table | None]:
        """Every table of a section by its name, each of a kind; None for one that is wrong."""
        found: dict[str, Table | None] = {}
        for name, value in raw.items():
            at = f"{section}.{name}"
            self.named(name, at)
            table = self.table(value, at)
            kind = self.kind(tuple(kinds), table, at)
            found[name] = self.section(kinds[kind], table, at) if kind else None
        return found

    def knowledge(self, raw: Mapping[str, object], providers: Mapping[str, object]) -> dict[str, KnowledgeKeys | None]:
        """Every base by its name; None for one that is wrong."""
        found: dict[str, KnowledgeKeys | None] = {}
        for name, value in raw.items():
            at = f"knowledge.{name}"
            self.named(name, at)
            keys = found[name] = self.section(KnowledgeKeys, value, at)
            provider = keys.embeddings.partition("/")[0] if keys else ""
            if provider and provider not in providers:
                mend = nearest(provider, list(providers))
                self.wrong(f"{at}.embeddings", f'there is no provider "{provider}"', mend)
        return found

    def known(self, bots: Mapping[BotId, BotSettings | None], there: Mapping[str, Mapping[str, object]]) -> None:
        """What bots name is there."""
        for bot in filter(None, bots.values()):
            if not isinstance(bot.keys, ChainKeys):
                continue
            at = f"bots.{bot.id}"
            for model in bot.keys.choices():
                if model.provider not in there["models"]:
                    mend = nearest(model.provider, list(there["models"]))
                    self.wrong(f"{at}.models", f'there is no provider "{model.provider}"', mend)
            if not isinstance(bot.keys, ModelUserKeys):
                continue
            for name in bot.keys.tools:
                known = (*there["tools"], *BUILT_IN_TOOLS)
                if ":" not in name and name not in known:
                    self.wrong(f"{at}.tools", f'there is no tool "{name}"', nearest(name, known))
            for name in bot.keys.knowledge:
                if name not in there["knowledge"]:
                    mend = nearest(name, list(there["knowledge"]))
                    self.wrong(f"{at}.knowledge", f'there is no knowledge "{name}"', mend)

    def within_reach(
        self,
        bots: Mapping[BotId, BotSettings | None],
        knowledge: Mapping[str, KnowledgeKeys | None],
        receivers: Sequence[Receiver],
    ) -> None:
        """What a bot may look things up in is of a workspace in which it answers."""
        for bot in filter(None, bots.values()):
            homes = {each.channel.workspace_id for each in receivers if each.channel.bot_id == bot.id}
            names = bot.keys.knowledge if isinstance(bot.keys, ModelUserKeys) else ()
            for name in names:
                base = knowledge.get(name)
                if base is not None and homes and base.workspace not in homes:
                    problem = f'"{name}" is of workspace "{base.workspace}", and no channel of the bot is'
                    mend = f"Set knowledge.{name}.workspace to {' or '.join(sorted(homes))}."
                    self.wrong(f"bots.{bot.id}.knowledge", problem, mend)

    def transcribers(self, raw: Mapping[str, object]) -> dict[str, TranscriberKeys | None]:
        """Every transcriber by its name; None for one that is wrong."""
        if BUILT_IN in raw:
            mend = "Give yours another name, and name that in the bot's `transcribe`."
            self.wrong(f"transcribers.{BUILT_IN}", "is the name of the transcriber that is built in", mend)
        return self.tables(raw, "transcribers", TRANSCRIBER_KINDS)

    def heard(self, bots: Mapping[BotId, BotSettings | None], transcribers: Mapping[str, object]) -> None:
        """Who is to hear a bot's voice notes is there."""
        known = [*transcribers, BUILT_IN]
        for bot in filter(None, bots.values()):
            for name in bot.keys.transcribe if isinstance(bot.keys, VoiceKeys) else ():
                if name not in known:
                    problem = f'there is no transcriber "{name}"'
                    self.wrong(f"bots.{bot.id}.transcribe", problem, nearest(name, known))

    def receivers(
        self, raw: Mapping[str, object], bots: Mapping[BotId, BotSettings | None], environment: str
    ) -> list[Receiver]:
        found: list[Receiver] = []
        accounts: dict[tuple[str, ...], str] = {}
        originals: dict[str, str] = {}
        for name, value in raw.items():
            at = f"channels.{name}"
            self.named(name, at)
            if name in registry.kinds():
                problem = "is the name of a kind, which has a webhook of its own"
                self.wrong(at, problem, "Give it another name.")
            table = self.table(value, at)
            kind = self.kind(registry.kinds(), table, at)
            self._elsewhere = self._named(table.get("environment")) not in ("", environment)
            keys = self.section(registry.find(kind).keys, table, at) if kind else None
            self._elsewhere = False
            if keys is None:
                continue
            if keys.bot not in bots:
                self.wrong(f"{at}.bot", f'there is no bot "{keys.bot}"', nearest(keys.bot, list(bots)))
            self.one_account(keys, name, accounts)
            self.one_original(keys, name, originals)
            bot = bots.get(BotId(keys.bot))
            if bot is not None:
                found.append(_receiver(name, keys, bot, environment))
        return found

    def one_account(self, keys: ChannelKeys, name: str, accounts: dict[tuple[str, ...], str]) -> None:
        """An account belongs to one channel: two would both answer."""
        account = (keys.kind, *(str(_plain(getattr(keys, each))) for each in keys.identity))
        taken = accounts.setdefault(account, name)
        if taken != name:
            mend = "A number belongs to one channel: remove one of them."
            self.wrong(f"channels.{name}.{keys.identity[-1]}", f"channels.{taken} has this number too", mend)
        for each in keys.unshared:
            value = str(_plain(getattr(keys, each)))
            taken = accounts.setdefault((keys.kind, each, value), name) if value else name
            if taken != name:
                mend = "Give each channel its own: nothing else tells whose webhook it is."
                self.wrong(f"channels.{name}.{each}", f"channels.{taken} has the same", mend)

    def one_original(self, keys: ChannelKeys, name: str, originals: dict[str, str]) -> None:
        """What is posted to one address is one channel's."""
        path = keys.original_path.get_secret_value()
        taken = originals.setdefault(path, name) if path else name
        if taken != name:
            mend = "Each device of the original system is one channel here: remove one of them."
            self.wrong(f"channels.{name}.original_path", f"channels.{taken} has it too", mend)


def _frozen(tables: Mapping[str, Table | None]) -> Mapping[str, Table]:
    return MappingProxyType({name: each for name, each in tables.items() if each is not None})


def _turns(keys: BotKeys, sequences: Mapping[str, SequenceKeys]) -> TurnPolicy:
    """What is a key is as the file says; the rest stays."""
    known = [each.name for each in fields(TurnPolicy) if each.name in BotKeys.model_fields]
    hears = isinstance(keys, VoiceKeys) and bool(keys.transcribe)
    quiet = keys.hours() if isinstance(keys, TimingKeys) else TurnPolicy().quiet_hours
    told = {name: each.sequence(name, quiet) for name, each in sequences.items()}
    policy = {name: getattr(keys, name) for name in known}
    return TurnPolicy(**policy, hears=hears, quiet_hours=quiet, sequences=told)


def _receiver(name: str, keys: ChannelKeys, bot: BotSettings, environment: str) -> Receiver:
    kind = registry.find(keys.kind)
    can = kind.adapter.capabilities
    channel = Channel(
        workspace_id=WorkspaceId(keys.workspace),
        id=ChannelId(name),
        kind=keys.kind,
        bot_id=bot.id,
        turns=bot.turns,
        sends=SendPolicy(
            can.free_form_window,
            keys.unknown_wait,
            can.on_unknown,
            keys.send_limit,
            keys.echo_takes_over,
            per_second=keys.per_second,
            pair=can.per_contact,
            group=can.per_group,
            parts=keys.parts,
            parts_wait=keys.parts_wait,
            stale_uploads=can.stale_uploads,
            daily_cap=keys.daily_limit,
            human_pause=keys.pause,
            resolves=hasattr(kind.adapter, "resolve"),
            entry_window=can.entry_window,
            window_codes=can.window_codes,
            opt_out_codes=can.opt_out_codes,
        ),
        config=adapter_config(keys),
        elsewhere=keys.environment if keys.environment not in ("", environment) else None,
        credentials=keys.credentials_digest(),
        groups=keys.groups,
        owner=keys.owner(),
        niche=keys.niche,
    )
    original = keys.original_path.get_secret_value()
    return Receiver(channel, keys.account_ids, keys.proof, keys.path_secret, original, keys.polls)


def adapter_config(keys: ChannelKeys) -> object:
    """What an adapter is given of a channel's settings."""
    config_type = registry.find(keys.kind).config_type
    return config_type(**{each.name: _plain(getattr(keys, each.name)) for each in fields(config_type)})


def _plain(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _absolute(url: str, folder: Path) -> str:
    """A SQLite file is looked for beside the configuration, wherever the program is started."""
    if not url.startswith("sqlite:///"):
        return url
    return f"sqlite:///{(folder / url.removeprefix('sqlite:///')).resolve()}"
