"""A kept file in a bot's hands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from turnkeeper.engine.answer import Files
from turnkeeper.model.contents import File
from turnkeeper.model.media import KeptFile

LARGEST_READ = 32 * 1024 * 1024
"""Bytes that `read` gives at once; `open` and `path` have no limit."""


class StoredFile:
    """A file that a person sent, as it was found by its bytes: `mime`, `size` in bytes, `filename`; `key` names it
    for as long as it is kept."""

    def __init__(self, kept: KeptFile, files: Files) -> None:
        self._kept = kept
        self._files = files

    @property
    def key(self) -> str:
        """The SHA-256 of its bytes, in hex."""
        return self._kept.key

    @property
    def mime(self) -> str:
        """The type that its bytes are of."""
        return self._kept.mime

    @property
    def size(self) -> int:
        """Bytes."""
        return self._kept.size

    @property
    def filename(self) -> str:
        """A safe name."""
        return self._kept.filename

    async def path(self) -> Path:
        """The file on this machine; to be read only, until the turn ends."""
        return await self._files.path(self.key)

    async def read(self) -> bytes:
        """All of it. Raises ValueError for one of more than 32 MB."""
        if self.size > LARGEST_READ:
            raise ValueError(f"{self.size} bytes are too many to read at once: use open() or path()")
        return b"".join([chunk async for chunk in self.open()])

    def open(self) -> AsyncIterator[bytes]:
        """The bytes in chunks: `async for chunk in file.open()`."""
        return self._files.read(self.key)

    def link(self, seconds: float = 3600.0) -> str:
        """An address from which anybody who has it can get the file for so long, at most a week. Raises ValueError
        where `server.public_url` is not set."""
        return self._files.link(self.key, seconds)

    def as_file(self) -> File:
        """To be sent: `Image(file.as_file())`."""
        return File(key=self.key, mime=self.mime, filename=self.filename, size=self.size)

    def __repr__(self) -> str:
        return f"StoredFile({self.filename!r}, {self.mime}, {self.size} bytes)"
