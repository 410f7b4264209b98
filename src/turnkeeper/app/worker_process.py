"""A worker process: turns and sends, until it is told to stop; then it finishes or hands over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from turnkeeper import app
from turnkeeper.app import files
from turnkeeper.app.announcing import announcing
from turnkeeper.app.answering import Answering
from turnkeeper.app.configuration import follow
from turnkeeper.app.figures import FigureFile
from turnkeeper.app.garbage import settle
from turnkeeper.app.line import Line
from turnkeeper.app.telemetry import Telemetry
from turnkeeper.config import Settings
from turnkeeper.engine.accounts import Accounts
from turnkeeper.engine.clock import SystemClock
from turnkeeper.engine.documents import Uploads
from turnkeeper.engine.erasing import Erasing
from turnkeeper.engine.feeding import Feeder, note_changes
from turnkeeper.engine.http import Client
from turnkeeper.engine.payments import Asking
from turnkeeper.engine.rehearsals import Rehearsals, Tell
from turnkeeper.engine.template_sync import TemplateSyncing
from turnkeeper.engine.watching import Watch
from turnkeeper.engine.withdrawing import Withdrawing
from turnkeeper.engine.worker import Worker
from turnkeeper.knowledge.apart import ReaderProcess
from turnkeeper.media.base import MediaStore
from turnkeeper.model.errors import StoreError
from turnkeeper.model.ids import WorkerId
from turnkeeper.model.policy import Directory
from turnkeeper.model.traces import Rehearsal
from turnkeeper.store.base import Store

log = logging.getLogger("turnkeeper.worker")

_DISPATCH_STUCK = 120.0
"""Seconds: longer than the database may ever take to answer or fail."""
_THREADS = 64
_RETAIN_EVERY = 600.0
_RETAIN_BATCH = 500
_RETAIN_PAUSE = 0.2


async def run_worker(settings: Settings, line: Line, runtime: Path, name: str, telemetry: Telemetry) -> None:
    """Work until SIGTERM; raises ConfigurationError or StoreError if it cannot begin."""
    _have_threads()
    directory = settings.directory_here()
    store = app.open_store(settings.database_url, directory, beside_bots=True)
    client = Client()
    clock = SystemClock()
    figures = FigureFile(runtime, name)
    watch = Watch(clock, figures.read(), telemetry.spans, telemetry.sentry)
    answering = Answering.opened(settings, store, client, clock, watch)
    await store.open()
    await answering.look()
    adapters = app.adapters(settings)
    media = app.open_media(settings)
    wakeups = app.open_wakeups(store, runtime, name)
    accounts = Accounts(store, adapters, settings.channels_here, client, wakeups, clock)
    syncing = TemplateSyncing(store, adapters, settings.channels_here, client, clock)
    erasing = _erasing(settings, store, media, clock, Withdrawing(directory, adapters, client))
    worker = Worker(
        store,
        adapters,
        answering.bots,
        client,
        wakeups,
        clock,
        lease=settings.workers.lease,
        make_heart_store=lambda: app.open_store(settings.database_url, directory),
        watch=watch,
        files=files.keeper(settings, store, media, adapters, client, clock),
        erasing=erasing,
    )
    await replace_predecessor(store, runtime / f"{name}.id", worker.worker_id, clock.now())
    await worker.start()
    settle()
    line.ready()
    reader = ReaderProcess()
    upkeep = [
        *answering.upkeep(settings, store, clock),
        follow(settings, store, line),
        accounts.run(),
        syncing.run(),
        Asking(store, answering.merchants, client, wakeups, clock).run(),
        erasing.run(),
        _rehearsals(settings, store, directory, answering, media, clock).run(),
        note_changes(store, clock),
        Feeder(store, clock, keep=settings.retention.keep).run(),
        forget_old(store, clock, settings.retention.keep),
        figures.keep(watch.figures),
        Uploads(store, media, reader, clock, files.incoming(settings)).run(),
        files.forget_files(store, media, clock, settings.keeps_files, files.incoming(settings)),
    ]
    telling = announcing(settings, store, client, adapters, wakeups.publish, clock, watch.figures)
    if telling is not None:
        upkeep.append(telling.run())
    await _until_told(worker, line, clock, upkeep, settings.server.drain)
    for each in (reader, answering.minds, answering.transcribers, client, media, store):
        await each.close()


def _erasing(
    settings: Settings, store: Store, media: MediaStore, clock: SystemClock, withdrawing: Withdrawing
) -> Erasing:
    async def forget() -> int:
        return await files.forget_batch(store, media, clock.now(), settings.keeps_files)

    return Erasing(store, clock, forget, withdrawing)


def _rehearsals(
    settings: Settings, store: Store, directory: Directory, answering: Answering, media: MediaStore, clock: SystemClock
) -> Rehearsals:
    """What they need is imported once somebody wants one."""

    async def run(taken: Rehearsal, tell: Tell) -> bytes:
        from turnkeeper.app.rehearsing import Stage, rehearsed

        return await rehearsed(Stage(store, directory, media, clock), settings, answering, taken, tell)

    return Rehearsals(store, clock, run)


def _have_threads() -> None:
    """A bot's function that hangs keeps its thread: with the usual handful, a few would stop all others."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS, "work"))


async def _until_told(
    worker: Worker, line: Line, clock: SystemClock, upkeep: Iterable[Coroutine[Any, Any, None]], drain: float
) -> None:
    """Tick, with the upkeep beside it, until SIGTERM; then finish within `drain` seconds or hand over."""
    tick = asyncio.create_task(line.tick(lambda: clock.monotonic() - worker.ticked_at < _DISPATCH_STUCK))
    tasks = [asyncio.create_task(each) for each in upkeep]
    await line.stopped()
    for task in tasks:
        task.cancel()
    handed_over = await worker.drain(drain)
    if handed_over:
        log.info("handed %d conversations over", handed_over)
    tick.cancel()
    await asyncio.gather(tick, *tasks, return_exceptions=True)


async def replace_predecessor(store: Store, note: Path, worker_id: WorkerId, now: float) -> None:
    """Free at once what the process before this one held: the supervisor has seen it end, so no lease need run out."""
    with suppress(FileNotFoundError):
        await store.retire(WorkerId(note.read_text("utf-8")), now)  # noqa: ASYNC240 - a few bytes, before any work
    note.write_text(worker_id, "utf-8")  # noqa: ASYNC240


async def forget_old(store: Store, clock: SystemClock, keep: float) -> None:
    """Delete what is older than `keep` seconds, in small batches between which others get their turn."""
    while True:
        forgotten = 0
        with suppress(StoreError):
            forgotten = await store.retain(clock.now() - keep, _RETAIN_BATCH)
        await asyncio.sleep(_RETAIN_PAUSE if forgotten >= _RETAIN_BATCH else _RETAIN_EVERY)
