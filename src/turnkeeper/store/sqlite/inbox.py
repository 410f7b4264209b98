"""The inbox, its search and its figures as the console reads them, on SQLite."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

import apsw
import msgspec

from turnkeeper.model.ids import ConversationId, ConversationKey, WorkspaceId
from turnkeeper.model.inbox import Figure, InboxChoices, InboxCounts, InboxFilter, InboxPlace, InboxRow, SearchPage
from turnkeeper.store import inbox_queries, searching, story
from turnkeeper.store.changes import Changes
from turnkeeper.store.inbox import FigureGroup
from turnkeeper.store.inbox_queries import Query, listed
from turnkeeper.store.searching import Entry, Said, Terms
from turnkeeper.store.sqlite.parts import Reads, Runs, fetched, run_now

T = TypeVar("T")

_ROW = f"select {listed()} from inbox i where workspace_id = ? and conversation_id = ?"
_SINCE = f"select {listed()} from inbox i where workspace_id = ? and seq > ? order by seq limit ?"
_SEQ = "select seq from inbox_seq_of where workspace_id = ?"
_SEEN = """update inbox set seen_count = min(coalesce(?3, contact_count), contact_count)
  where workspace_id = ?1 and conversation_id = ?2 returning 1"""
_NAMED = """select e.conversation_id from search_index s join search_entry e on e.id = s.rowid
  where search_index match ?2 and e.workspace_id = ?1 limit ?3"""
_ENTRIES = """select e.id, e.conversation_id, e.source, e.seq, e.at
  from search_index s join search_entry e on e.id = s.rowid
  where search_index match ?2 and s.rowid < ?3 and e.workspace_id = ?1 order by s.rowid desc limit ?4"""
_HEARD = """select kind, from_me, body from event where workspace_id = ? and conversation_id = ? and seq = ?"""
_SPOKEN = "select turn_no, content from outbound where workspace_id = ? and conversation_id = ? and seq = ?"


class SqliteInbox(Reads):
    """The InboxRecords port, over what the store gives."""

    changes: Changes

    @abstractmethod
    async def _alone(self, script: Callable[[Runs], Coroutine[Any, Any, T]]) -> T: ...

    async def inbox_page(
        self, workspace_id: WorkspaceId, wanted: InboxFilter, after: InboxPlace | None, limit: int
    ) -> list[InboxRow]:
        query = _query()
        sql = inbox_queries.page(query, workspace_id, wanted, after, limit)
        return await self._read(lambda at: _rows(at, sql, query.values))

    async def inbox_row(self, key: ConversationKey) -> InboxRow | None:
        found = await self._read(lambda at: _rows(at, _ROW, key))
        return found[0] if found else None

    async def inbox_rows(self, workspace_id: WorkspaceId, ids: Sequence[ConversationId]) -> list[InboxRow]:
        return await self._read(lambda at: _narrowed(at, workspace_id, ids, InboxFilter()))

    async def inbox_counts(self, workspace_id: WorkspaceId) -> InboxCounts:
        sql = inbox_queries.counts("?1")
        return await self._read(lambda at: InboxCounts(*fetched(at, sql, (workspace_id,))[0]))

    async def inbox_choices(self, workspace_id: WorkspaceId) -> InboxChoices:
        sql = inbox_queries.choices("?1")
        return await self._read(lambda at: inbox_queries.chosen(fetched(at, sql, (workspace_id,))))

    async def inbox_since(self, workspace_id: WorkspaceId, seq: int, limit: int) -> list[InboxRow]:
        return await self._read(lambda at: _rows(at, _SINCE, (workspace_id, seq, limit)))

    async def inbox_seq(self, workspace_id: WorkspaceId) -> int:
        found = self._glance(lambda at: fetched(at, _SEQ, (workspace_id,)))
        return int(found[0][0]) if found else 0

    async def mark_seen(self, key: ConversationKey, seen: int | None = None) -> bool:
        async def mark(rows: Runs) -> bool:
            return bool(rows.run(_SEEN, (*key, seen)))

        marked = await self._alone(mark)
        if marked:
            self.changes.add([(key, None)])
        return marked

    async def search(
        self, workspace_id: WorkspaceId, words: str, wanted: InboxFilter, limit: int, after: str | None = None
    ) -> SearchPage:
        def look(at: apsw.Connection) -> SearchPage:
            found: SearchPage = run_now(
                searching.search(_Index(at, workspace_id), workspace_id, words, wanted, limit, after)
            )
            return found

        return await self._read(look)

    async def search_contacts(self, workspace_id: WorkspaceId, words: str, limit: int) -> list[InboxRow]:
        def look(at: apsw.Connection) -> list[InboxRow]:
            found: list[InboxRow] = run_now(searching.named(_Index(at, workspace_id), workspace_id, words, limit))
            return found

        return await self._read(look)

    async def figures(
        self, workspace_id: WorkspaceId, since: float, until: float, by: FigureGroup = "total"
    ) -> list[Figure]:
        sql = inbox_queries.figures(by, "?", "?", "?")
        return await self._read(lambda at: [Figure(*row) for row in fetched(at, sql, (workspace_id, since, until))])


class _Index:
    """What searching asks, of one workspace on one connection."""

    def __init__(self, connection: apsw.Connection, workspace_id: WorkspaceId) -> None:
        self._at = connection
        self._workspace_id = workspace_id

    async def named(self, terms: Terms, limit: int) -> list[ConversationId]:
        return [row[0] for row in fetched(self._at, _NAMED, (self._workspace_id, _match(terms), limit))]

    async def entries(self, terms: Terms, before: int, limit: int) -> list[Entry]:
        asked = (self._workspace_id, _match(terms), before, limit)
        return [Entry(*row) for row in fetched(self._at, _ENTRIES, asked)]

    async def rows(self, ids: Sequence[ConversationId], wanted: InboxFilter) -> list[InboxRow]:
        return _narrowed(self._at, self._workspace_id, ids, wanted)

    async def said(self, entries: Sequence[Entry]) -> Mapping[int, Said]:
        found: dict[int, Said] = {}
        for entry in entries:
            sql = _SPOKEN if entry.source == "out" else _HEARD
            rows = fetched(self._at, sql, (self._workspace_id, entry.conversation_id, entry.seq))
            if rows:
                found[entry.id] = Said(*(story.spoken if entry.source == "out" else story.heard)(*rows[0]))
        return found


def _query() -> Query:
    return Query(lambda n: f"?{n}", lambda column: f"+{column}")


def _narrowed(
    at: apsw.Connection, workspace_id: WorkspaceId, ids: Sequence[ConversationId], wanted: InboxFilter
) -> list[InboxRow]:
    query = _query()
    keys = f"(select value from json_each({query.put(msgspec.json.encode(list(ids)).decode())}))"
    return _rows(at, inbox_queries.narrowed(query, workspace_id, keys, wanted), query.values)


def _rows(at: apsw.Connection, sql: str, values: Sequence[Any]) -> list[InboxRow]:
    return [row_of(row) for row in fetched(at, sql, values)]


def row_of(row: Sequence[Any]) -> InboxRow:
    """Tags are JSON, truth is a number."""
    return InboxRow(*(*row[:-2], bool(row[-2]), tuple(msgspec.json.decode(row[-1]))))


def _match(terms: Terms) -> str:
    return " AND ".join(
        "(" + " OR ".join(f'"{form}"{" *" if begins else ""}' for form, begins in group) + ")" for group in terms
    )
