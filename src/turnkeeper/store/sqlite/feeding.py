"""Feeding the inbox, on SQLite: read on a connection that holds up nobody, written in one short transaction."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import apsw
import msgspec

from turnkeeper.model.conversation import Conversation, EventRow, OutboundRow, TurnRow
from turnkeeper.model.feeding import Counted, Spending, TurnTimes
from turnkeeper.model.ids import ContactId, ConversationId, ConversationKey, WorkspaceId
from turnkeeper.model.inbox import InboxRow, Source
from turnkeeper.model.policy import Directory
from turnkeeper.model.subscriptions import Escalation
from turnkeeper.store.changes import EARLIER, PERHAPS, Rewritten
from turnkeeper.store.feeding import (
    MODEL_STEPS,
    NOTED_AT_ONCE,
    Aim,
    Batch,
    ChangeRow,
    ContactKey,
    Entered,
    Numbered,
    gathered,
    write,
)
from turnkeeper.store.sqlite.inbox import row_of
from turnkeeper.store.sqlite.parts import Reads, Runs, fetched, run_now
from turnkeeper.store.sqlite.statements import BY_EXTERNAL, EXTERNAL, GET, TURN, columns

T = TypeVar("T")

_MINE = "workspace_id = ?1 and conversation_id = ?2"
_FIELDS = InboxRow.__struct_fields__
_CHANGES = "select seq, workspace_id, conversation_id, rewritten from change order by seq limit ?"
_STANDING = f"select {', '.join(_FIELDS)}, revision, fed from inbox where {_MINE}"
_LATE = "select workspace_id, conversation_id from backfill"
_NAME = "select name from contact where workspace_id = ? and id = ?"
_STAGE = f"select stage from session where {_MINE}"
_TAGS = "select bot_id, value from fact where workspace_id = ? and contact_id = ? and name = 'tags'"
_ESCALATION = f"select {columns(Escalation)} from escalation where {_MINE}"
_SPENT = f"select day, tokens, micros from spend where {_MINE} and day >= ?3 order by day"
_EVENTS = f"select {columns(EventRow)} from event where {_MINE} and seq > ?3 order by seq limit ?4"
_EVENT = f"select {columns(EventRow)} from event where {_MINE} and seq = ?3"
_ROWS = f"select {columns(OutboundRow)} from outbound where {_MINE} and seq > ?3 order by seq limit ?4"
_ROW = f"select {columns(OutboundRow)} from outbound where {_MINE} and seq = ?3"
_SAID_AT = f"select min(created_at), min(accepted_at) from outbound where {_MINE} and turn_no = ?3"
_WORKED = f"""select coalesce(sum(done_at - began_at), 0.0) from step
  where {_MINE} and turn_no = ?3 and {MODEL_STEPS}"""
_ADD_CHANGE = "insert into change (workspace_id, conversation_id, rewritten, at) values (?, ?, ?, ?)"
_DROP_CHANGE = "delete from change where seq = ?"
_NEXT = """insert into inbox_seq_of values (?, ?) on conflict do update set seq = seq + excluded.seq returning seq"""
_REVISION = f"select revision from inbox where {_MINE}"
_KEPT = ("workspace_id", "conversation_id", "seen_count")
_PUT = f"""insert into inbox ({", ".join(_FIELDS)}, revision, fed)
  values ({", ".join("?" * (len(_FIELDS) + 2))}) on conflict do update set
  {", ".join(f"{field} = excluded.{field}" for field in (*_FIELDS, "revision", "fed") if field not in _KEPT)},
  seen_count = min(inbox.seen_count + excluded.seen_count, excluded.contact_count)"""
_DROP_TAGS = f"delete from inbox_tag where {_MINE}"
_ADD_TAG = "insert into inbox_tag values (?, ?, ?, ?)"
_DROP_ENTRY = f"delete from search_entry where {_MINE} and source = ?3 and seq = ?4 returning id"
_DROP_WORDS = "delete from search_index where rowid = ?"
_ADD_ENTRY = "insert into search_entry values (?, ?, ?, ?, ?, ?) on conflict do nothing returning id"
_ADD_WORDS = "insert into search_index (rowid, words) values (?, ?)"
_ADD_FIGURE = """insert into figure values (?, ?, ?, ?, ?, ?)
  on conflict do update set value = value + excluded.value"""
FORGET_WORDS = (
    f"""delete from search_index where rowid in (
    select id from search_entry where {_MINE} and source <> 'name')""",
    f"delete from search_entry where {_MINE} and source <> 'name'",
)
"""What a conversation's messages were found by goes."""
BLANK = f"update inbox set preview = '', revision = revision + 1 where {_MINE}"
"""Whatever is being made of it now does not count."""
_LATELY = """select distinct workspace_id, conversation_id from (
    select workspace_id, conversation_id from (
      select workspace_id, conversation_id, received_at as at from event order by rowid desc limit ?2)
      where at >= ?1
    union all
    select workspace_id, conversation_id from (
      select workspace_id, conversation_id, created_at as at from outbound order by rowid desc limit ?2)
      where at >= ?1
    union all
    select workspace_id, conversation_id from (
      select workspace_id, conversation_id, at from handover order by rowid desc limit ?2)
      where at >= ?1
  ) said"""
_FED_UNTIL = "select max(last_at) from inbox where preview <> ''"
_LAPSED = "select workspace_id, conversation_id from inbox where mode_until <= ? order by mode_until limit ?"
_EARLIER = "select id from conversation where workspace_id = ? and id < ? order by id desc limit ?"
_MOVE = "update backfill set conversation_id = ? where workspace_id = ?"
_FILLED = "delete from backfill where workspace_id = ?"
_OLD_PREVIEWS = """update inbox set preview = '' where rowid in (
    select rowid from inbox where last_at < ? and preview <> '' order by last_at limit ?) returning 1"""
_OLD_WORDS = """delete from search_entry where id in (
    select id from search_entry where id between 0 and ? order by id limit ?) returning id"""
_TICK_OF_A_SECOND = 1000 << 21


class SqliteFeedRows(Runs):
    """The FeedRows port, over what a transaction gives."""

    async def add_changes(self, changes: Sequence[tuple[ConversationKey, Rewritten]], now: float) -> None:
        for key, rewritten in changes:
            self.run(_ADD_CHANGE, (*key, rewritten, now))

    async def drop_changes(self, seqs: Sequence[int]) -> None:
        for seq in seqs:
            self.run(_DROP_CHANGE, (seq,))

    async def next_seqs(self, counts: Mapping[WorkspaceId, int]) -> dict[WorkspaceId, int]:
        return {workspace_id: int(self.run(_NEXT, (workspace_id, n))[0][0]) for workspace_id, n in counts.items()}

    async def revisions(self, keys: Sequence[ConversationKey]) -> dict[ConversationKey, int]:
        found = {key: self.run(_REVISION, key) for key in keys}
        return {key: int(rows[0][0]) for key, rows in found.items() if rows}

    async def put_inbox(self, rows: Sequence[tuple[InboxRow, int, bytes, int]]) -> None:
        for row, revision, progress, seen in rows:
            tags = msgspec.json.encode(row.tags).decode()
            values = [getattr(row, field) for field in _FIELDS[:-1]]
            values[_FIELDS.index("seen_count")] = seen
            self.run(_PUT, (*values, tags, revision, progress))

    async def put_tags(self, rows: Sequence[InboxRow]) -> None:
        for row in rows:
            self.run(_DROP_TAGS, row.key)
            for tag in row.tags:
                self.run(_ADD_TAG, (row.workspace_id, tag, row.last_at, row.conversation_id))

    async def drop_entries(self, places: Sequence[tuple[WorkspaceId, ConversationId, Source, int]]) -> None:
        for place in places:
            for gone in self.run(_DROP_ENTRY, place):
                self.run(_DROP_WORDS, gone)

    async def forget_words(self, keys: Sequence[ConversationKey]) -> None:
        for key in keys:
            for statement in FORGET_WORDS:
                self.run(statement, key)

    async def add_entries(self, rows: Sequence[tuple[WorkspaceId, ConversationId, Entered]]) -> None:
        for workspace_id, conversation_id, entry in rows:
            place = (workspace_id, conversation_id, entry.source, entry.seq, entry.at)
            for id_ in range(entry.id, entry.id + 5):
                if self.run(_ADD_ENTRY, (id_, *place)):
                    self.run(_ADD_WORDS, (id_, " ".join(entry.words)))
                    break

    async def add_figures(self, figures: Mapping[tuple[WorkspaceId, Counted], int]) -> None:
        for (workspace_id, counted), value in figures.items():
            self.run(_ADD_FIGURE, (workspace_id, *counted, value))


class SqliteFeeding(Reads):
    """The InboxFeeding port, over what the store gives; `flush_changes` is the scripted half's."""

    _directory: Directory

    @abstractmethod
    async def _alone(self, script: Callable[[SqliteFeedRows], Coroutine[Any, Any, T]]) -> T: ...

    async def feed_inbox(self, limit: int, now: float) -> int:
        def read(at: apsw.Connection) -> Batch:
            found: Batch = run_now(gathered(_Source(at), self._directory, limit, now))
            return found

        batch = await self._read(read)
        if batch.read:
            await self._alone(lambda rows: write(rows, batch))
        return batch.read

    async def note_lately(self, since: float, now: float, limit: int) -> int:
        found = await self._read(lambda at: _keys(fetched(at, _LATELY, (since, limit))))
        return await self._noted(found, PERHAPS, now)

    async def fed_until(self) -> float | None:
        found: float | None = await self._read(lambda at: fetched(at, _FED_UNTIL, ())[0][0])
        return found

    async def note_lapsed(self, now: float, limit: int) -> int:
        found = await self._read(lambda at: _keys(fetched(at, _LAPSED, (now, limit))))
        return await self._noted(found, None, now)

    async def _noted(self, keys: Sequence[ConversationKey], how: Rewritten, now: float) -> int:
        for n in range(0, len(keys), NOTED_AT_ONCE):
            part = [(key, how) for key in keys[n : n + NOTED_AT_ONCE]]
            await self._alone(partial(_added, part, now))
        return len(keys)

    async def backfill(self, now: float, limit: int) -> int:
        async def fill(rows: SqliteFeedRows) -> int:
            open_ = rows.run(f"{_LATE} limit 1")
            if not open_:
                return 0
            workspace_id, reached = open_[0]
            ids = [row[0] for row in rows.run(_EARLIER, (workspace_id, reached, limit))]
            await rows.add_changes([(ConversationKey(workspace_id, each), EARLIER) for each in ids], now)
            if ids:
                rows.run(_MOVE, (ids[-1], workspace_id))
            else:
                rows.run(_FILLED, (workspace_id,))
            return max(1, len(ids))

        return await self._alone(fill)

    async def forget_previews(self, before: float, limit: int) -> int:
        async def forget(rows: SqliteFeedRows) -> int:
            words = rows.run(_OLD_WORDS, (int(before * _TICK_OF_A_SECOND), limit))
            for gone in words:
                rows.run(_DROP_WORDS, gone)
            return len(words) + len(rows.run(_OLD_PREVIEWS, (before, limit)))

        return await self._alone(forget)


async def _added(changes: Sequence[tuple[ConversationKey, Rewritten]], now: float, rows: SqliteFeedRows) -> None:
    await rows.add_changes(changes, now)


class _Source:
    """The FeedSource port on one connection."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._at = connection

    def _each(self, sql: str, keys: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
        return [row for key in keys for row in fetched(self._at, sql, key)]

    async def changes(self, limit: int) -> list[ChangeRow]:
        return [ChangeRow(row[0], ConversationKey(row[1], row[2]), row[3]) for row in self._each(_CHANGES, [(limit,)])]

    async def standing(self, keys: Sequence[ConversationKey]) -> list[tuple[InboxRow, int, bytes]]:
        return [(row_of(row[:-2]), row[-2], row[-1]) for row in self._each(_STANDING, keys)]

    async def late(self) -> Mapping[WorkspaceId, str]:
        return {row[0]: row[1] for row in fetched(self._at, _LATE)}

    async def conversations(self, keys: Sequence[ConversationKey]) -> list[Conversation]:
        return [Conversation(*row) for row in self._each(GET, keys)]

    async def names(self, contacts: Sequence[ContactKey]) -> dict[ContactKey, str | None]:
        return {key: row[0] for key in contacts for row in fetched(self._at, _NAME, key)}

    async def stages(self, keys: Sequence[ConversationKey]) -> dict[ConversationKey, str | None]:
        return {key: row[0] for key in keys for row in fetched(self._at, _STAGE, key)}

    async def tags(self, contacts: Sequence[ContactKey]) -> list[tuple[WorkspaceId, ContactId, str, bytes]]:
        return [(*key, row[0], row[1]) for key in contacts for row in fetched(self._at, _TAGS, key)]

    async def escalations(self, keys: Sequence[ConversationKey]) -> list[Escalation]:
        return [Escalation(*row) for row in self._each(_ESCALATION, keys)]

    async def spending(
        self, spans: Sequence[tuple[WorkspaceId, ConversationId, str]]
    ) -> list[tuple[ConversationKey, Spending]]:
        return [
            (ConversationKey(w, c), Spending(*row))
            for w, c, day in spans
            for row in fetched(self._at, _SPENT, (w, c, day))
        ]

    async def events_after(self, spans: Sequence[Numbered], limit: int) -> list[EventRow]:
        return [EventRow(*row) for row in self._each(_EVENTS, ((*span, limit) for span in spans))]

    async def events_at(self, places: Sequence[Numbered]) -> list[EventRow]:
        return [EventRow(*row) for row in self._each(_EVENT, places)]

    async def rows_after(self, spans: Sequence[Numbered], limit: int) -> list[OutboundRow]:
        return [OutboundRow(*row) for row in self._each(_ROWS, ((*span, limit) for span in spans))]

    async def rows_at(self, places: Sequence[Numbered]) -> list[OutboundRow]:
        return [OutboundRow(*row) for row in self._each(_ROW, places)]

    async def aims(self, wanted: Sequence[Aim]) -> dict[Aim, tuple[Source, int]]:
        found: dict[Aim, tuple[Source, int]] = {}
        for aim in wanted:
            w, c, channel_id, external_id = aim
            for row in fetched(self._at, EXTERNAL, (w, channel_id, external_id)):
                if row[1] == c:
                    found[aim] = ("out", row[2])
            for row in fetched(self._at, BY_EXTERNAL, (w, c, external_id)):
                found[aim] = ("in", row[2])
        return found

    async def turns(self, places: Sequence[Numbered]) -> list[TurnRow]:
        return [TurnRow(*row) for row in self._each(TURN, places)]

    async def times(self, places: Sequence[Numbered]) -> dict[Numbered, TurnTimes]:
        return {
            place: TurnTimes(*(*fetched(self._at, _SAID_AT, place)[0], fetched(self._at, _WORKED, place)[0][0]))
            for place in places
        }


def _keys(rows: Sequence[Sequence[Any]]) -> list[ConversationKey]:
    return [ConversationKey(row[0], row[1]) for row in rows]
