"""Uploaded documents, on PostgreSQL."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from msgspec.structs import astuple

from turnkeeper.model.knowledge import BaseKey, DocumentUpload
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.rows import PostgresRows
from turnkeeper.store.postgres.statements import columns
from turnkeeper.store.postgres.tenant import Tenants

T = TypeVar("T")

_COLUMNS = columns(DocumentUpload)
_UPLOAD = (
    f"insert into document_upload ({_COLUMNS}) values ("
    + ", ".join(f"${place}" for place, _ in enumerate(DocumentUpload.__struct_fields__, 1))
    + ") on conflict (workspace_id, base, key) do update set "
    + ", ".join(f"{field} = excluded.{field}" for field in DocumentUpload.__struct_fields__[3:])
)
_UPLOADED = f"select {_COLUMNS} from document_upload where workspace_id = $1 and base = $2 order by key"
_DUE = f"select {_COLUMNS} from document_upload where due_at is not null order by due_at limit $1"
_ONE = "where workspace_id = $1 and base = $2 and key = $3"
_READ = f"update document_upload set due_at = null {_ONE} and file = $4 and due_at = $5 returning 1"
_AGAIN = f"update document_upload set due_at = $4 {_ONE} returning 1"
_NEED = """update file f set needed_at = greatest(needed_at, $1) from document_upload d
  where f.leaving_at is null and f.workspace_id = d.workspace_id and f.key = d.file"""


class PostgresDocuments(Tenants):
    """The DocumentRecords port, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[PostgresRows], Coroutine[Any, Any, T]]) -> T: ...

    async def upload_document(self, row: DocumentUpload) -> None:
        await self._ran(_UPLOAD, *astuple(without_nul(row)))

    async def uploaded(self, base: BaseKey) -> list[DocumentUpload]:
        return [
            DocumentUpload(*row)
            for row in await self._as_tenant(base.workspace_id, lambda at: at.fetch(_UPLOADED, *base))
        ]

    async def uploads_due(self, limit: int) -> list[DocumentUpload]:
        return [DocumentUpload(*row) for row in await self._read(lambda at: at.fetch(_DUE, limit))]

    async def upload_read(self, row: DocumentUpload) -> bool:
        return await self._ran(_READ, row.workspace_id, row.base, row.key, row.file, row.due_at)

    async def read_again(self, base: BaseKey, key: str, now: float) -> bool:
        return await self._ran(_AGAIN, *base, without_nul(key), now)

    async def need_uploads(self, now: float) -> None:
        await self._ran(_NEED, now)

    async def _ran(self, sql: str, *bindings: object) -> bool:
        async def ran(rows: PostgresRows) -> bool:
            return bool(await rows.run(sql, *bindings))

        return await self._alone(ran)
