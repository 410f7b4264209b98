"""Documents, passages and the GIN index of their words, on PostgreSQL."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import astuple

from turnkeeper.model.knowledge import BaseKey, DocumentRow, FoundPassage, Passage, Postings
from turnkeeper.store.knowledge import MOST_SIGNS, BaseRow, Unembedded, Vector, indexed, scope
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.rows import PostgresRows
from turnkeeper.store.postgres.statements import columns
from turnkeeper.store.postgres.tenant import Tenants

if TYPE_CHECKING:
    from turnkeeper.store.postgres.pooled import PooledConnection

T = TypeVar("T")

_FOUND = ", ".join(FoundPassage.__struct_fields__[:-1])
# A base that has no row yet is not there to lock: whoever is first makes it.
_MAKE = "insert into knowledge_base values ($1, $2, 0, 0, 0, '', 0) on conflict do nothing"
_LOCK = "select last_id from knowledge_base where workspace_id = $1 and base = $2 for update"
_COUNT = """update knowledge_base set passages = passages + $3, words = words + $4, changes = changes + 1,
  last_id = last_id + $5 where workspace_id = $1 and base = $2"""
_BASE = """select passages, words, changes, embeddings, (
    select count(*) from passage p where p.workspace_id = $1 and p.base = $2 and p.vector is null
  ) from knowledge_base where workspace_id = $1 and base = $2"""
_TOTALS = "select passages, words, changes from knowledge_base where workspace_id = $1 and base = $2"
_DOCUMENTS = f"select {columns(DocumentRow)} from document where workspace_id = $1 and base = $2 order by key"
_PUT = (
    f"insert into document ({columns(DocumentRow)}) values ("
    + ", ".join(f"${place}" for place, _ in enumerate(DocumentRow.__struct_fields__, 1))
    + ") on conflict (workspace_id, base, key) do update set "
    + ", ".join(f"{field} = excluded.{field}" for field in DocumentRow.__struct_fields__[3:])
)
_REMOVE = "delete from document where workspace_id = $1 and base = $2 and key = any($3::text[]) returning key"
_REMOVE_UPLOADS = _REMOVE.replace("from document", "from document_upload")
_FORGET = """delete from passage where (workspace_id || e'\\x1f' || base) = $1 || e'\\x1f' || $2
  and key = any($3::text[]) and workspace_id = $1 and base = $2 and n > $4 returning length"""
_ADD = """insert into passage (workspace_id, base, key, title, id, n, heading, page, text, terms, head, length, words)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, array_to_tsvector($13::text[]))"""
# The lists are the base's own, since its words lead with its name. Their index is read through bitmaps alone, and no
# other may be: a plan that was made for an empty table would read a whole base by its key.
_OF_BASE = "workspace_id || '' = $1 and base || '' = $2"
_BITMAPS = "select set_config('enable_bitmapscan', 'on', true)"
_HOLD = f"select id from passage where words @@ $3::text::tsquery and {_OF_BASE} limit $4"
_EACH_HOLDS = f"""select asked.n, found.id from unnest($3::text[]) with ordinality as asked(word, n), lateral (
    select id from passage where words @@ asked.word::tsquery and {_OF_BASE} limit $4
  ) as found"""
_PASSAGES = "select {} from passage where workspace_id = $1 and base = $2 and id = any($3::bigint[])"
_UNEMBEDDED = """select id, title, heading, text from passage
  where workspace_id = $1 and base = $2 and vector is null order by id limit $3"""
_FORGET_VECTORS = """update passage set signs = null, vector = null
  where workspace_id = $1 and base = $2 and vector is not null"""
_NAME = """update knowledge_base set embeddings = $3, changes = changes + 1
  where workspace_id = $1 and base = $2 and embeddings <> $3 returning 1"""
_NAMED = "select 1 from knowledge_base where workspace_id = $1 and base = $2 and embeddings = $3 for update"
_KEEP_VECTORS = """update passage p set signs = v.signs, vector = v.vector
  from unnest($3::bigint[], $4::text[], $5::bytea[], $6::bytea[]) as v(id, text, signs, vector)
  where p.workspace_id = $1 and p.base = $2 and p.id = v.id and p.text = v.text returning 1"""
_SIGNS = """select id, signs from passage where workspace_id = $1 and base = $2 and signs is not null and exists (
  select 1 from knowledge_base b where b.workspace_id = $1 and b.base = $2 and b.embeddings = $3) limit $4"""


class PostgresKnowledge(Tenants):
    """The KnowledgeRecords port, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[PostgresRows], Coroutine[Any, Any, T]]) -> T: ...

    async def bases(self) -> list[BaseKey]:
        sql = "select workspace_id, base from knowledge_base order by 1, 2"
        return [BaseKey(*row) for row in await self._read(lambda at: at.fetch(sql))]

    async def find_base(self, base: BaseKey) -> BaseRow:
        found = await self._as_tenant(base.workspace_id, lambda at: at.fetchrow(_BASE, *base))
        return BaseRow() if found is None else BaseRow(*found)

    async def documents(self, base: BaseKey) -> list[DocumentRow]:
        return [
            DocumentRow(*row)
            for row in await self._as_tenant(base.workspace_id, lambda at: at.fetch(_DOCUMENTS, *base))
        ]

    async def put_document(self, row: DocumentRow, passages: Sequence[Passage], after: int = 0) -> None:
        row, passages = without_nul(row), without_nul(list(passages))
        base = BaseKey(row.workspace_id, row.base)

        async def put(rows: PostgresRows) -> None:
            await rows.run(_MAKE, *base)
            ((last_id,),) = await rows.run(_LOCK, *base)
            gone = await rows.run(_FORGET, *base, [row.key], after)
            await rows.run(_PUT, *astuple(row))
            await rows.many(
                _ADD, (_added(base, row, last_id + n, after + n, each) for n, each in enumerate(passages, 1))
            )
            count, length = len(passages), sum(each.length for each in passages)
            await rows.run(_COUNT, *base, count - len(gone), length - sum(each[0] for each in gone), count)

        await self._alone(put)

    async def remove_documents(self, base: BaseKey, keys: Sequence[str]) -> int:
        wanted = without_nul(sorted(set(keys)))

        async def remove(rows: PostgresRows) -> int:
            await rows.run(_LOCK, *base)
            gone = await rows.run(_FORGET, *base, wanted, 0)
            uploaded = await rows.run(_REMOVE_UPLOADS, *base, wanted)
            removed = await rows.run(_REMOVE, *base, wanted)
            if removed:
                await rows.run(_COUNT, *base, -len(gone), -sum(each[0] for each in gone), 0)
            return len({each[0] for each in (*uploaded, *removed)})

        return await self._alone(remove)

    async def postings(self, base: BaseKey, forms: Sequence[str], most: int) -> Postings:
        prefix = scope(base)

        async def look(at: PooledConnection) -> Postings:
            async with at.transaction(readonly=True):
                totals = await at.fetchrow(_TOTALS, *base) or (0, 0, 0)
                await at.execute(_BITMAPS)
                rows = await at.fetch(_EACH_HOLDS, *base, [f"'{prefix}{form}'" for form in forms], most)
            found: dict[str, list[int]] = {form: [] for form in forms}
            for place, id_ in rows:
                found[forms[place - 1]].append(id_)
            return Postings(totals[0], totals[1], totals[2], found)

        return await self._read(look)

    async def holding(self, base: BaseKey, words: Sequence[Sequence[str]], most: int) -> list[int]:
        prefix = scope(base)
        wanted = " & ".join("(" + " | ".join(f"'{prefix}{form}'" for form in forms) + ")" for forms in words)
        if not wanted:
            return []

        async def look(at: PooledConnection) -> list[int]:
            async with at.transaction(readonly=True):
                await at.execute(_BITMAPS)
                return [row[0] for row in await at.fetch(_HOLD, *base, wanted, most)]

        return await self._read(look)

    async def passages(self, base: BaseKey, ids: Sequence[int], *, vectors: bool = False) -> list[FoundPassage]:
        sql = _PASSAGES.format(f"{_FOUND}, vector" if vectors else _FOUND)
        return [FoundPassage(*row) for row in await self._read(lambda at: at.fetch(sql, *base, list(ids)))]

    async def begin_vectors(self, base: BaseKey, embeddings: str) -> None:
        async def begin(rows: PostgresRows) -> None:
            if await rows.run(_NAME, *base, embeddings):
                await rows.run(_FORGET_VECTORS, *base)

        await self._alone(begin)

    async def unembedded(self, base: BaseKey, most: int) -> list[Unembedded]:
        return [Unembedded(*row) for row in await self._read(lambda at: at.fetch(_UNEMBEDDED, *base, most))]

    async def keep_vectors(self, base: BaseKey, embeddings: str, vectors: Sequence[Vector]) -> int:
        async def keep(rows: PostgresRows) -> int:
            if not vectors or not await rows.run(_NAMED, *base, embeddings):
                return 0
            kept = await rows.run(_KEEP_VECTORS, *base, *map(list, zip(*vectors, strict=True)))
            await rows.run(_COUNT, *base, 0, 0, 0)
            return len(kept)

        return await self._alone(keep)

    async def signs(self, base: BaseKey, embeddings: str) -> list[tuple[int, bytes]]:
        found = await self._read(lambda at: at.fetch(_SIGNS, *base, embeddings, MOST_SIGNS))
        return [(row[0], row[1]) for row in found]


def _added(base: BaseKey, row: DocumentRow, id_: int, n: int, each: Passage) -> tuple[Any, ...]:
    kept = (each.heading, each.page, each.text, each.terms, each.head, each.length)
    return (*base, row.key, row.title, id_, n, *kept, indexed(scope(base), each))
