"""Files in a worker process: what keeps them, and what deletes those that nobody needs any more."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from turnkeeper import app
from turnkeeper.config import Settings
from turnkeeper.engine.clock import Clock
from turnkeeper.engine.http import Client
from turnkeeper.engine.media import FileKeeper, Links
from turnkeeper.media.base import MediaStore, Place
from turnkeeper.media.incoming import forget_leftovers
from turnkeeper.model.errors import MediaError, StoreError
from turnkeeper.store.base import Store
from turnkeeper.store.media import FileKey

log = logging.getLogger("turnkeeper.media")

_BATCH = 100
_PAUSE = 0.2
_EVERY = 600.0
_LEFT_OVER = 86_400.0


def incoming(settings: Settings) -> Path:
    """Where files are while they come: on the same disk as where they stay, if that is a disk."""
    return settings.files / "incoming"


def keeper(
    settings: Settings, store: Store, media: MediaStore, adapters: Any, client: Client, clock: Clock
) -> FileKeeper:
    """What keeps the files of a worker's turns."""
    return FileKeeper(
        store,
        media,
        adapters,
        client,
        clock,
        incoming=incoming(settings),
        largest=settings.media.largest,
        signing=Links(lambda: app.media_secret(settings), settings.server.public_url),
    )


async def forget_files(store: Store, media: MediaStore, clock: Clock, keep: float, folder: Path) -> None:
    """Delete what nobody needed for `keep` seconds, in small batches; and what a crash left in `folder`."""
    while True:
        gone = 0
        with suppress(StoreError):
            gone = await forget_batch(store, media, clock.now(), keep)
        if gone < _BATCH:
            await asyncio.to_thread(forget_leftovers, folder, time.time() - _LEFT_OVER)
        await asyncio.sleep(_PAUSE if gone >= _BATCH else _EVERY)


async def forget_batch(store: Store, media: MediaStore, now: float, keep: float) -> int:
    """One batch; how many are gone. One whose bytes cannot be deleted now is left to a later time."""
    gone: list[FileKey] = []
    for each in await store.leaving_files(now - keep, now, _BATCH):
        try:
            await media.delete(Place(*each))
            gone.append(each)
        except (MediaError, OSError) as error:
            log.warning("a file could not be deleted: %s", error)
    if gone:
        await store.forget_files(gone)
    return len(gone)
