"""Every setting that there is: its type, default, example and meaning.

The only place that knows them: reading, errors and docs/configuration.md follow from it.
Durations are seconds, as a number or "30s", "10m", "24h", "30d".
"""

import re
from typing import Annotated, Literal, NoReturn, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from turnkeeper.model.events import READABLE_KINDS
from turnkeeper.model.policy import Overlap, RateLimit, TurnPolicy

_DAY = 86_400.0
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": _DAY}
_WORDS = {"second": 1.0, "minute": 60.0, "hour": 3_600.0, "day": _DAY}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|h|d)?")
_PORT = re.compile(r":([^\]:]*)$")
_RATE = re.compile(r"(\d{1,6})\s*/\s*(\S+)")


def wrong(problem: str, mend: str) -> NoReturn:
    """Refuse a value in words that reach the operator as they are."""
    raise PydanticCustomError("turnkeeper", "{problem}", {"problem": problem, "mend": mend})


def read_duration(value: object) -> float:
    """Seconds, from a number or a number with a unit."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9:
        return float(value)
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        wrong(f"{value!r} is not a duration", 'Write seconds (4.0) or "30s", "10m", "24h", "30d".')
    return float(found[1]) * _UNITS[found[2] or "s"]


def read_duration_or_off(value: object) -> float | None:
    """A duration, or None for `off`."""
    return None if value is None or value == "off" else read_duration(value)


def read_kinds(value: object) -> tuple[str, ...] | None:
    """The kinds of messages that are named, in a list or between commas; None for `all`."""
    if value is None or value == "all":
        return None
    named = value.split(",") if isinstance(value, str) else value
    known = ", ".join(sorted(READABLE_KINDS))
    if not isinstance(named, list | tuple) or not named:
        wrong(f"{value!r} names no kind of message", f'Write "all", or a list of: {known}.')
    kinds = tuple(each.strip() if isinstance(each, str) else each for each in named)
    for kind in kinds:
        if not isinstance(kind, str) or kind not in READABLE_KINDS:
            wrong(f"{kind!r} is not a kind of message", f'Write "all", or a list of: {known}.')
    return kinds


def read_rate(value: object) -> RateLimit | None:
    """`10/minute`, `30/90s`, or `off`."""
    if isinstance(value, RateLimit) or value is None or value == "off":
        return None if value == "off" else value  # type: ignore[return-value]
    found = _RATE.fullmatch(value.strip()) if isinstance(value, str) else None
    per = 0.0
    if found:
        per = _WORDS.get(found[2]) or (read_duration(found[2]) if found[2][0].isdigit() else 0.0)
    if found is None or not per or not int(found[1]):
        wrong(f"{value!r} is not a rate", 'Write "10/minute", "100/hour", or "off".')
    return RateLimit(int(found[1]), per)


def read_whole(value: object) -> object:
    """A whole number; a truth value is none."""
    if isinstance(value, bool):
        wrong(f"{value!r} is not a number", "Write a whole number.")
    return value


_EITHER = 'Write "sqlite:///turnkeeper.db" or "postgresql://user@host/name".'


def read_database(value: object) -> object:
    """`sqlite:///file` or `postgresql://…`. Never shows the address: it may hold a password."""
    if isinstance(value, SecretStr):
        return value
    if not isinstance(value, str):
        wrong("is not a text", _EITHER)
    if not value.startswith(("sqlite:///", "postgresql://")):
        scheme = value.partition("://")[0] if "://" in value else ""
        wrong(f'"{scheme}" is not a database that Turnkeeper knows' if scheme else "names no database", _EITHER)
    if value == "sqlite:///":
        wrong("names no file", 'Write "sqlite:///turnkeeper.db".')
    if value.startswith("postgresql://") and not _has_good_ports(value):
        mend = "Write a port from 1 to 65535, and `@`, `:`, `/`, `[` in a user or password as %40, %3A, %2F, %5B."
        wrong("has a port that is none", mend)
    return value


def _has_good_ports(url: str) -> bool:
    """Whether each host's port is one; an address may name several hosts."""
    try:
        hosts = urlsplit(url).netloc.rpartition("@")[2].split(",")
    except ValueError:
        return False
    ports = [found[1] for host in hosts if (found := _PORT.search(host)) and found[1]]
    return all(port.isascii() and port.isdigit() and 0 < int(port) < 65_536 for port in ports)


def read_token(value: object) -> object:
    """What travels in a header: another character would end the header, or break each call."""
    if isinstance(value, str) and not all("!" <= each <= "~" for each in value):
        mend = "Copy it again: no spaces, no line breaks, ASCII only."
        wrong("holds a character that no token has", mend)
    return value


def read_secret(value: object) -> object:
    """A shared secret: a space or line break around it is a slip that would refuse every webhook."""
    if isinstance(value, str) and value != value.strip():
        wrong("begins or ends with a space or line break", "Take it away.")
    return value


def read_address(value: object) -> object:
    """An http(s) address without user, query or fragment."""
    if isinstance(value, str) and value:
        try:
            parts = urlsplit(value)
            good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            good = False
            parts = urlsplit("")
        if not good or parts.query or parts.fragment or parts.username:
            wrong(f"{value!r} is not a plain http address", 'Write it like "https://bot.example.com".')
    return value


def read_dsn(value: object) -> object:
    """A Sentry project's address, which holds its key. Never shown."""
    if isinstance(value, str) and value:
        try:
            parts = urlsplit(value)
            good = parts.scheme in ("http", "https") and parts.hostname and parts.username and parts.path.strip("/")
        except ValueError:
            good = False
        if not good:
            wrong("is not the address of a Sentry project", "Copy the DSN from the project's settings.")
    return value


Seconds = Annotated[float, BeforeValidator(read_duration)]
Whole = Annotated[int, BeforeValidator(read_whole)]
Address = Annotated[str, BeforeValidator(read_address)]
Token = Annotated[SecretStr, BeforeValidator(read_token)]
Secret = Annotated[SecretStr, BeforeValidator(read_secret)]
_POLICY = TurnPolicy()
_ENVIRONMENT = r"^([a-z0-9][a-z0-9_-]{0,62})?$"


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True)


class ServerKeys(_Keys):
    """Where the web process listens and how it is reached from outside."""

    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on.", examples=['"127.0.0.1"'])
    port: Whole = Field(
        8088,
        ge=0,
        le=65535,
        description="Port to listen on; 0 takes a free one.",
        examples=["8088"],
    )
    public_url: Address = Field(
        "",
        description="The https address under which the provider reaches this server.",
        examples=['"https://bot.example.com"'],
    )
    drain: Seconds = Field(
        20.0,
        description="How long turns under way may take to finish when the server is stopped.",
        examples=['"20s"'],
    )
    when_database_is_away: Literal["spool", "refuse"] = Field(
        "spool",
        description="spool: webhooks wait in a file beside this one, answered with 200; refuse: 503, the provider "
        "delivers again. On SQLite the file is the database, so it is always refuse.",
        examples=['"spool"'],
    )
    environment: str = Field(
        "",
        pattern=_ENVIRONMENT,
        description="Which environment this server is. Channels that are marked for another one are left alone here.",
        examples=['"production"'],
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least important thing that is logged.", examples=['"info"']
    )
    log_format: Literal["auto", "json", "text"] = Field(
        "auto",
        description="How log lines look; auto: text on a terminal, else JSON.",
        examples=['"json"'],
    )
    sentry_dsn: Annotated[SecretStr, BeforeValidator(read_dsn)] = Field(
        SecretStr(""),
        description="Where errors are reported, without message texts (needs the extra `sentry`).",
        examples=['"env:SENTRY_DSN"'],
    )
    otlp_endpoint: Address = Field(
        "",
        description="Where traces of turns are sent over OTLP/HTTP (needs the extra `otel`).",
        examples=['"http://127.0.0.1:4318"'],
    )


class DatabaseKeys(_Keys):
    """Where everything is kept."""

    url: Annotated[SecretStr, BeforeValidator(read_database)] = Field(
        SecretStr("sqlite:///turnkeeper.db"),
        description="A SQLite file (relative to the configuration file) or a PostgreSQL database.",
        examples=['"sqlite:///turnkeeper.db"'],
    )


class WorkersKeys(_Keys):
    """The processes that run turns and send."""

    count: Whole = Field(1, ge=1, le=64, description="How many worker processes this machine runs.", examples=["1"])
    lease: Seconds = Field(
        3.0,
        ge=0.3,
        le=60.0,
        description="A worker silent for so long is dead; others take its conversations over.",
        examples=['"3s"'],
    )


class RetentionKeys(_Keys):
    """How long settled messages are kept."""

    keep: Seconds = Field(
        30 * _DAY,
        ge=8 * _DAY,
        description="At least 8 days, since providers deliver again for 7.",
        examples=['"30d"'],
    )


class WhatsAppCloudKeys(_Keys):
    """A WhatsApp number on Meta's Cloud API."""

    kind: Literal["whatsapp_cloud"] = Field(description="The provider.", examples=['"whatsapp_cloud"'])
    bot: str = Field(description="The name of the bot that answers here.", examples=['"assistant"'])
    workspace: str = Field(
        "default",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$",
        description="The tenant that owns the channel.",
        examples=['"default"'],
    )
    phone_number_id: str = Field(
        pattern=r"^[A-Za-z0-9_.-]{1,64}$",
        description="The number's id (not the number), from WhatsApp > API Setup.",
        examples=['"1000000001"'],
    )
    waba_id: str = Field(
        pattern=r"^[A-Za-z0-9_.-]{1,64}$",
        description="The WhatsApp Business Account's id, from WhatsApp > API Setup.",
        examples=['"2000000001"'],
    )
    access_token: Token = Field(
        min_length=1,
        description="A system user's token with whatsapp_business_messaging and _management.",
        examples=['"env:SHOP_TOKEN"'],
    )
    app_secret: Secret = Field(
        min_length=1,
        description="The app's secret, from App settings > Basic; it signs the webhooks.",
        examples=['"env:SHOP_SECRET"'],
    )
    verify_token: Secret = Field(
        min_length=1,
        description="A word of your choice, typed into Meta's webhook form too.",
        examples=['"env:SHOP_VERIFY"'],
    )
    api_base: Address = Field(
        "https://graph.facebook.com",
        min_length=1,
        description="Where the Graph API is.",
        examples=['"https://graph.facebook.com"'],
    )
    api_version: str = Field(
        "v25.0",
        pattern=r"^v\d{1,3}\.\d$",
        description="The Graph API's version.",
        examples=['"v25.0"'],
    )
    unknown_wait: Seconds = Field(
        30.0,
        description="A send whose answer was lost waits so long for a status, then is repeated.",
        examples=['"30s"'],
    )
    send_limit: Seconds = Field(20.0, gt=0, description="How long one send may take.", examples=['"20s"'])
    echo_takes_over: Annotated[float | None, BeforeValidator(read_duration_or_off)] = Field(
        None,
        gt=0,
        description="What is written in the WhatsApp Business app on the business's own phone keeps the bot silent for "
        'so long in that conversation; "off": the bot goes on.',
        examples=['"30m"'],
    )
    environment: str = Field(
        "",
        pattern=_ENVIRONMENT,
        description="The server.environment that this channel is for; elsewhere its webhooks are ignored and nothing "
        'is sent. "": any.',
        examples=['"production"'],
    )
    throughput: Whole = Field(
        80,
        ge=1,
        le=1000,
        description="Messages a second that the number sends at most. Meta counts what comes in as well; 20 for a "
        "number that is used with the WhatsApp Business app too.",
        examples=["80"],
    )
    parts: Literal["accepted", "delivered"] = Field(
        "accepted",
        description="The next part of an answer leaves when the one before is accepted by Meta, or delivered.",
        examples=['"accepted"'],
    )
    parts_wait: Seconds = Field(
        2.0, le=60.0, description="For so long at most is a delivery waited for.", examples=['"2s"']
    )


class BotKeys(_Keys):
    """A bot written in Python, and how it takes its turns."""

    kind: Literal["python"] = Field(description="What the bot is made of.", examples=['"python"'])
    entry: str = Field(
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$",
        description="`module:name`, the module found next to the configuration file.",
        examples=['"my_bot:bot"'],
    )
    quiet: Seconds = Field(
        _POLICY.quiet,
        description="A turn starts this long after the last message.",
        examples=["4.0"],
    )
    max_wait: Seconds = Field(
        _POLICY.max_wait,
        description="And at the latest this long after the first.",
        examples=["15.0"],
    )
    adaptive: bool = Field(
        _POLICY.adaptive,
        description="Wait less when the message looks complete and this person's habit says so.",
        examples=["true"],
    )
    gather: bool = Field(_POLICY.gather, description="false: one message, one turn.", examples=["true"])
    overlap: Overlap = Field(
        _POLICY.overlap,
        description="What a message during a turn does: interrupt, queue (next turn) or drop.",
        examples=['"interrupt"'],
    )
    rate_limit: Annotated[RateLimit | None, BeforeValidator(read_rate)] = Field(
        _POLICY.rate_limit,
        description='Messages that one contact may send; "off" for no limit.',
        examples=['"10/minute"'],
    )
    stale_after: Seconds = Field(
        _POLICY.stale_after,
        gt=0,
        description="Older messages are not answered.",
        examples=['"24h"'],
    )
    session_ttl: Seconds = Field(
        _POLICY.session_ttl,
        gt=0,
        description="After so long without a message the bot starts afresh.",
        examples=['"24h"'],
    )
    reply_expires: Seconds = Field(
        _POLICY.reply_expires,
        gt=0,
        description="A reply that could not be sent for so long is given up.",
        examples=['"24h"'],
    )
    turn_limit: Seconds = Field(_POLICY.turn_limit, gt=0, description="How long one turn may take.", examples=['"5m"'])
    turn_retries: Whole = Field(
        _POLICY.turn_retries,
        ge=0,
        le=10,
        description="How often a turn that raised is tried again.",
        examples=["2"],
    )
    error_reply: str = Field(
        _POLICY.error_reply,
        description='What the person gets when a turn has failed; "" for nothing.',
        examples=['"Please try again."'],
    )
    rate_notice: str = Field(
        _POLICY.rate_notice,
        description="Said once when the rate limit is reached.",
        examples=['"Slower, please."'],
    )
    stale_notice: str = Field(
        _POLICY.stale_notice,
        description="Said once when messages were too old to answer.",
        examples=['"Please write again."'],
    )

    reads: Annotated[tuple[str, ...] | None, BeforeValidator(read_kinds)] = Field(
        _POLICY.reads,
        description='The kinds of messages that the bot can read, or "all"; presses of buttons are always read.',
        examples=['["text", "voice"]'],
    )
    unsupported_reply: str = Field(
        _POLICY.unsupported_reply,
        description='Said instead of asking the bot when all it would get is messages that nobody here can read; "" '
        "for nothing.",
        examples=['"Please write that as text."'],
    )
    reactions: bool = Field(
        _POLICY.reactions,
        description="true: an emoji under a message starts a turn too.",
        examples=["false"],
    )

    @model_validator(mode="after")
    def _waits_in_order(self) -> Self:
        if self.max_wait < self.quiet:
            wrong(
                f"max_wait ({self.max_wait:g} s) is shorter than quiet ({self.quiet:g} s)",
                "Make max_wait at least as long as quiet.",
            )
        return self


SECTIONS: dict[str, type[BaseModel]] = {
    "server": ServerKeys,
    "database": DatabaseKeys,
    "workers": WorkersKeys,
    "retention": RetentionKeys,
}
CHANNEL_KINDS: dict[str, type[WhatsAppCloudKeys]] = {"whatsapp_cloud": WhatsAppCloudKeys}
BOT_KINDS: dict[str, type[BotKeys]] = {"python": BotKeys}
