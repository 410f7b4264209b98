"""The statements of the Rows port on SQLite, each for one row; keys come first."""

from __future__ import annotations

import msgspec

from turnkeeper.model.account import AccountState
from turnkeeper.model.agents import Fact
from turnkeeper.model.conversation import (
    AddressRow,
    Conversation,
    EventRow,
    OutboundRow,
    SessionRow,
    StepRow,
    StrayRow,
    TimerRow,
    TurnRow,
)
from turnkeeper.model.sequences import PREFIX as SEQUENCE
from turnkeeper.rules.account import PREFIX
from turnkeeper.rules.fallback import STOOD_IN
from turnkeeper.store.base import EARLY_LOOKED_BACK, LOOKED_BACK, LOOKED_THROUGH
from turnkeeper.store.rows import OWN_KINDS


def columns(row: type[msgspec.Struct]) -> str:
    """The columns of a struct's table, in order."""
    return ", ".join(row.__struct_fields__)


def insert(table: str, row: type[msgspec.Struct], clause: str = "") -> str:
    """A statement that inserts a struct's fields."""
    marks = ", ".join("?" * len(row.__struct_fields__))
    return f"insert into {table} ({columns(row)}) values ({marks}) {clause}"


def _update(table: str, row: type[msgspec.Struct], key: int) -> str:
    """Set everything but the first `key` fields, which name the row."""
    fields = row.__struct_fields__
    changes = ", ".join(f"{field} = ?{place + 1}" for place, field in enumerate(fields) if place >= key)
    return f"update {table} set {changes} where " + " and ".join(f"{f} = ?{i + 1}" for i, f in enumerate(fields[:key]))


FORGET_UPLOAD = "delete from upload where workspace_id = ? and channel_id = ? and key = ?"
_CONVERSATION = columns(Conversation)
ADDRESS = f"select {columns(AddressRow)} from address where workspace_id = ? and channel_id = ? and value = ?"
ADD_ADDRESS = insert("address", AddressRow, "on conflict do nothing")
REPOINT_ADDRESSES = """update address set conversation_id = ?, contact_id = ?
  where workspace_id = ? and conversation_id = ?"""
REPOINT_CONVERSATION = "update conversation set contact_id = ? where workspace_id = ? and id = ?"
ADD_CONTACT = "insert into contact values (?, ?, ?, ?) on conflict do nothing"
CREATE = insert("conversation", Conversation, "on conflict do nothing")
GET = f"select {_CONVERSATION} from conversation where workspace_id = ? and id = ?"
SAVE = _update("conversation", Conversation, 2)
DUE = f"select {_CONVERSATION} from conversation where due_at <= ? order by due_at limit ?"
OWNED = f"select {_CONVERSATION} from conversation where owner = ? limit ?"
COUNT_OWNED = "select count(*) from conversation where owner = ?"
KNOWN = "select 1 from event where workspace_id = ? and channel_id = ? and dedup = ?"
RECENT = """select dedup from (
    select dedup, received_at from event where workspace_id = ? and conversation_id = ? order by seq desc limit 64
  ) where received_at >= ?"""
ADD_EVENT = insert("event", EventRow)
OPEN = f"""select {columns(EventRow)} from event where workspace_id = ? and conversation_id = ? and seq > ?
  and state in ('waiting', 'running') order by seq"""
BY_EXTERNAL = f"""select {columns(EventRow)} from event where workspace_id = ?1 and conversation_id = ?2 and seq = (
  select max(seq) from (
    select seq, external_id from event where workspace_id = ?1 and conversation_id = ?2 order by seq desc
    limit {LOOKED_BACK}
  ) where external_id = ?3)"""
EARLY = f"""select {columns(EventRow)} from (
    select {columns(EventRow)} from event where workspace_id = ?1 and conversation_id = ?2 order by seq desc
    limit {EARLY_LOOKED_BACK}
  ) where reason = ?3 order by seq"""
ERASE = (
    """update event set kind = 'system', body = cast('{"kind":"system"}' as blob)
  where workspace_id = ?1 and conversation_id = ?2 and state <> 'waiting'""",
    """update outbound set content = cast('{"type":"text","body":""}' as blob)
  where workspace_id = ?1 and conversation_id = ?2 and (settled_at is not null or turn_no > 0 and state <> 'queued')""",
    "update turn set trace = null where workspace_id = ?1 and conversation_id = ?2",
    "delete from step where workspace_id = ?1 and conversation_id = ?2",
    "delete from session where workspace_id = ?1 and conversation_id = ?2",
    "delete from session_before where workspace_id = ?1 and conversation_id = ?2",
    "delete from rehearsal where workspace_id = ?1 and conversation_id = ?2",
    "delete from timer where workspace_id = ?1 and conversation_id = ?2",
    "delete from announcement where workspace_id = ?1 and conversation_id = ?2 and settled_at is null",
    "update payment set description = '', url = null where workspace_id = ?1 and conversation_id = ?2",
    "update escalation set reason = '' where workspace_id = ?1 and conversation_id = ?2",
    "update handover set reason = '' where workspace_id = ?1 and conversation_id = ?2",
    "delete from note where workspace_id = ?1 and conversation_id = ?2",
    """delete from fact where workspace_id = ?1
  and contact_id = (select contact_id from conversation where workspace_id = ?1 and id = ?2)""",
    # What somebody does not want is kept, as that they opted out is.
    """delete from consent where workspace_id = ?1 and granted
  and contact_id = (select contact_id from conversation where workspace_id = ?1 and id = ?2)""",
    """insert into summary (workspace_id, conversation_id, text, up_to, made_at) values (?1, ?2, '', ?3, ?3)
  on conflict do update set text = '', up_to = excluded.up_to, made_at = excluded.made_at""",
)
CHANGE = """update event set state = ?3, reason = ?4, turn_no = ?5, settled_at = ?6
  where workspace_id = ?1 and conversation_id = ?2 and seq = ?7"""
REWRITE = "update event set body = ? where workspace_id = ? and conversation_id = ? and seq = ?"
END = """update event set state = ?6, reason = null, settled_at = ?7
  where workspace_id = ?1 and conversation_id = ?2 and seq between ?4 and ?5 and turn_no = ?3
  and state in ('running', 'answered', 'failed')"""
STRAY = insert("stray", StrayRow, "on conflict do update set deliveries = deliveries + 1 returning deliveries")
_OUT = columns(OutboundRow)
ROW = f"select {_OUT} from outbound where workspace_id = ? and conversation_id = ? and seq = ?"
FIRST = f"""select {_OUT} from outbound where workspace_id = ? and conversation_id = ? and seq > ?
  and settled_at is null order by seq limit 1"""
EXTERNAL = f"select {_OUT} from outbound where workspace_id = ? and channel_id = ? and external_id = ?"
ADD_ROW = insert("outbound", OutboundRow)
SAVE_ROW = _update("outbound", OutboundRow, 3)
STATES = f"""select state, settled_at is not null from outbound
  where workspace_id = ? and conversation_id = ? and turn_no = ? and code is not '{STOOD_IN}'"""
# The plus keeps the plan from going by the index of turns: through all that was ever sent.
CANCEL = """update outbound set state = 'cancelled', settled_at = ?
  where workspace_id = ? and conversation_id = ? and seq > ? and +turn_no > 0 and state = 'queued' returning turn_no"""
OUT_DONE = "select out_done from conversation where workspace_id = ? and id = ?"
OPEN_SEND = """select 1 from outbound where workspace_id = ? and conversation_id = ? and seq > ?
  and settled_at is null and state in ('sending', 'unknown') limit 1"""
TURN = f"select {columns(TurnRow)} from turn where workspace_id = ? and conversation_id = ? and no = ?"
PUT_TURN = insert(
    "turn",
    TurnRow,
    "on conflict do update set " + ", ".join(f"{field} = excluded.{field}" for field in TurnRow.__struct_fields__[3:]),
)
STEPS = f"select {columns(StepRow)} from step where workspace_id = ? and conversation_id = ? and turn_no = ?"
PUT_STEP = insert(
    "step",
    StepRow,
    "on conflict do update set result = excluded.result, done_at = excluded.done_at where result is null returning 1",
)
ADD_SPEND = """insert into spend (workspace_id, conversation_id, day, tokens, micros) values (?, ?, ?, ?, ?)
  on conflict do update set tokens = tokens + excluded.tokens, micros = micros + excluded.micros"""
_REPLACE_FACT = "on conflict do update set " + ", ".join(
    f"{field} = excluded.{field}" for field in Fact.__struct_fields__[4:]
)
PUT_FACT = insert("fact", Fact, _REPLACE_FACT)
DROP_FACT = "delete from fact where workspace_id = ? and contact_id = ? and bot_id = ? and name = ?"
CONTACT = "select contact_id from conversation where workspace_id = ? and id = ?"
MOVE_FACTS = f"""insert into fact select workspace_id, ?3, {", ".join(Fact.__struct_fields__[2:])} from fact
  where workspace_id = ?1 and contact_id = ?2 {_REPLACE_FACT} where excluded.at > fact.at"""
DROP_FACTS = "delete from fact where workspace_id = ? and contact_id = ?"
SESSION = f"select {columns(SessionRow)} from session where workspace_id = ? and conversation_id = ?"
PUT_SESSION = insert(
    "session",
    SessionRow,
    "on conflict do update set state = excluded.state, stage = excluded.stage, carried = excluded.carried,"
    " saved_at = excluded.saved_at",
)
TAKE_EARLY = """delete from early_report where workspace_id = ? and channel_id = ? and external_id = ?
  returning workspace_id, channel_id, external_id, status, at, code, reason, received_at"""
ADD_EARLY = "insert into early_report values (?, ?, ?, ?, ?, ?, ?, ?)"
ADD_TIMER = insert(
    "timer",
    TimerRow,
    "on conflict do update set " + ", ".join(f"{field} = excluded.{field}" for field in TimerRow.__struct_fields__[3:]),
)
TAKE_TIMERS = f"""delete from timer where rowid in (select rowid from timer where due_at <= ? order by due_at limit ?)
  returning {columns(TimerRow)}"""
IS_NAMED = "case name when '' then instr(body, ?4) > 0 else name = ?3 end"
"""Whether it is a timer of a name (store.timers.told_name)."""
DROP_TIMERS = f"delete from timer where workspace_id = ?1 and conversation_id = ?2 and {IS_NAMED}"
DROP_SEQUENCES = f"delete from timer where workspace_id = ? and conversation_id = ? and name like '{SEQUENCE}%'"
DROP_FOLLOW_UPS = "delete from timer where workspace_id = ? and conversation_id = ? and follow_up"
PAUSED = "select workspace_id, channel_id from channel_pause"
REFUSED = """insert into channel_refusal (workspace_id, channel_id, credentials) values (?, ?, ?)
  on conflict do update set credentials = excluded.credentials"""
# Words for the same state change nothing; the account's own reason gives way.
PAUSE = f"""insert into channel_pause values (?, ?, ?, ?)
  on conflict do update set reason = excluded.reason,
    paused_at = iif(excluded.reason like '{PREFIX}%', channel_pause.paused_at, excluded.paused_at)
  where channel_pause.reason like '{PREFIX}%' and excluded.reason <> channel_pause.reason returning 1"""
END_OWN_PAUSE = f"""delete from channel_pause
  where workspace_id = ? and channel_id = ? and reason like '{PREFIX}%' returning 1"""
RESUME = "delete from channel_pause where workspace_id = ? and channel_id = ? returning 1"
FORGIVE = "delete from channel_refusal where workspace_id = ? and channel_id = ?"
HOLD_CHANNEL = """update conversation set send_at = null, due_at = null
  where workspace_id = ? and channel_id = ? and unsent > 0"""
FREE_CHANNEL = """update conversation set send_at = ?1, due_at = iif(owner is null, ?1, null)
  where workspace_id = ?2 and channel_id = ?3 and unsent > 0"""
ACCOUNT = f"select {columns(AccountState)} from account_state where workspace_id = ? and channel_id = ?"
ADD_ACCOUNT = insert("account_state", AccountState, "on conflict do nothing")
PUT_ACCOUNT = _update("account_state", AccountState, 2)
ACCOUNT_DUE = f"""update account_state set look_at = ?4 where workspace_id = ?1 and channel_id = ?2 and look_at <= ?3
  returning {columns(AccountState)}"""
NEWEST = f"""select received_at from (
    select workspace_id, channel_id, kind, received_at from event where rowid > (
      select coalesce(max(rowid), 0) - {LOOKED_THROUGH} from event
    ) order by rowid desc
  ) where workspace_id = ? and channel_id = ? and received_at < ? and kind not in ({OWN_KINDS}) limit 1"""
BUCKET = "select tat, tail, spent from bucket where workspace_id = ? and channel_id = ?"
SAVE_BUCKET = """insert into bucket (workspace_id, channel_id, tat, tail, spent) values (?, ?, ?, ?, ?)
  on conflict do update set tat = excluded.tat, tail = excluded.tail, spent = excluded.spent"""

ADD_WORKER = "insert into worker (id, started_at, beat_at) values (?, ?, ?)"
BEAT = "update worker set beat_at = ? where id = ? and not dead returning 1"
ALIVE = "select 1 from worker where id = ? and not dead"
BURY = "update worker set dead = 1 where not dead and beat_at < ?"
DEAD = "select id from worker where dead"
REMOVE_WORKER = "delete from worker where id = ?"
