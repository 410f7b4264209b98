"""The rows of traces, on SQLite."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

import apsw
from msgspec.structs import astuple

from turnkeeper.model.conversation import EventRow, OutboundRow, TurnRow
from turnkeeper.model.ids import ConversationKey, WorkspaceId
from turnkeeper.model.media import MediaRow
from turnkeeper.model.traces import Rehearsal, SessionBefore, TracedTurn
from turnkeeper.store import story
from turnkeeper.store.lines import Line
from turnkeeper.store.sqlite.parts import Reads, Runs, fetched
from turnkeeper.store.sqlite.payments import payments_of
from turnkeeper.store.sqlite.statements import columns, insert
from turnkeeper.store.sqlite.turns import conversation_of, whole_turn
from turnkeeper.store.traces import FORGOTTEN, GAVE_UP, MOST_BESIDE

T = TypeVar("T")

_MINE = "workspace_id = ?1 and conversation_id = ?2"
_KEEP = insert("session_before", SessionBefore, "on conflict do nothing")
_BEFORE = f"select {columns(SessionBefore)} from session_before where {_MINE} and turn_no = ?3"
_BESIDE = f"""select {columns(EventRow)} from event where {_MINE} and seq >= ?4
  and seq < coalesce((select seq_from from turn where {_MINE} and no > ?3 order by no limit 1), 9223372036854775807)
  and state in ('dropped', 'ignored', 'person', 'unreadable') and turn_no is not ?3 order by seq limit {MOST_BESIDE}"""
_REFUSED = f"select {columns(MediaRow)} from media where {_MINE} and turn_no = ?3 and state = 'refused' order by at"
_NEWEST = f"select coalesce(max(no), 0) from turn where {_MINE}"
_TURNS = f"select {columns(TurnRow)} from turn where {_MINE} and (?3 is null or no < ?3) order by no desc limit ?4"
_SAID = f"select {columns(OutboundRow)} from outbound where {_MINE} and created_at <= ?3 order by seq desc limit ?4"
_HEARD = f"select {columns(EventRow)} from event where {_MINE} and received_at <= ?3 order by seq desc limit ?4"
_REHEARSAL = columns(Rehearsal)
_ASK = insert("rehearsal", Rehearsal)
_OPEN = """select count(*) from rehearsal where workspace_id = ? and state in ('waiting', 'running')
  and asked_at > ?"""
_FIND = f"select {_REHEARSAL} from rehearsal where workspace_id = ? and id = ?"
_GIVE_UP = f"""update rehearsal set state = 'failed', progress = '{GAVE_UP}', ended_at = ?1
  where state in ('waiting', 'running') and coalesce(began_at, asked_at) <= ?2"""
_FORGET = "delete from rehearsal where asked_at <= ?"
_TAKE = f"""update rehearsal set state = 'running', began_at = ?1 where rowid = (
    select rowid from rehearsal where state = 'waiting' order by asked_at limit 1
  ) returning {_REHEARSAL}"""
_ANY = "select 1 from rehearsal where state in ('waiting', 'running') limit 1"
_TELL = """update rehearsal set state = ?3, progress = ?4, ended_at = ?5, result = ?6
  where workspace_id = ?1 and id = ?2 and state = 'running'"""


class SqliteTraceRows(Runs):
    """The TraceRows port, over what a transaction gives."""

    async def keep_sessions_before(self, rows: Sequence[SessionBefore]) -> None:
        for row in rows:
            self.run(_KEEP, astuple(row))


def _traced(connection: apsw.Connection, key: ConversationKey, no: int | None) -> TracedTurn | None:
    """From one snapshot."""
    connection.execute("begin")
    try:
        conversation, whole = conversation_of(connection, key), whole_turn(connection, key, no)
        if whole is None or conversation is None:
            return None
        turn = whole.turn
        before = fetched(connection, _BEFORE, (*key, turn.no))
        return TracedTurn(
            conversation,
            whole,
            fetched(connection, _NEWEST, key)[0][0],
            [EventRow(*row) for row in fetched(connection, _BESIDE, (*key, turn.no, turn.seq_from))],
            [MediaRow(*row) for row in fetched(connection, _REFUSED, (*key, turn.no))],
            [each for each in payments_of(connection, key) if each.turn_no == turn.no],
            SessionBefore(*before[0]).session if before else None,
        )
    finally:
        connection.execute("commit")


def _history(connection: apsw.Connection, key: ConversationKey, limit: int, until: float) -> list[Line]:
    asked = (*key, until, 2 * limit)
    events = [EventRow(*row) for row in reversed(fetched(connection, _HEARD, asked))]
    rows = [OutboundRow(*row) for row in reversed(fetched(connection, _SAID, asked))]
    return story.history(events, rows, limit)


class SqliteTraces(Reads):
    """The TraceRecords port, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[SqliteTraceRows], Coroutine[Any, Any, T]]) -> T: ...

    async def traced_turn(self, key: ConversationKey, no: int | None = None) -> TracedTurn | None:
        return await self._read(lambda at: _traced(at, key, no))

    async def turns_of(self, key: ConversationKey, before: int | None, limit: int) -> list[TurnRow]:
        return [TurnRow(*row) for row in await self._read(lambda at: fetched(at, _TURNS, (*key, before, limit)))]

    async def history_until(self, key: ConversationKey, limit: int, until: float) -> list[Line]:
        return await self._read(lambda at: _history(at, key, limit, until))

    async def ask_rehearsal(self, rehearsal: Rehearsal, most: int, since: float) -> bool:
        async def ask(rows: SqliteTraceRows) -> bool:
            if rows.run(_OPEN, (rehearsal.workspace_id, since))[0][0] >= most:
                return False
            rows.run(_ASK, astuple(rehearsal))
            return True

        return await self._alone(ask)

    async def rehearsal(self, workspace_id: WorkspaceId, id_: str) -> Rehearsal | None:
        found = await self._read(lambda at: fetched(at, _FIND, (workspace_id, id_)))
        return Rehearsal(*found[0]) if found else None

    async def take_rehearsal(self, now: float, since: float) -> Rehearsal | None:
        if not self._glance(lambda at: fetched(at, _ANY)):
            return None

        async def take(rows: SqliteTraceRows) -> Rehearsal | None:
            rows.run(_GIVE_UP, (now, since))
            rows.run(_FORGET, (now - FORGOTTEN,))
            found = rows.run(_TAKE, (now,))
            return Rehearsal(*found[0]) if found else None

        return await self._alone(take)

    async def tell_rehearsal(self, rehearsal: Rehearsal) -> None:
        told = rehearsal

        async def tell(rows: SqliteTraceRows) -> None:
            rows.run(_TELL, (told.workspace_id, told.id, told.state, told.progress, told.ended_at, told.result))

        await self._alone(tell)
