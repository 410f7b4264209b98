"""The Rows port on one SQLite connection. Every method runs at once: nothing here ever waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import apsw
import msgspec
from msgspec.structs import astuple, replace

from turnkeeper.model.account import AccountState
from turnkeeper.model.agents import Fact, Spent
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
from turnkeeper.model.ids import ChannelId, ConversationKey, OutboundKey, WorkerId, WorkspaceId
from turnkeeper.rules.account import PREFIX
from turnkeeper.rules.pacing import Bucket
from turnkeeper.store.base import EARLY_LOOKED_BACK, LOOKED_BACK, LOOKED_THROUGH
from turnkeeper.store.rows import (
    OWN_KINDS,
    AddressKey,
    ChannelKey,
    Day,
    EarlyReport,
    EventChange,
    FactKey,
    StepId,
    TurnEnd,
    TurnKey,
    UploadKey,
)


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
_ADDRESS = f"select {columns(AddressRow)} from address where workspace_id = ? and channel_id = ? and value = ?"
_ADD_ADDRESS = insert("address", AddressRow, "on conflict do nothing")
_CREATE = insert("conversation", Conversation, "on conflict do nothing")
_GET = f"select {_CONVERSATION} from conversation where workspace_id = ? and id = ?"
_SAVE = _update("conversation", Conversation, 2)
_DUE = f"select {_CONVERSATION} from conversation where due_at <= ? order by due_at limit ?"
_OWNED = f"select {_CONVERSATION} from conversation where owner = ? limit ?"
_KNOWN = "select 1 from event where workspace_id = ? and channel_id = ? and dedup = ?"
_RECENT = """select dedup from (
    select dedup, received_at from event where workspace_id = ? and conversation_id = ? order by seq desc limit 64
  ) where received_at >= ?"""
_ADD_EVENT = insert("event", EventRow)
_OPEN = f"""select {columns(EventRow)} from event where workspace_id = ? and conversation_id = ? and seq > ?
  and state in ('waiting', 'running') order by seq"""
BY_EXTERNAL = f"""select {columns(EventRow)} from event where workspace_id = ?1 and conversation_id = ?2 and seq = (
  select max(seq) from (
    select seq, external_id from event where workspace_id = ?1 and conversation_id = ?2 order by seq desc
    limit {LOOKED_BACK}
  ) where external_id = ?3)"""
_EARLY = f"""select {columns(EventRow)} from (
    select {columns(EventRow)} from event where workspace_id = ?1 and conversation_id = ?2 order by seq desc
    limit {EARLY_LOOKED_BACK}
  ) where reason = ?3 order by seq"""
_ERASE = (
    """update event set kind = 'system', body = cast('{"kind":"system"}' as blob)
  where workspace_id = ?1 and conversation_id = ?2 and state <> 'waiting'""",
    """update outbound set content = cast('{"type":"text","body":""}' as blob)
  where workspace_id = ?1 and conversation_id = ?2 and (settled_at is not null or turn_no > 0 and state <> 'queued')""",
    "update turn set trace = null where workspace_id = ?1 and conversation_id = ?2",
    "delete from step where workspace_id = ?1 and conversation_id = ?2",
    "delete from session where workspace_id = ?1 and conversation_id = ?2",
    "delete from timer where workspace_id = ?1 and conversation_id = ?2",
    """delete from fact where workspace_id = ?1
  and contact_id = (select contact_id from conversation where workspace_id = ?1 and id = ?2)""",
    """insert into summary (workspace_id, conversation_id, text, up_to, made_at) values (?1, ?2, '', ?3, ?3)
  on conflict do update set text = '', up_to = excluded.up_to, made_at = excluded.made_at""",
)
_CHANGE = """update event set state = ?3, reason = ?4, turn_no = ?5, settled_at = ?6
  where workspace_id = ?1 and conversation_id = ?2 and seq = ?7"""
_REWRITE = "update event set body = ? where workspace_id = ? and conversation_id = ? and seq = ?"
_END = """update event set state = ?6, reason = null, settled_at = ?7
  where workspace_id = ?1 and conversation_id = ?2 and seq between ?4 and ?5 and turn_no = ?3
  and state in ('running', 'answered', 'failed')"""
_STRAY = insert("stray", StrayRow, "on conflict do update set deliveries = deliveries + 1 returning deliveries")
_OUT = columns(OutboundRow)
_ROW = f"select {_OUT} from outbound where workspace_id = ? and conversation_id = ? and seq = ?"
_FIRST = f"""select {_OUT} from outbound where workspace_id = ? and conversation_id = ? and seq > ?
  and settled_at is null order by seq limit 1"""
_EXTERNAL = f"select {_OUT} from outbound where workspace_id = ? and channel_id = ? and external_id = ?"
_ADD_ROW = insert("outbound", OutboundRow)
_SAVE_ROW = _update("outbound", OutboundRow, 3)
_STATES = """select state, settled_at is not null from outbound
  where workspace_id = ? and conversation_id = ? and turn_no = ?"""
# The plus keeps the plan from going by the index of turns: through all that was ever sent.
_CANCEL = """update outbound set state = 'cancelled', settled_at = ?
  where workspace_id = ? and conversation_id = ? and seq > ? and +turn_no > 0 and state = 'queued' returning turn_no"""
_OPEN_SEND = """select 1 from outbound where workspace_id = ? and conversation_id = ? and seq > ?
  and settled_at is null and state in ('sending', 'unknown') limit 1"""
_TURN = f"select {columns(TurnRow)} from turn where workspace_id = ? and conversation_id = ? and no = ?"
_PUT_TURN = insert(
    "turn",
    TurnRow,
    "on conflict do update set " + ", ".join(f"{field} = excluded.{field}" for field in TurnRow.__struct_fields__[3:]),
)
_STEPS = f"select {columns(StepRow)} from step where workspace_id = ? and conversation_id = ? and turn_no = ?"
_PUT_STEP = insert(
    "step",
    StepRow,
    "on conflict do update set result = excluded.result, done_at = excluded.done_at where result is null returning 1",
)
_ADD_SPEND = """insert into spend (workspace_id, conversation_id, day, tokens, micros) values (?, ?, ?, ?, ?)
  on conflict do update set tokens = tokens + excluded.tokens, micros = micros + excluded.micros"""
_REPLACE_FACT = "on conflict do update set " + ", ".join(
    f"{field} = excluded.{field}" for field in Fact.__struct_fields__[4:]
)
_PUT_FACT = insert("fact", Fact, _REPLACE_FACT)
_DROP_FACT = "delete from fact where workspace_id = ? and contact_id = ? and bot_id = ? and name = ?"
_CONTACT = "select contact_id from conversation where workspace_id = ? and id = ?"
_MOVE_FACTS = f"""insert into fact select workspace_id, ?3, {", ".join(Fact.__struct_fields__[2:])} from fact
  where workspace_id = ?1 and contact_id = ?2 {_REPLACE_FACT} where excluded.at > fact.at"""
_DROP_FACTS = "delete from fact where workspace_id = ? and contact_id = ?"
_SESSION = f"select {columns(SessionRow)} from session where workspace_id = ? and conversation_id = ?"
_PUT_SESSION = insert(
    "session",
    SessionRow,
    "on conflict do update set state = excluded.state, stage = excluded.stage, carried = excluded.carried,"
    " saved_at = excluded.saved_at",
)
_TAKE_EARLY = """delete from early_report where workspace_id = ? and channel_id = ? and external_id = ?
  returning workspace_id, channel_id, external_id, status, at, code, reason, received_at"""
_ADD_EARLY = "insert into early_report values (?, ?, ?, ?, ?, ?, ?, ?)"
_ADD_TIMER = insert(
    "timer",
    TimerRow,
    "on conflict do update set due_at = excluded.due_at, follow_up = excluded.follow_up, body = excluded.body",
)
_TAKE_TIMERS = f"""delete from timer where rowid in (select rowid from timer where due_at <= ? order by due_at limit ?)
  returning {columns(TimerRow)}"""
_REFUSED = """insert into channel_refusal (workspace_id, channel_id, credentials) values (?, ?, ?)
  on conflict do update set credentials = excluded.credentials"""
# Words for the same state change nothing; the account's own reason gives way.
_PAUSE = f"""insert into channel_pause values (?, ?, ?, ?)
  on conflict do update set reason = excluded.reason,
    paused_at = iif(excluded.reason like '{PREFIX}%', channel_pause.paused_at, excluded.paused_at)
  where channel_pause.reason like '{PREFIX}%' and excluded.reason <> channel_pause.reason returning 1"""
_END_OWN_PAUSE = f"""delete from channel_pause
  where workspace_id = ? and channel_id = ? and reason like '{PREFIX}%' returning 1"""
_ACCOUNT = f"select {columns(AccountState)} from account_state where workspace_id = ? and channel_id = ?"
_ADD_ACCOUNT = insert("account_state", AccountState, "on conflict do nothing")
_PUT_ACCOUNT = _update("account_state", AccountState, 2)
_ACCOUNT_DUE = f"""update account_state set look_at = ?4 where workspace_id = ?1 and channel_id = ?2 and look_at <= ?3
  returning {columns(AccountState)}"""
_NEWEST = f"""select received_at from (
    select workspace_id, channel_id, kind, received_at from event where rowid > (
      select coalesce(max(rowid), 0) - {LOOKED_THROUGH} from event
    ) order by rowid desc
  ) where workspace_id = ? and channel_id = ? and received_at < ? and kind not in ({OWN_KINDS}) limit 1"""
_BUCKET = "select tat, tail, spent from bucket where workspace_id = ? and channel_id = ?"
_SAVE_BUCKET = """insert into bucket (workspace_id, channel_id, tat, tail, spent) values (?, ?, ?, ?, ?)
  on conflict do update set tat = excluded.tat, tail = excluded.tail, spent = excluded.spent"""


class SqliteRows:
    """One open transaction on one connection."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def run(self, sql: str, bindings: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement of this store's own; all its rows."""
        return self._connection.execute(sql, bindings).fetchall()

    def _one(self, sql: str, bindings: Sequence[Any]) -> tuple[Any, ...] | None:
        return self._connection.execute(sql, bindings).fetchone()

    def _many(self, sql: str, bindings: Iterable[Sequence[Any]]) -> None:
        execute = self._connection.execute
        for values in bindings:
            execute(sql, values)

    async def addresses(self, wanted: Iterable[AddressKey]) -> dict[AddressKey, AddressRow]:
        found = {key: self._one(_ADDRESS, key) for key in wanted}
        return {key: AddressRow(*row) for key, row in found.items() if row is not None}

    async def add_addresses(self, rows: Sequence[AddressRow]) -> None:
        self._many(_ADD_ADDRESS, map(astuple, rows))

    async def repoint(self, losers: Sequence[ConversationKey], winner: AddressRow) -> None:
        for key in losers:
            self._move_facts(key, winner)
            self.run(
                "update address set conversation_id = ?, contact_id = ? where workspace_id = ? and conversation_id = ?",
                (winner.conversation_id, winner.contact_id, key.workspace_id, key.id),
            )
            self.run(
                "update conversation set contact_id = ? where workspace_id = ? and id = ?",
                (winner.contact_id, key.workspace_id, key.id),
            )

    def _move_facts(self, key: ConversationKey, winner: AddressRow) -> None:
        found = self._one(_CONTACT, key)
        if found is not None and found[0] != winner.contact_id:
            self.run(_MOVE_FACTS, (key.workspace_id, found[0], winner.contact_id))
            self.run(_DROP_FACTS, (key.workspace_id, found[0]))

    async def add_contacts(self, rows: Sequence[tuple[WorkspaceId, str, str | None, float]]) -> None:
        self._many("insert into contact values (?, ?, ?, ?) on conflict do nothing", rows)

    async def create(self, rows: Sequence[Conversation]) -> None:
        self._many(_CREATE, map(astuple, rows))

    async def lock(self, keys: Iterable[ConversationKey]) -> dict[ConversationKey, Conversation]:
        found = {key: self._one(_GET, key) for key in keys}
        return {key: Conversation(*row) for key, row in found.items() if row is not None}

    async def save(self, rows: Sequence[Conversation]) -> None:
        self._many(_SAVE, map(astuple, rows))

    async def due(self, now: float, limit: int) -> list[Conversation]:
        return [Conversation(*row) for row in self.run(_DUE, (now, limit))]

    async def owned(self, workers: Sequence[WorkerId], limit: int) -> list[Conversation]:
        rows = [row for worker in workers for row in self.run(_OWNED, (worker, limit))]
        return [Conversation(*row) for row in rows[:limit]]

    async def count_owned(self, worker_id: WorkerId) -> int:
        row = self._one("select count(*) from conversation where owner = ?", (worker_id,))
        return int(row[0]) if row else 0

    async def known_events(
        self, wanted: Iterable[tuple[WorkspaceId, ChannelId, bytes]]
    ) -> set[tuple[WorkspaceId, ChannelId, bytes]]:
        return {key for key in wanted if self._one(_KNOWN, key) is not None}

    async def recent_dedups(self, key: ConversationKey, since: float) -> list[bytes]:
        return [row[0] for row in self.run(_RECENT, (*key, since))]

    async def add_events(self, rows: Sequence[EventRow]) -> None:
        self._many(_ADD_EVENT, map(astuple, rows))

    async def open_events(self, spans: Iterable[tuple[ConversationKey, int]]) -> dict[ConversationKey, list[EventRow]]:
        return {key: [EventRow(*row) for row in self.run(_OPEN, (*key, after))] for key, after in spans}

    async def event_by_external(self, key: ConversationKey, external_id: str) -> EventRow | None:
        row = self._one(BY_EXTERNAL, (*key, external_id))
        return EventRow(*row) if row is not None else None

    async def early_events(self, key: ConversationKey, reason: str) -> list[EventRow]:
        return [EventRow(*row) for row in self.run(_EARLY, (*key, reason))]

    async def erase(self, key: ConversationKey, now: float) -> None:
        for statement in _ERASE:
            self.run(statement, (*key, now) if "?3" in statement else key)

    async def change_events(self, changes: Sequence[EventChange]) -> None:
        self._many(_CHANGE, ((*c.key, c.state, c.reason, c.turn_no, c.settled_at, c.seq) for c in changes))

    async def rewrite_events(self, bodies: Sequence[tuple[ConversationKey, int, bytes]]) -> None:
        self._many(_REWRITE, ((body, *key, seq) for key, seq, body in bodies))

    async def end_turns(self, ends: Sequence[TurnEnd]) -> None:
        self._many(_END, ((*e.key, e.turn_no, e.seq_from, e.seq_to, e.state, e.now) for e in ends))

    async def add_strays(self, rows: Sequence[StrayRow]) -> int:
        return sum(1 for row in rows if (got := self._one(_STRAY, astuple(row))) and got[0] > 1)

    async def outbound(self, keys: Iterable[OutboundKey]) -> dict[OutboundKey, OutboundRow]:
        found = {key: self._one(_ROW, key) for key in keys}
        return {key: OutboundRow(*row) for key, row in found.items() if row is not None}

    async def first_open(self, spans: Iterable[tuple[ConversationKey, int]]) -> dict[ConversationKey, OutboundRow]:
        found = {key: self._one(_FIRST, (*key, after)) for key, after in spans}
        return {key: OutboundRow(*row) for key, row in found.items() if row is not None}

    async def outbound_by_external(
        self, wanted: Iterable[tuple[WorkspaceId, ChannelId, str]]
    ) -> dict[tuple[WorkspaceId, ChannelId, str], OutboundRow]:
        found = {key: self._one(_EXTERNAL, key) for key in wanted}
        return {key: OutboundRow(*row) for key, row in found.items() if row is not None}

    async def add_outbound(self, rows: Sequence[OutboundRow]) -> None:
        self._many(_ADD_ROW, map(astuple, rows))

    async def save_outbound(self, rows: Sequence[OutboundRow]) -> None:
        self._many(_SAVE_ROW, map(astuple, rows))

    async def turn_states(self, turns: Iterable[TurnKey]) -> dict[TurnKey, list[tuple[str, bool]]]:
        return {turn: [(state, bool(done)) for state, done in self.run(_STATES, turn)] for turn in turns}

    async def cancel_queued(self, key: ConversationKey, now: float) -> list[int]:
        done = self._one("select out_done from conversation where workspace_id = ? and id = ?", key)
        return [row[0] for row in self.run(_CANCEL, (now, *key, done[0] if done else 0))]

    async def any_open_send(self, key: ConversationKey, after: int) -> bool:
        return self._one(_OPEN_SEND, (*key, after)) is not None

    async def turns(self, keys: Iterable[TurnKey]) -> dict[TurnKey, TurnRow]:
        found = {key: self._one(_TURN, key) for key in keys}
        return {key: TurnRow(*row) for key, row in found.items() if row is not None}

    async def put_turns(self, rows: Sequence[TurnRow]) -> None:
        self._many(_PUT_TURN, map(astuple, rows))

    async def steps(self, turns: Iterable[TurnKey]) -> dict[TurnKey, list[StepRow]]:
        return {turn: [StepRow(*row) for row in self.run(_STEPS, turn)] for turn in turns}

    async def put_steps(self, rows: Sequence[StepRow]) -> set[StepId]:
        return {values[:6] for values in map(astuple, rows) if self.run(_PUT_STEP, values)}

    async def add_spend(self, spend: Mapping[Day, Spent]) -> None:
        self._many(_ADD_SPEND, ((*day, *spent) for day, spent in spend.items()))

    async def put_facts(self, rows: Sequence[Fact]) -> None:
        self._many(_PUT_FACT, map(astuple, rows))

    async def drop_facts(self, keys: Sequence[FactKey]) -> None:
        self._many(_DROP_FACT, keys)

    async def sessions(self, keys: Iterable[ConversationKey]) -> dict[ConversationKey, SessionRow]:
        found = {key: self._one(_SESSION, key) for key in keys}
        return {key: SessionRow(*row) for key, row in found.items() if row is not None}

    async def put_sessions(self, rows: Sequence[SessionRow]) -> None:
        self._many(_PUT_SESSION, map(astuple, rows))

    async def early_reports(self, wanted: Iterable[tuple[WorkspaceId, ChannelId, str]]) -> list[EarlyReport]:
        return [EarlyReport(*row) for key in wanted for row in self.run(_TAKE_EARLY, key)]

    async def add_early_reports(self, rows: Sequence[EarlyReport]) -> None:
        self._many(_ADD_EARLY, rows)

    async def add_timers(self, rows: Sequence[TimerRow]) -> None:
        self._many(_ADD_TIMER, map(astuple, rows))

    async def due_timers(self, now: float, limit: int) -> list[TimerRow]:
        found = [TimerRow(*row) for row in self.run(_TAKE_TIMERS, (now, limit))]
        return sorted(found, key=lambda timer: timer.due_at)

    async def forget_uploads(self, keys: Sequence[UploadKey]) -> None:
        self._many(FORGET_UPLOAD, keys)

    async def drop_follow_ups(self, keys: Sequence[ConversationKey]) -> None:
        self._many("delete from timer where workspace_id = ? and conversation_id = ? and follow_up", keys)

    async def paused(self) -> set[tuple[WorkspaceId, ChannelId]]:
        return {(row[0], row[1]) for row in self.run("select workspace_id, channel_id from channel_pause")}

    async def pause(self, workspace_id: WorkspaceId, channel_id: ChannelId, reason: str, now: float) -> bool:
        return bool(self.run(_PAUSE, (workspace_id, channel_id, reason, now)))

    async def end_own_pause(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> bool:
        return bool(self.run(_END_OWN_PAUSE, (workspace_id, channel_id)))

    async def resume(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> bool:
        self.run("delete from channel_refusal where workspace_id = ? and channel_id = ?", (workspace_id, channel_id))
        sql = "delete from channel_pause where workspace_id = ? and channel_id = ? returning 1"
        return bool(self.run(sql, (workspace_id, channel_id)))

    async def refused(self, workspace_id: WorkspaceId, channel_id: ChannelId, credentials: str) -> None:
        self.run(_REFUSED, (workspace_id, channel_id, credentials))

    async def hold_channel(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> None:
        self.run(
            "update conversation set send_at = null, due_at = null"
            " where workspace_id = ? and channel_id = ? and unsent > 0",
            (workspace_id, channel_id),
        )

    async def free_channel(self, workspace_id: WorkspaceId, channel_id: ChannelId, now: float) -> None:
        self.run(
            "update conversation set send_at = ?1, due_at = iif(owner is null, ?1, null)"
            " where workspace_id = ?2 and channel_id = ?3 and unsent > 0",
            (now, workspace_id, channel_id),
        )

    async def buckets(self, keys: Iterable[ChannelKey]) -> dict[ChannelKey, Bucket]:
        found = {key: self._one(_BUCKET, key) for key in keys}
        return {key: Bucket() if row is None else Bucket(*row) for key, row in found.items()}

    async def save_buckets(self, buckets: Mapping[ChannelKey, Bucket]) -> None:
        self._many(_SAVE_BUCKET, ((*key, *bucket) for key, bucket in buckets.items()))

    async def account_state(self, unknown: AccountState) -> AccountState:
        key = (unknown.workspace_id, unknown.channel_id)
        self.run(_ADD_ACCOUNT, astuple(unknown))
        return _account(self.run(_ACCOUNT, key)[0])

    async def put_account_state(self, row: AccountState) -> None:
        self.run(_PUT_ACCOUNT, astuple(row))

    async def newest_event(self, key: ChannelKey, before: float) -> float | None:
        found = self._one(_NEWEST, (*key, before))
        return None if found is None else float(found[0])

    async def accounts_due(self, channels: Sequence[ChannelKey], now: float, until: float) -> list[AccountState]:
        found = [row for key in channels for row in self.run(_ACCOUNT_DUE, (*key, now, until))]
        return [_account(row) for row in found]

    async def add_worker(self, worker_id: WorkerId, now: float) -> None:
        self.run("insert into worker (id, started_at, beat_at) values (?, ?, ?)", (worker_id, now, now))

    async def beat(self, worker_id: WorkerId, now: float) -> bool:
        sql = "update worker set beat_at = ? where id = ? and not dead returning 1"
        return bool(self.run(sql, (now, worker_id)))

    async def alive(self, worker_id: WorkerId) -> bool:
        return self._one("select 1 from worker where id = ? and not dead", (worker_id,)) is not None

    async def bury(self, before: float) -> None:
        self.run("update worker set dead = 1 where not dead and beat_at < ?", (before,))

    async def dead_owners(self) -> list[WorkerId]:
        return [row[0] for row in self.run("select id from worker where dead")]

    async def remove_workers(self, workers: Sequence[WorkerId]) -> None:
        self._many("delete from worker where id = ?", [(worker,) for worker in workers])

    async def clock(self) -> float | None:
        return None


def _account(row: Sequence[Any]) -> AccountState:
    return replace(AccountState(*row), works=bool(row[3]))
