"""Files on this machine's disk: written elsewhere, synced, then renamed to where they stay. Nobody else may read."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

from turnkeeper.media.base import CHUNK, FileGone, Place
from turnkeeper.model.errors import MediaUnavailable


class DiskStore:
    """The MediaStore on a folder, made when the first file comes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, place: Place, file: Path) -> None:
        """Move it in; raises MediaUnavailable where the disk will not have it."""
        await asyncio.to_thread(self._put, place, file)

    def _put(self, place: Place, file: Path) -> None:
        target = self._folder / place.path
        if target.exists():
            return
        try:
            _make_folders(self._folder, target.parent)
            _sync(file)
            file.chmod(0o600)
            file.replace(target)
            for folder in (target.parent, *target.parent.parents[:3]):
                _sync(folder)
        except OSError as error:
            raise MediaUnavailable(f"the file cannot be kept on disk ({error.strerror})") from error

    async def read(self, place: Place, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes in chunks; raises FileGone."""
        target = self._folder / place.path
        try:
            file = await asyncio.to_thread(target.open, "rb", buffering=0)
        except FileNotFoundError:
            raise FileGone("the file is no longer kept") from None
        except OSError as error:
            raise MediaUnavailable(f"the file cannot be read ({error.strerror})") from error
        try:
            at = start
            while end is None or at < end:
                most = CHUNK if end is None else min(CHUNK, end - at)
                chunk = await asyncio.to_thread(os.pread, file.fileno(), most, at)
                if not chunk:
                    return
                at += len(chunk)
                yield chunk
        finally:
            file.close()

    async def size(self, place: Place) -> int | None:
        """Bytes; None if it is not here."""
        try:
            return (await asyncio.to_thread((self._folder / place.path).stat)).st_size
        except FileNotFoundError:
            return None
        except OSError as error:
            raise MediaUnavailable(f"the file cannot be looked at ({error.strerror})") from error

    async def local(self, place: Place) -> Path | None:
        """The file itself."""
        target = self._folder / place.path
        return target if await asyncio.to_thread(target.exists) else None

    async def delete(self, place: Place) -> None:
        """Unlink it."""
        await asyncio.to_thread((self._folder / place.path).unlink, missing_ok=True)

    async def close(self) -> None:
        """Nothing is open."""


def _make_folders(root: Path, folder: Path) -> None:
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for below in reversed([folder, *folder.parents][: len(folder.relative_to(root).parts)]):
        below.mkdir(mode=0o700, exist_ok=True)


def _sync(path: Path) -> None:
    """A file, or the folder that names it: until then a power cut may undo it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
