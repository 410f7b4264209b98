"""A conversation's rows: the mailbox and its watermarks, events, turns and the outbox.

One Conversation is queue item, lock, debounce timer and session's owner at once. Structs, because every
message reads and writes one; the order of their fields is the order of the columns. Instants are unix seconds
(UTC), `None` where there is nothing.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from turnkeeper.model.ids import (
    ChannelId,
    ContactId,
    ConversationId,
    ConversationKey,
    OutboundKey,
    WorkerId,
    WorkspaceId,
)


class Mode(StrEnum):
    """Who answers."""

    BOT = "bot"
    HUMAN = "human"
    PAUSED = "paused"


class TurnState(StrEnum):
    """What the conversation's newest turn is doing; NONE once it is committed or over."""

    NONE = "none"
    RUNNING = "running"
    """Its events are fixed; whoever takes over resumes exactly those."""
    INTERRUPTED = "interrupted"
    """A newer message came: the next claim starts a new attempt with all messages."""
    RETRY = "retry"
    """The bot raised: the next claim starts a new attempt, at `resume_at`."""


class EventState(StrEnum):
    """Where an accepted event stands. All but WAITING and RUNNING are final."""

    WAITING = "waiting"
    RUNNING = "running"
    ANSWERED = "answered"
    NO_REPLY = "no_reply"
    PERSON = "person"
    FAILED = "failed"
    UNREADABLE = "unreadable"
    IGNORED = "ignored"
    DROPPED = "dropped"


class Conversation(msgspec.Struct, frozen=True):
    """One contact's thread on one channel.

    `owner` and `epoch` fence: a write counts only with both. `due_at` is derived (rules.due.due_at) and
    stored because claims are found by it. `in_last`/`out_last` are the newest sequence numbers of mailbox and
    outbox; every event up to `done_to` and every row up to `out_done` needs no further look. `unsent` counts
    rows that are not settled. `pair_tat`: how far what was sent to this contact lies ahead of the pair's limit
    (rules.pacing). `first_at`/`last_at`: the waiting messages of the contact; `turn_first_at`: the
    first message of the running turn. `addresses` are joined by newlines, the one to answer first.
    `entry_at`: when the contact last wrote by way of an ad, which opens a longer window (rules.window); `fell_back`:
    the turn whose words gave way to the bot's fallback template. `offered`: the row whose numbered choices may be
    typed back (rules.choices), below zero once the turn under way has one of them, 0 for none. `early`: edits,
    deletions and reactions that wait for the message they are about.
    """

    workspace_id: WorkspaceId
    id: ConversationId
    channel_id: ChannelId
    contact_id: ContactId
    addresses: str = ""
    mode: str = "bot"
    mode_until: float | None = None
    owner: WorkerId | None = None
    epoch: int = 0
    in_last: int = 0
    done_to: int = 0
    out_last: int = 0
    out_done: int = 0
    unsent: int = 0
    turn_no: int = 0
    turn_state: str = "none"
    attempt: int = 0
    claims: int = 0
    failures: int = 0
    irrevocable: bool = False
    turn_first_at: float | None = None
    first_at: float | None = None
    last_at: float | None = None
    turn_at: float | None = None
    resume_at: float | None = None
    send_at: float | None = None
    due_at: float | None = None
    tat: float | None = None
    rate_noticed_at: float | None = None
    stale_noticed_at: float | None = None
    contact_at: float | None = None
    habit_bursts: float = 0.5
    habit_gap: float = 2.0
    habit_seen: int = 0
    opted_out: bool = False
    follow_ups: bool = False
    held_echoes: int = 0
    duplicates: int = 0
    pair_tat: float | None = None
    offered: int = 0
    early: int = 0
    entry_at: float | None = None
    fell_back: int = 0

    @property
    def key(self) -> ConversationKey:
        """What leads every key of this conversation's rows."""
        return ConversationKey(self.workspace_id, self.id)


class EventRow(msgspec.Struct, frozen=True):
    """One event in a mailbox. `body` is the Inbound as JSON; `dedup` the digest of its dedup key."""

    workspace_id: WorkspaceId
    conversation_id: ConversationId
    seq: int
    channel_id: ChannelId
    dedup: bytes
    external_id: str | None
    kind: str
    from_me: bool
    body: bytes
    received_at: float
    state: str
    reason: str | None = None
    turn_no: int | None = None
    settled_at: float | None = None


class StrayRow(msgspec.Struct, frozen=True):
    """Something that came in a webhook and belongs to no conversation: ignored or unreadable, kept as it came."""

    workspace_id: WorkspaceId
    channel_id: str
    dedup: bytes
    state: str
    reason: str
    raw: bytes
    received_at: float


class OutboundRow(msgspec.Struct, frozen=True):
    """One message to send. `turn_no` below zero: a notice, said outside any turn.

    `state` only moves forward (rules.delivery). `settled_at` is set once nothing more will be tried;
    `hold_until`: not before then; `sending_at`: when the current try was marked; `call_at`: when its call
    is due, where the channel is paced. `faults`: how many of its `failures` count towards a limit on tries.
    """

    workspace_id: WorkspaceId
    conversation_id: ConversationId
    seq: int
    channel_id: ChannelId
    turn_no: int
    n: int
    content: bytes
    state: str = "queued"
    tries: int = 0
    failures: int = 0
    created_at: float = 0.0
    expires_at: float = 0.0
    hold_until: float | None = None
    sending_at: float | None = None
    settled_at: float | None = None
    external_id: str | None = None
    code: str | None = None
    reason: str | None = None
    accepted_at: float | None = None
    sent_at: float | None = None
    delivered_at: float | None = None
    read_at: float | None = None
    call_at: float | None = None
    faults: int = 0

    @property
    def key(self) -> OutboundKey:
        """The row's own key."""
        return OutboundKey(self.workspace_id, self.conversation_id, self.seq)

    @property
    def conversation(self) -> ConversationKey:
        """The key of the conversation that it belongs to."""
        return ConversationKey(self.workspace_id, self.conversation_id)


class TurnRow(msgspec.Struct, frozen=True):
    """The record of a turn. `state`: running, committed, failed or cancelled; `seq_from`..`seq_to`: its events."""

    workspace_id: WorkspaceId
    conversation_id: ConversationId
    no: int
    state: str
    attempt: int
    seq_from: int
    seq_to: int
    bot_id: str
    bot_version: str
    started_at: float
    committed_at: float | None = None
    committed_epoch: int | None = None
    trace: str | None = None


class StepRow(msgspec.Struct, frozen=True):
    """One journaled piece of a turn's work. `attempt` is 0 for effects; `result` None: begun, not known to be done."""

    workspace_id: WorkspaceId
    conversation_id: ConversationId
    turn_no: int
    attempt: int
    name: str
    occurrence: int
    arguments: str
    effect: bool
    began_at: float
    result: bytes | None = None
    done_at: float | None = None


class SessionRow(msgspec.Struct, frozen=True):
    """The bot's memory between turns, as JSON; `carried`: effects of turns that were cancelled or failed."""

    workspace_id: WorkspaceId
    conversation_id: ConversationId
    state: bytes = b"{}"
    stage: str | None = None
    carried: bytes = b"[]"
    saved_at: float = 0.0


class TimerRow(msgspec.Struct, frozen=True):
    """Something that joins the mailbox at `due_at`. A follow-up is deleted when the contact writes first.

    `name`: what the bot calls it, and cancels it by; `too_late_at`: from then on it is dropped instead, said in the
    ledger; None: never.
    """

    workspace_id: WorkspaceId
    conversation_id: ConversationId
    id: str
    channel_id: ChannelId
    due_at: float
    follow_up: bool
    body: bytes
    name: str = ""
    too_late_at: float | None = None


class AddressRow(msgspec.Struct, frozen=True):
    """Which conversation an identity on a channel belongs to."""

    workspace_id: WorkspaceId
    channel_id: ChannelId
    value: str
    conversation_id: ConversationId
    contact_id: ContactId
