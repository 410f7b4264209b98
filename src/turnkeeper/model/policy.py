"""How a bot takes its turns and how a channel sends: settings as values, durations in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from turnkeeper.model.ids import BotId, ChannelId, WorkspaceId
from turnkeeper.model.sequences import NIGHT, MessageSequence, QuietHours
from turnkeeper.model.subscriptions import Subscriptions

Overlap = Literal["interrupt", "queue", "drop"]
Groups = Literal["ignore", "mention", "all"]
Keep = Literal["all", "session", "nothing"]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`count` messages at once, and from then on one every `per / count` seconds, from or to one contact."""

    count: int
    per: float


class Habit(NamedTuple):
    """What is known of one person's way of writing.

    `bursts`: how often a message of theirs is followed by another before it could be answered (0 to 1);
    `gap`: the usual seconds between two messages of a burst; `seen`: how many messages that rests on.
    """

    bursts: float = 0.5
    gap: float = 2.0
    seen: int = 0


@dataclass(frozen=True, slots=True)
class FallbackTemplate:
    """The template that goes instead of words when the provider's window is closed. In `body` (in order) and `named`
    (by name) `{text}` stands for these words."""

    name: str
    language: str
    body: tuple[str, ...] = ()
    named: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TurnPolicy:
    """When a bot's turns start, what newer messages do, and what is said when something is not answered."""

    quiet: float = 4.0
    max_wait: float = 15.0
    adaptive: bool = True
    gather: bool = True
    overlap: Overlap = "interrupt"
    rate_limit: RateLimit | None = RateLimit(10, 60.0)
    stale_after: float = 86_400.0
    session_ttl: float = 86_400.0
    farewell: str = ""
    reply_expires: float = 86_400.0
    turn_limit: float = 300.0
    turn_retries: int = 2
    error_reply: str = "Something went wrong, please try again."
    media_reply: str = "I could not take that file. Please send it in another way."
    rate_notice: str = "You are writing faster than I can read. Please wait a minute and write again."
    stale_notice: str = "I was away and missed your earlier messages. Please write again if you still need an answer."
    reads: tuple[str, ...] | None = None
    """The kinds of messages that the bot can read; None: all."""
    hears: bool = False
    """Voice notes are transcribed for the bot: it can read them as it can read text."""
    unsupported_reply: str = "Sorry, I cannot read this kind of message. Please write it as text."
    reactions: bool = False
    """A reaction starts a turn; else it is only kept and shown."""
    part_numbers: bool = False
    """The parts of an answer in several messages end in "(1/3)"."""
    keep: Keep = "all"
    """What stays of a turn that has ended for good: `nothing` leaves the ledger's line, `session` also the session,
    until that has expired."""
    opt_out_notice: str = "You will get no more messages from us. Write START to undo this."
    opt_in_notice: str = "Welcome back. You will get our messages again."
    fallback_template: FallbackTemplate | None = None
    """Without one, words that come too late for the window are refused."""

    quiet_hours: QuietHours = NIGHT
    """When nobody is written to unasked, where a timer or a sequence says so."""
    sequences: Mapping[str, MessageSequence] = field(default_factory=dict, hash=False)

    @property
    def erases(self) -> bool:
        """Whether anything goes once a turn has ended for good."""
        return self.keep != "all"

    @property
    def interruptible(self) -> bool:
        """Whether a newer message restarts a turn that has not yet done anything irrevocable."""
        return self.overlap == "interrupt" and self.gather


@dataclass(frozen=True, slots=True)
class SendPolicy:
    """What the engine must know of a channel to send on it."""

    window: float | None = None
    unknown_wait: float = 30.0
    on_unknown: Literal["wait_then_resend", "resend_once", "never_resend"] = "never_resend"
    send_limit: float = 20.0
    echo_takes_over: float | None = None
    """Seconds for which a reply typed on the business's own phone takes over; None: it does not."""
    per_second: float | None = None
    """Messages a second over all contacts; None: no limit."""
    pair: RateLimit | None = None
    """Messages to one contact; None: no limit."""
    group: RateLimit | None = None
    """Messages to one group; None: as to a contact."""
    parts: Literal["accepted", "delivered"] = "accepted"
    """What the part before must be until the next part of an answer leaves."""
    parts_wait: float = 2.0
    """Seconds for which `delivered` is waited for at most."""
    stale_uploads: frozenset[str] = frozenset()
    """Codes of failures that may mean: the file must be uploaded anew."""
    daily_cap: int | None = None
    """Messages in any 24 hours; None: no limit."""
    human_pause: float = 0.0
    """Seconds between two messages of the number, on average; each pause is its own."""
    resolves: bool = False
    """The provider can be asked what became of a send of unknown fate, before anything else is done about it."""
    entry_window: float | None = None
    """How long the window is after a message that came by way of an ad; None: as after any other."""
    window_codes: frozenset[str] = frozenset()
    """Codes of failures that mean: the window is closed."""
    opt_out_codes: frozenset[str] = frozenset()
    """Codes of failures that mean: the contact has stopped marketing messages."""

    @property
    def is_paced(self) -> bool:
        """Whether the number has a bucket that its messages ask."""
        return self.per_second is not None or self.daily_cap is not None or self.human_pause > 0


@dataclass(frozen=True, slots=True)
class OwnerWords:
    """What the business's owner types on the phone to steer the bot; empty: off. `rules.owner_words` reads them.

    `takes`, `gives`: in a customer's chat. `signs`: take over, give back and nudge, one character each, before a
    customer's number, written to the business by one of `numbers`. `erases`: written by one of `testers`.
    `numbers` and `testers` are addresses.
    """

    takes: str = ""
    gives: str = ""
    numbers: frozenset[str] = frozenset()
    signs: str = "/?#"
    nudge: str = ""
    testers: frozenset[str] = frozenset()
    erases: str = "DELETE"
    erased: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """A configured account with a provider, as the engine sees it. `config` is the adapter's own."""

    workspace_id: WorkspaceId
    id: ChannelId
    kind: str
    bot_id: BotId
    turns: TurnPolicy = field(default_factory=TurnPolicy)
    sends: SendPolicy = field(default_factory=SendPolicy)
    config: object = None
    elsewhere: str | None = None
    """The environment that it is for, where that is not this one: nothing is taken, run or sent for it here."""
    credentials: str = ""
    """A digest of what the provider knows us by: tells whether it was replaced. Empty: unknown."""
    groups: Groups = "ignore"
    """What is heard of groups: nothing, what is said to us, or everything."""
    owner: OwnerWords = field(default_factory=OwnerWords)
    niche: str = ""
    """What it is about, told to agents."""
    guarded: bool = False
    """Its addresses are a tenant's: its calls reach nothing inside the operator's network."""


class Directory(Subscriptions, Protocol):
    """Where channels are looked up: the configuration file now, the database too later on."""

    def channel(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> Channel | None:
        """The channel, or None if it is not configured (any more)."""
