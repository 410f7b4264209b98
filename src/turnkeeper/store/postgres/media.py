"""The rows of files, on PostgreSQL."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec.structs import astuple

from turnkeeper.model.ids import ChannelId, WorkspaceId
from turnkeeper.model.media import FileRow, MediaRow, UploadRow
from turnkeeper.store.media import GIVEN_UP, FileKey
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.parts import Reads
from turnkeeper.store.postgres.rows import PostgresRows
from turnkeeper.store.postgres.statements import columns

T = TypeVar("T")


def _insert(table: str, row: type[msgspec.Struct], clause: str) -> str:
    marks = ", ".join(f"${place}" for place, _ in enumerate(row.__struct_fields__, 1))
    return f"insert into {table} ({columns(row)}) values ({marks}) {clause}"


_FILE = f"select {columns(FileRow)} from file where workspace_id = $1 and key = $2 and leaving_at is null"
_HOLD = _insert(
    "file",
    FileRow,
    "on conflict (workspace_id, key) do update set needed_at = greatest(file.needed_at, excluded.needed_at)"
    " where file.leaving_at is null returning 1",
)
_NEED = """update file set needed_at = greatest(needed_at, $3)
  where workspace_id = $1 and key = any($2::text[]) and leaving_at is null returning key"""
_MEDIA = f"select {columns(MediaRow)} from media where workspace_id = $1 and channel_id = $2 and source = $3"
_NOTE = _insert(
    "media",
    MediaRow,
    "on conflict (workspace_id, channel_id, source) do update set "
    + ", ".join(f"{field} = excluded.{field}" for field in MediaRow.__struct_fields__[3:])
    + " where media.state = 'refused' and excluded.state = 'kept'",
)
_LEAVING = """update file r set leaving_at = $2 where r.ctid = any(array(
    select ctid from file where needed_at < $1 and (leaving_at is null or leaving_at < $3)
    order by needed_at limit $4 for update skip locked
  )) returning r.workspace_id, r.key"""
_FORGET = "delete from file where workspace_id = $1 and key = $2 and leaving_at is not null"
_UPLOAD = """select external_id from upload
  where workspace_id = $1 and channel_id = $2 and key = $3 and mime = $4 and valid_until > $5"""
_KEEP_UPLOAD = _insert(
    "upload",
    UploadRow,
    "on conflict (workspace_id, channel_id, key, mime)"
    " do update set external_id = excluded.external_id, valid_until = excluded.valid_until",
)


class PostgresMedia(Reads):
    """The MediaRecords port, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[PostgresRows], Coroutine[Any, Any, T]]) -> T: ...

    async def find_media(self, workspace_id: WorkspaceId, channel_id: ChannelId, source: str) -> MediaRow | None:
        found = await self._read(lambda at: at.fetchrow(_MEDIA, workspace_id, channel_id, without_nul(source)))
        return None if found is None else MediaRow(*found)

    async def find_file(self, workspace_id: WorkspaceId, key: str) -> FileRow | None:
        found = await self._read(lambda at: at.fetchrow(_FILE, workspace_id, without_nul(key)))
        return None if found is None else FileRow(*found)

    async def hold_file(self, row: FileRow) -> bool:
        async def hold(rows: PostgresRows) -> bool:
            return bool(await rows.run(_HOLD, *astuple(without_nul(row))))

        return await self._alone(hold)

    async def need_files(self, workspace_id: WorkspaceId, keys: Sequence[str], now: float) -> set[str]:
        async def need(rows: PostgresRows) -> set[str]:
            return {str(found[0]) for found in await rows.run(_NEED, workspace_id, without_nul(sorted(set(keys))), now)}

        return await self._alone(need)

    async def note_media(self, row: MediaRow) -> MediaRow:
        told = without_nul(row)

        async def note(rows: PostgresRows) -> MediaRow:
            await rows.run(_NOTE, *astuple(told))
            return MediaRow(*(await rows.run(_MEDIA, told.workspace_id, told.channel_id, told.source))[0])

        return await self._alone(note)

    async def leaving_files(self, before: float, now: float, limit: int) -> list[FileKey]:
        async def leave(rows: PostgresRows) -> list[FileKey]:
            return [FileKey(*found) for found in await rows.run(_LEAVING, before, now, now - GIVEN_UP, limit)]

        return await self._alone(leave)

    async def forget_files(self, keys: Sequence[FileKey]) -> None:
        async def forget(rows: PostgresRows) -> None:
            for key in sorted(keys):
                await rows.run(_FORGET, *key)

        await self._alone(forget)

    async def find_upload(
        self, workspace_id: WorkspaceId, channel_id: ChannelId, key: str, mime: str, now: float
    ) -> str | None:
        found = await self._read(lambda at: at.fetchval(_UPLOAD, workspace_id, channel_id, key, mime, now))
        return None if found is None else str(found)

    async def keep_upload(self, row: UploadRow) -> None:
        async def keep(rows: PostgresRows) -> None:
            await rows.run(_KEEP_UPLOAD, *astuple(without_nul(row)))

        await self._alone(keep)

    async def forget_upload(self, workspace_id: WorkspaceId, channel_id: ChannelId, key: str) -> None:
        async def forget(rows: PostgresRows) -> None:
            await rows.forget_uploads([(workspace_id, channel_id, key)])

        await self._alone(forget)
