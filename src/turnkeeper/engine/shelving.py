"""Keeping bases in step with their folders: what is new or changed is read, what is gone is forgotten.

A file is looked at again when its time or size changed, and read again when its bytes did. One that cannot be read is
kept as refused, with the reason, until it changes. Vectors follow, in batches, where a model makes them.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import structlog
from msgspec.structs import replace

from turnkeeper.engine.clock import Clock
from turnkeeper.engine.searching import Embedder
from turnkeeper.engine.solely import while_ours
from turnkeeper.knowledge.base import LARGEST, DocumentRefused
from turnkeeper.knowledge.reading import READING, ReadDocument, is_readable
from turnkeeper.model.errors import StoreError
from turnkeeper.model.knowledge import BaseKey, DocumentRow, Origin, Passage
from turnkeeper.rules import vectors
from turnkeeper.rules.retry import backoff
from turnkeeper.store.knowledge import KnowledgeRecords, Vector
from turnkeeper.store.workers import Sole

LOOK_EVERY = 3.0
MOST_FILES = 20_000
"""Of a folder; more are left out, and that is told."""
_TRY_EVERY = 5.0
_TELL_EVERY = 10.0
_AT_ONCE = 200
"""Passages that one transaction keeps: some hundredths of a second."""
_BATCH = 64
_EMBED_WITHIN = 60.0
_LONGEST_BACKOFF = 300.0
_log = structlog.get_logger("turnkeeper.knowledge")

Tell = Callable[[str, int, int], None]
"""Which file comes next, how many were done, and of how many."""


class Reading(Protocol):
    """Who reads files."""

    async def read(self, name: str, path: Path) -> ReadDocument:
        """What is in a file. Raises DocumentRefused."""


class ShelfStore(KnowledgeRecords, Protocol):
    """What this needs of the store."""

    async def sole(self, task: str) -> Sole | None:
        """Be the only process that does a task."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A base, the folder that it follows (None: uploads alone), and what makes its vectors."""

    base: BaseKey
    folder: Path | None = None
    embedder: Embedder | None = None


class Stepped(NamedTuple):
    """What a look at a folder changed: how many files were kept, refused and forgotten."""

    kept: int = 0
    refused: int = 0
    forgotten: int = 0


class Stat(NamedTuple):
    """What tells that a file may have changed."""

    modified_ns: int
    size: int


@dataclass(frozen=True, slots=True)
class Filing:
    """Putting files into a base."""

    store: KnowledgeRecords
    reader: Reading
    base: BaseKey

    async def put(self, key: str, path: Path, now: float, before: DocumentRow | None, origin: Origin) -> DocumentRow:
        """Keep a file as it is now; the row that stands, `before` itself where nothing changed. Raises StoreError."""
        digest, size = await asyncio.to_thread(_digest, path)
        if before is not None and (before.digest, before.origin) == (digest, origin):
            return before
        title, passages, reason = Path(key).stem, [], None
        try:
            document = await self.reader.read(key, path)
        except DocumentRefused as refused:
            reason = str(refused)
            _log.warning("a document was refused", base=self.base.base, document=key, reason=reason)
        else:
            title, passages = document.title, document.passages
        row = DocumentRow(
            workspace_id=self.base.workspace_id,
            base=self.base.base,
            key=key,
            title=title,
            origin=origin,
            digest=digest,
            state="kept" if reason is None else "refused",
            reason=reason,
            size=size,
            passages=len(passages),
            updated_at=now,
        )
        await self._keep(row, passages)
        return row

    async def _keep(self, row: DocumentRow, passages: Sequence[Passage]) -> None:
        """A few passages at a time; until the last are kept it stands there as one that is to be read again."""
        for after in range(0, max(1, len(passages)), _AT_ONCE):
            part = passages[after : after + _AT_ONCE]
            is_last = after + _AT_ONCE >= len(passages)
            await self.store.put_document(row if is_last else replace(row, digest=""), part, after)


class Librarian:
    """Follows one base's folder."""

    def __init__(self, store: ShelfStore, reader: Reading, shelf: Shelf, clock: Clock) -> None:
        self._store = store
        self._reader = reader
        self._shelf = shelf
        self._clock = clock
        self._seen: dict[str, Stat] = {}
        self._failures = 0
        self._embed_at = 0.0
        self._embedded = -1
        """The base's count of changes when nothing lacked a vector."""
        self._told_missing = False

    async def run(self) -> None:
        """Follow it whenever it is this process's task; never returns."""
        task = f"knowledge {self._shelf.base.workspace_id} {self._shelf.base.base}"
        while True:
            try:
                sole = await self._store.sole(task)
                if sole is not None:
                    self._seen.clear()  # another process may have followed it meanwhile
                    await while_ours(sole, self._follow())
            except StoreError as error:
                _log.warning("the store is away", base=self._shelf.base.base, error=str(error))
            except Exception:  # noqa: BLE001 - a base that nobody follows grows old unseen
                _log.exception("following a folder ended with an error of our own", base=self._shelf.base.base)
            await asyncio.sleep(_TRY_EVERY)

    async def _follow(self) -> None:
        while True:
            stepped = await self.step(self._telling())
            if any(stepped):
                _log.info("a folder was read", base=self._shelf.base.base, **stepped._asdict())
            await self._embed_when_due()
            await asyncio.sleep(LOOK_EVERY)

    def _telling(self) -> Tell:
        """A line in the log every so often, for folders that take long."""
        told_at = self._clock.monotonic()

        def tell(_: str, done: int, total: int) -> None:
            nonlocal told_at
            now = self._clock.monotonic()
            if now - told_at >= _TELL_EVERY:
                told_at = now
                _log.info("reading a folder", base=self._shelf.base.base, done=done, files=total)

        return tell

    async def step(self, tell: Tell = lambda *_: None) -> Stepped:
        """Look at the folder once. Raises StoreError."""
        folder = self._shelf.folder
        if folder is None:
            return Stepped()
        found = await asyncio.to_thread(scanned, folder)
        if found is None:
            self._miss(folder)
            return Stepped()
        self._told_missing = False
        known = {row.key: row for row in await self._store.documents(self._shelf.base)}
        changed = [key for key, stat in found.items() if self._seen.get(key) != stat or key not in known]
        filing = Filing(self._store, self._reader, self._shelf.base)
        kept = refused = 0
        for done, key in enumerate(changed):
            tell(key, done, len(changed))
            before = known.get(key)
            row = await filing.put(key, folder / key, self._clock.now(), before, "folder")
            kept += row is not before and row.state == "kept"
            refused += row is not before and row.state == "refused"
            self._seen[key] = found[key]
        gone = [key for key, row in known.items() if row.origin == "folder" and key not in found]
        forgotten = await self._store.remove_documents(self._shelf.base, gone) if gone else 0
        for key in gone:
            self._seen.pop(key, None)
        return Stepped(kept, refused, forgotten)

    def _miss(self, folder: Path) -> None:
        """A folder that is not there (not mounted, moved) is no reason to forget what was in it."""
        if not self._told_missing:
            self._told_missing = True
            _log.error("the folder is not there; what was read of it stays", folder=folder.name)

    async def _embed_when_due(self) -> None:
        """Vectors, unless the model was away a moment ago."""
        embedder = self._shelf.embedder
        if embedder is None or self._clock.monotonic() < self._embed_at:
            return
        if await self._changes() == self._embedded:
            return
        try:
            made = await self.embed(embedder)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - somebody else's server
            self._failures += 1
            wait = backoff(self._failures, jitter=0.5, base=5.0, cap=_LONGEST_BACKOFF)
            self._embed_at = self._clock.monotonic() + wait
            why = type(error).__name__
            _log.warning("no vectors are made now", base=self._shelf.base.base, model=embedder.name, error=why)
            return
        self._failures = 0
        self._embedded = await self._changes()
        if made:
            _log.info("vectors were made", base=self._shelf.base.base, model=embedder.name, passages=made)

    async def _changes(self) -> int:
        return (await self._store.postings(self._shelf.base, (), 0)).changes

    async def embed(self, embedder: Embedder, tell: Tell = lambda *_: None) -> int:
        """Make the vectors that are missing; how many. Raises StoreError, and what the model raises."""
        base = self._shelf.base
        await self._store.begin_vectors(base, embedder.name)
        made = 0
        while todo := await self._store.unembedded(base, _BATCH):
            tell(embedder.name, made, made + len(todo))
            texts = ["\n".join(filter(None, (each.title, each.heading, each.text))) for each in todo]
            async with asyncio.timeout(_EMBED_WITHIN):
                found = await embedder.embed(texts)
            if len(found) != len(todo) or any(not 0 < len(each) <= vectors.LONGEST for each in found):
                raise ValueError("the model gave another number of vectors, or none that can be used")
            kept = [
                Vector(each.id, each.text, vectors.signs_of(vector), vectors.packed(vector))
                for each, vector in zip(todo, found, strict=True)
            ]
            made += await self._store.keep_vectors(base, embedder.name, kept)
        return made


def scanned(folder: Path) -> dict[str, Stat] | None:
    """The files of a folder that are read, by their path in it, sorted; None if it is not there."""
    if not folder.is_dir():
        return None
    found: dict[str, Stat] = {}
    home = folder.resolve()
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in _visible(names):
            path = Path(parent, name)
            try:
                stat = path.stat()
                inside = not path.is_symlink() or path.resolve().is_relative_to(home)
            except OSError:  # gone meanwhile, or a link to nothing
                continue
            if inside and path.is_file():
                found[path.relative_to(folder).as_posix()] = Stat(stat.st_mtime_ns, stat.st_size)
            if len(found) >= MOST_FILES:
                _log.error("the folder has too many files; the others are left out", most=MOST_FILES)
                return found
    return dict(sorted(found.items()))


def _visible(names: Sequence[str]) -> list[str]:
    """Those that are read; what editors leave behind is not."""
    plain = [name for name in names if _is_text(name)]
    return sorted(name for name in plain if is_readable(name) and not name.startswith((".", "~$")))


def _is_text(name: str) -> bool:
    """Whether a name can be kept: some file systems have names that are none."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _digest(path: Path) -> tuple[str, int]:
    """What the bytes of a file are known by, and how many there are; of one that cannot be opened, nothing."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
            return f"{READING}:{hashlib.sha256(data).hexdigest()}", os.fstat(file.fileno()).st_size
    except OSError as error:
        return f"{READING}:{error.strerror}", 0
