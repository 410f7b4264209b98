"""A file on its way in: written to disk as it comes, counted and digested, so that a limit stops it in its course."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from turnkeeper.media.base import CHUNK
from turnkeeper.model.errors import MediaRefused, MediaUnavailable


class Incoming:
    """`async with Incoming(folder, largest) as incoming`: write, finish, use `path`; what is left is removed.

    `largest` in bytes. Nobody else may read what is being received.
    """

    def __init__(self, folder: Path, largest: int) -> None:
        self._folder = folder
        self._largest = largest
        self._digest = hashlib.sha256()
        self._waiting = bytearray()
        self._descriptor = -1
        self._writing = threading.Lock()
        self.size = 0
        self.path = folder

    async def __aenter__(self) -> Self:
        """Make the file; raises MediaUnavailable."""
        try:
            self._descriptor, name = await asyncio.to_thread(self._made)
        except OSError as error:
            raise MediaUnavailable(f"nothing can be received: {error.strerror}") from error
        self.path = Path(name)
        return self

    def _made(self) -> tuple[int, str]:
        for folder in (self._folder.parent, self._folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return tempfile.mkstemp(dir=self._folder, prefix="in-")

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        """Remove it, if it was not moved away."""
        self._close()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def expects(self, size: int | None) -> None:
        """Refuse a size that is announced; raises MediaRefused."""
        if size is not None and size > self._largest:
            raise self._too_large()

    async def write(self, chunk: bytes) -> None:
        """Take some bytes; raises MediaRefused as soon as there are too many."""
        self.size += len(chunk)
        if self.size > self._largest:
            raise self._too_large()
        self._digest.update(chunk)
        self._waiting += chunk
        if len(self._waiting) >= CHUNK:
            await self._flush()

    async def finish(self) -> str:
        """Write what is left; the SHA-256 of the whole, in hex."""
        await self._flush()
        self._close()
        return self.digest

    @property
    def digest(self) -> str:
        """The SHA-256 of what came so far, in hex."""
        return self._digest.hexdigest()

    async def _flush(self) -> None:
        waiting, self._waiting = bytes(self._waiting), bytearray()
        try:
            await asyncio.to_thread(self._write_all, waiting)
        except OSError as error:
            raise MediaUnavailable(f"nothing can be received: {error.strerror}") from error

    def _write_all(self, data: bytes) -> None:
        view = memoryview(data)
        with self._writing:
            while view and self._descriptor >= 0:
                view = view[os.write(self._descriptor, view) :]

    def _close(self) -> None:
        """A thread may still be writing for somebody who was cancelled: its number must not be another file's yet."""
        with self._writing:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def _too_large(self) -> MediaRefused:
        return MediaRefused("too_large", f"the file is larger than {told_size(self._largest)}")


def told_size(size: int) -> str:
    """Bytes as people say them."""
    for unit, length in (("MB", 1024 * 1024), ("kB", 1024)):
        if size >= length:
            return f"{size / length:.3g} {unit}"
    return f"{size} bytes"


def forget_leftovers(folder: Path, before: float) -> None:
    """Remove what a process left behind that died while receiving; `before` in unix seconds."""
    for path in folder.glob("in-*"):
        with suppress(OSError):
            if path.stat().st_mtime < before:
                path.unlink()
