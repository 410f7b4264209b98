"""The port to where files are kept. A file is named by its workspace and the SHA-256 of its bytes.

Raises MediaUnavailable for what may work later, FileGone for a file that is not (any more) there.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple, Protocol

from turnkeeper.model.errors import MediaError

CHUNK = 256 * 1024
"""Bytes that are read and written at a time."""
_KEY = re.compile(r"[0-9a-f]{64}")
_WORKSPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


class FileGone(MediaError):
    """It is not kept here."""


class Place(NamedTuple):
    """Where one file is kept."""

    workspace_id: str
    key: str

    @property
    def path(self) -> str:
        """Its path below the root, in folders that stay small; raises FileGone for what can be no file's name."""
        if not _KEY.fullmatch(self.key) or not _WORKSPACE.fullmatch(self.workspace_id):
            raise FileGone("there is no such file")
        return f"{self.workspace_id}/{self.key[:2]}/{self.key[2:4]}/{self.key}"


class MediaStore(Protocol):
    """Keeps whole files, of any size, without ever holding one in memory."""

    async def put(self, place: Place, file: Path) -> None:
        """Keep a copy of a finished local file, durable when this returns; one that is there already stays.

        The local file is the caller's to remove; it may be gone afterwards.
        """

    def read(self, place: Place, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `end`, in chunks."""

    async def size(self, place: Place) -> int | None:
        """Bytes; None if it is not kept."""

    async def local(self, place: Place) -> Path | None:
        """The file itself where it is on this machine's disk; to be read only."""

    async def delete(self, place: Place) -> None:
        """Keep it no longer; it need not be there."""

    async def close(self) -> None:
        """Let go of connections."""
