"""A turn with all its rows, on SQLite."""

from __future__ import annotations

import apsw

from turnkeeper.model.conversation import Conversation, EventRow, OutboundRow, StepRow, TurnRow
from turnkeeper.model.ids import ConversationKey
from turnkeeper.model.traces import WholeTurn
from turnkeeper.store.sqlite.parts import fetched
from turnkeeper.store.sqlite.statements import columns

_CONVERSATION = f"select {columns(Conversation)} from conversation where workspace_id = ? and id = ?"
_MINE = "where workspace_id = ?1 and conversation_id = ?2"
_TURN = f"""select {columns(TurnRow)} from turn {_MINE} and no = coalesce(?3, (select max(no) from turn {_MINE}))"""
_EVENTS = f"select {columns(EventRow)} from event {_MINE} and seq between ?4 and ?5 and turn_no = ?3 order by seq"
_STEPS = f"""select {columns(StepRow)} from step {_MINE} and turn_no = ?3
  order by began_at, attempt, name, occurrence"""
_ROWS = f"select {columns(OutboundRow)} from outbound {_MINE} and turn_no = ?3 order by seq"


def conversation_of(connection: apsw.Connection, key: ConversationKey) -> Conversation | None:
    """A conversation by its key."""
    found = fetched(connection, _CONVERSATION, key)
    return Conversation(*found[0]) if found else None


def whole_turn(connection: apsw.Connection, key: ConversationKey, no: int | None) -> WholeTurn | None:
    """A turn, within the transaction of whoever asks."""
    found = fetched(connection, _TURN, (*key, no))
    if not found:
        return None
    turn = TurnRow(*found[0])
    of_turn = (*key, turn.no)
    return WholeTurn(
        turn,
        [EventRow(*row) for row in fetched(connection, _EVENTS, (*of_turn, turn.seq_from, turn.seq_to))],
        [StepRow(*row) for row in fetched(connection, _STEPS, of_turn)],
        [OutboundRow(*row) for row in fetched(connection, _ROWS, of_turn)],
    )


def snapped_turn(connection: apsw.Connection, key: ConversationKey, no: int | None) -> WholeTurn | None:
    """From one snapshot."""
    connection.execute("begin")
    try:
        return whole_turn(connection, key, no)
    finally:
        connection.execute("commit")
