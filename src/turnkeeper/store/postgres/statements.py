"""The statements of the Rows port: one for each set, whatever its size.

Rows travel as one array of a row type, keys as one array a column. Plans are made once and kept, perhaps while
a table was empty; so each statement leaves one way only: from every key, by an index, to its rows. Hence
`lateral … offset 0`, updates by `ctid`, `+ 0` after a column of another index, and no `owner` beside a key
(with a backlog its index would be walked).
"""

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
from turnkeeper.store.rows import OWN_KINDS, EarlyReport

_Struct = type[msgspec.Struct]
SHAPES = {"conversation": "conversation_row4", "outbound": "outbound_row2", "timer": "timer_row2"}
"""The row types of tables that have had columns added; the others' are named after them."""


def shape(table: str) -> str:
    """The type in which rows of a table travel."""
    return SHAPES.get(table, f"{table}_row")


def columns(row: _Struct, table: str = "") -> str:
    """The columns of a struct's table, in order."""
    prefix = f"{table}." if table else ""
    return ", ".join(f"{prefix}{field}" for field in row.__struct_fields__)


def is_named(name: str, told: str) -> str:
    """Whether `r` is a timer of a name (store.timers.told_name)."""
    return f"case r.name when '' then position({told} in r.body) > 0 else r.name = {name} end"


def _insert(table: str, listed: str, clause: str = "") -> str:
    return f"insert into {table} ({listed}) select {listed} from unnest($1::{shape(table)}[]) {clause}"


def _from_keys(listed: str, named: str, table: str, found: str) -> str:
    """For every key its rows: `r`, found by `found`, never the other way round."""
    return f"""select {listed} from {named}
  cross join lateral (select * from {table} r where {found} offset 0) r"""


def _update_by(table: str, changes: str, named: str, found: str) -> str:
    """For every key its rows, changed; they belong to conversations that are locked, so a `ctid` holds."""
    return f"""update {table} r set {changes} from {named}
  cross join lateral (select ctid from {table} r where {found} offset 0) f where r.ctid = f.ctid"""


def _update(table: str, row: _Struct, key: int) -> str:
    """Set everything but the first `key` fields, which name the row."""
    fields = row.__struct_fields__
    changes = ", ".join(f"{field} = k.{field}" for field in fields[key:])
    found = " and ".join(f"r.{field} = k.{field}" for field in fields[:key])
    return _update_by(table, changes, f"unnest($1::{shape(table)}[]) as k", found)


def _replaced(row: _Struct, key: int) -> str:
    fields = row.__struct_fields__
    changes = ", ".join(f"{field} = excluded.{field}" for field in fields[key:])
    return f"on conflict ({', '.join(fields[:key])}) do update set {changes}"


def _keys(*named: tuple[str, str]) -> str:
    arrays = ", ".join(f"${place}::{kind}[]" for place, (_, kind) in enumerate(named, 1))
    return f"unnest({arrays}) as k({', '.join(name for name, _ in named)})"


_PAIR = _keys(("w", "text"), ("c", "text"))
_TRIPLE = _keys(("w", "text"), ("c", "text"), ("x", "text"))
_SPANS = _keys(("w", "text"), ("c", "text"), ("after", "bigint"))
_NUMBERED = _keys(("w", "text"), ("c", "text"), ("no", "bigint"))
_MINE = "r.workspace_id = k.w and r.conversation_id = k.c"
_CHANNELS = "r.workspace_id = k.w and r.channel_id = k.c"
# The expressions that second indexes lead with; they keep the primary key out, as plain columns keep them out.
_BESIDE_MINE = r"r.workspace_id || e'\x1f' || r.conversation_id = k.w || e'\x1f' || k.c"
_BESIDE_CHANNELS = r"r.workspace_id || e'\x1f' || r.channel_id = k.w || e'\x1f' || k.c"

ADDRESSES = _from_keys(columns(AddressRow, "r"), _TRIPLE, "address", f"{_CHANNELS} and r.value = k.x")
ADD_ADDRESSES = _insert("address", columns(AddressRow), "on conflict do nothing returning 1")
REPOINT_ADDRESSES = _update_by("address", "conversation_id = $3, contact_id = $4", _PAIR, _BESIDE_MINE)
REPOINT_CONVERSATIONS = _update_by("conversation", "contact_id = $3", _PAIR, "r.workspace_id = k.w and r.id = k.c")
ADD_CONTACTS = _insert("contact", "workspace_id, id, name, created_at", "on conflict do nothing")

CREATE = _insert("conversation", columns(Conversation), "on conflict do nothing")
LOCK = f"""select {columns(Conversation, "r")} from {_PAIR}
  cross join lateral (select * from conversation r where r.workspace_id = k.w and r.id = k.c for update) r"""
SAVE = _update("conversation", Conversation, 2)
DUE = f"""select {columns(Conversation)} from conversation where due_at <= $1
  order by due_at limit $2 for update skip locked"""
OWNED = f"""select {columns(Conversation)} from conversation where owner = any($1::text[])
  limit $2 for update skip locked"""
COUNT_OWNED = "select count(*) from conversation where owner = $1"

KNOWN = _from_keys(
    "k.w, k.c, k.x",
    _keys(("w", "text"), ("c", "text"), ("x", "bytea")),
    "event",
    f"{_BESIDE_CHANNELS} and r.dedup = k.x",
)
RECENT = """select dedup from (
    select dedup, received_at from event where workspace_id = $1 and conversation_id = $2 order by seq desc limit 64
  ) as newest where received_at >= $3"""
ADD_EVENTS = _insert("event", columns(EventRow))
OPEN = (
    _from_keys(columns(EventRow, "r"), _SPANS, "event", f"{_MINE} and r.seq > k.after")
    + "\n  where r.state in ('waiting', 'running') order by r.workspace_id, r.conversation_id, r.seq"
)
NUMBERED = _from_keys(columns(EventRow, "r"), _NUMBERED, "event", f"{_MINE} and r.seq = k.no")
BY_EXTERNAL = f"""select {columns(EventRow)} from (
    select {columns(EventRow)} from event where workspace_id = $1 and conversation_id = $2
    order by seq desc limit {LOOKED_BACK}
  ) as newest where external_id = any($3::text[]) order by seq"""
EARLY_EVENTS = f"""select {columns(EventRow)} from (
    select {columns(EventRow)} from event where workspace_id = $1 and conversation_id = $2
    order by seq desc limit {EARLY_LOOKED_BACK}
  ) as newest where reason = $3 order by seq"""
ERASE = (
    """update event set kind = 'system', body = convert_to('{"kind":"system"}', 'UTF8')
  where workspace_id = $1 and conversation_id = $2 and state <> 'waiting'""",
    """update outbound set content = convert_to('{"type":"text","body":""}', 'UTF8')
  where workspace_id = $1 and conversation_id = $2
  and (settled_at is not null or turn_no > 0 and state <> 'queued')""",
    "update turn set trace = null where workspace_id = $1 and conversation_id = $2",
    "delete from step where workspace_id = $1 and conversation_id = $2",
    "delete from session where workspace_id = $1 and conversation_id = $2",
    "delete from session_before where workspace_id = $1 and conversation_id = $2",
    "delete from rehearsal where workspace_id = $1 and conversation_id = $2",
    "delete from timer where workspace_id = $1 and conversation_id = $2",
    "delete from announcement where workspace_id = $1 and conversation_id = $2 and settled_at is null",
    "update payment set description = '', url = null where workspace_id = $1 and conversation_id = $2",
    "update escalation set reason = '' where workspace_id = $1 and conversation_id = $2",
    "update handover set reason = '' where workspace_id = $1 and conversation_id = $2",
    "delete from note where workspace_id = $1 and conversation_id = $2",
    """delete from fact where workspace_id = $1
  and contact_id = (select contact_id from conversation where workspace_id = $1 and id = $2)""",
    # What somebody does not want is kept, as that they opted out is.
    """delete from consent where workspace_id = $1 and granted
  and contact_id = (select contact_id from conversation where workspace_id = $1 and id = $2)""",
)
"""What a conversation's words, memory and timers are forgotten by; wanted once in a long while."""
ERASE_SUMMARY = """insert into summary (workspace_id, conversation_id, text, up_to, made_at) values ($1, $2, '', $3, $3)
  on conflict (workspace_id, conversation_id)
  do update set text = '', up_to = excluded.up_to, made_at = excluded.made_at"""
CHANGE = _update_by(
    "event",
    "state = k.state, reason = k.reason, turn_no = k.turn_no, settled_at = k.settled_at",
    _keys(
        ("w", "text"),
        ("c", "text"),
        ("seq", "bigint"),
        ("state", "text"),
        ("reason", "text"),
        ("turn_no", "bigint"),
        ("settled_at", "double precision"),
    ),
    f"{_MINE} and r.seq = k.seq",
)
REWRITE = _update_by(
    "event",
    "body = k.body",
    _keys(("w", "text"), ("c", "text"), ("seq", "bigint"), ("body", "bytea")),
    f"{_MINE} and r.seq = k.seq",
)
END = _update_by(
    "event",
    "state = k.state, reason = null, settled_at = k.now",
    _keys(
        ("w", "text"),
        ("c", "text"),
        ("turn_no", "bigint"),
        ("seq_from", "bigint"),
        ("seq_to", "bigint"),
        ("state", "text"),
        ("now", "double precision"),
    ),
    f"{_MINE} and r.seq between k.seq_from and k.seq_to and r.turn_no = k.turn_no"
    " and r.state in ('running', 'answered', 'failed')",
)
STRAYS = _insert(
    "stray",
    columns(StrayRow) + ", deliveries",
    "on conflict (workspace_id, channel_id, dedup) do update set deliveries = stray.deliveries + excluded.deliveries"
    " returning workspace_id, channel_id, dedup, deliveries",
)

OUTBOUND = _from_keys(columns(OutboundRow, "r"), _NUMBERED, "outbound", f"{_MINE} and r.seq = k.no")
FIRST_OPEN = f"""select r.* from {_SPANS} cross join lateral (
    select {columns(OutboundRow, "o")} from outbound o
    where o.workspace_id = k.w and o.conversation_id = k.c and o.seq > k.after and o.settled_at is null
    order by o.seq limit 1
  ) as r"""
EXTERNAL = _from_keys(columns(OutboundRow, "r"), _TRIPLE, "outbound", f"{_BESIDE_CHANNELS} and r.external_id = k.x")
ADD_OUTBOUND = _insert("outbound", columns(OutboundRow))
SAVE_OUTBOUND = _update("outbound", OutboundRow, 3)
TURN_STATES = _from_keys(
    "k.w, k.c, k.no, r.state, r.settled_at is not null",
    _NUMBERED,
    "outbound",
    f"{_BESIDE_MINE} and r.turn_no = k.no and r.code is distinct from '{STOOD_IN}'",
)
CANCEL = """update outbound set state = 'cancelled', settled_at = $3
  where workspace_id = $1 and conversation_id = $2 and turn_no + 0 > 0 and state = 'queued'
  and seq > coalesce((select out_done from conversation where workspace_id = $1 and id = $2), 0) returning turn_no"""
OPEN_SEND = """select 1 from outbound where workspace_id = $1 and conversation_id = $2 and seq > $3
  and settled_at is null and state in ('sending', 'unknown') limit 1"""

TURNS = _from_keys(columns(TurnRow, "r"), _NUMBERED, "turn", f"{_MINE} and r.no = k.no")
PUT_TURNS = _insert("turn", columns(TurnRow), _replaced(TurnRow, 3))
STEPS = (
    _from_keys(columns(StepRow, "r"), _NUMBERED, "step", f"{_MINE} and r.turn_no = k.no")
    + "\n  order by r.workspace_id, r.conversation_id, r.turn_no, r.attempt, r.name, r.occurrence"
)
PUT_STEPS = _insert(
    "step",
    columns(StepRow),
    "on conflict (workspace_id, conversation_id, turn_no, attempt, name, occurrence)"
    " do update set result = excluded.result, done_at = excluded.done_at where step.result is null"
    " returning workspace_id, conversation_id, turn_no, attempt, name, occurrence",
)
ADD_SPEND = f"""insert into spend (workspace_id, conversation_id, day, tokens, micros)
  select * from {_keys(("w", "text"), ("c", "text"), ("day", "text"), ("tokens", "bigint"), ("micros", "bigint"))}
  on conflict (workspace_id, conversation_id, day)
  do update set tokens = spend.tokens + excluded.tokens, micros = spend.micros + excluded.micros"""
CONTACTS = _from_keys("k.w, r.contact_id", _PAIR, "conversation", "r.workspace_id = k.w and r.id = k.c")
PUT_FACTS = _insert("fact", columns(Fact), _replaced(Fact, 4))
PUT_NEWER_FACTS = f"{PUT_FACTS} where excluded.at > fact.at"
TAKE_FACTS = f"""delete from fact r using {_PAIR}
  cross join lateral (
    select ctid from fact r where r.workspace_id = k.w and r.contact_id = k.c for update offset 0
  ) f where r.ctid = f.ctid returning {columns(Fact, "r")}"""
DROP_FACTS = f"""delete from fact r using {_keys(("w", "text"), ("c", "text"), ("b", "text"), ("x", "text"))}
  cross join lateral (
    select ctid from fact r where r.workspace_id = k.w and r.contact_id = k.c and r.bot_id = k.b and r.name = k.x
    for update offset 0
  ) f where r.ctid = f.ctid"""
SESSIONS = _from_keys(columns(SessionRow, "r"), _PAIR, "session", _MINE)
PUT_SESSIONS = _insert("session", columns(SessionRow), _replaced(SessionRow, 2))

_EARLY = ", ".join(EarlyReport._fields)
LOCK_IDS = f"""select pg_advisory_xact_lock(id) from (
    select distinct hashtextextended(concat_ws('|', k.w, k.c, k.x), 0) as id from {_TRIPLE} order by 1
  ) as ids"""
TAKE_EARLY = f"""delete from early_report r using {_TRIPLE}
  cross join lateral (
    select ctid from early_report r where {_CHANNELS} and r.external_id = k.x for update offset 0
  ) f where r.ctid = f.ctid
  returning {", ".join(f"r.{field}" for field in EarlyReport._fields)}"""
ADD_EARLY = _insert("early_report", _EARLY)

ADD_TIMERS = _insert("timer", columns(TimerRow), _replaced(TimerRow, 3))
TAKE_TIMERS = f"""delete from timer where ctid = any(array(
    select ctid from timer where due_at <= $1 order by due_at limit $2 for update skip locked
  )) returning {columns(TimerRow)}"""
DROP_TIMERS = f"""delete from timer where ctid = any(array(
    select r.ctid from {_keys(("w", "text"), ("c", "text"), ("x", "text"), ("told", "bytea"))}
    cross join lateral (select ctid from timer r where {_MINE} and {is_named("k.x", "k.told")} for update skip locked) r
  ))"""
DROP_SEQUENCES = f"""delete from timer where ctid = any(array(
    select r.ctid from {_PAIR}
    cross join lateral (select ctid from timer r where {_MINE} and r.name like '{SEQUENCE}%' for update skip locked) r
  ))"""
DROP_FOLLOW_UPS = f"""delete from timer where ctid = any(array(
    select r.ctid from {_PAIR}
    cross join lateral (select ctid from timer r where {_MINE} and r.follow_up for update skip locked) r
  ))"""

FORGET_UPLOAD = "delete from upload where workspace_id = $1 and channel_id = $2 and key = $3"

PAUSED = "select workspace_id, channel_id from channel_pause for key share"
# Words for the same state change nothing; the account's own reason gives way.
PAUSE = f"""insert into channel_pause values ($1, $2, $3, $4)
  on conflict (workspace_id, channel_id) do update set reason = excluded.reason,
    paused_at = case when excluded.reason like '{PREFIX}%' then channel_pause.paused_at else excluded.paused_at end
  where channel_pause.reason like '{PREFIX}%' and excluded.reason <> channel_pause.reason returning 1"""
END_OWN_PAUSE = f"""delete from channel_pause
  where workspace_id = $1 and channel_id = $2 and reason like '{PREFIX}%' returning 1"""
RESUME = "delete from channel_pause where workspace_id = $1 and channel_id = $2 returning 1"
REFUSE = """insert into channel_refusal (workspace_id, channel_id, credentials) values ($1, $2, $3)
  on conflict (workspace_id, channel_id) do update set credentials = excluded.credentials"""
FORGIVE = "delete from channel_refusal where workspace_id = $1 and channel_id = $2"
HOLD_CHANNEL = """update conversation set send_at = null, due_at = null
  where workspace_id = $1 and channel_id = $2 and unsent > 0"""
FREE_CHANNEL = """update conversation set send_at = $3::double precision,
  due_at = case when owner is null then $3::double precision end
  where workspace_id = $1 and channel_id = $2 and unsent > 0"""

_ACCOUNT = columns(AccountState)
ACCOUNT = f"select {_ACCOUNT} from account_state where workspace_id = $1 and channel_id = $2 for update"
ADD_ACCOUNT = f"""insert into account_state ({_ACCOUNT}) values ($1, $2, $3, $4, $5, $6, $7, $8)
  on conflict (workspace_id, channel_id) do nothing"""
PUT_ACCOUNT = """update account_state
  set status = $3, works = $4, told_at = $5, known_at = $6, since_at = $7, look_at = $8
  where workspace_id = $1 and channel_id = $2"""
NEWEST = f"""select received_at from (
    select workspace_id, channel_id, kind, received_at from event where received_at < $3
    order by received_at desc limit {LOOKED_THROUGH}
  ) as newest where workspace_id = $1 and channel_id = $2 and kind not in ({OWN_KINDS})
  order by received_at desc limit 1"""
ACCOUNTS_DUE = f"""update account_state set look_at = $4 where ctid = any(array(
    select r.ctid from {_PAIR}
    cross join lateral (select ctid from account_state r where {_CHANNELS} and r.look_at <= $3
      for update skip locked) r
  )) returning {_ACCOUNT}"""

BUCKETS = f"""select r.* from {_PAIR} cross join lateral (
    select workspace_id, channel_id, tat, tail, spent from bucket r where {_CHANNELS} for update offset 0
  ) r"""
ADD_BUCKETS = f"""insert into bucket (workspace_id, channel_id, tat, tail) select k.w, k.c, 0, 0 from {_PAIR}
  on conflict (workspace_id, channel_id) do nothing"""
SAVE_BUCKETS = _update_by(
    "bucket",
    "tat = k.tat, tail = k.tail, spent = k.spent",
    _keys(("w", "text"), ("c", "text"), ("tat", "double precision"), ("tail", "double precision"), ("spent", "bytea")),
    _CHANNELS,
)

ADD_WORKER = "insert into worker (id, started_at, beat_at) values ($1, $2, $2)"
BEAT = "update worker set beat_at = $2 where id = $1 and not dead returning 1"
ALIVE = "select 1 from worker where id = $1 and not dead for share"
BURY = """update worker set dead = true where id in (
    select id from worker where not dead and beat_at < $1 for update skip locked
  )"""
DEAD = "select id from worker where dead"
LOCK_WORKERS = "select 1 from worker where id = any($1::text[]) order by id for update"
REMOVE_WORKERS = """delete from worker w where w.id = any($1::text[])
  and not exists (select from conversation c where c.owner = w.id)"""
CLOCK = "select extract(epoch from clock_timestamp())::double precision"
