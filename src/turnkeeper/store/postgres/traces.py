"""The rows of traces, on PostgreSQL."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import astuple

from turnkeeper.model.conversation import EventRow, OutboundRow, TurnRow
from turnkeeper.model.ids import ConversationKey, WorkspaceId
from turnkeeper.model.media import MediaRow
from turnkeeper.model.traces import Rehearsal, SessionBefore, TracedTurn
from turnkeeper.store import story
from turnkeeper.store.lines import Line
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.parts import Runs
from turnkeeper.store.postgres.payments import payments_of
from turnkeeper.store.postgres.statements import columns
from turnkeeper.store.postgres.tenant import Tenants
from turnkeeper.store.postgres.turns import conversation_of, whole_turn
from turnkeeper.store.traces import FORGOTTEN, GAVE_UP, MOST_BESIDE

if TYPE_CHECKING:
    from turnkeeper.store.postgres.pooled import PooledConnection

T = TypeVar("T")

_MINE = "workspace_id = $1 and conversation_id = $2"
# The expression is the one that second indexes lead with.
_BESIDE_MINE = r"workspace_id || e'\x1f' || conversation_id = $1::text || e'\x1f' || $2::text"
_KEEP = f"""insert into session_before ({columns(SessionBefore)}) values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (workspace_id, conversation_id, turn_no) do nothing"""
_BEFORE = f"select {columns(SessionBefore)} from session_before where {_MINE} and turn_no = $3"
_BESIDE = f"""select {columns(EventRow)} from event where {_MINE} and seq >= $4
  and seq < coalesce((select seq_from from turn where {_MINE} and no > $3 order by no limit 1), 9223372036854775807)
  and state in ('dropped', 'ignored', 'person', 'unreadable') and turn_no is distinct from $3
  order by seq limit {MOST_BESIDE}"""
_REFUSED = f"""select {columns(MediaRow)} from media where {_BESIDE_MINE} and turn_no = $3 and state = 'refused'
  order by at"""
_NEWEST = f"select coalesce(max(no), 0) from turn where {_MINE}"
_TURNS = f"""select {columns(TurnRow)} from turn where {_MINE} and ($3::bigint is null or no < $3)
  order by no desc limit $4"""
_SAID = f"select {columns(OutboundRow)} from outbound where {_MINE} and created_at <= $3 order by seq desc limit $4"
_HEARD = f"select {columns(EventRow)} from event where {_MINE} and received_at <= $3 order by seq desc limit $4"
_REHEARSAL = columns(Rehearsal)
_LOCK = "select pg_advisory_xact_lock(hashtextextended(concat_ws('|', 'rehearsal', $1::text), 0))"
_ASK = f"""insert into rehearsal ({_REHEARSAL})
  values ({", ".join(f"${place + 1}" for place in range(len(Rehearsal.__struct_fields__)))})"""
_OPEN = """select count(*) from rehearsal where workspace_id = $1 and state in ('waiting', 'running')
  and asked_at > $2"""
_FIND = f"select {_REHEARSAL} from rehearsal where workspace_id = $1 and id = $2"
_GIVE_UP = f"""update rehearsal set state = 'failed', progress = '{GAVE_UP}', ended_at = $1
  where state in ('waiting', 'running') and coalesce(began_at, asked_at) <= $2"""
_FORGET = "delete from rehearsal where asked_at <= $1"
_TAKE = f"""update rehearsal set state = 'running', began_at = $1 where ctid = any(array(
    select ctid from rehearsal where state = 'waiting' order by asked_at limit 1 for update skip locked
  )) returning {_REHEARSAL}"""
_ANY = "select 1 from rehearsal where state in ('waiting', 'running') limit 1"
_TELL = """update rehearsal set state = $3, progress = $4, ended_at = $5, result = $6
  where workspace_id = $1 and id = $2 and state = 'running'"""


class PostgresTraceRows(Runs):
    """The TraceRows port, over what a transaction gives."""

    @abstractmethod
    async def many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None: ...

    async def keep_sessions_before(self, rows: Sequence[SessionBefore]) -> None:
        if rows:
            await self.many(_KEEP, [astuple(row) for row in rows])


async def _traced(connection: PooledConnection, key: ConversationKey, no: int | None) -> TracedTurn | None:
    """Within the tenant's transaction; what changes while it is read is seen by the next look."""
    conversation, whole = await conversation_of(connection, key), await whole_turn(connection, key, no)
    if whole is None or conversation is None:
        return None
    turn = whole.turn
    before = await connection.fetchrow(_BEFORE, *key, turn.no)
    return TracedTurn(
        conversation,
        whole,
        await connection.fetchval(_NEWEST, *key),
        [EventRow(*row) for row in await connection.fetch(_BESIDE, *key, turn.no, turn.seq_from)],
        [MediaRow(*row) for row in await connection.fetch(_REFUSED, *key, turn.no)],
        [each for each in await payments_of(connection, key) if each.turn_no == turn.no],
        None if before is None else SessionBefore(*before).session,
    )


async def _history(connection: PooledConnection, key: ConversationKey, limit: int, until: float) -> list[Line]:
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        events = [EventRow(*row) for row in await connection.fetch(_HEARD, *key, until, 2 * limit)]
        rows = [OutboundRow(*row) for row in await connection.fetch(_SAID, *key, until, 2 * limit)]
    return story.history(events[::-1], rows[::-1], limit)


class PostgresTraces(Tenants):
    """The TraceRecords port, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[PostgresTraceRows], Coroutine[Any, Any, T]]) -> T: ...

    async def traced_turn(self, key: ConversationKey, no: int | None = None) -> TracedTurn | None:
        return await self._as_tenant(key.workspace_id, lambda at: _traced(at, without_nul(key), no))

    async def turns_of(self, key: ConversationKey, before: int | None, limit: int) -> list[TurnRow]:
        found = await self._as_tenant(key.workspace_id, lambda at: at.fetch(_TURNS, *without_nul(key), before, limit))
        return [TurnRow(*row) for row in found]

    async def history_until(self, key: ConversationKey, limit: int, until: float) -> list[Line]:
        return await self._read(lambda at: _history(at, key, limit, until))

    async def ask_rehearsal(self, rehearsal: Rehearsal, most: int, since: float) -> bool:
        row = without_nul(rehearsal)

        async def ask(connection: PooledConnection) -> bool:
            await connection.execute(_LOCK, row.workspace_id)
            if await connection.fetchval(_OPEN, row.workspace_id, since) >= most:
                return False
            await connection.execute(_ASK, *astuple(row))
            return True

        return await self._as_tenant(row.workspace_id, ask)

    async def rehearsal(self, workspace_id: WorkspaceId, id_: str) -> Rehearsal | None:
        found = await self._as_tenant(workspace_id, lambda at: at.fetchrow(_FIND, workspace_id, without_nul(id_)))
        return None if found is None else Rehearsal(*found)

    async def take_rehearsal(self, now: float, since: float) -> Rehearsal | None:
        if not await self._read(lambda at: at.fetch(_ANY)):
            return None

        async def take(rows: PostgresTraceRows) -> Rehearsal | None:
            await rows.run(_GIVE_UP, now, since)
            await rows.run(_FORGET, now - FORGOTTEN)
            found = await rows.run(_TAKE, now)
            return Rehearsal(*found[0]) if found else None

        return await self._alone(take)

    async def tell_rehearsal(self, rehearsal: Rehearsal) -> None:
        told = without_nul(rehearsal)

        async def tell(rows: PostgresTraceRows) -> None:
            await rows.run(_TELL, told.workspace_id, told.id, told.state, told.progress, told.ended_at, told.result)

        await self._alone(tell)
