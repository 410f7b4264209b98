"""The store port: every method is one transaction, durable when it returns.

Two implementations, one contract suite. What a transaction decides stands in `rules` and is played by the
scripts in `store/transactions`, once for both; SQL stands in `store/sqlite` and `store/postgres` only.
Raises StoreUnavailable (retry) and, where a run is named, Fenced (stop, send nothing).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from turnkeeper.model.agents import Spent
from turnkeeper.model.conversation import (
    Conversation,
    EventRow,
    OutboundRow,
    SessionRow,
    StepRow,
    TimerRow,
    TurnRow,
)
from turnkeeper.model.events import DeliveryUpdate, Inbound, SessionStatus
from turnkeeper.model.flows import Counted
from turnkeeper.model.ids import ChannelId, ConversationId, ConversationKey, OutboundKey, WorkerId, WorkspaceId
from turnkeeper.model.outbound import Outcome
from turnkeeper.model.policy import Channel
from turnkeeper.model.templates import TemplateNews
from turnkeeper.rules.retry import Outage
from turnkeeper.store.agents import AgentRecords
from turnkeeper.store.announcements import AnnouncementRecords
from turnkeeper.store.bots import BotRecords
from turnkeeper.store.channels import ChannelRecords
from turnkeeper.store.colleagues import ColleagueRecords
from turnkeeper.store.configured import ConfiguredRecords
from turnkeeper.store.consents import ConsentRecords
from turnkeeper.store.contacts import ContactRecords
from turnkeeper.store.documents import DocumentRecords
from turnkeeper.store.erasing import Erasures
from turnkeeper.store.feeding import InboxFeeding
from turnkeeper.store.flows import FlowRecords
from turnkeeper.store.inbox import InboxRecords
from turnkeeper.store.knowledge import KnowledgeRecords
from turnkeeper.store.lines import Line
from turnkeeper.store.media import MediaRecords
from turnkeeper.store.payments import PaymentRecords
from turnkeeper.store.people import PeopleRecords
from turnkeeper.store.runs import Run, Wake
from turnkeeper.store.schedules import ScheduleRecords
from turnkeeper.store.simulating import SimulatingRecords
from turnkeeper.store.speaking import SpokenRecords
from turnkeeper.store.templates import TemplateRecords
from turnkeeper.store.thread import ThreadRecords
from turnkeeper.store.timers import TimerRecords
from turnkeeper.store.traces import TraceRecords
from turnkeeper.store.workers import WorkerRecords

LOOKED_BACK = 1000
"""How many events of a conversation are looked through for one by the provider's id."""
EARLY_LOOKED_BACK = 200
"""And for edits, deletions and reactions that came before the message which arrives now."""
LOOKED_THROUGH = 10_000
"""How many events of all channels are looked through for one channel's newest."""


class Arrival(NamedTuple):
    """An event on its way into a mailbox."""

    channel: Channel
    event: Inbound
    received_at: float


class Report(NamedTuple):
    """What a provider says of a send."""

    channel: Channel
    update: DeliveryUpdate
    received_at: float


class Stray(NamedTuple):
    """Something that belongs to no conversation: it is only counted and kept."""

    workspace_id: WorkspaceId
    channel_id: str
    state: Literal["ignored", "unreadable"]
    reason: str
    dedup_key: str
    raw: bytes
    received_at: float


class SessionReport(NamedTuple):
    """What a provider says of a channel's account. It is only counted where a Stray says it too."""

    channel: Channel
    status: SessionStatus
    received_at: float


class Intake(NamedTuple):
    """All that one webhook brought; taken whole or not at all (what is told of accounts and templates may be taken
    first)."""

    arrivals: Sequence[Arrival] = ()
    reports: Sequence[Report] = ()
    strays: Sequence[Stray] = ()
    sessions: Sequence[SessionReport] = ()
    templates: Sequence[TemplateNews] = ()


class Taken(NamedTuple):
    """What became of an intake: how many events were new, how many had been here, and who is to be woken. `homes`: of
    each arrival its conversation, and whether it was new; empty where that is not known yet."""

    accepted: int
    duplicates: int
    wakes: list[Wake]
    homes: Sequence[tuple[ConversationId, bool]] = ()


@dataclass(frozen=True, slots=True)
class ClaimedTurn:
    """A turn to run. `steps` are those already journaled; `exhausted`: claimed too often, fail it unrun."""

    run: Run
    channel: Channel
    conversation: Conversation
    turn: TurnRow
    events: Sequence[EventRow]
    session: SessionRow | None
    steps: Sequence[StepRow] = ()
    exhausted: bool = False


@dataclass(frozen=True, slots=True)
class ClaimedSend:
    """A row that is marked `sending`: call the provider, then record the outcome."""

    run: Run
    channel: Channel
    conversation: Conversation
    row: OutboundRow


Claimed = ClaimedTurn | ClaimedSend


class Dispatch(NamedTuple):
    """What follows a write: a row now marked `sending`, or the conversation let go, due again at `due_at`.

    Both empty: still held (a turn that goes on after a `say_now`). `stopped`: the outcome that was recorded stopped
    the channel, which was not stopped before.
    """

    send: ClaimedSend | None
    due_at: float | None = None
    stopped: bool = False


class StepKey(NamedTuple):
    """Where a step stands in its turn; `attempt` is 0 for an effect."""

    turn_no: int
    attempt: int
    name: str
    occurrence: int


@dataclass(frozen=True, slots=True)
class TurnCommit:
    """What a turn leaves. `contents` are encoded Contents in the order in which they are to be sent.

    `failed`: the bot gave up, the contents are its `error_reply`. `given`: the carried effects that the turn knew
    of; what was carried after that is the next turn's. `facts`: what the bot learned of the contact, as JSON; None
    forgets. `cancelled`: the names of timers that are taken back before the turn's own are set.
    `consents`: purposes that the contact has said yes or no to. `counts`: how often nodes of flows were passed.
    """

    run: Run
    turn_no: int
    contents: Sequence[bytes]
    session: SessionRow
    now: float
    timers: Sequence[TimerRow] = ()
    follow_ups_cancelled: bool = False
    handover: str | None = None
    failed: bool = False
    trace: str | None = None
    given: bytes = b"[]"
    facts: Mapping[str, bytes | None] = field(default_factory=dict)
    cancelled: Sequence[str] = ()
    consents: Mapping[str, bool] = field(default_factory=dict)
    counts: Mapping[Counted, int] = field(default_factory=dict)


class Retold(NamedTuple):
    """An event of a running turn, told anew: its body before and after."""

    seq: int
    before: bytes
    after: bytes


class PutOff(NamedTuple):
    """A turn whose bot raised and that is tried again at `at`."""

    run: Run
    turn_no: int
    trace: str
    at: float
    now: float


class Sent(NamedTuple):
    """The outcome of one try of one row; counts whoever owns the conversation now.

    `backoff`: seconds to wait if it is to be tried again. `in_turn`: said while the turn goes on, which keeps
    the conversation.
    """

    row: OutboundKey
    tried: int
    outcome: Outcome
    run: Run
    backoff: float
    now: float
    in_turn: bool = False


class Moment(NamedTuple):
    """One line of a conversation's story: what happened when. A `waiting` with a `seq` waits still.

    `began_at`: when what ended at `at` began; the same instant: it goes on, or was cut off.
    """

    at: float
    kind: str
    turn_no: int | None
    seq: int | None
    text: str
    detail: str | None = None
    began_at: float | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """How many events stand where; the states sum to `accepted`. `refused`: files that were not taken, by reason."""

    accepted: int
    duplicates: int
    states: dict[str, int]
    dropped: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)


class Store(
    ChannelRecords,
    MediaRecords,
    AgentRecords,
    KnowledgeRecords,
    DocumentRecords,
    BotRecords,
    Erasures,
    SpokenRecords,
    PaymentRecords,
    TemplateRecords,
    TimerRecords,
    AnnouncementRecords,
    ConsentRecords,
    ContactRecords,
    FlowRecords,
    ScheduleRecords,
    PeopleRecords,
    TraceRecords,
    SimulatingRecords,
    ConfiguredRecords,
    InboxRecords,
    InboxFeeding,
    ColleagueRecords,
    ThreadRecords,
    WorkerRecords,
    Protocol,
):
    """Everything that the engine keeps."""

    async def open(self) -> None:
        """Connect; raises StoreUnavailable, or StoreMismatch for a schema that is not ours."""

    async def close(self) -> None:
        """Finish what is under way and disconnect."""

    async def migrate(self) -> list[str]:
        """Bring the schema up to date; the names of the migrations that were applied."""

    async def take(self, intake: Intake) -> Taken:
        """Put a webhook's events into their mailboxes, each once, and apply its delivery updates."""

    async def claim(
        self,
        worker_id: WorkerId,
        limit: int,
        now: float,
        versions: Mapping[str, str],
        over: Outage | None = None,
    ) -> list[Claimed]:
        """Take up to `limit` due conversations. `versions`: the code of each bot that this worker would run.

        `over`: the last outage that the worker saw; sends of unknown fate wait for their echoes after it.
        """

    async def begin_effect(self, run: Run, step: StepKey, arguments: str, now: float) -> StepRow | None:
        """Note that an effect is about to run; from here no interrupt. The row if it was begun before."""

    async def finish_step(self, run: Run, step: StepRow, spent: Spent | None = None) -> None:
        """Keep a step's result, and add what models took for it to the conversation's day; may be repeated when its
        answer was lost, and is counted once."""

    async def say_now(self, run: Run, step: StepRow, contents: Sequence[bytes], now: float) -> Dispatch:
        """Journal the step and put its messages into the outbox, in one; the turn can no longer be interrupted."""

    async def retell(self, run: Run, turn_no: int, told: Sequence[Retold]) -> None:
        """Keep what was found out about events of a running turn, but of those that have changed since; may be
        repeated when its answer was lost."""

    async def commit(self, commit: TurnCommit) -> Dispatch:
        """End a turn. May be repeated when its answer was lost."""

    async def put_off(self, put_off: PutOff) -> float | None:
        """Let a failed turn go until its retry; when it is due."""

    async def record(self, sent: Sent) -> Dispatch:
        """Keep a send's outcome and go on with the outbox while the run still holds the conversation."""

    async def release(self, run: Run, now: float) -> float | None:
        """Hand a conversation over undone (graceful stop); when it is due."""

    async def fire_timers(self, now: float, limit: int) -> list[Wake]:
        """Move due timers into their mailboxes."""

    async def next_due(self) -> float | None:
        """When the next conversation or timer is due."""

    async def set_mode(
        self, key: ConversationKey, mode: str, now: float, until: float | None = None, by: str = ""
    ) -> Wake | None:
        """Hand over to a person, pause, or give back to the bot; None for an unknown conversation. `by`: who does it,
        for colleagues to see."""

    async def history(self, key: ConversationKey, limit: int, since: float | None = None) -> list[Line]:
        """The last `limit` lines that were said, oldest first; `since`: only those after that instant."""

    async def quoted(self, key: ConversationKey, channel_id: ChannelId, external_ids: Sequence[str]) -> dict[str, Line]:
        """Messages of a conversation by the provider's ids, whoever wrote them; those that are known (and, of the
        contact's, not too long ago)."""

    async def moments(self, key: ConversationKey, limit: int) -> list[Moment]:
        """What happened in a conversation lately, oldest first."""

    async def recent(self, limit: int) -> list[Conversation]:
        """The conversations in which something happened last."""

    async def find(self, workspace_id: WorkspaceId, channel_id: ChannelId, address: str) -> Conversation | None:
        """The conversation of an address."""

    async def ledger(self) -> Ledger:
        """How many events stand where."""

    async def retain(self, before: float, limit: int) -> int:
        """Forget up to `limit` settled rows from before an instant, keeping the ledger's sums; how many."""
