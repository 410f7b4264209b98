"""Each link between a person's message and its answer, examined in the order in which a message meets them.

Nothing is changed but a worker that signs on and off, to see that the database takes a write. A link behind
a broken one is `unknown`, not guessed.
"""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

from turnkeeper import app
from turnkeeper.app.backends import examine_backend
from turnkeeper.app.channel_checkup import examine_channel, examine_traffic
from turnkeeper.app.configuration import sealing, with_console
from turnkeeper.app.database import opened
from turnkeeper.app.drawing import examine_code
from turnkeeper.app.library import examine_folders
from turnkeeper.app.link import PATIENCE, Link, of_error
from turnkeeper.app.model_checkup import examine_providers
from turnkeeper.app.models import examine_prompt
from turnkeeper.app.payment_checkup import examine_payments
from turnkeeper.app.reaching import examine_server, judge_public_url
from turnkeeper.app.tool_checkup import examine_servers
from turnkeeper.app.voice_checkup import examine_transcribers
from turnkeeper.config import ConfigurationErrors, SecretMissing, Settings, load
from turnkeeper.config.bots import AgentKeys, PythonKeys
from turnkeeper.config.flows import FlowKeys
from turnkeeper.config.remote import RemoteKeys
from turnkeeper.engine.http import Client
from turnkeeper.media.base import Place
from turnkeeper.model.errors import ConfigurationError, MediaUnavailable
from turnkeeper.model.ids import WorkerId
from turnkeeper.store.base import Store

_BEHIND = "not examined: a link before it is broken"


async def examine(config: Path) -> list[Link]:
    """Every link of a set-up."""
    try:
        settings = load(config)
    except ConfigurationError as error:
        return _unreadable(error)
    settings = await with_console(settings)
    links = [
        Link("configuration", "ok", f"{config} is valid"),
        Link("secrets", "ok", "all values that are said to be elsewhere are there"),
        *_bots(settings),
        *examine_folders(settings),
        *await examine_providers(settings, time.time()),
        *await examine_servers(settings),
        *await examine_transcribers(settings, time.time()),
        *await _database(settings),
        await _files(settings),
        judge_public_url(settings),
        *_console(settings),
    ]
    client = Client()
    try:
        server = await examine_server(settings, client)
        links.append(server)
        links += await _backends(settings, client)
        links += await examine_payments(settings, client)
        for receiver in settings.receivers:
            links += await examine_channel(receiver, settings, client, running=server.state == "ok")
    finally:
        await client.close()
    if not settings.channels:
        mend = "Add a [channels.NAME] section; `turnkeeper init` writes one to start from."
        links.append(Link("channels", "broken", "no channel is configured", mend))
    written = any(link.link == "writing" and link.state == "ok" for link in links)
    return links + await examine_traffic(settings, readable=written)


def _unreadable(error: ConfigurationError) -> list[Link]:
    errors = error.errors if isinstance(error, ConfigurationErrors) else (error,)
    secrets = [each for each in errors if isinstance(each, SecretMissing)]
    wrong = [each for each in errors if not isinstance(each, SecretMissing)]
    links = [of_error("configuration", each) for each in wrong]
    links = links or [Link("configuration", "ok", "all else in the file is valid")]
    links += [of_error("secrets", each) for each in secrets]
    if not secrets:
        links.append(Link("secrets", "unknown", _BEHIND))
    behind = ("bots", "database", "files", "public_url", "server", "channels")
    return [*links, *(Link(name, "unknown", _BEHIND) for name in behind)]


def _console(settings: Settings) -> Iterator[Link]:
    """What was made in the console and is left out, and the key that opens its secrets."""
    try:
        seal = sealing(settings)
    except ConfigurationError as error:
        yield of_error("secret key", error)
        return
    if seal is not None:
        yield Link("secret key", "ok", f"secrets of the console are sealed with key {seal.key_id}")
    for key, errors in settings.problems.items():
        for each in errors:
            yield of_error(f"{key.kind} {key.name}, made in the console", each)


def _bots(settings: Settings) -> Iterator[Link]:
    sys.dont_write_bytecode = True  # an examination leaves nothing behind
    for bot in settings.bots.values():
        name = f"bot {bot.id}"
        try:
            app.load_bots(replace(settings, bots={bot.id: bot}))
        except ConfigurationError as error:
            yield of_error(name, error)
            continue
        if isinstance(bot.keys, PythonKeys):
            yield examine_code(settings, bot.id, bot.keys.entry)
        elif isinstance(bot.keys, AgentKeys):
            yield examine_prompt(bot.id, bot.keys)
        elif isinstance(bot.keys, FlowKeys):
            from turnkeeper.app.flow_library import examine_flows

            yield examine_flows(settings, bot, bot.keys)


async def _backends(settings: Settings, client: Client) -> list[Link]:
    remote = [(bot.id, bot.keys) for bot in settings.bots.values() if isinstance(bot.keys, RemoteKeys)]
    return await asyncio.gather(*(examine_backend(name, keys, client) for name, keys in remote))


async def _database(settings: Settings) -> list[Link]:
    """Reachable, up to date, takes a write."""
    names = ("database", "migrations", "writing")
    missing = _sqlite_file(settings.database_url)
    if missing is not None:
        return [missing, *(Link(name, "unknown", "not examined yet") for name in names[1:])]
    links: list[Link] = []
    mends = _database_mends(settings)
    try:
        async with opened(settings) as store:
            links.append(Link("database", "ok", "it can be opened"))
            await store.ledger()
            links.append(Link("migrations", "ok", "the tables are there"))
            await _write(store)
            links.append(Link("writing", "ok", "it takes a write"))
    except Exception as error:  # noqa: BLE001 - whatever a driver raises, this link is the broken one
        at = len(links)
        name = names[min(at, 2)]
        links = [*links[:2], Link(name, "broken", _said(error), mends[name])]
    behind = names[len(links) :]
    return [*links, *(Link(name, "unknown", _BEHIND) for name in behind)]


def _database_mends(settings: Settings) -> dict[str, str]:
    where = "the file" if settings.database_url.startswith(app.SQLITE) else "database.url"
    return {
        "database": f"Check {where}, and that the database runs and lets this user in.",
        "migrations": "Run `turnkeeper migrate` (serve does it by itself).",
        "writing": "Free some disk space, and let this user write to the database and its folder.",
    }


async def _write(store: Store) -> None:
    doctor = WorkerId(f"doctor-{token_hex(4)}")
    await store.register(doctor, time.time())
    await store.retire(doctor, time.time())


def _sqlite_file(url: str) -> Link | None:
    """A file that is not there yet is made by `serve`, if its folder lets it."""
    if not url.startswith(app.SQLITE):
        return None
    path = Path(url.removeprefix(app.SQLITE))
    if path.exists():
        return None
    folder = next(each for each in path.parents if each.exists())
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return Link("database", "ok", f"{path} is not there yet; `turnkeeper serve` makes it")
    why = "cannot be written to" if folder.is_dir() else "is not a folder"
    mend = "Name a file in a folder that this user may write to (database.url)."
    return Link("database", "broken", f"{folder} {why}", mend)


async def _files(settings: Settings) -> Link:
    """Whether files can be kept, and found by every machine: how many there are cannot be seen from one."""
    if settings.in_bucket:
        store = app.open_media(settings)
        try:
            async with asyncio.timeout(PATIENCE):
                await store.size(Place("doctor", "0" * 64))
        except ConfigurationError as error:
            return of_error("files", error)
        except (MediaUnavailable, TimeoutError) as error:
            mend = "Check media.url, media.endpoint, media.region and the bucket's keys."
            return Link("files", "broken", str(error) or "the bucket does not answer", mend)
        finally:
            await store.close()
    else:
        folder = next(each for each in (settings.files, *settings.files.parents) if each.exists())
        if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
            mend = "Let this user write there, or name another folder (media.url)."
            return Link("files", "broken", f"{folder} is not a folder that can be written to", mend)
    return _of_many_machines(settings)


def _of_many_machines(settings: Settings) -> Link:
    """SQLite is one machine."""
    where = settings.media.url if settings.in_bucket else str(settings.files)
    if settings.database_url.startswith(app.SQLITE):
        return Link("files", "ok", f"they are kept in {where}")
    if not settings.in_bucket:
        mend = "Where there are more, set media.url to a bucket or to a folder that all of them share."
        return Link("files", "unknown", f"they are kept in {where}, which is right for one machine", mend)
    if not settings.media.secret.get_secret_value():
        mend = "Where there are more, set the same media.secret on all of them."
        return Link("files", "unknown", "their links are signed with a secret of this machine's own", mend)
    return Link("files", "ok", f"they are kept in {where}, for any number of machines")


def _said(error: Exception) -> str:
    return str(error).strip() or type(error).__name__
