"""What a store keeps of uploaded documents: where their files are, and which of them are to be read.

Every method is one transaction. What was read of them is the knowledge's own (`store/knowledge`).
"""

from __future__ import annotations

from typing import Protocol

from turnkeeper.model.knowledge import BaseKey, DocumentUpload


class DocumentRecords(Protocol):
    """The part of the store that knows uploaded documents; `remove_documents` forgets them too."""

    async def upload_document(self, row: DocumentUpload) -> None:
        """Keep it instead of an older one of that name; its file must be held."""

    async def uploaded(self, base: BaseKey) -> list[DocumentUpload]:
        """Those of a base, by name."""

    async def uploads_due(self, limit: int) -> list[DocumentUpload]:
        """Those that are to be read, over all workspaces, the longest waiting first."""

    async def upload_read(self, row: DocumentUpload) -> bool:
        """It was read as it stands there; False: it is another one now, or gone."""

    async def read_again(self, base: BaseKey, key: str, now: float) -> bool:
        """It is to be read once more; False: it was not uploaded."""

    async def need_uploads(self, now: float) -> None:
        """The files of all uploads are needed still."""
