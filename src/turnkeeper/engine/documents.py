"""Documents that are uploaded: received to disk within limits, kept among the files, and read by one worker.

Receiving answers at once; what comes of reading stands with the document. A file is read as those of folders are, by a
process of its own, and stays for as long as the document is there, so that it can be read again.
"""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Protocol

import structlog

from turnkeeper.engine.clock import Clock
from turnkeeper.engine.shelving import Filing, Reading
from turnkeeper.engine.solely import while_ours
from turnkeeper.knowledge.base import LARGEST
from turnkeeper.media.base import FileGone, MediaStore, Place
from turnkeeper.media.incoming import Incoming
from turnkeeper.model.errors import MediaError, MediaUnavailable, StoreError
from turnkeeper.model.knowledge import BaseKey, DocumentRow, DocumentUpload
from turnkeeper.model.media import FileRow
from turnkeeper.store.documents import DocumentRecords
from turnkeeper.store.knowledge import KnowledgeRecords
from turnkeeper.store.media import MediaRecords
from turnkeeper.store.workers import Sole

LOOK_EVERY = 2.0
"""Seconds between two looks for what is to be read."""
NEED_EVERY = 6 * 3600.0
"""Seconds after which it is said again that the files are needed: far less than files are kept for nobody."""
GONE = "its file is not kept on this machine; machines that share a database share files in a bucket (media.url)"
_BATCH = 20
_TRY_EVERY = 5.0
_WAITS_FOR_DELETION = 10
_log = structlog.get_logger("turnkeeper.knowledge")


class IntakeStore(DocumentRecords, MediaRecords, Protocol):
    """What receiving needs of the store."""


class ReadingStore(DocumentRecords, KnowledgeRecords, Protocol):
    """What reading needs of it."""

    async def sole(self, task: str) -> Sole | None:
        """Be the only process that does a task."""


class Intake:
    """Receives documents. `incoming`: where they are while they come; `now` gives unix seconds."""

    def __init__(self, store: IntakeStore, media: MediaStore, incoming: Path, now: Callable[[], float]) -> None:
        self._store = store
        self._media = media
        self._incoming = incoming
        self._now = now

    async def take(
        self, base: BaseKey, key: str, chunks: AsyncIterator[bytes], announced: int | None = None
    ) -> DocumentUpload:
        """Keep a document, to be read at once. Raises MediaRefused (too large), MediaUnavailable, StoreError."""
        async with Incoming(self._incoming, LARGEST) as incoming:
            incoming.expects(announced)
            async for chunk in chunks:
                await incoming.write(chunk)
            digest, now = await incoming.finish(), self._now()
            mime = mimetypes.guess_type(key)[0] or "application/octet-stream"
            await self._hold(FileRow(base.workspace_id, digest, mime, incoming.size, key, now))
            await self._media.put(Place(base.workspace_id, digest), incoming.path)
            row = DocumentUpload(*base, key, digest, incoming.size, now, now)
            await self._store.upload_document(row)
            return row

    async def _hold(self, row: FileRow) -> None:
        """Before the bytes are put: from now on nobody deletes them."""
        for _ in range(_WAITS_FOR_DELETION):
            if await self._store.hold_file(row):
                return
            await asyncio.sleep(1.0)
        raise MediaUnavailable("the same file is being deleted")


class Uploads:
    """Reads what was uploaded, in one process of all. `incoming`: where files of a bucket are while they are read."""

    def __init__(self, store: ReadingStore, media: MediaStore, reader: Reading, clock: Clock, incoming: Path) -> None:
        self._store = store
        self._media = media
        self._reader = reader
        self._clock = clock
        self._incoming = incoming
        self._needed_at = 0.0

    async def run(self) -> None:
        """Read whatever is to be read whenever that is this process's task; never returns."""
        while True:
            try:
                sole = await self._store.sole("uploaded documents")
                if sole is not None:
                    await while_ours(sole, self._go_on())
            except StoreError as error:
                _log.warning("the store is away", error=str(error))
            except Exception:  # noqa: BLE001 - documents that nobody reads would wait for ever
                _log.exception("reading uploaded documents ended with an error of our own")
            await asyncio.sleep(_TRY_EVERY)

    async def _go_on(self) -> None:
        while True:
            if not await self.step():
                await asyncio.sleep(LOOK_EVERY)

    async def step(self) -> int:
        """Read what waits now; how many there were. Raises StoreError."""
        now = self._clock.now()
        if not 0 <= now - self._needed_at < NEED_EVERY:
            await self._store.need_uploads(now)
            self._needed_at = now
        waiting = await self._store.uploads_due(_BATCH)
        for row in waiting:
            await self._read(row)
        return len(waiting)

    async def _read(self, row: DocumentUpload) -> None:
        base = BaseKey(row.workspace_id, row.base)
        filing = Filing(self._store, self._reader, base)
        try:
            kept = await self._put(filing, row)
        except FileGone:
            title, now = Path(row.key).stem, self._clock.now()
            kept = DocumentRow(*base, row.key, title, "upload", "", "refused", GONE, row.size, 0, now)
            await self._store.put_document(kept, ())
        except MediaError as error:
            _log.warning("an uploaded document cannot be read now", base=row.base, document=row.key, why=str(error))
            await asyncio.sleep(_TRY_EVERY)
            return
        _log.info("a document was read", base=row.base, document=row.key, state=kept.state, passages=kept.passages)
        if not await self._store.upload_read(row):
            await self._mend(base, row.key)

    async def _put(self, filing: Filing, row: DocumentUpload) -> DocumentRow:
        place = Place(row.workspace_id, row.file)
        here = await self._media.local(place)
        if here is not None:
            return await filing.put(row.key, here, self._clock.now(), None, "upload")
        async with Incoming(self._incoming, LARGEST) as incoming:
            async for chunk in self._media.read(place):
                await incoming.write(chunk)
            await incoming.finish()
            return await filing.put(row.key, incoming.path, self._clock.now(), None, "upload")

    async def _mend(self, base: BaseKey, key: str) -> None:
        """Somebody deleted it while it was read: nothing of it may stay. (One that was replaced is read next.)"""
        if all(each.key != key for each in await self._store.uploaded(base)):
            await self._store.remove_documents(base, [key])
