"""The rows of files, on SQLite."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from msgspec.structs import astuple

from turnkeeper.model.ids import ChannelId, WorkspaceId
from turnkeeper.model.media import FileRow, MediaRow, UploadRow
from turnkeeper.store.media import GIVEN_UP, FileKey
from turnkeeper.store.sqlite.parts import Reads
from turnkeeper.store.sqlite.rows import SqliteRows
from turnkeeper.store.sqlite.statements import columns, insert

T = TypeVar("T")

_FILE = f"select {columns(FileRow)} from file where workspace_id = ? and key = ? and leaving_at is null"
_HOLD = insert(
    "file",
    FileRow,
    "on conflict do update set needed_at = max(needed_at, excluded.needed_at) where leaving_at is null returning 1",
)
_NEED = """update file set needed_at = max(needed_at, ?) where workspace_id = ? and key = ? and leaving_at is null
  returning key"""
_MEDIA = f"select {columns(MediaRow)} from media where workspace_id = ? and channel_id = ? and source = ?"
_NOTE = insert(
    "media",
    MediaRow,
    "on conflict do update set "
    + ", ".join(f"{field} = excluded.{field}" for field in MediaRow.__struct_fields__[3:])
    + " where media.state = 'refused' and excluded.state = 'kept'",
)
_LEAVING = """update file set leaving_at = ?2 where (workspace_id, key) in (
    select workspace_id, key from file where needed_at < ?1 and (leaving_at is null or leaving_at < ?3)
    order by needed_at limit ?4
  ) returning workspace_id, key"""
_FORGET = "delete from file where workspace_id = ? and key = ? and leaving_at is not null"
_UPLOAD = """select external_id from upload
  where workspace_id = ? and channel_id = ? and key = ? and mime = ? and valid_until > ?"""
_KEEP_UPLOAD = insert(
    "upload",
    UploadRow,
    "on conflict do update set external_id = excluded.external_id, valid_until = excluded.valid_until",
)


class SqliteMedia(Reads):
    """The MediaRecords port, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[SqliteRows], Coroutine[Any, Any, T]]) -> T: ...

    async def find_media(self, workspace_id: WorkspaceId, channel_id: ChannelId, source: str) -> MediaRow | None:
        found = await self._read(lambda at: at.execute(_MEDIA, (workspace_id, channel_id, source)).fetchone())
        return None if found is None else MediaRow(*found)

    async def find_file(self, workspace_id: WorkspaceId, key: str) -> FileRow | None:
        found = await self._read(lambda at: at.execute(_FILE, (workspace_id, key)).fetchone())
        return None if found is None else FileRow(*found)

    async def hold_file(self, row: FileRow) -> bool:
        async def hold(rows: SqliteRows) -> bool:
            return bool(rows.run(_HOLD, astuple(row)))

        return await self._alone(hold)

    async def need_files(self, workspace_id: WorkspaceId, keys: Sequence[str], now: float) -> set[str]:
        async def need(rows: SqliteRows) -> set[str]:
            return {str(found[0]) for key in set(keys) for found in rows.run(_NEED, (now, workspace_id, key))}

        return await self._alone(need)

    async def note_media(self, row: MediaRow) -> MediaRow:
        async def note(rows: SqliteRows) -> MediaRow:
            rows.run(_NOTE, astuple(row))
            return MediaRow(*rows.run(_MEDIA, (row.workspace_id, row.channel_id, row.source))[0])

        return await self._alone(note)

    async def leaving_files(self, before: float, now: float, limit: int) -> list[FileKey]:
        async def leave(rows: SqliteRows) -> list[FileKey]:
            return [FileKey(*found) for found in rows.run(_LEAVING, (before, now, now - GIVEN_UP, limit))]

        return await self._alone(leave)

    async def forget_files(self, keys: Sequence[FileKey]) -> None:
        async def forget(rows: SqliteRows) -> None:
            for key in keys:
                rows.run(_FORGET, key)

        await self._alone(forget)

    async def find_upload(
        self, workspace_id: WorkspaceId, channel_id: ChannelId, key: str, mime: str, now: float
    ) -> str | None:
        asked = (workspace_id, channel_id, key, mime, now)
        found = await self._read(lambda at: at.execute(_UPLOAD, asked).fetchone())
        return None if found is None else str(found[0])

    async def keep_upload(self, row: UploadRow) -> None:
        async def keep(rows: SqliteRows) -> None:
            rows.run(_KEEP_UPLOAD, astuple(row))

        await self._alone(keep)

    async def forget_upload(self, workspace_id: WorkspaceId, channel_id: ChannelId, key: str) -> None:
        async def forget(rows: SqliteRows) -> None:
            await rows.forget_uploads([(workspace_id, channel_id, key)])

        await self._alone(forget)
