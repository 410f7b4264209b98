"""The Rows port on one SQLite connection. Every method runs at once: nothing here ever waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import apsw
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
from turnkeeper.rules.pacing import Bucket
from turnkeeper.store.changes import EVERYTHING, Change
from turnkeeper.store.rows import (
    AddressKey,
    ChannelKey,
    Day,
    EarlyReport,
    EventChange,
    FactKey,
    StepId,
    TimerName,
    TurnEnd,
    TurnKey,
    UploadKey,
)
from turnkeeper.store.sqlite import statements as sql
from turnkeeper.store.sqlite.announcements import SqliteAnnouncing
from turnkeeper.store.sqlite.colleagues import SqliteColleagueRows
from turnkeeper.store.sqlite.consents import SqliteConsentRows
from turnkeeper.store.sqlite.contacts import SqliteContactRows
from turnkeeper.store.sqlite.erasing import SqliteErasing
from turnkeeper.store.sqlite.feeding import BLANK, FORGET_WORDS, SqliteFeedRows
from turnkeeper.store.sqlite.flows import SqliteFlowRows
from turnkeeper.store.sqlite.payments import SqlitePaymentRows
from turnkeeper.store.sqlite.simulating import SqliteSimulatingRows
from turnkeeper.store.sqlite.traces import SqliteTraceRows
from turnkeeper.store.timers import told_name


class SqliteRows(
    SqliteErasing,
    SqlitePaymentRows,
    SqliteAnnouncing,
    SqliteConsentRows,
    SqliteFlowRows,
    SqliteFeedRows,
    SqliteTraceRows,
    SqliteSimulatingRows,
    SqliteColleagueRows,
    SqliteContactRows,
):
    """One open transaction on one connection."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self.noted: set[Change] = set()
        """Conversations in which this transaction changes anything that is shown."""

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
        found = {key: self._one(sql.ADDRESS, key) for key in wanted}
        return {key: AddressRow(*row) for key, row in found.items() if row is not None}

    async def add_addresses(self, rows: Sequence[AddressRow]) -> None:
        self._many(sql.ADD_ADDRESS, map(astuple, rows))

    async def repoint(self, losers: Sequence[ConversationKey], winner: AddressRow) -> None:
        for key in losers:
            await self._move_facts(key, winner)
            self.noted.add((key, None))
            self.run(sql.REPOINT_ADDRESSES, (winner.conversation_id, winner.contact_id, key.workspace_id, key.id))
            self.run(sql.REPOINT_CONVERSATION, (winner.contact_id, key.workspace_id, key.id))

    async def _move_facts(self, key: ConversationKey, winner: AddressRow) -> None:
        found = self._one(sql.CONTACT, key)
        if found is not None and found[0] != winner.contact_id:
            self.run(sql.MOVE_FACTS, (key.workspace_id, found[0], winner.contact_id))
            self.run(sql.DROP_FACTS, (key.workspace_id, found[0]))
            await self.join_consents([(key.workspace_id, found[0])], winner.contact_id)

    async def add_contacts(self, rows: Sequence[tuple[WorkspaceId, str, str | None, float]]) -> None:
        self._many(sql.ADD_CONTACT, rows)

    async def create(self, rows: Sequence[Conversation]) -> None:
        self._many(sql.CREATE, map(astuple, rows))

    async def lock(self, keys: Iterable[ConversationKey]) -> dict[ConversationKey, Conversation]:
        found = {key: self._one(sql.GET, key) for key in keys}
        return {key: Conversation(*row) for key, row in found.items() if row is not None}

    async def save(self, rows: Sequence[Conversation]) -> None:
        self._many(sql.SAVE, map(astuple, rows))
        self.noted.update((row.key, None) for row in rows)

    async def due(self, now: float, limit: int) -> list[Conversation]:
        return [Conversation(*row) for row in self.run(sql.DUE, (now, limit))]

    async def owned(self, workers: Sequence[WorkerId], limit: int) -> list[Conversation]:
        rows = [row for worker in workers for row in self.run(sql.OWNED, (worker, limit))]
        return [Conversation(*row) for row in rows[:limit]]

    async def count_owned(self, worker_id: WorkerId) -> int:
        row = self._one(sql.COUNT_OWNED, (worker_id,))
        return int(row[0]) if row else 0

    async def known_events(
        self, wanted: Iterable[tuple[WorkspaceId, ChannelId, bytes]]
    ) -> set[tuple[WorkspaceId, ChannelId, bytes]]:
        return {key for key in wanted if self._one(sql.KNOWN, key) is not None}

    async def recent_dedups(self, key: ConversationKey, since: float) -> list[bytes]:
        return [row[0] for row in self.run(sql.RECENT, (*key, since))]

    async def add_events(self, rows: Sequence[EventRow]) -> None:
        self._many(sql.ADD_EVENT, map(astuple, rows))

    async def open_events(self, spans: Iterable[tuple[ConversationKey, int]]) -> dict[ConversationKey, list[EventRow]]:
        return {key: [EventRow(*row) for row in self.run(sql.OPEN, (*key, after))] for key, after in spans}

    async def event_by_external(self, key: ConversationKey, external_id: str) -> EventRow | None:
        row = self._one(sql.BY_EXTERNAL, (*key, external_id))
        return EventRow(*row) if row is not None else None

    async def early_events(self, key: ConversationKey, reason: str) -> list[EventRow]:
        return [EventRow(*row) for row in self.run(sql.EARLY, (*key, reason))]

    async def erase(self, key: ConversationKey, now: float) -> None:
        for statement in sql.ERASE:
            self.run(statement, (*key, now) if "?3" in statement else key)
        for statement in (*FORGET_WORDS, BLANK):
            self.run(statement, key)
        self.noted.add((key, EVERYTHING))

    async def change_events(self, changes: Sequence[EventChange]) -> None:
        self._many(sql.CHANGE, ((*c.key, c.state, c.reason, c.turn_no, c.settled_at, c.seq) for c in changes))

    async def rewrite_events(self, bodies: Sequence[tuple[ConversationKey, int, bytes]]) -> None:
        self._many(sql.REWRITE, ((body, *key, seq) for key, seq, body in bodies))
        self.noted.update((key, seq) for key, seq, _ in bodies)

    async def end_turns(self, ends: Sequence[TurnEnd]) -> None:
        self._many(sql.END, ((*e.key, e.turn_no, e.seq_from, e.seq_to, e.state, e.now) for e in ends))

    async def add_strays(self, rows: Sequence[StrayRow]) -> int:
        return sum(1 for row in rows if (got := self._one(sql.STRAY, astuple(row))) and got[0] > 1)

    async def outbound(self, keys: Iterable[OutboundKey]) -> dict[OutboundKey, OutboundRow]:
        found = {key: self._one(sql.ROW, key) for key in keys}
        return {key: OutboundRow(*row) for key, row in found.items() if row is not None}

    async def first_open(self, spans: Iterable[tuple[ConversationKey, int]]) -> dict[ConversationKey, OutboundRow]:
        found = {key: self._one(sql.FIRST, (*key, after)) for key, after in spans}
        return {key: OutboundRow(*row) for key, row in found.items() if row is not None}

    async def outbound_by_external(
        self, wanted: Iterable[tuple[WorkspaceId, ChannelId, str]]
    ) -> dict[tuple[WorkspaceId, ChannelId, str], OutboundRow]:
        found = {key: self._one(sql.EXTERNAL, key) for key in wanted}
        return {key: OutboundRow(*row) for key, row in found.items() if row is not None}

    async def add_outbound(self, rows: Sequence[OutboundRow]) -> None:
        self._many(sql.ADD_ROW, map(astuple, rows))

    async def save_outbound(self, rows: Sequence[OutboundRow]) -> None:
        self._many(sql.SAVE_ROW, map(astuple, rows))
        self.noted.update((row.conversation, None) for row in rows)

    async def turn_states(self, turns: Iterable[TurnKey]) -> dict[TurnKey, list[tuple[str, bool]]]:
        return {turn: [(state, bool(done)) for state, done in self.run(sql.STATES, turn)] for turn in turns}

    async def cancel_queued(self, key: ConversationKey, now: float) -> list[int]:
        done = self._one(sql.OUT_DONE, key)
        return [row[0] for row in self.run(sql.CANCEL, (now, *key, done[0] if done else 0))]

    async def any_open_send(self, key: ConversationKey, after: int) -> bool:
        return self._one(sql.OPEN_SEND, (*key, after)) is not None

    async def turns(self, keys: Iterable[TurnKey]) -> dict[TurnKey, TurnRow]:
        found = {key: self._one(sql.TURN, key) for key in keys}
        return {key: TurnRow(*row) for key, row in found.items() if row is not None}

    async def put_turns(self, rows: Sequence[TurnRow]) -> None:
        self._many(sql.PUT_TURN, map(astuple, rows))

    async def steps(self, turns: Iterable[TurnKey]) -> dict[TurnKey, list[StepRow]]:
        return {turn: [StepRow(*row) for row in self.run(sql.STEPS, turn)] for turn in turns}

    async def put_steps(self, rows: Sequence[StepRow]) -> set[StepId]:
        return {values[:6] for values in map(astuple, rows) if self.run(sql.PUT_STEP, values)}

    async def add_spend(self, spend: Mapping[Day, Spent]) -> None:
        self._many(sql.ADD_SPEND, ((*day, *spent) for day, spent in spend.items()))

    async def put_facts(self, rows: Sequence[Fact]) -> None:
        self._many(sql.PUT_FACT, map(astuple, rows))

    async def drop_facts(self, keys: Sequence[FactKey]) -> None:
        self._many(sql.DROP_FACT, keys)

    async def sessions(self, keys: Iterable[ConversationKey]) -> dict[ConversationKey, SessionRow]:
        found = {key: self._one(sql.SESSION, key) for key in keys}
        return {key: SessionRow(*row) for key, row in found.items() if row is not None}

    async def put_sessions(self, rows: Sequence[SessionRow]) -> None:
        self._many(sql.PUT_SESSION, map(astuple, rows))

    async def early_reports(self, wanted: Iterable[tuple[WorkspaceId, ChannelId, str]]) -> list[EarlyReport]:
        return [EarlyReport(*row) for key in wanted for row in self.run(sql.TAKE_EARLY, key)]

    async def add_early_reports(self, rows: Sequence[EarlyReport]) -> None:
        self._many(sql.ADD_EARLY, rows)

    async def add_timers(self, rows: Sequence[TimerRow]) -> None:
        self._many(sql.ADD_TIMER, map(astuple, rows))

    async def due_timers(self, now: float, limit: int) -> list[TimerRow]:
        found = [TimerRow(*row) for row in self.run(sql.TAKE_TIMERS, (now, limit))]
        return sorted(found, key=lambda timer: timer.due_at)

    async def forget_uploads(self, keys: Sequence[UploadKey]) -> None:
        self._many(sql.FORGET_UPLOAD, keys)

    async def drop_timers(self, named: Iterable[TimerName]) -> None:
        self._many(sql.DROP_TIMERS, [(*each, told_name(each[2])) for each in named])

    async def drop_sequences(self, keys: Sequence[ConversationKey]) -> None:
        self._many(sql.DROP_SEQUENCES, keys)

    async def drop_follow_ups(self, keys: Sequence[ConversationKey]) -> None:
        self._many(sql.DROP_FOLLOW_UPS, keys)

    async def paused(self) -> set[tuple[WorkspaceId, ChannelId]]:
        return {(row[0], row[1]) for row in self.run(sql.PAUSED)}

    async def pause(self, workspace_id: WorkspaceId, channel_id: ChannelId, reason: str, now: float) -> bool:
        return bool(self.run(sql.PAUSE, (workspace_id, channel_id, reason, now)))

    async def end_own_pause(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> bool:
        return bool(self.run(sql.END_OWN_PAUSE, (workspace_id, channel_id)))

    async def resume(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> bool:
        self.run(sql.FORGIVE, (workspace_id, channel_id))
        return bool(self.run(sql.RESUME, (workspace_id, channel_id)))

    async def refused(self, workspace_id: WorkspaceId, channel_id: ChannelId, credentials: str) -> None:
        self.run(sql.REFUSED, (workspace_id, channel_id, credentials))

    async def hold_channel(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> None:
        self.run(sql.HOLD_CHANNEL, (workspace_id, channel_id))

    async def free_channel(self, workspace_id: WorkspaceId, channel_id: ChannelId, now: float) -> None:
        self.run(sql.FREE_CHANNEL, (now, workspace_id, channel_id))

    async def buckets(self, keys: Iterable[ChannelKey]) -> dict[ChannelKey, Bucket]:
        found = {key: self._one(sql.BUCKET, key) for key in keys}
        return {key: Bucket() if row is None else Bucket(*row) for key, row in found.items()}

    async def save_buckets(self, buckets: Mapping[ChannelKey, Bucket]) -> None:
        self._many(sql.SAVE_BUCKET, ((*key, *bucket) for key, bucket in buckets.items()))

    async def account_state(self, unknown: AccountState) -> AccountState:
        key = (unknown.workspace_id, unknown.channel_id)
        self.run(sql.ADD_ACCOUNT, astuple(unknown))
        return _account(self.run(sql.ACCOUNT, key)[0])

    async def put_account_state(self, row: AccountState) -> None:
        self.run(sql.PUT_ACCOUNT, astuple(row))

    async def newest_event(self, key: ChannelKey, before: float) -> float | None:
        found = self._one(sql.NEWEST, (*key, before))
        return None if found is None else float(found[0])

    async def accounts_due(self, channels: Sequence[ChannelKey], now: float, until: float) -> list[AccountState]:
        found = [row for key in channels for row in self.run(sql.ACCOUNT_DUE, (*key, now, until))]
        return [_account(row) for row in found]

    async def add_worker(self, worker_id: WorkerId, now: float) -> None:
        self.run(sql.ADD_WORKER, (worker_id, now, now))

    async def beat(self, worker_id: WorkerId, now: float) -> bool:
        return bool(self.run(sql.BEAT, (now, worker_id)))

    async def alive(self, worker_id: WorkerId) -> bool:
        return self._one(sql.ALIVE, (worker_id,)) is not None

    async def bury(self, before: float) -> None:
        self.run(sql.BURY, (before,))

    async def dead_owners(self) -> list[WorkerId]:
        return [row[0] for row in self.run(sql.DEAD)]

    async def remove_workers(self, workers: Sequence[WorkerId]) -> None:
        self._many(sql.REMOVE_WORKER, [(worker,) for worker in workers])

    async def clock(self) -> float | None:
        return None


def _account(row: Sequence[Any]) -> AccountState:
    return replace(AccountState(*row), works=bool(row[3]))
