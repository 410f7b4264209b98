"""One conversation as it is read on a screen: all that was said and happened in it, the newest first, page by page.

An entry is an event, a message of ours, a note or a handover. Each of these has numbers of its own; a cursor says how
far each has been read, so a page costs the same wherever it is, and nothing is shown twice or left out.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, Protocol

import msgspec

from turnkeeper.model.agents import Fact
from turnkeeper.model.colleagues import Answering, Handover, Note, Watching
from turnkeeper.model.consent import Consent
from turnkeeper.model.contents import Content
from turnkeeper.model.conversation import Conversation, EventRow, OutboundRow, TimerRow
from turnkeeper.model.events import Inbound
from turnkeeper.model.ids import ConversationKey
from turnkeeper.model.media import source_of
from turnkeeper.model.subscriptions import Escalation

Who = Literal["contact", "bot", "operator", "phone", "system"]
"""`phone`: whoever holds the business's own phone; `system`: this program, or something that happened."""
Row = EventRow | OutboundRow | Note | Handover
UNSEEN_KINDS: Final = ("typing", "session_status", "operator")
"""Events that are no entries. What an operator says is the messages that it became."""
OURS: Final = ("our own message, echoed", "sent through the API")
"""Why an echo is no entry: the message that it echoes is one."""
UNSEEN: Final = f"""(kind in ({", ".join(f"'{kind}'" for kind in UNSEEN_KINDS)})
  or state = 'ignored' and reason in ({", ".join(f"'{why}'" for why in OURS)}))"""
TIMERS_SHOWN: Final = 20
_HAPPENED: Final = frozenset({"timer", "payment", "api", "system", "error"})
_END: Final = 2**62
_inbound = msgspec.json.Decoder(Inbound).decode
_content: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Content)


class Cursor(NamedTuple):
    """How far each kind of entry has been read: the next has a lower number."""

    events: int = _END
    rows: int = _END
    notes: int = _END
    handovers: int = _END

    def __str__(self) -> str:
        return ".".join("" if place == _END else str(place) for place in self)


def read_cursor(written: str) -> Cursor:
    """Raises ValueError for what is none."""
    places = [_END if not each else int(each) for each in written.split(".")]
    if len(places) != len(Cursor._fields) or not all(0 <= place <= _END for place in places):
        raise ValueError("this is no cursor of ours")
    return Cursor(*places)


class SeenFile(NamedTuple):
    """What is known of a file that somebody sent: `key` once it is kept, `reason` where it was not taken."""

    state: str
    key: str | None
    filename: str | None
    reason: str | None
    mime: str | None
    size: int | None


class Quoted(NamedTuple):
    """What a message answers to."""

    who: Who
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line or bubble. `name`: of the colleague or, in a group, of who wrote. Of `inbound` (with its `event`),
    `content` (with its `row`), `note` and `handover` one is there."""

    id: str
    at: float
    who: Who
    name: str = ""
    event: EventRow | None = None
    inbound: Inbound | None = None
    row: OutboundRow | None = None
    content: Content | None = None
    note: Note | None = None
    handover: Handover | None = None
    file: SeenFile | None = None
    quoted: Quoted | None = None

    @property
    def is_deleted(self) -> bool:
        """Whether whoever wrote it took it back."""
        return self.event is not None and (self.event.state, self.event.reason) == ("dropped", "deleted")


class ThreadPage(NamedTuple):
    """Entries, the newest first; `next`: where the older ones begin, None: there are none."""

    entries: Sequence[Entry]
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class Header:
    """Who a conversation is with, and how it stands. `addresses`: all that lead to it; `facts` of every bot;
    `watching`: whoever had it on the screen lately."""

    conversation: Conversation
    name: str | None
    addresses: Sequence[str]
    facts: Sequence[Fact]
    consents: Sequence[Consent]
    timers: Sequence[TimerRow]
    escalation: Escalation | None
    stage: str | None
    answering: Answering | None
    watching: Sequence[Watching]


class ThreadRecords(Protocol):
    """The part of the store that shows one conversation. Nothing of another workspace is ever seen."""

    async def header(self, key: ConversationKey, since: float) -> Header | None:
        """`since`: who looks at it counts from then on. None for an unknown conversation."""

    async def thread(self, key: ConversationKey, before: Cursor, limit: int) -> ThreadPage:
        """A page of entries; empty for an unknown conversation."""

    async def message(self, key: ConversationKey, entry: str) -> Entry | None:
        """One message of the contact's or of ours by the id of its entry, with its file."""


class Details(NamedTuple):
    """What else is needed to tell rows: which events made notices, which files are known, what is quoted."""

    events: Mapping[int, EventRow]
    files: Mapping[str, SeenFile]
    quoted: Mapping[str, Quoted]


class Wanted(NamedTuple):
    """The same before it is looked up: events by number, files by their source, messages by the provider's id."""

    events: Sequence[int]
    files: Sequence[str]
    quoted: Sequence[str]


def newest(lists: Sequence[Sequence[Row]], before: Cursor, limit: int) -> tuple[list[Row], Cursor | None]:
    """The newest of events, messages, notes and handovers. Each list is given the newest first, with one more than
    `limit` where there are so many."""
    taken = list(heapq.merge(*lists, key=_order, reverse=True))
    if len(taken) <= limit:
        return taken, None
    places = list(before)
    for row in taken[:limit]:
        places[_place(row)] = row.seq
    return taken[:limit], Cursor(*places)


def _order(row: Row) -> tuple[float, int]:
    """Of what has one instant, what we answered comes after what was said."""
    return _at(row), _place(row)


def _at(row: Row) -> float:
    match row:
        case EventRow():
            return row.received_at
        case OutboundRow():
            return row.created_at
    return row.at


def _place(row: Row) -> int:
    match row:
        case EventRow():
            return 0
        case OutboundRow():
            return 1
        case Note():
            return 2
    return 3


def wanted(rows: Sequence[Row]) -> Wanted:
    """What has to be looked up to tell them."""
    heard = [_inbound(row.body) for row in rows if isinstance(row, EventRow)]
    said = [_content.decode(row.content) for row in rows if isinstance(row, OutboundRow)]
    notices = {-row.turn_no for row in rows if isinstance(row, OutboundRow) and row.turn_no < 0}
    files = {source_of(each.media, each.message_id) for each in heard if each.media is not None}
    quoted = {each.reply_to for each in heard} | {getattr(each, "reply_to", None) for each in said}
    return Wanted(sorted(notices), sorted(files), sorted(each for each in quoted if each))


def entries(rows: Sequence[Row], details: Details) -> list[Entry]:
    """Rows told, in the order given."""
    return [_told(row, details) for row in rows]


def _told(row: Row, details: Details) -> Entry:
    match row:
        case EventRow():
            return _heard(row, details)
        case OutboundRow():
            return _said(row, details)
        case Note():
            return Entry(f"note-{row.seq}", row.at, "operator", row.author, note=row)
    return Entry(f"handover-{row.seq}", row.at, "system", row.name, handover=row)


def _heard(row: EventRow, details: Details) -> Entry:
    inbound = _inbound(row.body)
    who: Who = "phone" if row.from_me else "system" if row.kind in _HAPPENED else "contact"
    file = None if inbound.media is None else details.files.get(source_of(inbound.media, inbound.message_id))
    return Entry(
        f"in-{row.seq}",
        row.received_at,
        who,
        (inbound.sender_name or "") if inbound.is_group else "",
        event=row,
        inbound=inbound,
        file=file,
        quoted=details.quoted.get(inbound.reply_to or ""),
    )


def _said(row: OutboundRow, details: Details) -> Entry:
    content = _content.decode(row.content)
    cause = details.events.get(-row.turn_no)
    by_person = row.turn_no < 0 and cause is not None and cause.kind == "operator"
    name = str((_inbound(cause.body).details or {}).get("by", "")) if by_person and cause is not None else ""
    who: Who = "bot" if row.turn_no > 0 else "operator" if by_person else "system"
    quoted = details.quoted.get(getattr(content, "reply_to", None) or "")
    return Entry(f"out-{row.seq}", row.created_at, who, name, row=row, content=content, quoted=quoted)


def read_entry(written: str) -> tuple[Literal["in", "out"], int] | None:
    """Which event or message of ours an entry's id names; None: neither."""
    kind, _, number = written.partition("-")
    if kind not in ("in", "out") or not number.isascii() or not number.isdigit() or len(number) > 12:
        return None
    return ("in" if kind == "in" else "out"), int(number)
