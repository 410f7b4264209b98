"""Every setting that there is, but those of channels: its type, default, example and meaning.

The only place that knows them: reading, errors and docs/configuration.md follow from it.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, Field, SecretStr, model_validator

from turnkeeper.channels.keys import DAY, ENVIRONMENT, Address, Keys, Seconds, Token, Whole, wrong
from turnkeeper.config.bots import AgentKeys, BotKeys, PythonKeys
from turnkeeper.config.events import MailKeys
from turnkeeper.config.flows import FlowKeys
from turnkeeper.config.rates import RateCardKeys
from turnkeeper.config.remote import RemoteKeys
from turnkeeper.config.values import Place, SigningKey, Size, read_database, read_dsn


class ServerKeys(Keys):
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
        pattern=ENVIRONMENT,
        description="Which environment this server is. Channels that are marked for another one are left alone here.",
        examples=['"production"'],
    )
    secret_key_file: str = Field(
        "",
        max_length=4096,
        description="The file with the key that seals secrets entered in the console (32 characters or more; several, "
        "the newest first, one a line). The environment variable TURNKEEPER_SECRET_KEY goes before; with neither, one "
        "is made and kept in `secret.key` beside this file. Several machines need the same one.",
        examples=['"/run/secrets/turnkeeper"'],
    )
    allow_internal: tuple[str, ...] = Field(
        (),
        description="Hosts (`host` or `host:port`) inside your network that channels made in the console may call. "
        "Channels of this file may call any.",
        examples=['["127.0.0.1:3000"]'],
    )
    shared_with: tuple[str, ...] = Field(
        (),
        description="Workspaces whose channels and bots made in the console may use the bots, providers and tools of "
        'this file, besides "default" and those of its own channels. "*": all.',
        examples=['["branch-two"]'],
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
    otlp_texts: bool = Field(
        False, description="true: these traces hold what people write and what they get.", examples=["false"]
    )


class DatabaseKeys(Keys):
    """Where everything is kept."""

    url: Annotated[SecretStr, BeforeValidator(read_database)] = Field(
        SecretStr("sqlite:///turnkeeper.db"),
        description="A SQLite file (relative to the configuration file) or a PostgreSQL database.",
        examples=['"sqlite:///turnkeeper.db"'],
    )


class WorkersKeys(Keys):
    """The processes that run turns and send."""

    count: Whole = Field(1, ge=1, le=64, description="How many worker processes this machine runs.", examples=["1"])
    lease: Seconds = Field(
        3.0,
        ge=0.3,
        le=60.0,
        description="A worker silent for so long is dead; others take its conversations over.",
        examples=['"3s"'],
    )


class RetentionKeys(Keys):
    """How long settled messages are kept."""

    keep: Seconds = Field(
        30 * DAY,
        ge=8 * DAY,
        description="At least 8 days, since providers deliver again for 7.",
        examples=['"30d"'],
    )


class MediaKeys(Keys):
    """Files that people send and bots send."""

    url: Place = Field(
        "media",
        description="Where files are kept: a folder (relative to the configuration file), or `s3://bucket/prefix` "
        "(extra `s3`), which several machines can share.",
        examples=['"s3://our-media/turnkeeper"'],
    )
    endpoint: Address = Field(
        "",
        description="The address of an S3-compatible server; without it, Amazon's.",
        examples=['"https://minio.example.com"'],
    )
    region: str = Field(
        "", pattern=r"^[A-Za-z0-9-]{0,40}$", description="The bucket's region.", examples=['"eu-central-1"']
    )
    access_key_id: Token = Field(
        SecretStr(""),
        description="The bucket's key; without it, what the machine's environment or role gives.",
        examples=['"env:S3_KEY"'],
    )
    secret_access_key: Token = Field(SecretStr(""), description="Its secret.", examples=['"env:S3_SECRET"'])
    largest: Size = Field(
        "100MB",
        validate_default=True,
        ge=1024,
        description="Larger files are refused; the channel's own limits count as well.",
        examples=['"100MB"'],
    )
    keep: Seconds = Field(
        30 * DAY,
        ge=DAY,
        description="How long a file is kept after it was last needed; at least a day.",
        examples=['"30d"'],
    )
    secret: SigningKey = Field(
        SecretStr(""),
        description="Signs links to files, in 16 characters or more; without it one is made and kept beside this "
        "file. Several machines need the same one.",
        examples=['"env:MEDIA_SECRET"'],
    )

    @model_validator(mode="after")
    def _has_both_keys(self) -> Self:
        if bool(self.access_key_id.get_secret_value()) != bool(self.secret_access_key.get_secret_value()):
            wrong("access_key_id and secret_access_key go together", "Set both, or neither.")
        return self


SECTIONS: dict[str, type[BaseModel]] = {
    "server": ServerKeys,
    "database": DatabaseKeys,
    "workers": WorkersKeys,
    "retention": RetentionKeys,
    "media": MediaKeys,
    "mail": MailKeys,
    "rate_cards": RateCardKeys,
}
BOT_KINDS: dict[str, type[BotKeys]] = {
    "python": PythonKeys,
    "agent": AgentKeys,
    "flow": FlowKeys,
    "remote": RemoteKeys,
}
BUILT_IN_TOOLS = ("handover", "knowledge")
