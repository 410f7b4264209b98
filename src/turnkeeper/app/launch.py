"""From a configuration to running processes."""

import os
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from turnkeeper import app
from turnkeeper.app.plan import ChildPlan, Plan
from turnkeeper.app.supervisor import become, command
from turnkeeper.config import Settings
from turnkeeper.model.errors import ConfigurationError, StoreUnavailable, TurnkeeperError
from turnkeeper.rules import account
from turnkeeper.store.base import Ledger, Store

_BEYOND_A_TURN = 10.0
"""Seconds that a worker's loop may stand still beyond the longest turn."""
_WEB_STALL = 60.0
_LONGEST_FOLDER = 88
BY_HAND = "stopped by hand"
"""Why a channel is stopped that an operator stopped; a provider's refusal has other words."""
RESTORED = "restored from a backup"
"""Why every channel is stopped after a restore, until an operator has looked."""


async def migrate_store(settings: Settings) -> list[str]:
    """Bring the database up to date; the names of what was applied."""
    _make_file(settings.database_url)
    async with _opened(settings) as store:
        return await store.migrate()


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Store]:
    store = app.open_store(settings.database_url, settings.directory())
    try:
        await store.open()
    except StoreUnavailable as error:
        file = settings.database_url.startswith(app.SQLITE)
        mend = "this user may read and write it" if file else "the database runs and lets this user in"
        raise StoreUnavailable(f"database.url: {error}. Check that {mend}.") from error
    try:
        yield store
    finally:
        await store.close()


async def pause_channel(settings: Settings, name: str) -> bool:
    """Send nothing on a channel any more; False if it was stopped already. Raises ConfigurationError, StoreError."""
    channel = settings.receiver(name).channel
    async with existing(settings) as store:
        return await store.pause_channel(channel.workspace_id, channel.id, BY_HAND, time.time())


async def resume_channel(settings: Settings, name: str) -> bool:
    """Send on a channel again, in order; False if it was not stopped. Raises ConfigurationError, StoreError."""
    channel = settings.receiver(name).channel
    async with existing(settings) as store:
        return await store.resume_channel(channel.workspace_id, channel.id, time.time())


async def resume_refused(settings: Settings) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Try again the channels that a provider's refusal stopped and whose credentials were replaced since.

    Those that send again, and those that stay stopped; each with the provider's reason. If the new credentials are
    refused too, the first send stops the channel again, and no message loses its place.
    """
    resumed: list[tuple[str, str]] = []
    stopped: list[tuple[str, str]] = []
    async with _opened(settings) as store:
        refused = await store.refused_credentials()
        for workspace_id, channel_id, reason, _ in await store.paused_channels():
            channel = settings.directory_here().channel(workspace_id, channel_id)
            if channel is None or reason in (BY_HAND, RESTORED) or account.ends_by_itself(reason):
                continue
            if channel.credentials == refused.get((workspace_id, channel_id)):
                stopped.append((channel_id, reason))
            elif await store.resume_channel(workspace_id, channel_id, time.time()):
                resumed.append((channel_id, reason))
    return resumed, stopped


def become_server(
    settings: Settings,
    role: str,
    *,
    demo: bool = False,
    say: str = "Turnkeeper is ready on {url}",
    browse: bool = False,
    remove: Sequence[str] = (),
) -> None:
    """Replace this process by the supervisor of a server. Does not return."""
    if role != "all" and settings.database_url.startswith(app.SQLITE):
        raise ConfigurationError(
            "--role",
            "SQLite serves one machine, which needs the web process and the workers",
            "Leave it out, or set database.url to a PostgreSQL database.",
        )
    runtime = _runtime_folder()
    become(
        Plan(
            children=_children(settings, role, runtime, demo=demo),
            host=settings.server.host if role != "worker" else None,
            port=settings.server.port,
            drain=settings.server.drain,
            remove=[runtime, *remove],
            say=say if role != "worker" else "Turnkeeper's workers are ready",
            browse=browse,
        )
    )


def _runtime_folder() -> str:
    """A private folder (0700) for the processes' sockets, whose addresses may have 107 bytes."""
    made = tempfile.mkdtemp(prefix="turnkeeper-")
    if len(os.fsencode(made)) <= _LONGEST_FOLDER:
        return made
    Path(made).rmdir()
    return tempfile.mkdtemp(prefix="turnkeeper-", dir="/tmp")


def _children(settings: Settings, role: str, runtime: str, *, demo: bool) -> list[ChildPlan]:
    def child(kind: str, name: str, stall: float, *, listens: bool = False) -> ChildPlan:
        run = command("turnkeeper.app.child", kind, str(settings.path), runtime, name)
        return ChildPlan(name, run, stall, listens)

    children = []
    if role != "worker":
        children.append(child("demo-web" if demo else "web", "web", _WEB_STALL, listens=True))
    if role != "web":
        stall = settings.longest_turn + _BEYOND_A_TURN
        names = (f"worker-{number}" for number in range(1, settings.workers.count + 1))
        children.extend(child("worker", name, stall) for name in names)
        if settings.polled:
            children.append(child("poller", "poller", _WEB_STALL))
    return children


def _make_file(url: str) -> None:
    """Make a SQLite database's file, nobody else's to read: what people write will be in it."""
    if not url.startswith(app.SQLITE):
        return
    path = Path(url.removeprefix(app.SQLITE))
    mend = "Name a file in a folder that this user may write to."
    if path.is_dir():
        raise ConfigurationError("database.url", f"{path} is a folder", mend)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            path.touch(0o600, exist_ok=False)
    except OSError as error:
        raise ConfigurationError("database.url", f"{path} cannot be made ({error.strerror})", mend) from None


async def read_ledger(settings: Settings) -> Ledger:
    """Where every event stands; raises StoreError when nothing has been kept yet."""
    async with existing(settings) as store:
        return await store.ledger()


@asynccontextmanager
async def existing(settings: Settings) -> AsyncIterator[Store]:
    """The store, for a command that makes none; raises StoreError where there is none or it has no tables."""
    url = settings.database_url
    if url.startswith(app.SQLITE) and not Path(url.removeprefix(app.SQLITE)).exists():  # noqa: ASYNC240
        raise StoreUnavailable(
            f"{url.removeprefix(app.SQLITE)}: there is no database yet. Run `turnkeeper serve`, which makes it."
        )
    async with _opened(settings) as store:
        try:
            yield store
        except TurnkeeperError:
            raise
        except Exception as error:  # noqa: BLE001 - each driver has its own word for a missing table
            raise StoreUnavailable(f"{error}. Run `turnkeeper migrate`, which makes the tables.") from None
