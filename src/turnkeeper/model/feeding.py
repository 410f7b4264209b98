"""What the feeder reads of a conversation that has changed, and what it makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from turnkeeper.model.conversation import Conversation, EventRow, OutboundRow, TurnRow
from turnkeeper.model.inbox import InboxRow, Source
from turnkeeper.model.subscriptions import Escalation

READ_AT_ONCE = 300
"""Events, and rows of the outbox, that are read of a conversation at once; the rest follows in the next go."""


class Progress(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a conversation has been fed, so that everything is counted once and nothing is read twice.

    `events_to`, `rows_to`, `turns_to`: all up to there have been seen. `open`: events that were not settled then;
    `held`: those of them of which it was not known whether they are ours. `unsettled`: rows that were not settled;
    `sent`: those of which it is not known whether they arrived. `asked`: messages of the contact that nobody has
    answered, with when they came. `last`: where the last message stands; `last_out`: the row whose fate the list shows.
    `failed_at`, `failure`: the last turn or send that failed; `good_at`: when last somebody was answered. `day`,
    `tokens`, `micros`: what models had taken that day. `called`: what the contact goes by, as the provider tells;
    `named`: the name and numbers that are in the index.
    """

    events_to: int = 0
    rows_to: int = 0
    turns_to: int = 0
    open: tuple[int, ...] = ()
    held: tuple[int, ...] = ()
    unsettled: tuple[int, ...] = ()
    sent: tuple[int, ...] = ()
    asked: tuple[tuple[int, float], ...] = ()
    last: tuple[str, int] = ("", 0)
    last_out: int = 0
    failed_at: float | None = None
    failure: str = ""
    good_at: float = 0.0
    day: str = ""
    tokens: int = 0
    micros: int = 0
    called: str = ""
    named: str = ""


NOTHING = Progress()


class TurnTimes(NamedTuple):
    """When a turn's first row was made and when it was accepted, and for how many seconds models worked."""

    said_at: float | None = None
    accepted_at: float | None = None
    model: float = 0.0


class Spending(NamedTuple):
    """What models took for a conversation on a day."""

    day: str
    tokens: int
    micros: int


@dataclass(frozen=True, slots=True)
class Material:
    """A conversation with what is new in it.

    `before`: its row of the inbox, with its `revision` and `progress`. `events` and `rows`: those that came since, in
    order, with those that were open and those that were `rewritten`. `notices`: the kinds of the events that rows
    outside turns answer. `aims`: what stands where an edit or deletion aims. `late`: it was there before there was an
    inbox. `anew`: whatever was said may have been erased.
    """

    conversation: Conversation
    before: InboxRow | None = None
    revision: int = 0
    progress: Progress = NOTHING
    events: Sequence[EventRow] = ()
    rows: Sequence[OutboundRow] = ()
    rewritten: frozenset[int] = frozenset()
    anew: bool = False
    late: bool = False
    notices: Mapping[int, str] = field(default_factory=dict)
    aims: Mapping[str, tuple[Source, int]] = field(default_factory=dict)
    turns: Mapping[int, TurnRow] = field(default_factory=dict)
    times: Mapping[int, TurnTimes] = field(default_factory=dict)
    spending: Sequence[Spending] = ()
    name: str | None = None
    stage: str | None = None
    tags: Mapping[str, bytes] = field(default_factory=dict)
    """By bot, as JSON."""
    escalation: Escalation | None = None


class Text(NamedTuple):
    """A text whose words are to be found."""

    source: Source
    seq: int
    at: float
    text: str


class Counted(NamedTuple):
    """What is counted in an hour (unix seconds of its beginning)."""

    hour: int
    channel_id: str
    bot_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Fed:
    """What has become of a conversation. `row`: its `seq` is still the old one's; `seen`: so many of its messages count
    as seen already. `dropped`: texts that are no longer to be found; `all_dropped`: none that was there before."""

    row: InboxRow
    progress: Progress
    revision: int
    seen: int = 0
    texts: Sequence[Text] = ()
    dropped: Sequence[tuple[Source, int]] = ()
    all_dropped: bool = False
    figures: Mapping[Counted, int] = field(default_factory=dict)
    more: bool = False
