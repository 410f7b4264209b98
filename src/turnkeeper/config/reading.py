"""From what the file says to values: each table by its keys, and whether what they name is there."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType

from pydantic import SecretStr

from turnkeeper.channels import registry
from turnkeeper.channels.keys import ChannelKeys
from turnkeeper.config.api import read_api_tokens
from turnkeeper.config.bots import BotKeys, ChainKeys, ModelUserKeys
from turnkeeper.config.errors import nearest
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
from turnkeeper.config.laying import Laying, There
from turnkeeper.config.payments import payers, read_payments
from turnkeeper.config.providers import PROVIDER_KINDS
from turnkeeper.config.rates import RateCardKeys, read_rate_card
from turnkeeper.config.sequences import SequenceKeys
from turnkeeper.config.settings import BotSettings, Receiver, Settings
from turnkeeper.config.sign_in import read_sign_in
from turnkeeper.config.stored import Document
from turnkeeper.config.tables import Table, Tables
from turnkeeper.config.timing import TimingKeys
from turnkeeper.config.tools import TOOL_KINDS
from turnkeeper.config.transcribers import BUILT_IN, TRANSCRIBER_KINDS, TranscriberKeys, VoiceKeys
from turnkeeper.model.ids import BotId, ChannelId, WorkspaceId
from turnkeeper.model.policy import Channel, SendPolicy, TurnPolicy

_NAMED_SECTIONS = (
    "channels", "bots", "providers", "tools", "knowledge", "transcribers", "event_sources", "subscriptions", "payments",
    "sequences", "api_tokens", "sign_in",
)  # fmt: skip


class Reading(Tables):
    """One pass over a file, collecting what is wrong."""

    def __init__(self, path: Path, environ: Mapping[str, str], *, secrets: bool) -> None:
        super().__init__(path, environ, secrets=secrets)
        self.accounts: dict[tuple[str, ...], str] = {}
        self.originals: dict[str, str] = {}

    def settings(self, raw: Mapping[str, object], documents: Sequence[Document] = ()) -> Settings | None:
        """The file, and what was made in the console laid over it; None where the file is wrong."""
        for name in raw:
            if name not in SECTIONS and name not in _NAMED_SECTIONS:
                self.wrong(name, "is not a section", nearest(name, [*SECTIONS, *_NAMED_SECTIONS]))
        server = self.section(ServerKeys, raw.get("server", {}), "server")
        database = self.section(DatabaseKeys, raw.get("database", {}), "database")
        workers = self.section(WorkersKeys, raw.get("workers", {}), "workers")
        retention = self.section(RetentionKeys, raw.get("retention", {}), "retention")
        media = self.section(MediaKeys, raw.get("media", {}), "media")
        providers = self.tables(raw, "providers", PROVIDER_KINDS)
        tools = self.tables(raw, "tools", TOOL_KINDS)
        sequences = self.alike(raw, "sequences", SequenceKeys)
        bots = self.bots(self.table(raw.get("bots", {}), "bots"), _frozen(sequences))
        knowledge = self.knowledge(raw, providers)
        transcribers = self.transcribers(raw)
        events = read_events(self, raw)
        api_tokens = read_api_tokens(self, raw, events.sources)
        oidc = read_sign_in(self, raw, server.public_url if server else "")
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
        there = There(raw, server, bots, providers, tools, knowledge, transcribers, payments, sequences, receivers)
        problems = Laying(self, there).lay(documents)
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
            guarded=frozenset(there.guarded),
            tools=_frozen(tools),
            knowledge=_frozen(knowledge),
            transcribers=_frozen(transcribers),
            event_sources=_frozen(events.sources),
            api_tokens=_frozen(api_tokens),
            oidc=oidc,
            subscriptions=_frozen(events.subscriptions),
            mail=events.mail,
            payments=_frozen(payments),
            sequences=_frozen(sequences),
            rates=rates,
            documents=tuple(documents),
            problems=MappingProxyType(problems),
        )

    def _named(self, environment: object) -> object:
        """A channel's environment, before the channel is read."""
        if self.literal:
            return environment or ""
        scheme, _, rest = environment.partition(":") if isinstance(environment, str) else ("", "", "")
        return self.environ.get(rest, "") if scheme == "env" else environment or ""

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
        scheme, _, rest = prompt.partition(":") if isinstance(prompt, str) and not self.literal else ("", "", "")
        return self.path.parent / rest if scheme == "file" else None

    def knowledge(self, raw: Mapping[str, object], providers: Mapping[str, object]) -> dict[str, KnowledgeKeys | None]:
        """Every base by its name; None for one that is wrong."""
        found = self.alike(raw, "knowledge", KnowledgeKeys)
        for name, keys in found.items():
            provider = keys.embeddings.partition("/")[0] if keys else ""
            if provider and provider not in providers:
                mend = nearest(provider, list(providers))
                self.wrong(f"knowledge.{name}.embeddings", f'there is no provider "{provider}"', mend)
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
        found = self.tables(raw, "transcribers", TRANSCRIBER_KINDS)
        if BUILT_IN in found:
            mend = "Give yours another name, and name that in the bot's `transcribe`."
            self.wrong(f"transcribers.{BUILT_IN}", "is the name of the transcriber that is built in", mend)
        return found

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
        for name, value in raw.items():
            at = f"channels.{name}"
            self.named(name, at)
            if name in registry.kinds():
                problem = "is the name of a kind, which has a webhook of its own"
                self.wrong(at, problem, "Give it another name.")
            table = self.table(value, at)
            kind = self.kind(registry.kinds(), table, at)
            self.elsewhere = self._named(table.get("environment")) not in ("", environment)
            keys = self.section(registry.find(kind).keys, table, at) if kind else None
            self.elsewhere = False
            if keys is None:
                continue
            if keys.bot not in bots:
                self.wrong(f"{at}.bot", f'there is no bot "{keys.bot}"', nearest(keys.bot, list(bots)))
            self.one_account(keys, name, self.accounts)
            self.one_original(keys, name, self.originals)
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
            self.wrong(f"channels.{name}.{keys.identity[-1]}", f"{self._told(taken)} has this number too", mend)
        for each in keys.unshared:
            value = str(_plain(getattr(keys, each)))
            taken = accounts.setdefault((keys.kind, each, value), name) if value else name
            if taken != name:
                mend = "Give each channel its own: nothing else tells whose webhook it is."
                self.wrong(f"channels.{name}.{each}", f"{self._told(taken)} has the same", mend)

    def one_original(self, keys: ChannelKeys, name: str, originals: dict[str, str]) -> None:
        """What is posted to one address is one channel's."""
        path = keys.original_path.get_secret_value()
        taken = originals.setdefault(path, name) if path else name
        if taken != name:
            mend = "Each device of the original system is one channel here: remove one of them."
            self.wrong(f"channels.{name}.original_path", f"{self._told(taken)} has it too", mend)

    def _told(self, taken: str) -> str:
        """Another channel, which may be another tenant's."""
        return "another channel" if self.literal else f"channels.{taken}"


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
