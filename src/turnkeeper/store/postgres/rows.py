"""The Rows port on one PostgreSQL connection, inside one open transaction (READ COMMITTED).

Each statement sees what was committed before it began: whatever is read after `lock` is as new as the lock.
Where one transaction could miss another's unfinished work, the method says how it does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

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
from turnkeeper.model.ids import ChannelId, ContactId, ConversationKey, OutboundKey, WorkerId, WorkspaceId
from turnkeeper.rules.pacing import Bucket
from turnkeeper.store.changes import EVERYTHING, Change
from turnkeeper.store.contacts import ContactKey
from turnkeeper.store.postgres import statements as sql
from turnkeeper.store.postgres.announcements import PostgresAnnouncing
from turnkeeper.store.postgres.colleagues import PostgresColleagueRows
from turnkeeper.store.postgres.consents import PostgresConsentRows
from turnkeeper.store.postgres.contacts import PostgresContactRows
from turnkeeper.store.postgres.erasing import PostgresErasing
from turnkeeper.store.postgres.feeding import BLANK, FORGET_WORDS, PostgresFeedRows
from turnkeeper.store.postgres.flows import PostgresFlowRows
from turnkeeper.store.postgres.payments import PostgresPaymentRows
from turnkeeper.store.postgres.simulating import PostgresSimulatingRows
from turnkeeper.store.postgres.traces import PostgresTraceRows
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
from turnkeeper.store.timers import told_name

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]

_ExternalKey = tuple[WorkspaceId, ChannelId, str]


class Raced(Exception):
    """Another transaction was quicker with something that this one had not seen: play it again."""


def _arrays(keys: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """One array a column; empty for no keys at all."""
    return list(zip(*keys, strict=True))


def _known_at(fact: Fact) -> float:
    return fact.at


class PostgresRows(
    PostgresErasing,
    PostgresPaymentRows,
    PostgresAnnouncing,
    PostgresConsentRows,
    PostgresFlowRows,
    PostgresFeedRows,
    PostgresTraceRows,
    PostgresSimulatingRows,
    PostgresColleagueRows,
    PostgresContactRows,
):
    """One open transaction on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.noted: set[Change] = set()
        """Conversations in which this transaction changes anything that is shown."""
        self._unknown: set[_ExternalKey] = set()

    async def run(self, statement: str, *arguments: Any) -> list[Any]:
        """Run a statement; all its rows."""
        return await self._connection.fetch(statement, *arguments)

    async def many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each of many rows."""
        await self._connection.executemany(statement, rows)

    async def _by_keys(self, statement: str, keys: Iterable[Sequence[Any]], *more: Any) -> list[Any]:
        arrays = _arrays(keys)
        return await self._connection.fetch(statement, *arrays, *more) if arrays else []

    async def _write(self, statement: str, rows: Iterable[Any]) -> list[Any]:
        values = [astuple(row) for row in rows]
        return await self._connection.fetch(statement, values) if values else []

    async def addresses(self, wanted: Iterable[AddressKey]) -> dict[AddressKey, AddressRow]:
        found = [AddressRow(*row) for row in await self._by_keys(sql.ADDRESSES, wanted)]
        return {(row.workspace_id, row.channel_id, row.value): row for row in found}

    async def add_addresses(self, rows: Sequence[AddressRow]) -> None:
        """Whoever finds an address that was not there a moment ago must look where it leads."""
        if len(await self._write(sql.ADD_ADDRESSES, rows)) < len(rows):
            raise Raced("an address was added by another transaction")

    async def repoint(self, losers: Sequence[ConversationKey], winner: AddressRow) -> None:
        await self._move_facts(losers, winner.contact_id)
        self.noted.update((key, None) for key in losers)
        await self._by_keys(sql.REPOINT_ADDRESSES, losers, winner.conversation_id, winner.contact_id)
        await self._by_keys(sql.REPOINT_CONVERSATIONS, losers, winner.contact_id)

    async def _move_facts(self, losers: Sequence[ConversationKey], winner: ContactId) -> None:
        """The losers are locked, so nobody learns anything more of their contacts."""
        contacts = {(row[0], row[1]) for row in await self._by_keys(sql.CONTACTS, losers)}
        await self.join_facts(sorted(contact for contact in contacts if contact[1] != winner), winner)

    async def join_facts(self, losers: Sequence[ContactKey], winner: ContactId) -> None:
        """Give a contact what is known of others, and what they consented to."""
        await self.join_consents(losers, winner)
        found = [Fact(*row) for row in await self._by_keys(sql.TAKE_FACTS, losers)]
        moved = {(fact.bot_id, fact.name): replace(fact, contact_id=winner) for fact in sorted(found, key=_known_at)}
        await self._write(sql.PUT_NEWER_FACTS, [moved[key] for key in sorted(moved)])

    async def add_contacts(self, rows: Sequence[tuple[WorkspaceId, str, str | None, float]]) -> None:
        if rows:
            await self.run(sql.ADD_CONTACTS, list(rows))

    async def create(self, rows: Sequence[Conversation]) -> None:
        await self._write(sql.CREATE, rows)

    async def lock(self, keys: Iterable[ConversationKey]) -> dict[ConversationKey, Conversation]:
        """In order: the statement goes from key to key."""
        found = [Conversation(*row) for row in await self._by_keys(sql.LOCK, sorted(set(keys)))]
        return {row.key: row for row in found}

    async def save(self, rows: Sequence[Conversation]) -> None:
        await self._write(sql.SAVE, rows)
        self.noted.update((row.key, None) for row in rows)

    async def due(self, now: float, limit: int) -> list[Conversation]:
        return [Conversation(*row) for row in await self.run(sql.DUE, now, limit)]

    async def owned(self, workers: Sequence[WorkerId], limit: int) -> list[Conversation]:
        """Passes over what another transaction holds: it is being written, so somebody runs it or stops."""
        return [Conversation(*row) for row in await self.run(sql.OWNED, list(workers), limit)]

    async def count_owned(self, worker_id: WorkerId) -> int:
        return int((await self.run(sql.COUNT_OWNED, worker_id))[0][0])

    async def known_events(
        self, wanted: Iterable[tuple[WorkspaceId, ChannelId, bytes]]
    ) -> set[tuple[WorkspaceId, ChannelId, bytes]]:
        return {(row[0], row[1], row[2]) for row in await self._by_keys(sql.KNOWN, wanted)}

    async def recent_dedups(self, key: ConversationKey, since: float) -> list[bytes]:
        return [row[0] for row in await self.run(sql.RECENT, *key, since)]

    async def add_events(self, rows: Sequence[EventRow]) -> None:
        await self._write(sql.ADD_EVENTS, rows)

    async def open_events(self, spans: Iterable[tuple[ConversationKey, int]]) -> dict[ConversationKey, list[EventRow]]:
        asked = [(*key, after) for key, after in spans]
        found: dict[ConversationKey, list[EventRow]] = {ConversationKey(w, c): [] for w, c, _ in asked}
        for row in await self._by_keys(sql.OPEN, asked):
            event = EventRow(*row)
            found[ConversationKey(event.workspace_id, event.conversation_id)].append(event)
        return found

    async def event_by_external(self, key: ConversationKey, external_id: str) -> EventRow | None:
        found = await self.run(sql.BY_EXTERNAL, *key, [external_id])
        return EventRow(*found[-1]) if found else None

    async def early_events(self, key: ConversationKey, reason: str) -> list[EventRow]:
        return [EventRow(*row) for row in await self.run(sql.EARLY_EVENTS, *key, reason)]

    async def erase(self, key: ConversationKey, now: float) -> None:
        for statement in sql.ERASE:
            await self.run(statement, *key)
        await self.run(sql.ERASE_SUMMARY, *key, now)
        for statement in (FORGET_WORDS, BLANK):
            await self.run(statement, *key)
        self.noted.add((key, EVERYTHING))

    async def change_events(self, changes: Sequence[EventChange]) -> None:
        last = {(c.key, c.seq): (*c.key, c.seq, c.state, c.reason, c.turn_no, c.settled_at) for c in changes}
        await self._by_keys(sql.CHANGE, last.values())

    async def rewrite_events(self, bodies: Sequence[tuple[ConversationKey, int, bytes]]) -> None:
        last = {(key, seq): (*key, seq, body) for key, seq, body in bodies}
        await self._by_keys(sql.REWRITE, last.values())
        self.noted.update((key, seq) for key, seq, _ in bodies)

    async def end_turns(self, ends: Sequence[TurnEnd]) -> None:
        last = {(e.key, e.turn_no): (*e.key, e.turn_no, e.seq_from, e.seq_to, e.state, e.now) for e in ends}
        await self._by_keys(sql.END, last.values())

    async def add_strays(self, rows: Sequence[StrayRow]) -> int:
        """In order of their keys, for webhooks on other connections may bring the same ones."""
        times = Counter((row.workspace_id, row.channel_id, row.dedup) for row in rows)
        first = {(row.workspace_id, row.channel_id, row.dedup): row for row in reversed(rows)}
        values = [(*astuple(first[key]), times[key]) for key in sorted(times)]
        found = await self.run(sql.STRAYS, values) if values else []
        new = sum(1 for w, c, dedup, deliveries in found if deliveries == times[w, c, dedup])
        return len(rows) - new

    async def outbound(self, keys: Iterable[OutboundKey]) -> dict[OutboundKey, OutboundRow]:
        found = [OutboundRow(*row) for row in await self._by_keys(sql.OUTBOUND, set(keys))]
        return {row.key: row for row in found}

    async def first_open(self, spans: Iterable[tuple[ConversationKey, int]]) -> dict[ConversationKey, OutboundRow]:
        asked = ((*key, after) for key, after in spans)
        found = [OutboundRow(*row) for row in await self._by_keys(sql.FIRST_OPEN, asked)]
        return {row.conversation: row for row in found}

    async def outbound_by_external(self, wanted: Iterable[_ExternalKey]) -> dict[_ExternalKey, OutboundRow]:
        keys = set(wanted)
        rows = [OutboundRow(*row) for row in await self._by_keys(sql.EXTERNAL, keys)]
        found = {(row.workspace_id, row.channel_id, row.external_id or ""): row for row in rows}
        self._unknown |= keys - found.keys()
        return found

    async def add_outbound(self, rows: Sequence[OutboundRow]) -> None:
        await self._write(sql.ADD_OUTBOUND, rows)

    async def save_outbound(self, rows: Sequence[OutboundRow]) -> None:
        await self._write(sql.SAVE_OUTBOUND, {row.key: row for row in rows}.values())
        self.noted.update((row.conversation, None) for row in rows)

    async def turn_states(self, turns: Iterable[TurnKey]) -> dict[TurnKey, list[tuple[str, bool]]]:
        found: dict[TurnKey, list[tuple[str, bool]]] = {turn: [] for turn in turns}
        for workspace_id, conversation_id, no, state, settled in await self._by_keys(sql.TURN_STATES, found):
            found[workspace_id, conversation_id, no].append((state, settled))
        return found

    async def cancel_queued(self, key: ConversationKey, now: float) -> list[int]:
        return [row[0] for row in await self.run(sql.CANCEL, *key, now)]

    async def any_open_send(self, key: ConversationKey, after: int) -> bool:
        return bool(await self.run(sql.OPEN_SEND, *key, after))

    async def turns(self, keys: Iterable[TurnKey]) -> dict[TurnKey, TurnRow]:
        found = [TurnRow(*row) for row in await self._by_keys(sql.TURNS, set(keys))]
        return {(row.workspace_id, row.conversation_id, row.no): row for row in found}

    async def put_turns(self, rows: Sequence[TurnRow]) -> None:
        last = {(row.workspace_id, row.conversation_id, row.no): row for row in rows}
        await self._write(sql.PUT_TURNS, last.values())

    async def steps(self, turns: Iterable[TurnKey]) -> dict[TurnKey, list[StepRow]]:
        found: dict[TurnKey, list[StepRow]] = {turn: [] for turn in turns}
        for row in await self._by_keys(sql.STEPS, found):
            step = StepRow(*row)
            found[step.workspace_id, step.conversation_id, step.turn_no].append(step)
        return found

    async def put_steps(self, rows: Sequence[StepRow]) -> set[StepId]:
        kept: dict[tuple[Any, ...], StepRow] = {}
        for row in rows:
            key = astuple(row)[:6]
            if key not in kept or kept[key].result is None:
                kept[key] = row
        return {(r[0], r[1], r[2], r[3], r[4], r[5]) for r in await self._write(sql.PUT_STEPS, kept.values())}

    async def add_spend(self, spend: Mapping[Day, Spent]) -> None:
        await self._by_keys(sql.ADD_SPEND, [(*day, *spent) for day, spent in sorted(spend.items())])

    async def put_facts(self, rows: Sequence[Fact]) -> None:
        """In order of their keys, for a contact's other conversation may be learned from at once."""
        last = {astuple(row)[:4]: row for row in rows}
        await self._write(sql.PUT_FACTS, [last[key] for key in sorted(last)])

    async def drop_facts(self, keys: Sequence[FactKey]) -> None:
        await self._by_keys(sql.DROP_FACTS, set(keys))

    async def sessions(self, keys: Iterable[ConversationKey]) -> dict[ConversationKey, SessionRow]:
        found = [SessionRow(*row) for row in await self._by_keys(sql.SESSIONS, set(keys))]
        return {ConversationKey(row.workspace_id, row.conversation_id): row for row in found}

    async def put_sessions(self, rows: Sequence[SessionRow]) -> None:
        last = {(row.workspace_id, row.conversation_id): row for row in rows}
        await self._write(sql.PUT_SESSIONS, last.values())

    async def early_reports(self, wanted: Iterable[_ExternalKey]) -> list[EarlyReport]:
        """A status and the answer to its send may be on their way at once: one waits for the other's commit.

        The lock is on the id itself, which has no row yet. Statements after it see what it waited for.
        """
        keys = set(wanted)
        await self._by_keys(sql.LOCK_IDS, keys)
        found = [EarlyReport(*row) for row in await self._by_keys(sql.TAKE_EARLY, keys)]
        return sorted(found, key=lambda report: report.received_at)

    async def add_early_reports(self, rows: Sequence[EarlyReport]) -> None:
        """As with `early_reports`: whoever waited, and finds the id known by now, plays again."""
        if not rows:
            return
        keys = {(row.workspace_id, row.channel_id, row.external_id) for row in rows}
        await self._by_keys(sql.LOCK_IDS, keys)
        if await self.outbound_by_external(keys & self._unknown):
            raise Raced("a send was recorded while its status came")
        await self.run(sql.ADD_EARLY, list(rows))

    async def add_timers(self, rows: Sequence[TimerRow]) -> None:
        last = {(row.workspace_id, row.conversation_id, row.id): row for row in rows}
        await self._write(sql.ADD_TIMERS, last.values())

    async def due_timers(self, now: float, limit: int) -> list[TimerRow]:
        found = [TimerRow(*row) for row in await self.run(sql.TAKE_TIMERS, now, limit)]
        return sorted(found, key=lambda timer: timer.due_at)

    async def forget_uploads(self, keys: Sequence[UploadKey]) -> None:
        for key in sorted(keys):
            await self.run(sql.FORGET_UPLOAD, *key)

    async def drop_timers(self, named: Iterable[TimerName]) -> None:
        """As with follow-ups: one that fires at this moment does so."""
        await self._by_keys(sql.DROP_TIMERS, {(*each, told_name(each[2])) for each in named})

    async def drop_sequences(self, keys: Sequence[ConversationKey]) -> None:
        """As with follow-ups."""
        await self._by_keys(sql.DROP_SEQUENCES, set(keys))

    async def drop_follow_ups(self, keys: Sequence[ConversationKey]) -> None:
        """One that fires at this moment is held by whoever fires it, who waits for the conversation: let it."""
        await self._by_keys(sql.DROP_FOLLOW_UPS, set(keys))

    async def paused(self) -> set[tuple[WorkspaceId, ChannelId]]:
        """Holds up a resume until this transaction is over, so that it frees what this one has held."""
        return {(row[0], row[1]) for row in await self.run(sql.PAUSED)}

    async def pause(self, workspace_id: WorkspaceId, channel_id: ChannelId, reason: str, now: float) -> bool:
        return bool(await self.run(sql.PAUSE, workspace_id, channel_id, reason, now))

    async def end_own_pause(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> bool:
        return bool(await self.run(sql.END_OWN_PAUSE, workspace_id, channel_id))

    async def resume(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> bool:
        await self.run(sql.FORGIVE, workspace_id, channel_id)
        return bool(await self.run(sql.RESUME, workspace_id, channel_id))

    async def refused(self, workspace_id: WorkspaceId, channel_id: ChannelId, credentials: str) -> None:
        await self.run(sql.REFUSE, workspace_id, channel_id, credentials)

    async def hold_channel(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> None:
        await self.run(sql.HOLD_CHANNEL, workspace_id, channel_id)

    async def free_channel(self, workspace_id: WorkspaceId, channel_id: ChannelId, now: float) -> None:
        await self.run(sql.FREE_CHANNEL, workspace_id, channel_id, now)

    async def buckets(self, keys: Iterable[ChannelKey]) -> dict[ChannelKey, Bucket]:
        """In order: the statement goes from key to key."""
        wanted = sorted(set(keys))
        found = await self._by_keys(sql.BUCKETS, wanted)
        if len(found) < len(wanted):
            await self._by_keys(sql.ADD_BUCKETS, wanted)
            found = await self._by_keys(sql.BUCKETS, wanted)
        return {(row[0], row[1]): Bucket(*row[2:]) for row in found}

    async def save_buckets(self, buckets: Mapping[ChannelKey, Bucket]) -> None:
        await self._by_keys(sql.SAVE_BUCKETS, [(*key, *bucket) for key, bucket in buckets.items()])

    async def account_state(self, unknown: AccountState) -> AccountState:
        await self.run(sql.ADD_ACCOUNT, *astuple(unknown))
        return AccountState(*(await self.run(sql.ACCOUNT, unknown.workspace_id, unknown.channel_id))[0])

    async def put_account_state(self, row: AccountState) -> None:
        await self.run(sql.PUT_ACCOUNT, *astuple(row))

    async def newest_event(self, key: ChannelKey, before: float) -> float | None:
        found = await self.run(sql.NEWEST, *key, before)
        return float(found[0][0]) if found else None

    async def accounts_due(self, channels: Sequence[ChannelKey], now: float, until: float) -> list[AccountState]:
        return [AccountState(*row) for row in await self._by_keys(sql.ACCOUNTS_DUE, channels, now, until)]

    async def add_worker(self, worker_id: WorkerId, now: float) -> None:
        await self.run(sql.ADD_WORKER, worker_id, now)

    async def beat(self, worker_id: WorkerId, now: float) -> bool:
        return bool(await self.run(sql.BEAT, worker_id, now))

    async def alive(self, worker_id: WorkerId) -> bool:
        """Keeps the worker from being declared dead until this transaction, a claim, is over."""
        return bool(await self.run(sql.ALIVE, worker_id))

    async def bury(self, before: float) -> None:
        """Passes over a worker that beats or claims at this moment."""
        await self.run(sql.BURY, before)

    async def dead_owners(self) -> list[WorkerId]:
        return [row[0] for row in await self.run(sql.DEAD)]

    async def remove_workers(self, workers: Sequence[WorkerId]) -> None:
        """Those that own nothing, seen after the lock: `owned` passes over what is being written."""
        names = list(workers)
        await self.run(sql.LOCK_WORKERS, names)
        await self.run(sql.REMOVE_WORKERS, names)

    async def clock(self) -> float | None:
        return float((await self.run(sql.CLOCK))[0][0])
