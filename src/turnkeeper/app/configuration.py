"""The whole configuration: the file, with what was made in the console laid over it.

A process reads it once, at its start. When something is changed in the console it says so to the supervisor, which puts
a successor in its place: whatever was wired from the configuration is wired anew, and nothing has to be changed in
place. While the database is away, those that accept go on with what this machine read last.
"""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

import msgspec

from turnkeeper.app.database import opened as opened_store
from turnkeeper.config import Settings, load, load_for
from turnkeeper.config.sealing import KeyTooShort, Sealing
from turnkeeper.config.stored import Document, opened
from turnkeeper.model.configured import Configured
from turnkeeper.model.errors import ConfigurationError, StoreError, StoreUnavailable

if TYPE_CHECKING:
    from turnkeeper.app.line import Line
    from turnkeeper.store.base import Store

VARIABLE = "TURNKEEPER_SECRET_KEY"
MADE = "secret.key"
"""The key's file beside the configuration, where none is given."""
_COPY = "turnkeeper.configured"
SIGNS = {"poller": "P", "librarian": "L"}
"""The processes that are there only where they have something to do, and how the supervisor is told that they have."""
_EVERY = 1.0
_WEBHOOKS_WAIT = 1.0
"""Seconds that webhooks wait for the database, where they can go into a spool."""
_OTHERS_WAIT = 10.0

log = logging.getLogger("turnkeeper.configuration")


class Kept(msgspec.Struct, frozen=True):
    """What the database holds of it, at a revision."""

    revision: int
    rows: tuple[Configured, ...]


def sealing(settings: Settings, *, make: bool = False) -> Sealing | None:
    """What seals and opens secrets; None where there is no key yet. `make`: make one then.

    Raises ConfigurationError.
    """
    text, place = _key_text(settings, make=make)
    if not text.strip():
        return None
    try:
        return Sealing.of_text(text)
    except KeyTooShort as error:
        mend = "Make one: openssl rand -hex 32."
        raise ConfigurationError(place, str(error), mend) from None


def sealing_of(settings: Settings) -> Sealing:
    """What seals on this machine, made if there is no key yet. Raises ConfigurationError."""
    found = sealing(settings, make=True)
    if found is None:
        raise ConfigurationError("server.secret_key_file", "is empty", "Put a key there: openssl rand -hex 32.")
    return found


def _key_text(settings: Settings, *, make: bool) -> tuple[str, str]:
    """The keys as they are written, and where."""
    text = os.environ.get(VARIABLE, "")
    if text.strip():
        return text, VARIABLE
    path = key_file(settings)
    given = bool(settings.server.secret_key_file)
    if make and not given:
        from turnkeeper.media.secret import made_once

        return made_once(path, "server.secret_key_file").decode(), str(path)
    try:
        return path.read_text("utf-8"), str(path)
    except FileNotFoundError:
        if given:
            mend = "Put the key there: openssl rand -hex 32."
            raise ConfigurationError("server.secret_key_file", f"there is no file {path}", mend) from None
        return "", str(path)
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not text"
        problem = f"{path} cannot be read ({why})"
        raise ConfigurationError("server.secret_key_file", problem, "Let this user read it.") from None


def key_file(settings: Settings) -> Path:
    """Where the key is, if not in the environment."""
    return settings.folder / (settings.server.secret_key_file or MADE)


async def kept(store: Store) -> Kept:
    """What an open store holds. The revision is read first: what changes meanwhile is noticed later."""
    revision = await store.configuration_revision()
    return Kept(revision, tuple(await store.all_configured()))


def documents(settings: Settings, rows: tuple[Configured, ...] | list[Configured]) -> list[Document]:
    """Rows, opened; where our key is no key, each says so."""
    if not rows:
        return []
    try:
        seal = sealing(settings)
    except ConfigurationError as error:
        log.error("the secrets of what was made in the console cannot be opened: %s", error)
        seal = None
    return [opened(each, seal) for each in rows]


def laid_over(settings: Settings, found: Kept, *, secrets: bool = True) -> Settings:
    """The configuration with what was found; raises ConfigurationError as `load` does."""
    if not found.rows:
        return replace(settings, revision=found.revision)
    whole = load(settings.path, secrets=secrets, documents=documents(settings, found.rows))
    return replace(whole, revision=found.revision)


async def whole(settings: Settings, *, secrets: bool = True, within: float | None = None) -> Settings:
    """The configuration with what the database holds. Raises StoreError, ConfigurationError.

    `within`: where PostgreSQL does not answer in so many seconds, with what it held when this machine last read it.
    """
    shared = not settings.database_url.startswith("sqlite:///")
    within = within if shared else None
    try:
        async with asyncio.timeout(within), opened_store(settings) as store:
            found = await kept(store)
    except (StoreUnavailable, TimeoutError) as error:
        if within is None:
            raise
        log.warning("the database is away; going on with what was made in the console before: %s", error)
        return _from_copy(settings)
    if shared:
        _keep_copy(settings, found)
    result = laid_over(settings, found, secrets=secrets)
    for key, errors in result.problems.items():
        for each in errors:
            log.error("%s %s, made in the console, is left out: %s", key.kind, key.name, each)
    return result


async def with_console(settings: Settings) -> Settings:
    """The same for a command, which makes no database: where there is none, the file is all."""
    from turnkeeper.app.database import existing

    try:
        async with existing(settings) as store:
            found = await kept(store)
    except StoreError:
        return settings
    return laid_over(settings, found, secrets=False)


def as_it_is(path: Path) -> Settings:
    """The whole configuration for a command; secrets that the file says to be elsewhere need not be there."""
    return asyncio.run(with_console(load(path, secrets=False)))


def for_channel(path: Path, name: str) -> Settings:
    """The same for a command that asks a channel's provider: the channel's own secrets have to be there."""
    found = as_it_is(path)
    made = any(each.made and each.channel.id == name for each in found.receivers)
    return found if made else load_for(path, name)


def _from_copy(settings: Settings) -> Settings:
    try:
        copy = (settings.folder / _COPY).read_bytes()
        found = msgspec.msgpack.decode(copy, type=Kept)
    except (OSError, msgspec.MsgspecError):
        return settings
    return replace(laid_over(settings, found), revision=None)


def _keep_copy(settings: Settings, found: Kept) -> None:
    """Secrets stay sealed in it; a folder that cannot be written costs what the copy is for, and nothing else."""
    path = settings.folder / _COPY
    said = msgspec.msgpack.encode(found)
    ahead = path.with_name(f".{_COPY}.{token_hex(4)}")
    with suppress(OSError):
        if path.exists() and path.read_bytes() == said:
            return
        descriptor = os.open(ahead, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(said)
        ahead.replace(path)


async def follow(settings: Settings, store: Store, line: Line) -> None:
    """Tell the supervisor once the configuration is another than this process was started with."""
    while True:
        await asyncio.sleep(_EVERY)
        with suppress(StoreError):
            if await store.configuration_revision() != settings.revision:
                line.changed()
                return


def patience(role: str, settings: Settings) -> float | None:
    """Seconds after which a role goes on without the database; None: it does not."""
    if role == "worker":
        return None
    if role in SIGNS:
        return _OTHERS_WAIT
    return _WEBHOOKS_WAIT if settings.spools else None


def needed(role: str, settings: Settings) -> bool:
    """Whether a process of a role has something to do."""
    if role == "poller":
        return bool(settings.polled)
    if role == "librarian":
        return any(keys.folder or keys.embeddings for keys in settings.knowledge.values())
    return True
