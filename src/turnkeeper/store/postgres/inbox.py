"""The inbox, its search and its figures as the console reads them, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from turnkeeper.model.ids import ConversationId, ConversationKey, WorkspaceId
from turnkeeper.model.inbox import Figure, InboxChoices, InboxCounts, InboxFilter, InboxPlace, InboxRow, SearchPage
from turnkeeper.store import inbox_queries, searching, story
from turnkeeper.store.changes import Changes
from turnkeeper.store.inbox import FigureGroup
from turnkeeper.store.inbox_queries import Query, listed
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.tenant import Tenants
from turnkeeper.store.searching import Entry, Said, Terms

if TYPE_CHECKING:
    from turnkeeper.store.postgres.pooled import PooledConnection

T = TypeVar("T")

# These are chosen by what there is: how many conversations are wanted, how usual a word is.
_PLANNED = """select set_config('plan_cache_mode', 'force_custom_plan', true),
  set_config('enable_bitmapscan', 'on', true)"""
_ROW = f"select {listed()} from inbox i where workspace_id = $1 and conversation_id = $2"
_SINCE = f"select {listed()} from inbox i where workspace_id = $1 and seq > $2 order by seq limit $3"
_SEQ = "select seq from inbox_seq_of where workspace_id = $1"
_SEEN = """update inbox set seen_count = least(coalesce($3::bigint, contact_count), contact_count)
  where workspace_id = $1 and conversation_id = $2 returning 1"""
_NAMED = """select conversation_id from search_entry
  where workspace_id || '' = $1 and words @@ $2::text::tsquery limit $3"""
_ENTRIES = """select id, conversation_id, source, seq, at from search_entry
  where workspace_id = $1 and words @@ $2::text::tsquery and id < $3 order by id desc limit $4"""
_HEARD = """select k.id, e.kind, e.from_me, e.body from unnest($2::bigint[], $3::text[], $4::bigint[]) as k(id, c, seq)
  join event e on e.workspace_id = $1 and e.conversation_id = k.c and e.seq = k.seq"""
_SPOKEN = """select k.id, o.turn_no, o.content from unnest($2::bigint[], $3::text[], $4::bigint[]) as k(id, c, seq)
  join outbound o on o.workspace_id = $1 and o.conversation_id = k.c and o.seq = k.seq"""


class PostgresInbox(Tenants):
    """The InboxRecords port, over what the store gives."""

    changes: Changes

    async def _planned(self, workspace_id: WorkspaceId, work: Callable[[PooledConnection], Awaitable[T]]) -> T:
        async def planned(at: PooledConnection) -> T:
            await at.execute(_PLANNED)
            return await work(at)

        return await self._as_tenant(workspace_id, planned)

    async def inbox_page(
        self, workspace_id: WorkspaceId, wanted: InboxFilter, after: InboxPlace | None, limit: int
    ) -> list[InboxRow]:
        query = _query()
        sql = inbox_queries.page(query, workspace_id, without_nul(wanted), without_nul(after), limit)
        return await self._planned(workspace_id, lambda at: _rows(at, sql, query.values))

    async def inbox_row(self, key: ConversationKey) -> InboxRow | None:
        asked = without_nul(list(key))
        found = await self._as_tenant(key.workspace_id, lambda at: _rows(at, _ROW, asked))
        return found[0] if found else None

    async def inbox_rows(self, workspace_id: WorkspaceId, ids: Sequence[ConversationId]) -> list[InboxRow]:
        return await self.narrowed(workspace_id, ids, InboxFilter())

    async def narrowed(
        self, workspace_id: WorkspaceId, ids: Sequence[ConversationId], wanted: InboxFilter
    ) -> list[InboxRow]:
        """Those of some conversations that are wanted."""
        return await self._planned(workspace_id, lambda at: _narrowed(at, workspace_id, ids, wanted))

    async def said(self, workspace_id: WorkspaceId, entries: Sequence[Entry]) -> dict[int, Said]:
        """What stands where something was found."""
        return await self._as_tenant(workspace_id, lambda at: _said(at, workspace_id, entries))

    async def inbox_counts(self, workspace_id: WorkspaceId) -> InboxCounts:
        sql = inbox_queries.counts("$1")
        row = await self._planned(workspace_id, lambda at: at.fetchrow(sql, workspace_id))
        assert row is not None
        return InboxCounts(*row)

    async def inbox_choices(self, workspace_id: WorkspaceId) -> InboxChoices:
        sql = inbox_queries.choices("$1")
        found = await self._as_tenant(workspace_id, lambda at: at.fetch(sql, workspace_id))
        return inbox_queries.chosen([tuple(row) for row in found])

    async def inbox_since(self, workspace_id: WorkspaceId, seq: int, limit: int) -> list[InboxRow]:
        return await self._as_tenant(workspace_id, lambda at: _rows(at, _SINCE, (workspace_id, seq, limit)))

    async def inbox_seq(self, workspace_id: WorkspaceId) -> int:
        found = await self._as_tenant(workspace_id, lambda at: at.fetchval(_SEQ, workspace_id))
        return int(found or 0)

    async def mark_seen(self, key: ConversationKey, seen: int | None = None) -> bool:
        asked = without_nul(list(key))
        found = await self._as_tenant(key.workspace_id, lambda at: at.fetch(_SEEN, *asked, seen))
        if found:
            self.changes.add([(key, None)])
        return bool(found)

    async def search(
        self, workspace_id: WorkspaceId, words: str, wanted: InboxFilter, limit: int, after: str | None = None
    ) -> SearchPage:
        asked, narrowed = without_nul(words), without_nul(wanted)

        return await searching.search(_Index(self, workspace_id), workspace_id, asked, narrowed, limit, after)

    async def places(self, statement: str, *asked: Any) -> list[Any]:
        """Where words stand. Not under the tenant's role: no index of words works behind row-level security. What
        stands there is read under it."""

        async def look(at: PooledConnection) -> list[Any]:
            async with at.transaction(readonly=True):
                await at.execute(_PLANNED)
                return await at.fetch(statement, *asked)

        return await self._read(look)

    async def search_contacts(self, workspace_id: WorkspaceId, words: str, limit: int) -> list[InboxRow]:
        return await searching.named(_Index(self, workspace_id), workspace_id, without_nul(words), limit)

    async def figures(
        self, workspace_id: WorkspaceId, since: float, until: float, by: FigureGroup = "total"
    ) -> list[Figure]:
        sql = inbox_queries.figures(by, "$1", "$2::double precision", "$3::double precision")
        found = await self._as_tenant(workspace_id, lambda at: at.fetch(sql, workspace_id, since, until))
        return [Figure(*row) for row in found]


class _Index:
    """What searching asks, of one workspace."""

    def __init__(self, inbox: PostgresInbox, workspace_id: WorkspaceId) -> None:
        self._inbox = inbox
        self._workspace_id = workspace_id

    async def named(self, terms: Terms, limit: int) -> list[ConversationId]:
        return [row[0] for row in await self._inbox.places(_NAMED, self._workspace_id, _match(terms), limit)]

    async def entries(self, terms: Terms, before: int, limit: int) -> list[Entry]:
        found = await self._inbox.places(_ENTRIES, self._workspace_id, _match(terms), before, limit)
        return [Entry(*row) for row in found]

    async def rows(self, ids: Sequence[ConversationId], wanted: InboxFilter) -> list[InboxRow]:
        return await self._inbox.narrowed(self._workspace_id, ids, wanted)

    async def said(self, entries: Sequence[Entry]) -> Mapping[int, Said]:
        return await self._inbox.said(self._workspace_id, entries)


async def _said(at: PooledConnection, workspace_id: WorkspaceId, entries: Sequence[Entry]) -> dict[int, Said]:
    found: dict[int, Said] = {}
    for ours, sql in ((True, _SPOKEN), (False, _HEARD)):
        keys = [(each.id, each.conversation_id, each.seq) for each in entries if (each.source == "out") is ours]
        if keys:
            rows = await at.fetch(sql, workspace_id, *map(list, zip(*keys, strict=True)))
            found |= {row[0]: Said(*(story.spoken if ours else story.heard)(*tuple(row)[1:])) for row in rows}
    return found


def _query() -> Query:
    return Query(lambda n: f"${n}", lambda column: column)


async def _narrowed(
    at: PooledConnection, workspace_id: WorkspaceId, ids: Sequence[ConversationId], wanted: InboxFilter
) -> list[InboxRow]:
    query = _query()
    keys = f"(select unnest({query.put(without_nul(list(ids)))}::text[]))"
    return await _rows(at, inbox_queries.narrowed(query, workspace_id, keys, wanted), query.values)


async def _rows(at: PooledConnection, sql: str, values: Sequence[Any]) -> list[InboxRow]:
    return [row_of(tuple(row)) for row in await at.fetch(sql, *values)]


def row_of(row: Sequence[Any]) -> InboxRow:
    return InboxRow(*(*row[:-1], tuple(row[-1])))


def _match(terms: Terms) -> str:
    return " & ".join(
        "(" + " | ".join(f"'{form}'{':*' if begins else ''}" for form, begins in group) + ")" for group in terms
    )
