"""A turn with all its rows, on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnkeeper.model.conversation import Conversation, EventRow, OutboundRow, StepRow, TurnRow
from turnkeeper.model.ids import ConversationKey
from turnkeeper.model.traces import WholeTurn
from turnkeeper.store.postgres.statements import columns

if TYPE_CHECKING:
    from turnkeeper.store.postgres.pooled import PooledConnection

_CONVERSATION = f"select {columns(Conversation)} from conversation where workspace_id = $1 and id = $2"
_MINE = "where workspace_id = $1 and conversation_id = $2"
_TURN = f"""select {columns(TurnRow)} from turn {_MINE}
  and no = coalesce($3::bigint, (select max(no) from turn {_MINE}))"""
_EVENTS = f"select {columns(EventRow)} from event {_MINE} and seq between $4 and $5 and turn_no = $3 order by seq"
_STEPS = f"""select {columns(StepRow)} from step {_MINE} and turn_no = $3
  order by began_at, attempt, name, occurrence"""
_ROWS = rf"""select {columns(OutboundRow)} from outbound
  where workspace_id || e'\x1f' || conversation_id = $1::text || e'\x1f' || $2::text and turn_no = $3 order by seq"""


async def conversation_of(connection: PooledConnection, key: ConversationKey) -> Conversation | None:
    """A conversation by its key."""
    found = await connection.fetchrow(_CONVERSATION, *key)
    return None if found is None else Conversation(*found)


async def whole_turn(connection: PooledConnection, key: ConversationKey, no: int | None) -> WholeTurn | None:
    """A turn, within the transaction of whoever asks."""
    found = await connection.fetchrow(_TURN, *key, no)
    if found is None:
        return None
    turn = TurnRow(*found)
    of_turn = (*key, turn.no)
    events = await connection.fetch(_EVENTS, *of_turn, turn.seq_from, turn.seq_to)
    steps = await connection.fetch(_STEPS, *of_turn)
    rows = await connection.fetch(_ROWS, *of_turn)
    return WholeTurn(
        turn, [EventRow(*row) for row in events], [StepRow(*row) for row in steps], [OutboundRow(*row) for row in rows]
    )


async def snapped_turn(connection: PooledConnection, key: ConversationKey, no: int | None) -> WholeTurn | None:
    """From one snapshot."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        return await whole_turn(connection, key, no)
