"""Adding a channel to turnkeeper.toml: what to ask for, whether it works, and writing it without touching the rest.

Secrets do not go into the file: it gets `env:` or `file:`, and what was typed goes into a file beside it that only its
owner can read. The new section is read together with the rest before anything is written.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from secrets import token_hex, token_urlsafe
from typing import get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from turnkeeper.app.channel_checkup import ask_health
from turnkeeper.channels import registry
from turnkeeper.channels.base import Finding
from turnkeeper.channels.keys import ChannelKeys
from turnkeeper.config import Settings, load, load_for
from turnkeeper.engine.http import Client
from turnkeeper.model.errors import ConfigurationError

SECRETS = "secrets"
"""The folder of secrets, beside the configuration file."""
_ELSEWHERE = ("env:", "file:")
_MADE_LENGTH = 32
"""Bytes of a secret that is made up."""
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ASKED_FIRST = ("kind", "bot")


@dataclass(frozen=True, slots=True)
class Question:
    """A key to ask for. `default` None: it must be given; `made`: where nothing is typed, one is made up."""

    key: str
    meaning: str
    secret: bool
    example: str = ""
    default: str | None = None
    made: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A channel that is not written yet. `plain`: its secrets go into the configuration file."""

    name: str
    kind: str
    bot: str
    values: Mapping[str, str] = field(repr=False)
    plain: bool = False

    @property
    def keys(self) -> type[ChannelKeys]:
        """The settings of its kind."""
        return registry.find(self.kind).keys

    @property
    def files(self) -> dict[str, str]:
        """The secrets that get files of their own, by key."""
        typed = {key: value for key, value in self.values.items() if is_secret(self.keys, key)}
        return {} if self.plain else {k: v for k, v in typed.items() if v and not v.startswith(_ELSEWHERE)}


def free_name(settings: Settings, kind: str) -> str:
    """A name that no channel has."""
    taken = {channel.id for channel in settings.channels}
    return next(name for number in count(1) if (name := f"{kind}{number}") not in taken)


def check_name(settings: Settings, name: str) -> None:
    """Raises ConfigurationError for a name that a new channel cannot have."""
    at = f"channels.{name}"
    if name in registry.kinds():
        raise ConfigurationError(at, "is the name of a kind, which has a webhook of its own", "Give it another name.")
    if any(channel.id == name for channel in settings.channels):
        raise ConfigurationError(at, "is there already", "Give the new channel another name.")


def questions(kind: str) -> Iterator[Question]:
    """What to ask for, in order; raises ConfigurationError for a kind that there is not."""
    keys = registry.find(kind).keys
    for key, info in keys.model_fields.items():
        if key not in _ASKED_FIRST and (info.is_required() or key in (*keys.asked, *keys.made)):
            yield _question(keys, key, info)


def _question(keys: type[ChannelKeys], key: str, info: FieldInfo) -> Question:
    example = str(info.examples[0]).strip('"') if info.examples else ""
    default = None if info.is_required() else _written(info.default)
    return Question(key, info.description or "", is_secret(keys, key), example, default, key in keys.made)


def _written(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else "" if value is None else str(value)


def is_secret(keys: type[ChannelKeys], key: str) -> bool:
    """Whether a key's value is shown to nobody."""
    annotation = keys.model_fields[key].annotation if key in keys.model_fields else None
    return annotation is SecretStr or SecretStr in get_args(annotation)


def drafted(name: str, kind: str, bot: str, given: Mapping[str, str], *, plain: bool = False) -> Draft:
    """What was answered, with the secrets of our own choice made up where they were not."""
    keys = registry.find(kind).keys
    made = {key: token_urlsafe(_MADE_LENGTH) for key in keys.made}
    return Draft(name, kind, bot, made | {key: value for key, value in given.items() if value}, plain)


def section(draft: Draft, *, revealed: bool = False) -> str:
    """The section as the file gets it; `revealed`: with the secrets that get files of their own."""
    files = {} if revealed else draft.files
    name = draft.name if _BARE.fullmatch(draft.name) else _quoted(draft.name)  # refused when it is read, in its words
    lines = [f"[channels.{name}]", f"kind = {_quoted(draft.kind)}", f"bot = {_quoted(draft.bot)}"]
    for key, value in draft.values.items():
        written = f"file:{SECRETS}/{_file_name(draft, key)}" if key in files else value
        lines.append(f"{key} = {_toml(draft.keys, key, written)}")
    return "\n".join(lines) + "\n"


def _file_name(draft: Draft, key: str) -> str:
    return f"{draft.name}.{key}"


def _toml(keys: type[ChannelKeys], key: str, value: str) -> str:
    """A text for a text, else what TOML reads it as (a number, a truth value, a list), if it reads it at all."""
    info = keys.model_fields.get(key)
    if info is None or info.annotation is str or is_secret(keys, key) or value.startswith(_ELSEWHERE):
        return _quoted(value)
    with suppress(tomllib.TOMLDecodeError):
        read = tomllib.loads(f"x = {value}")
        if list(read) == ["x"] and not isinstance(read["x"], dict):
            return value
    return _quoted(value)


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def read_together(config: Path, draft: Draft) -> Settings:
    """The configuration as it would be; raises ConfigurationError for what is wrong with it.

    Secrets of other channels need not be there.
    """
    load(config, secrets=False)
    return load_for(config, draft.name, _joined(config, draft.name, section(draft, revealed=True)))


def _joined(config: Path, name: str, added: str) -> str:
    """The file with a section at its end; raises ConfigurationError where that cannot be."""
    text = config.read_text("utf-8")
    channels = tomllib.loads(text).get("channels", {})
    if isinstance(channels, dict) and name in channels:
        raise ConfigurationError(f"channels.{name}", "is there already", "Give the new channel another name.")
    whole = f"{text.rstrip()}\n\n{added}"
    try:
        tomllib.loads(whole)
    except tomllib.TOMLDecodeError:
        mend = "Write the channels as [channels.NAME] sections, and try again."
        raise ConfigurationError("channels", "are written so that nothing can be added after them", mend) from None
    return whole


async def examine(settings: Settings, name: str) -> list[Finding]:
    """What the provider says of the new channel."""
    client = Client()
    try:
        return await ask_health(settings.receiver(name).channel, client)
    finally:
        await client.close()


def save(config: Path, draft: Draft) -> list[Path]:
    """Write the secrets' files, then the section; what was there stays as it is. The files that were written.

    Raises OSError, ConfigurationError.
    """
    target = config.resolve()
    whole = _joined(target, draft.name, section(draft))
    written = [
        _save_secret(target.parent / SECRETS, _file_name(draft, key), value) for key, value in draft.files.items()
    ]
    ahead = target.with_name(f".{target.name}.{token_hex(4)}")
    try:
        with ahead.open("x", encoding="utf-8") as file:
            ahead.chmod(target.stat().st_mode & 0o7777)
            file.write(whole)
            file.flush()
            os.fsync(file.fileno())
        ahead.replace(target)
    finally:
        ahead.unlink(missing_ok=True)
    return [target, *written]


def _save_secret(folder: Path, name: str, value: str) -> Path:
    if not folder.exists():
        folder.mkdir(mode=0o700)
        (folder / ".gitignore").write_text("*\n", "utf-8")
    path = folder / name
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(value + "\n")
    return path
