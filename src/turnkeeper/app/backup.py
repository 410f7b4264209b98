"""Saving everything that a server keeps on this machine or in its database, and bringing it back.

A restored store goes on exactly where the snapshot was. What was answered after it is not known to it, so that
it would be answered once more: unless told otherwise, a restore leaves every channel stopped.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from turnkeeper import app
from turnkeeper.app.archive import Archive, Manifest, SpoolState, Writing, written
from turnkeeper.app.database import migrate_store, opened
from turnkeeper.app.stops import RESTORED
from turnkeeper.config import Settings
from turnkeeper.model.ids import ChannelId
from turnkeeper.store.backup import BackupError, Dump, Progress

_DATABASE, _SPOOL, _FILES = "database", "spool", "files"


@dataclass(frozen=True, slots=True)
class Saved:
    """What a backup holds; for a restore, what was brought back. `stopped`: channels that wait to be resumed."""

    path: Path
    manifest: Manifest
    stopped: tuple[str, ...] = ()

    @property
    def pending(self) -> dict[str, int]:
        """What goes on when it is restored: messages not yet answered, answers not yet sent, timers."""
        store = self.manifest.store
        messages = sum(store.ledger.states.get(state, 0) for state in ("waiting", "running"))
        return {"messages": messages, "answers": store.unsent, "timers": store.tables["timer"].rows}

    def as_words(self) -> dict[str, object]:
        """For JSON."""
        manifest = self.manifest
        return {
            "path": str(self.path),
            "made_at": manifest.made_at,
            "version": manifest.version,
            "store": manifest.store.kind,
            "accepted": manifest.store.ledger.accepted,
            "rows": {name: table.rows for name, table in manifest.store.tables.items()},
            "files": sum(name.startswith(f"{_FILES}/") for name in manifest.members),
            "bytes": sum(member.size for member in manifest.members.values()),
            "spool": manifest.spool,
            "pending": self.pending,
            "stopped": list(self.stopped),
        }


def folders(settings: Settings) -> dict[str, Path]:
    """The folders whose files belong to a backup, by their names in it."""
    return {} if settings.in_bucket else {"media": settings.files}


def back_up(settings: Settings, target: Path, tell: Progress) -> Saved:
    """Save everything into one file; into a folder, under a name of its own. Raises BackupError."""
    now = time.time()
    if target.is_dir():
        target = target / time.strftime("turnkeeper-%Y%m%d-%H%M%S.tar", time.gmtime(now))
    if not target.parent.is_dir():
        raise BackupError(f"{target.parent} is not a folder")
    with _staged(target.parent) as stage:
        store = _dumped(settings, stage, tell)
        saved = sorted(stage.iterdir())
        spool = _copy_spool(settings.spool, stage / settings.spool.name)
        with written(target, tell, now) as archive:
            for path in saved:
                archive.add(f"{_DATABASE}/{path.name}", path)
                path.unlink()  # it is needed no more, and may be large
            if spool == "included":
                archive.add(f"{_SPOOL}/{settings.spool.name}", stage / settings.spool.name)
            for name, folder in folders(settings).items():
                _add_files(archive, f"{_FILES}/{name}", folder)
            manifest = archive.finish(store, spool)
    return Saved(target, manifest)


def restore(settings: Settings, source: Path, tell: Progress, *, force: bool, keep_sending: bool) -> Saved:
    """Bring back what a backup holds. Raises BackupError; nothing is changed then, but for files without a row.

    `force`: what is there is replaced. `keep_sending`: what was on its way goes on at once.
    """
    archive = Archive(source)
    manifest = archive.check(tell)
    path = _sqlite_path(settings)
    if manifest.store.kind != ("postgres" if path is None else "sqlite"):
        here = "PostgreSQL" if path is None else "SQLite"
        raise BackupError(f"{source} is a backup of {manifest.store.kind}, and database.url names {here}")
    if manifest.spool == "included" and _spooled(settings.spool) and not force:
        raise BackupError(f"webhooks wait in {settings.spool}; --force replaces them")
    # Files first: one without a row does no harm, a row without its file does.
    archive.extract({f"{_FILES}/{name}": folder for name, folder in folders(settings).items()}, tell)
    with _staged(path.parent if path is not None else settings.folder) as stage:
        archive.extract({_DATABASE: stage}, tell)
        if path is None:
            from turnkeeper.store.postgres import backup as postgres

            asyncio.run(postgres.load(settings.database_url, stage, manifest.store, force=force, tell=tell))
        else:
            from turnkeeper.store.sqlite import backup as sqlite

            sqlite.load(path, stage, manifest.store, time.time(), force=force, tell=tell)
    if manifest.spool == "included":
        archive.extract({_SPOOL: settings.spool.parent}, tell)
    stopped = asyncio.run(_ready(settings, stop=not keep_sending))
    return Saved(source, manifest, stopped)


async def _ready(settings: Settings, *, stop: bool) -> tuple[str, ...]:
    """Bring the tables to this release, and stop the channels; their names."""
    await migrate_store(settings)
    if not stop:
        return ()
    async with opened(settings) as store:
        made = [each.key for each in await store.all_configured() if each.kind == "channel"]
        channels = [(each.workspace_id, each.id) for each in settings.channels]
        channels += [(each.workspace_id, ChannelId(each.name)) for each in made]
        for workspace_id, channel_id in channels:
            await store.resume_channel(workspace_id, channel_id, time.time())  # if another reason stops it
            await store.pause_channel(workspace_id, channel_id, RESTORED, time.time())
    return tuple(channel_id for _, channel_id in channels)


def _dumped(settings: Settings, stage: Path, tell: Progress) -> Dump:
    path = _sqlite_path(settings)
    if path is None:
        from turnkeeper.store.postgres import backup as postgres

        return asyncio.run(postgres.dump(settings.database_url, stage, tell))
    from turnkeeper.store.sqlite import backup as sqlite

    return sqlite.dump(path, stage, tell)


def _sqlite_path(settings: Settings) -> Path | None:
    url = settings.database_url
    return Path(url.removeprefix(app.SQLITE)) if url.startswith(app.SQLITE) else None


@contextmanager
def _staged(beside: Path) -> Iterator[Path]:
    """A folder for what is under way, nobody else's to read."""
    try:
        beside.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".turnkeeper-", dir=beside) as made:
            yield Path(made)
    except OSError as error:
        raise BackupError(f"{error.filename or beside} cannot be used: {error.strerror}") from error


def _add_files(archive: Writing, name: str, folder: Path) -> None:
    """The files of a folder, by workspace: above that are those on their way. What vanishes meanwhile was forgotten."""
    for path in sorted(folder.glob("*/*/**/*")):
        inside = path.relative_to(folder)
        if path.is_file() and not path.is_symlink():
            with suppress(FileNotFoundError):
                archive.add(f"{name}/{inside.as_posix()}", path)


def _copy_spool(path: Path, copy: Path) -> SpoolState:
    """The webhooks that wait beside the database. A server that runs has the file to itself: what is in it is moved
    on while the database answers, as it does now."""
    from turnkeeper.store.sqlite import backup as sqlite

    if not path.exists():
        return "none"
    entries = sqlite.copy_spool(path, copy)
    if entries is None:
        return "in use"
    return "included" if entries else "empty"


def _spooled(path: Path) -> bool:
    from turnkeeper.store.sqlite import backup as sqlite

    return path.exists() and sqlite.spooled(path) != 0
