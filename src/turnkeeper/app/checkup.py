"""Each link between a person's message and its answer, examined in the order in which a message meets them.

Nothing is changed but a worker that signs on and off, to see that the database takes a write. A link behind
a broken one is `unknown`, not guessed.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from pathlib import Path
from secrets import randbelow, token_hex
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

from turnkeeper import app
from turnkeeper.channels.base import Calls, Finding, HttpCall, HttpReply
from turnkeeper.config import ConfigurationErrors, SecretMissing, Settings, load
from turnkeeper.engine.http import Client
from turnkeeper.media.base import Place
from turnkeeper.model.errors import ConfigurationError, MediaUnavailable, StoreUnavailable
from turnkeeper.model.ids import WorkerId
from turnkeeper.model.policy import Channel
from turnkeeper.store.base import Store

State = Literal["ok", "broken", "unknown"]
_PATIENCE = 10.0
_LOOKED_AT = 500
_BEHIND = "not examined: a link before it is broken"


@dataclass(frozen=True, slots=True)
class Link:
    """What was found out about one link; `mend` says what to do about a broken one."""

    link: str
    state: State
    detail: str
    mend: str = ""

    def as_words(self) -> dict[str, str]:
        """For JSON."""
        return asdict(self)


async def examine(config: Path) -> list[Link]:
    """Every link of a set-up."""
    try:
        settings = load(config)
    except ConfigurationError as error:
        return _unreadable(error)
    links = [
        Link("configuration", "ok", f"{config} is valid"),
        Link("secrets", "ok", "all values that are said to be elsewhere are there"),
        *_bots(settings),
        *await _database(settings),
        await _files(settings),
        judge_public_url(settings),
    ]
    client = Client()
    try:
        server = await _server(settings, client)
        links.append(server)
        for channel in settings.channels:
            links += await _channel(channel, settings, client, running=server.state == "ok")
    finally:
        await client.close()
    if not settings.channels:
        mend = "Add a [channels.NAME] section; `turnkeeper init` writes one to start from."
        links.append(Link("channels", "broken", "no channel is configured", mend))
    links += await _kept(settings, links)
    return links


def _unreadable(error: ConfigurationError) -> list[Link]:
    errors = error.errors if isinstance(error, ConfigurationErrors) else (error,)
    secrets = [each for each in errors if isinstance(each, SecretMissing)]
    wrong = [each for each in errors if not isinstance(each, SecretMissing)]
    links = [_of_error("configuration", each) for each in wrong]
    links = links or [Link("configuration", "ok", "all else in the file is valid")]
    links += [_of_error("secrets", each) for each in secrets]
    if not secrets:
        links.append(Link("secrets", "unknown", _BEHIND))
    behind = ("bots", "database", "files", "public_url", "server", "channels")
    return [*links, *(Link(name, "unknown", _BEHIND) for name in behind)]


def _of_error(link: str, error: ConfigurationError) -> Link:
    return Link(link, "broken", f"{error.key}: {error.problem}", error.mend)


def _bots(settings: Settings) -> Iterator[Link]:
    from turnkeeper.bots.python import load as load_bot

    for bot in settings.bots.values():
        name = f"bot {bot.id}"
        sys.dont_write_bytecode = True  # an examination leaves nothing behind
        try:
            load_bot(bot.entry, settings.folder, f"bots.{bot.id}.entry")
        except ConfigurationError as error:
            yield _of_error(name, error)
        else:
            yield Link(name, "ok", f"{bot.entry} can be imported")


async def _database(settings: Settings) -> list[Link]:
    """Reachable, up to date, takes a write."""
    names = ("database", "migrations", "writing")
    missing = _sqlite_file(settings.database_url)
    if missing is not None:
        return [missing, *(Link(name, "unknown", "not examined yet") for name in names[1:])]
    links: list[Link] = []
    mends = _database_mends(settings)
    try:
        async with _opened(settings) as store:
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


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Store]:
    store = app.open_store(settings.database_url, settings.directory())
    await store.open()
    try:
        yield store
    finally:
        await store.close()


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
            async with asyncio.timeout(_PATIENCE):
                await store.size(Place("doctor", "0" * 64))
        except ConfigurationError as error:
            return _of_error("files", error)
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


def judge_public_url(settings: Settings) -> Link:
    """Its form only: whether it can be reached is Meta's to say, from outside."""
    url = settings.server.public_url
    if not url:
        detail = "server.public_url is not set, so it cannot be judged"
        return Link("public_url", "unknown", detail, "Set it to the https address of this server.")
    parts = urlsplit(url)
    host = parts.hostname or ""
    if _is_local(host):
        if all(_is_local(_api_host(channel)) for channel in settings.channels):
            return Link("public_url", "ok", "a local address, and so is the provider's")
        mend = "Use the name under which the internet reaches this server."
        return Link("public_url", "broken", f"{host} cannot be reached from outside", mend)
    if parts.scheme != "https":
        mend = "Put a proxy with a certificate in front, and write https://."
        return Link("public_url", "broken", "providers call https addresses only", mend)
    return Link("public_url", "ok", f"webhooks go to {url.rstrip('/')}/webhooks/CHANNEL")


def _api_host(channel: Channel) -> str:
    return urlsplit(getattr(channel.config, "api_base", "")).hostname or ""


def _is_local(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


def _own_address(settings: Settings) -> str:
    host = settings.server.host
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared only
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{settings.server.port}"


async def _server(settings: Settings, client: Client) -> Link:
    address = _own_address(settings)
    ready = await client.call(HttpCall("GET", f"{address}/ready"), timeout=_PATIENCE)
    if ready.failure == "not_connected":
        detail = f"nothing listens on {address}"
        return Link("server", "unknown", detail, "Start it with `turnkeeper serve`.")
    if ready.status == 200:
        return Link("server", "ok", f"runs and is ready on {address}")
    if ready.status == 503:
        detail = f"runs, but is not ready: {ready.body[:200].decode('utf-8', 'replace')}"
        return Link("server", "broken", detail, "See its log; `turnkeeper serve` starts workers.")
    mend = "Another program has the port: stop it, or set another server.port."
    return Link("server", "broken", f"{address} is not answered by Turnkeeper", mend)


async def _channel(channel: Channel, settings: Settings, client: Client, *, running: bool) -> list[Link]:
    """The provider's links as its adapter knows them, then our own webhook."""
    if channel.elsewhere is not None:
        return [_elsewhere(channel, settings.server.environment)]
    health: Callable[[Any], Calls[list[Finding]]] | None
    health = getattr(app.adapter(channel.kind), "health", None)
    findings = [] if health is None else await client.play(health(channel.config), timeout=_PATIENCE)
    links = [
        Link(
            f"channel {channel.id}: {finding.link}",
            "ok" if finding.ok else "broken",
            finding.detail,
            finding.mend,
        )
        for finding in findings
    ]
    return [*links, await _webhook(channel, settings, client, running=running)]


def _elsewhere(channel: Channel, here: str) -> Link:
    """A channel of another environment is none of ours to examine; whether this has a name at all, is."""
    name = f"channel {channel.id}: environment"
    if here:
        return Link(name, "ok", f"for {channel.elsewhere}; this is {here}, so it is left alone here")
    detail = f"for {channel.elsewhere}, and this environment has no name, so it is left alone here"
    mend = f'Set server.environment (TURNKEEPER_SERVER__ENVIRONMENT) to "{channel.elsewhere}" where it is to answer.'
    return Link(name, "broken", detail, mend)


async def _webhook(channel: Channel, settings: Settings, client: Client, *, running: bool) -> Link:
    name = f"channel {channel.id}: webhook"
    token = getattr(channel.config, "verify_token", None)
    if not running or token is None:
        return Link(name, "unknown", "can be tried only while the server runs")
    challenge = str(randbelow(10**12))
    query = urlencode({"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": challenge})
    url = f"{_own_address(settings)}/webhooks/{channel.id}?{query}"
    reply = await client.call(HttpCall("GET", url), timeout=_PATIENCE)
    return _of_challenge(name, challenge, reply)


def _of_challenge(name: str, challenge: str, reply: HttpReply) -> Link:
    if reply.status == 200 and reply.body == challenge.encode():
        return Link(name, "ok", "answers the provider's challenge")
    mend = "Start the server again: it runs with another configuration than this one."
    if reply.status in (403, 404):
        what = "the verify token" if reply.status == 403 else "the channel"
        return Link(name, "broken", f"the running server does not know {what}", mend)
    return Link(name, "broken", f"the challenge was not answered (HTTP {reply.status})", mend)


async def _kept(settings: Settings, links: Iterable[Link]) -> list[Link]:
    """What the database tells of each channel: whether it was stopped, and when a message came."""
    if not any(link.link == "writing" and link.state == "ok" for link in links):
        return [
            Link(f"channel {each.id}: {name}", "unknown", "no database to look in yet")
            for each in _examined(settings)
            for name in ("sending", "last event")
        ]
    try:
        async with _opened(settings) as store:
            stopped = {(workspace, name): reason for workspace, name, reason, _ in await store.paused_channels()}
            lately = await store.recent(_LOOKED_AT)
    except StoreUnavailable as error:
        return [Link("last event", "unknown", str(error))]
    now = time.time()
    found = []
    for channel in _examined(settings):
        found.append(_sending(channel, stopped.get((channel.workspace_id, channel.id))))
        name = f"channel {channel.id}: last event"
        heard = [each.contact_at for each in lately if each.channel_id == channel.id and each.contact_at]
        if heard:
            found.append(Link(name, "ok", f"a message came {_ago(now - max(heard))} ago"))
        else:
            found.append(Link(name, "unknown", "no message yet: write one to the number"))
    return found


def _examined(settings: Settings) -> list[Channel]:
    return [each for each in settings.channels if each.elsewhere is None]


def _sending(channel: Channel, reason: str | None) -> Link:
    """A channel that is stopped accepts and answers, and sends nothing."""
    name = f"channel {channel.id}: sending"
    if reason is None:
        return Link(name, "ok", "answers are sent")
    mend = f"Mend the cause if there is one, then run `turnkeeper channel resume {channel.id}`."
    return Link(name, "broken", f"nothing is sent: {reason}", mend)


def _ago(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{int(seconds // length)} {unit}"
    return f"{max(0, int(seconds))} seconds"


def _said(error: Exception) -> str:
    return str(error).strip() or type(error).__name__
