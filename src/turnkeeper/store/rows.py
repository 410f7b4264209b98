"""The rows port: what a transaction's script may read and write, in sets, inside one open transaction.

Nothing here decides. SQLite plays it at once, PostgreSQL in one statement a set. Callers lock conversations
before they read what belongs to them, and always all at once (`lock` sorts), so that scripts cannot deadlock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

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
from turnkeeper.model.ids import (
    BotId,
    ChannelId,
    ContactId,
    ConversationId,
    ConversationKey,
    OutboundKey,
    WorkerId,
    WorkspaceId,
)
from turnkeeper.rules.mailbox import OUTSIDE_KINDS
from turnkeeper.rules.pacing import Bucket
from turnkeeper.store.announcements import AnnouncementRows
from turnkeeper.store.channels import ChannelKey as ChannelKey
from turnkeeper.store.colleagues import ColleagueRows
from turnkeeper.store.consents import ConsentRows
from turnkeeper.store.contacts import ContactRows
from turnkeeper.store.erasing import ErasingRows
from turnkeeper.store.feeding import FeedRows
from turnkeeper.store.flows import FlowRows
from turnkeeper.store.payments import PaymentRows
from turnkeeper.store.simulating import SimulatingRows
from turnkeeper.store.traces import TraceRows

AddressKey = tuple[WorkspaceId, ChannelId, str]
OWN_KINDS = ", ".join(f"'{kind}'" for kind in sorted(OUTSIDE_KINDS | {"operator"}))
"""Kinds of events that no provider brought, as SQL lists them."""
TurnKey = tuple[WorkspaceId, ConversationId, int]
StepId = tuple[WorkspaceId, ConversationId, int, int, str, int]
"""A step: its turn's key, then attempt, name and occurrence."""
TimerName = tuple[WorkspaceId, ConversationId, str]
FactKey = tuple[WorkspaceId, ContactId, BotId, str]
Day = tuple[WorkspaceId, ConversationId, str]
"""A conversation's day, UTC: `2026-11-20`."""
UploadKey = tuple[WorkspaceId, ChannelId, str]
"""The provider's knowledge of one kept file, under whatever types."""


class EventChange(NamedTuple):
    """A new state for one event."""

    key: ConversationKey
    seq: int
    state: str
    reason: str | None = None
    turn_no: int | None = None
    settled_at: float | None = None


class TurnEnd(NamedTuple):
    """A final state for all events of a turn; `seq_from`..`seq_to` is where they are."""

    key: ConversationKey
    turn_no: int
    seq_from: int
    seq_to: int
    state: str
    now: float


class EarlyReport(NamedTuple):
    """A status for a message that we do not know yet; it waits for it."""

    workspace_id: WorkspaceId
    channel_id: ChannelId
    external_id: str
    status: str
    at: float
    code: str | None
    reason: str | None
    received_at: float


class Rows(
    ErasingRows,
    PaymentRows,
    AnnouncementRows,
    ConsentRows,
    FlowRows,
    FeedRows,
    TraceRows,
    SimulatingRows,
    ColleagueRows,
    ContactRows,
    Protocol,
):
    """One open transaction."""

    async def addresses(self, wanted: Iterable[AddressKey]) -> dict[AddressKey, AddressRow]: ...
    async def add_addresses(self, rows: Sequence[AddressRow]) -> None:
        """Add those that are not there yet."""

    async def repoint(self, losers: Sequence[ConversationKey], winner: AddressRow) -> None:
        """Give all addresses of some conversations to another, and their contact with them, and what is known of
        it; where both know something, the newer counts."""

    async def add_contacts(self, rows: Sequence[tuple[WorkspaceId, str, str | None, float]]) -> None:
        """Add contacts that are not there yet: workspace, id, name, since."""

    async def create(self, rows: Sequence[Conversation]) -> None:
        """Add conversations that are not there yet."""

    async def lock(self, keys: Iterable[ConversationKey]) -> dict[ConversationKey, Conversation]: ...
    async def save(self, rows: Sequence[Conversation]) -> None: ...
    async def due(self, now: float, limit: int) -> list[Conversation]:
        """Due conversations, locked; those that someone else holds are passed over."""

    async def owned(self, workers: Sequence[WorkerId], limit: int) -> list[Conversation]:
        """What some workers own, locked."""

    async def count_owned(self, worker_id: WorkerId) -> int: ...

    async def known_events(
        self, wanted: Iterable[tuple[WorkspaceId, ChannelId, bytes]]
    ) -> set[tuple[WorkspaceId, ChannelId, bytes]]:
        """Which of these have been here."""

    async def recent_dedups(self, key: ConversationKey, since: float) -> list[bytes]:
        """The dedup digests of a conversation's newest events, back to an instant."""

    async def add_events(self, rows: Sequence[EventRow]) -> None: ...
    async def open_events(self, spans: Iterable[tuple[ConversationKey, int]]) -> dict[ConversationKey, list[EventRow]]:
        """Waiting and running events after a watermark, in order."""

    async def event_by_external(self, key: ConversationKey, external_id: str) -> EventRow | None:
        """The newest event that the provider knows by this id, of those not too long ago."""

    async def early_events(self, key: ConversationKey, reason: str) -> list[EventRow]:
        """Of the events not too long ago those with a reason, in order."""

    async def erase(self, key: ConversationKey, now: float) -> None:
        """Forget a conversation's words, memory and timers, and what is known of its contact; not that there were
        events: those that wait are left, and so is what is still to be sent. Its summary reaches up to now and is
        empty, so that one which is being made of what was said before is not kept."""

    async def change_events(self, changes: Sequence[EventChange]) -> None: ...
    async def rewrite_events(self, bodies: Sequence[tuple[ConversationKey, int, bytes]]) -> None:
        """New bodies for events that were edited."""

    async def end_turns(self, ends: Sequence[TurnEnd]) -> None:
        """Settle the events of turns."""

    async def add_strays(self, rows: Sequence[StrayRow]) -> int:
        """Count and keep; how many had been here."""

    async def outbound(self, keys: Iterable[OutboundKey]) -> dict[OutboundKey, OutboundRow]: ...
    async def first_open(self, spans: Iterable[tuple[ConversationKey, int]]) -> dict[ConversationKey, OutboundRow]:
        """Of each conversation the first row after a watermark that is not settled."""

    async def outbound_by_external(
        self, wanted: Iterable[tuple[WorkspaceId, ChannelId, str]]
    ) -> dict[tuple[WorkspaceId, ChannelId, str], OutboundRow]: ...
    async def add_outbound(self, rows: Sequence[OutboundRow]) -> None: ...
    async def save_outbound(self, rows: Sequence[OutboundRow]) -> None: ...
    async def turn_states(self, turns: Iterable[TurnKey]) -> dict[TurnKey, list[tuple[str, bool]]]:
        """The states of a turn's rows, and whether each is settled."""

    async def cancel_queued(self, key: ConversationKey, now: float) -> list[int]:
        """End the queued rows of a conversation's turns as cancelled; those turns, once a row. Not what is said
        outside any turn: notices, and an operator's words."""

    async def any_open_send(self, key: ConversationKey, after: int) -> bool:
        """Whether a row is `sending` or of unknown fate and not settled."""

    async def turns(self, keys: Iterable[TurnKey]) -> dict[TurnKey, TurnRow]: ...
    async def put_turns(self, rows: Sequence[TurnRow]) -> None:
        """Insert or replace."""

    async def steps(self, turns: Iterable[TurnKey]) -> dict[TurnKey, list[StepRow]]: ...
    async def put_steps(self, rows: Sequence[StepRow]) -> set[StepId]:
        """Insert; a row that is there and has no result gets it. Those that were written."""

    async def add_spend(self, spend: Mapping[Day, Spent]) -> None:
        """Add what models took to the days of conversations, which are locked."""

    async def put_facts(self, rows: Sequence[Fact]) -> None:
        """Insert or replace."""

    async def drop_facts(self, keys: Sequence[FactKey]) -> None: ...

    async def sessions(self, keys: Iterable[ConversationKey]) -> dict[ConversationKey, SessionRow]: ...
    async def put_sessions(self, rows: Sequence[SessionRow]) -> None: ...

    async def early_reports(self, wanted: Iterable[tuple[WorkspaceId, ChannelId, str]]) -> list[EarlyReport]:
        """Take the statuses that waited for these ids."""

    async def add_early_reports(self, rows: Sequence[EarlyReport]) -> None: ...

    async def forget_uploads(self, keys: Sequence[UploadKey]) -> None:
        """The provider does not take these files any more under the ids that it gave them."""

    async def add_timers(self, rows: Sequence[TimerRow]) -> None: ...
    async def due_timers(self, now: float, limit: int) -> list[TimerRow]:
        """Take due timers."""

    async def drop_timers(self, named: Iterable[TimerName]) -> None:
        """Those of these names, in conversations that are locked."""

    async def drop_sequences(self, keys: Sequence[ConversationKey]) -> None:
        """The sequences that run in conversations that are locked."""

    async def drop_follow_ups(self, keys: Sequence[ConversationKey]) -> None: ...

    async def paused(self) -> set[tuple[WorkspaceId, ChannelId]]:
        """The channels that are stopped."""

    async def pause(self, workspace_id: WorkspaceId, channel_id: ChannelId, reason: str, now: float) -> bool:
        """False: it was stopped already. A reason of its account's gives way to any other."""

    async def end_own_pause(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> bool:
        """Resume, if it was the account that stopped it."""

    async def resume(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> bool: ...
    async def refused(self, workspace_id: WorkspaceId, channel_id: ChannelId, credentials: str) -> None:
        """Remember with which credentials a channel was refused; a resume forgets it."""

    async def hold_channel(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> None:
        """No conversation of the channel with unsent rows is due."""

    async def free_channel(self, workspace_id: WorkspaceId, channel_id: ChannelId, now: float) -> None:
        """All of them are."""

    async def buckets(self, keys: Iterable[ChannelKey]) -> dict[ChannelKey, Bucket]:
        """What channels have sent, locked, made where there is none. The last lock that a script takes: whoever
        holds it waits for nobody."""

    async def save_buckets(self, buckets: Mapping[ChannelKey, Bucket]) -> None: ...

    async def account_state(self, unknown: AccountState) -> AccountState:
        """A channel's, locked; `unknown` is kept where there is none."""

    async def put_account_state(self, row: AccountState) -> None: ...
    async def newest_event(self, key: ChannelKey, before: float) -> float | None:
        """When the newest event came that a provider brought, of those not too long ago."""

    async def accounts_due(self, channels: Sequence[ChannelKey], now: float, until: float) -> list[AccountState]:
        """Take those to be looked at now; nobody else is given them before `until`."""

    async def add_worker(self, worker_id: WorkerId, now: float) -> None: ...
    async def beat(self, worker_id: WorkerId, now: float) -> bool:
        """False: unknown or declared dead."""

    async def alive(self, worker_id: WorkerId) -> bool:
        """Whether it is registered and not declared dead."""

    async def bury(self, before: float) -> None:
        """Declare dead all workers that have not beaten since."""

    async def dead_owners(self) -> list[WorkerId]: ...
    async def remove_workers(self, workers: Sequence[WorkerId]) -> None:
        """Forget dead workers that own nothing any more."""

    async def clock(self) -> float | None:
        """The database's clock, if it has one of its own."""
