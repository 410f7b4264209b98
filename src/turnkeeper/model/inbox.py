"""What the console's list shows of each conversation, how it is filtered and searched, and what is counted.

One row a conversation, made anew by a worker whenever something happened in it (`engine/feeding.py`); nothing here is
needed to answer anybody. Instants are unix seconds (UTC).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from turnkeeper.model.ids import BotId, ChannelId, ContactId, ConversationId, ConversationKey, WorkspaceId

PREVIEW = 160
"""Characters of the last message that a row shows."""
COUNTED_TO = 1000
"""Up to where conversations are counted; one more means: more."""
Order = Literal["newest", "waiting", "closing"]
Source = Literal["in", "out", "name"]
"""Where something was found: an event of the mailbox, a row of the outbox, the contact's name or number."""


class InboxRow(msgspec.Struct, frozen=True):
    """A conversation as the list shows it.

    `seq` rises with every change, over all conversations of the workspace. `last_role`: contact, bot or person, ""
    before anything was said; `last_kind`: text, image, …; `last_state`: of a message of ours what became of it.
    `preview`: the words of the last message, or its kind in brackets; nothing where the bot keeps nothing.
    `waiting_since`: the first message of the contact that nobody has answered yet. `mode_until`: when a person's or a
    pause's time ends by itself. `escalated_at`: a person is wanted and none has answered. `window_closes_at`: None
    where the channel has no window, 0.0 where it was never open. `failed_at`: the last turn or send failed, and nothing
    was said since. `tags`: what the channel's bot has called the contact.
    """

    workspace_id: WorkspaceId
    conversation_id: ConversationId
    seq: int
    channel_id: ChannelId
    bot_id: BotId
    contact_id: ContactId
    name: str | None = None
    address: str = ""
    last_at: float = 0.0
    last_role: str = ""
    last_kind: str = ""
    last_state: str = ""
    preview: str = ""
    contact_count: int = 0
    seen_count: int = 0
    waiting_since: float | None = None
    mode: str = "bot"
    mode_until: float | None = None
    stage: str | None = None
    escalated_at: float | None = None
    escalation: str | None = None
    window_closes_at: float | None = None
    failed_at: float | None = None
    failure: str | None = None
    opted_out: bool = False
    tags: tuple[str, ...] = ()

    @property
    def key(self) -> ConversationKey:
        """The conversation's."""
        return ConversationKey(self.workspace_id, self.conversation_id)

    @property
    def unread(self) -> int:
        """How many messages of the contact nobody has looked at."""
        return max(0, self.contact_count - self.seen_count)


class InboxFilter(msgspec.Struct, frozen=True):
    """Which conversations are listed, in which order: the newest first, those that wait longest first, or those whose
    window closes first. `closing`: the window closes between these two instants."""

    mode: str | None = None
    channel_id: str | None = None
    bot_id: str | None = None
    stage: str | None = None
    tag: str | None = None
    unread: bool = False
    waiting: bool = False
    escalated: bool = False
    failed: bool = False
    closing: tuple[float, float] | None = None
    order: Order = "newest"


class InboxPlace(NamedTuple):
    """Where a page ended: what its order goes by, and the conversation."""

    at: float
    conversation_id: str


class InboxCounts(NamedTuple):
    """How many conversations there are of a kind; COUNTED_TO + 1 means: more."""

    all: int
    unread: int
    waiting: int
    escalated: int
    failed: int
    human: int
    paused: int


class InboxChoices(NamedTuple):
    """What there is to choose from, each in alphabetical order, the first hundred of each."""

    channels: tuple[str, ...] = ()
    bots: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class SearchHit(NamedTuple):
    """A conversation in which something was found.

    `seq`: the event's or the outbox row's, 0 for the contact itself; `text`: what stands around what was found; `hits`:
    from where to where it is in that, in characters.
    """

    row: InboxRow
    source: Source
    seq: int
    role: str
    at: float
    text: str
    hits: tuple[tuple[int, int], ...]


class SearchPage(NamedTuple):
    """What was found; `after`: how to go on, None at the end."""

    hits: list[SearchHit]
    after: str | None


class Figure(NamedTuple):
    """A sum of a figure. `group`: what it was summed by: the start of an hour or day, a channel, a bot, or ""."""

    group: str
    name: str
    value: int
