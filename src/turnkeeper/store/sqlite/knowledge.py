"""Documents, passages and the FTS5 index of their words, on SQLite."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

import apsw
from msgspec.structs import astuple

from turnkeeper.model.knowledge import BaseKey, DocumentRow, FoundPassage, Passage, Postings
from turnkeeper.store.knowledge import MOST_SIGNS, BaseRow, Unembedded, Vector, indexed, scope
from turnkeeper.store.sqlite.parts import Reads
from turnkeeper.store.sqlite.rows import SqliteRows
from turnkeeper.store.sqlite.statements import columns, insert

T = TypeVar("T")

_FOUND = ", ".join(FoundPassage.__struct_fields__[:-1])
_BASE = """select passages, words, changes, embeddings, (
    select count(*) from passage p where p.workspace_id = b.workspace_id and p.base = b.base and p.vector is null
  ) from knowledge_base b where workspace_id = ? and base = ?"""
_TOTALS = "select passages, words, changes from knowledge_base where workspace_id = ? and base = ?"
_COUNT = """insert into knowledge_base values (?, ?, ?, ?, 1, '') on conflict do update set
  passages = passages + excluded.passages, words = words + excluded.words, changes = changes + 1"""
_CHANGED = "update knowledge_base set changes = changes + 1 where workspace_id = ? and base = ?"
_DOCUMENTS = f"select {columns(DocumentRow)} from document where workspace_id = ? and base = ? order by key"
_PUT = insert(
    "document",
    DocumentRow,
    "on conflict do update set "
    + ", ".join(f"{field} = excluded.{field}" for field in DocumentRow.__struct_fields__[3:]),
)
_REMOVE = "delete from document where workspace_id = ? and base = ? and key = ? returning 1"
_REMOVE_UPLOAD = "delete from document_upload where workspace_id = ? and base = ? and key = ? returning 1"
_FORGET = "delete from passage where workspace_id = ? and base = ? and key = ? and n > ? returning id, length"
_FORGET_WORDS = "delete from passage_index where rowid = ?"
_ADD = """insert into passage (workspace_id, base, key, title, n, heading, page, text, terms, head, length)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id"""
_ADD_WORDS = "insert into passage_index (rowid, words) values (?, ?)"
_HOLD = "select rowid from passage_index where passage_index match ? limit ?"
_PASSAGES = """select {} from passage where workspace_id = ? and base = ? and id in (
  select value from json_each(?))"""
_UNEMBEDDED = """select id, title, heading, text from passage
  where workspace_id = ? and base = ? and vector is null order by id limit ?"""
_KEEP_VECTOR = """update passage set signs = ?, vector = ?
  where workspace_id = ? and base = ? and id = ? and text = ? and exists (
  select 1 from knowledge_base b where b.workspace_id = passage.workspace_id and b.base = passage.base
  and b.embeddings = ?) returning 1"""
_SIGNS = """select id, signs from passage where workspace_id = ? and base = ? and signs is not null and exists (
  select 1 from knowledge_base b where b.workspace_id = passage.workspace_id and b.base = passage.base
  and b.embeddings = ?) limit ?"""


class SqliteKnowledge(Reads):
    """The KnowledgeRecords port, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[SqliteRows], Coroutine[Any, Any, T]]) -> T: ...

    async def bases(self) -> list[BaseKey]:
        sql = "select workspace_id, base from knowledge_base order by 1, 2"
        return await self._read(lambda at: [BaseKey(*row) for row in at.execute(sql)])

    async def find_base(self, base: BaseKey) -> BaseRow:
        found = await self._read(lambda at: at.execute(_BASE, base).fetchone())
        return BaseRow() if found is None else BaseRow(*found)

    async def documents(self, base: BaseKey) -> list[DocumentRow]:
        return await self._read(lambda at: [DocumentRow(*row) for row in at.execute(_DOCUMENTS, base)])

    async def put_document(self, row: DocumentRow, passages: Sequence[Passage], after: int = 0) -> None:
        base = BaseKey(row.workspace_id, row.base)

        async def put(rows: SqliteRows) -> None:
            gone, words = _forgotten(rows, base, row.key, after)
            rows.run(_PUT, astuple(row))
            for n, passage in enumerate(passages, after + 1):
                _add(rows, base, row, n, passage)
            count, length = len(passages), sum(each.length for each in passages)
            rows.run(_COUNT, (*base, count - gone, length - words))

        await self._alone(put)

    async def remove_documents(self, base: BaseKey, keys: Sequence[str]) -> int:
        async def remove(rows: SqliteRows) -> int:
            removed = 0
            for key in set(keys):
                gone, words = _forgotten(rows, base, key)
                uploaded = rows.run(_REMOVE_UPLOAD, (*base, key))
                read = rows.run(_REMOVE, (*base, key))
                removed += bool(read or uploaded)
                if read:
                    rows.run(_COUNT, (*base, -gone, -words))
            return removed

        return await self._alone(remove)

    async def postings(self, base: BaseKey, forms: Sequence[str], most: int) -> Postings:
        prefix = scope(base)

        def look(at: apsw.Connection) -> Postings:
            totals = at.execute(_TOTALS, base).fetchone() or (0, 0, 0)
            found = {form: [row[0] for row in at.execute(_HOLD, (f'"{prefix}{form}"', most))] for form in forms}
            return Postings(totals[0], totals[1], totals[2], found)

        return await self._read(look)

    async def holding(self, base: BaseKey, words: Sequence[Sequence[str]], most: int) -> list[int]:
        prefix = scope(base)
        wanted = " AND ".join("(" + " OR ".join(f'"{prefix}{form}"' for form in forms) + ")" for forms in words)
        if not wanted:
            return []
        return await self._read(lambda at: [row[0] for row in at.execute(_HOLD, (wanted, most))])

    async def passages(self, base: BaseKey, ids: Sequence[int], *, vectors: bool = False) -> list[FoundPassage]:
        sql = _PASSAGES.format(f"{_FOUND}, vector" if vectors else _FOUND)
        asked = (*base, f"[{','.join(map(str, ids))}]")
        return await self._read(lambda at: [FoundPassage(*row) for row in at.execute(sql, asked)])

    async def begin_vectors(self, base: BaseKey, embeddings: str) -> None:
        async def begin(rows: SqliteRows) -> None:
            named = "update knowledge_base set embeddings = ?3, changes = changes + 1"
            where = "where workspace_id = ?1 and base = ?2"
            if rows.run(f"{named} {where} and embeddings <> ?3 returning 1", (*base, embeddings)):
                rows.run(f"update passage set signs = null, vector = null {where} and vector is not null", base)

        await self._alone(begin)

    async def unembedded(self, base: BaseKey, most: int) -> list[Unembedded]:
        return await self._read(lambda at: [Unembedded(*row) for row in at.execute(_UNEMBEDDED, (*base, most))])

    async def keep_vectors(self, base: BaseKey, embeddings: str, vectors: Sequence[Vector]) -> int:
        async def keep(rows: SqliteRows) -> int:
            kept = [
                rows.run(_KEEP_VECTOR, (each.signs, each.vector, *base, each.id, each.text, embeddings))
                for each in vectors
            ]
            rows.run(_CHANGED, base)
            return sum(map(len, kept))

        return await self._alone(keep)

    async def signs(self, base: BaseKey, embeddings: str) -> list[tuple[int, bytes]]:
        asked = (*base, embeddings, MOST_SIGNS)
        return await self._read(lambda at: [(row[0], row[1]) for row in at.execute(_SIGNS, asked)])


def _forgotten(rows: SqliteRows, base: BaseKey, key: str, after: int = 0) -> tuple[int, int]:
    """Take a document's passages out; how many, and how many words they had."""
    gone = rows.run(_FORGET, (*base, key, after))
    for id_, _ in gone:
        rows.run(_FORGET_WORDS, (id_,))
    return len(gone), sum(length for _, length in gone)


def _add(rows: SqliteRows, base: BaseKey, row: DocumentRow, n: int, each: Passage) -> None:
    kept = (each.heading, each.page, each.text, each.terms, each.head, each.length)
    ((id_,),) = rows.run(_ADD, (*base, row.key, row.title, n, *kept))
    rows.run(_ADD_WORDS, (id_, " ".join(indexed(scope(base), each))))
