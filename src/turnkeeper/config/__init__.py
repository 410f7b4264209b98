"""`turnkeeper.toml` and the environment become Settings, or errors that name the key and the mend.

Every problem of a file is reported at once. A value may be `env:NAME` or `file:/path`; a variable
`TURNKEEPER_SECTION__KEY` overrides the file. Secrets are held so that no repr shows them.
"""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr, ValidationError

from turnkeeper.channels import registry
from turnkeeper.config.keys import (
    BOT_KINDS,
    CHANNEL_KINDS,
    SECTIONS,
    BotKeys,
    DatabaseKeys,
    RetentionKeys,
    ServerKeys,
    WhatsAppCloudKeys,
    WorkersKeys,
)
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.ids import BotId, ChannelId, WorkspaceId
from turnkeeper.model.policy import Channel, SendPolicy, TurnPolicy

PREFIX = "TURNKEEPER_"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_NAMED_SECTIONS = ("channels", "bots")
Keys = TypeVar("Keys", bound=BaseModel)


class ConfigurationErrors(ConfigurationError):
    """Everything that is wrong with a configuration; `errors` are the single ones."""

    def __init__(self, errors: Sequence[ConfigurationError]) -> None:
        first = errors[0]
        super().__init__(first.key, first.problem, first.mend)
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


class SecretMissing(ConfigurationError):
    """A value is said to be elsewhere (`env:`, `file:`) and is not there."""


@dataclass(frozen=True, slots=True)
class ConfiguredDirectory:
    """The channels of a configuration file, looked up by the engine."""

    channels: Mapping[tuple[WorkspaceId, ChannelId], Channel]

    def channel(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> Channel | None:
        """The channel, or None if it is not configured (any more)."""
        return self.channels.get((workspace_id, channel_id))


@dataclass(frozen=True, slots=True)
class BotSettings:
    """Which code answers: `entry` is `module:name`, found next to the configuration file."""

    id: BotId
    kind: str
    entry: str
    turns: TurnPolicy


@dataclass(frozen=True, slots=True)
class Receiver:
    """A channel as its webhooks see it: `secret` proves a request, `account_ids` are its items'."""

    channel: Channel
    account_ids: tuple[str, ...]
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """A whole configuration, valid. `database_url` holds an absolute path for SQLite."""

    path: Path
    server: ServerKeys
    database_url: str = field(repr=False)
    workers: WorkersKeys
    retention: RetentionKeys
    bots: Mapping[BotId, BotSettings]
    receivers: tuple[Receiver, ...]

    @property
    def folder(self) -> Path:
        """Where bots and relative paths are looked for."""
        return self.path.parent

    @property
    def spool(self) -> Path:
        """Where webhooks wait while the database is away."""
        return self.path.with_name("turnkeeper.spool")

    @property
    def spools(self) -> bool:
        """Whether they do. Where SQLite is away, there is no disk to spool on either."""
        return self.server.when_database_is_away == "spool" and not self.database_url.startswith("sqlite:///")

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Every configured channel."""
        return tuple(receiver.channel for receiver in self.receivers)

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
        return frozenset(found) - {""}

    def directory(self) -> ConfiguredDirectory:
        """The channels by workspace and name."""
        return ConfiguredDirectory({(each.workspace_id, each.id): each for each in self.channels})

    def directory_here(self) -> ConfiguredDirectory:
        """Those of this environment: to whoever runs turns and sends, the others are not configured."""
        here = [each for each in self.channels if each.elsewhere is None]
        return ConfiguredDirectory({(each.workspace_id, each.id): each for each in here})


def load(path: Path, environ: Mapping[str, str] | None = None, *, secrets: bool = True) -> Settings:
    """Read a configuration file; raises ConfigurationError, or ConfigurationErrors if several.

    Without `secrets`, values that are elsewhere and not there are left as they are written: enough
    to look at the database.
    """
    environ = os.environ if environ is None else environ
    reading = _Reading(path.absolute(), environ, secrets=secrets)
    settings = reading.settings(_overlaid(_parsed(path), environ))
    if reading.errors or settings is None:
        raise reading.errors[0] if len(reading.errors) == 1 else ConfigurationErrors(reading.errors)
    return settings


def nearest(wrong: str, known: Sequence[str]) -> str:
    """What to write instead of a name that nothing has."""
    close = get_close_matches(wrong, known, n=1, cutoff=0.6)
    if close:
        return f'Did you mean "{close[0]}"?'
    return f"Known: {', '.join(sorted(known))}." if known else "There is none yet."


def _parsed(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        mend = "Run `turnkeeper init` to write one, or name another with --config."
        raise ConfigurationError(str(path), "there is no such file", mend) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(str(path), f"cannot be read ({error})", "Mend the file.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(str(path), f"is not TOML ({error})", "Mend that line.") from None


def _overlaid(raw: dict[str, object], environ: Mapping[str, str]) -> dict[str, object]:
    """The file with `TURNKEEPER_SECTION__KEY` and `TURNKEEPER_CHANNELS__NAME__KEY` laid over it."""
    for variable, value in sorted(environ.items()):
        if not variable.startswith(PREFIX) or "__" not in variable:
            continue
        *tables, key = variable.removeprefix(PREFIX).split("__")
        place = raw
        for table in tables:
            below = place.setdefault(_as_written(table, place), {})
            if not isinstance(below, dict):
                break
            place = below
        else:
            place[_as_written(key, place)] = value
    return raw


def _as_written(name: str, table: Mapping[str, object]) -> str:
    """Variables cannot hold small letters or hyphens everywhere: find the key that is meant."""
    plain = name.lower().replace("-", "_")
    return next((key for key in table if key.lower().replace("-", "_") == plain), name.lower())


class _Reading:
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
        bots = self.bots(self.table(raw.get("bots", {}), "bots"))
        channels = self.table(raw.get("channels", {}), "channels")
        receivers = self.receivers(channels, bots, server.environment if server else "")
        if self.errors or not (server and database and workers and retention):
            return None
        return Settings(
            path=self.path,
            server=server,
            database_url=_absolute(database.url.get_secret_value(), self.path.parent),
            workers=workers,
            retention=retention,
            bots=MappingProxyType({id_: bot for id_, bot in bots.items() if bot is not None}),
            receivers=tuple(receivers),
        )

    def wrong(self, key: str, problem: str, mend: str) -> None:
        self.errors.append(ConfigurationError(key, problem, mend))

    def missing(self, value: str, key: str, problem: str, mend: str) -> str:
        """What stands for a value that is not there: nothing that anyone could prove to know."""
        if self._elsewhere:
            return token_hex(16)
        if self.secrets:
            self.errors.append(SecretMissing(key, problem, mend))
        return value

    def table(self, raw: object, at: str) -> dict[str, object]:
        if isinstance(raw, dict):
            return raw
        self.wrong(at, "is not a table", f"Write it as [{at}] with keys below it.")
        return {}

    def section(self, model: type[Keys], raw: object, at: str) -> Keys | None:
        table = self.table(raw, at)
        given = {key: self.resolved(value, f"{at}.{key}") for key, value in table.items()}
        try:
            return model.model_validate(given)
        except ValidationError as error:
            elsewhere = {key: value for key, value in table.items() if value != given[key]}
            for problem in error.errors(include_url=False):
                self.errors.append(_worded(problem, model, at, elsewhere))
            return None

    def resolved(self, value: object, key: str) -> object:
        """What `env:NAME` and `file:/path` stand for."""
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

    def kind(self, kinds: Mapping[str, type[Keys]], raw: Mapping[str, object], at: str) -> type[Keys] | None:
        kind = self.resolved(raw.get("kind"), f"{at}.kind")
        if kind is None:
            choices = " or ".join(f'"{each}"' for each in kinds)
            self.wrong(f"{at}.kind", "is missing", f"Add kind = {choices}.")
            return None
        found = kinds.get(kind) if isinstance(kind, str) else None
        if found is None:
            self.wrong(
                f"{at}.kind",
                f"{kind!r} is not a kind that there is",
                nearest(str(kind), list(kinds)),
            )
        return found

    def named(self, name: str, at: str) -> None:
        if not _NAME.fullmatch(name):
            mend = "Use up to 63 letters, digits, hyphens and underscores, a letter or digit first."
            self.wrong(at, "is not a name", mend)

    def bots(self, raw: Mapping[str, object]) -> dict[BotId, BotSettings | None]:
        """Every bot by name; None for one that is wrong, so that its channels are not blamed."""
        found: dict[BotId, BotSettings | None] = {}
        for name, value in raw.items():
            at = f"bots.{name}"
            self.named(name, at)
            table = self.table(value, at)
            model = self.kind(BOT_KINDS, table, at)
            keys = self.section(model, table, at) if model else None
            if keys is None:
                found[BotId(name)] = None
            else:
                found[BotId(name)] = BotSettings(BotId(name), keys.kind, keys.entry, _turns(keys))
        return found

    def receivers(
        self, raw: Mapping[str, object], bots: Mapping[BotId, BotSettings | None], environment: str
    ) -> list[Receiver]:
        found: list[Receiver] = []
        numbers: dict[str, str] = {}
        for name, value in raw.items():
            at = f"channels.{name}"
            self.named(name, at)
            if name in CHANNEL_KINDS:
                self.wrong(
                    at,
                    "is the name of a kind, which has a webhook of its own",
                    "Give it another name.",
                )
            table = self.table(value, at)
            model = self.kind(CHANNEL_KINDS, table, at)
            self._elsewhere = self._named(table.get("environment")) not in ("", environment)
            keys = self.section(model, table, at) if model else None
            self._elsewhere = False
            if keys is None:
                continue
            if keys.bot not in bots:
                self.wrong(f"{at}.bot", f'there is no bot "{keys.bot}"', nearest(keys.bot, list(bots)))
            taken = numbers.setdefault(keys.phone_number_id, name)
            if taken != name:
                problem = f"channels.{taken} has this number too"
                self.wrong(
                    f"{at}.phone_number_id",
                    problem,
                    "A number belongs to one channel: remove one of them.",
                )
            bot = bots.get(BotId(keys.bot))
            if bot is not None:
                found.append(_receiver(name, keys, bot, environment))
        return found


def _worded(
    problem: Mapping[str, object], model: type[BaseModel], at: str, elsewhere: Mapping[str, object]
) -> ConfigurationError:
    """One of pydantic's findings in our words; never shows a secret, nor a value from `elsewhere`, which may be one."""
    loc = problem["loc"]
    name = str(loc[0]) if isinstance(loc, tuple) and loc else ""
    key = f"{at}.{name}" if name else at
    context = problem.get("ctx")
    info = model.model_fields.get(name)
    example = f"Write for example {name} = {info.examples[0]}" if info and info.examples else "Mend the value"
    match problem["type"]:
        case "extra_forbidden":
            return ConfigurationError(key, "is not a setting", nearest(name, list(model.model_fields)))
        case "too_short" | "string_too_short":
            return ConfigurationError(key, "is empty", f"{example}.")
        case "missing":
            return ConfigurationError(key, "is missing", f"{example}.")
        case "turnkeeper" if isinstance(context, dict):
            said = str(context["problem"])
            if name in elsewhere:
                said = said.replace(repr(problem["input"]), str(elsewhere[name]))
            return ConfigurationError(key, said, str(context["mend"]))
    said = str(problem["msg"])
    if info is None or info.annotation is not SecretStr:
        shown = elsewhere.get(name, repr(problem["input"]))
        said = f"{shown} will not do: {said[:1].lower()}{said[1:]}"
    return ConfigurationError(key, said, f"{example}.")


def _turns(keys: BotKeys) -> TurnPolicy:
    return TurnPolicy(
        quiet=keys.quiet,
        max_wait=keys.max_wait,
        adaptive=keys.adaptive,
        gather=keys.gather,
        overlap=keys.overlap,
        rate_limit=keys.rate_limit,
        stale_after=keys.stale_after,
        session_ttl=keys.session_ttl,
        reply_expires=keys.reply_expires,
        turn_limit=keys.turn_limit,
        turn_retries=keys.turn_retries,
        error_reply=keys.error_reply,
        rate_notice=keys.rate_notice,
        stale_notice=keys.stale_notice,
        reads=keys.reads,
        unsupported_reply=keys.unsupported_reply,
        reactions=keys.reactions,
    )


def _receiver(name: str, keys: WhatsAppCloudKeys, bot: BotSettings, environment: str) -> Receiver:
    kind = registry.find(keys.kind)
    can = kind.adapter.capabilities
    values = {each.name: _plain(getattr(keys, each.name)) for each in fields(kind.config_type)}
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
            per_second=keys.throughput,
            pair=can.per_contact,
            parts=keys.parts,
            parts_wait=keys.parts_wait,
        ),
        config=kind.config_type(**values),
        elsewhere=keys.environment if keys.environment not in ("", environment) else None,
        credentials=sha256(keys.access_token.get_secret_value().encode()).hexdigest()[:32],
    )
    secret = keys.app_secret.get_secret_value()
    return Receiver(channel, (keys.phone_number_id, keys.waba_id), secret)


def _plain(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _absolute(url: str, folder: Path) -> str:
    """A SQLite file is looked for beside the configuration, wherever the program is started."""
    if not url.startswith("sqlite:///"):
        return url
    return f"sqlite:///{(folder / url.removeprefix('sqlite:///')).resolve()}"
