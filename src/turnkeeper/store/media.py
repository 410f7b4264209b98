"""What a store keeps of files: rows only, the bytes are elsewhere. Every method is one transaction.

A file leaves in two moves, since its bytes cannot be deleted in a transaction: it is marked, its bytes go, its row
goes. Whoever wants to keep the same bytes meanwhile is told to wait, so that nobody's new file is deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from turnkeeper.model.ids import ChannelId, WorkspaceId
from turnkeeper.model.media import FileRow, MediaRow, UploadRow

GIVEN_UP = 600.0
"""Seconds after which whoever was deleting a file is taken for dead, and another may."""


class FileKey(NamedTuple):
    """A kept file."""

    workspace_id: WorkspaceId
    key: str


class MediaRecords(Protocol):
    """The part of the store that knows files."""

    async def find_media(self, workspace_id: WorkspaceId, channel_id: ChannelId, source: str) -> MediaRow | None:
        """What became of a file from this source; None if nobody asked for it."""

    async def find_file(self, workspace_id: WorkspaceId, key: str) -> FileRow | None:
        """A kept file; None also for one that is leaving."""

    async def hold_file(self, row: FileRow) -> bool:
        """Announce that these bytes are about to be kept, or are needed still; False: they are being deleted, wait.

        Of a file that is known, only `needed_at` moves, forward."""

    async def need_files(self, workspace_id: WorkspaceId, keys: Sequence[str], now: float) -> set[str]:
        """Which of these are kept; they are needed now, and stay their time from now."""

    async def note_media(self, row: MediaRow) -> MediaRow:
        """Note where a file came from and what became of it; the row that stands: a kept one stays, and so does the
        first refusal."""

    async def leaving_files(self, before: float, now: float, limit: int) -> list[FileKey]:
        """Mark files that nobody has needed since `before`: their bytes are to be deleted."""

    async def forget_files(self, keys: Sequence[FileKey]) -> None:
        """Their bytes are gone: forget them too."""

    async def find_upload(
        self, workspace_id: WorkspaceId, channel_id: ChannelId, key: str, mime: str, now: float
    ) -> str | None:
        """The id under which the provider knows the file now."""

    async def keep_upload(self, row: UploadRow) -> None:
        """Keep it, instead of an older one."""

    async def forget_upload(self, workspace_id: WorkspaceId, channel_id: ChannelId, key: str) -> None:
        """The provider does not take it any more."""
