"""Uploaded documents, on SQLite."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from msgspec.structs import astuple

from turnkeeper.model.knowledge import BaseKey, DocumentUpload
from turnkeeper.store.sqlite.parts import Reads, fetched
from turnkeeper.store.sqlite.rows import SqliteRows
from turnkeeper.store.sqlite.statements import columns, insert

T = TypeVar("T")

_COLUMNS = columns(DocumentUpload)
_UPLOAD = insert(
    "document_upload",
    DocumentUpload,
    "on conflict do update set "
    + ", ".join(f"{field} = excluded.{field}" for field in DocumentUpload.__struct_fields__[3:]),
)
_UPLOADED = f"select {_COLUMNS} from document_upload where workspace_id = ? and base = ? order by key"
_DUE = f"select {_COLUMNS} from document_upload where due_at is not null order by due_at limit ?"
_ONE = "where workspace_id = ?1 and base = ?2 and key = ?3"
_READ = f"update document_upload set due_at = null {_ONE} and file = ?4 and due_at = ?5 returning 1"
_AGAIN = f"update document_upload set due_at = ?4 {_ONE} returning 1"
_NEED = """update file set needed_at = max(needed_at, ?) where leaving_at is null and (workspace_id, key) in (
  select workspace_id, file from document_upload)"""


class SqliteDocuments(Reads):
    """The DocumentRecords port, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[SqliteRows], Coroutine[Any, Any, T]]) -> T: ...

    async def upload_document(self, row: DocumentUpload) -> None:
        await self._ran(_UPLOAD, *astuple(row))

    async def uploaded(self, base: BaseKey) -> list[DocumentUpload]:
        return [DocumentUpload(*row) for row in await self._read(lambda at: fetched(at, _UPLOADED, base))]

    async def uploads_due(self, limit: int) -> list[DocumentUpload]:
        return [DocumentUpload(*row) for row in await self._read(lambda at: fetched(at, _DUE, (limit,)))]

    async def upload_read(self, row: DocumentUpload) -> bool:
        return await self._ran(_READ, row.workspace_id, row.base, row.key, row.file, row.due_at)

    async def read_again(self, base: BaseKey, key: str, now: float) -> bool:
        return await self._ran(_AGAIN, *base, key, now)

    async def need_uploads(self, now: float) -> None:
        await self._ran(_NEED, now)

    async def _ran(self, sql: str, *bindings: object) -> bool:
        async def ran(rows: SqliteRows) -> bool:
            return bool(rows.run(sql, bindings))

        return await self._alone(ran)
