"""Feeding the inbox: what is read of conversations that have changed, and what is written of them in one transaction.

Read first and written after, without a lock on any conversation: whatever changes meanwhile is noted again. A row
counts only if its `revision` is still what was read, so a second feeder does no harm, and no
erasure in between is undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import msgspec
import structlog

from turnkeeper.model.conversation import Conversation, EventRow, OutboundRow, TurnRow
from turnkeeper.model.feeding import READ_AT_ONCE, Counted, Fed, Material, Progress, Spending, TurnTimes
from turnkeeper.model.ids import ChannelId, ContactId, ConversationId, ConversationKey, WorkspaceId
from turnkeeper.model.inbox import InboxRow, Source
from turnkeeper.model.policy import Directory
from turnkeeper.model.simulated import is_simulated
from turnkeeper.model.subscriptions import Escalation
from turnkeeper.rules import feeding
from turnkeeper.store.changes import EARLIER, EVERYTHING, PERHAPS, Changes, Rewritten
from turnkeeper.store.searching import entry_id, name_words, text_words

_log = structlog.get_logger("turnkeeper.inbox")
_progress = msgspec.json.Decoder(Progress).decode
_body = msgspec.json.Encoder().encode

ContactKey = tuple[WorkspaceId, ContactId]
Aim = tuple[WorkspaceId, ConversationId, ChannelId, str]
"""A conversation, its channel, and the provider's id of a message."""
Numbered = tuple[WorkspaceId, ConversationId, int]
AHEAD: Final = 8
"""So many times as many changes are looked at as conversations are fed: one that changed often is fed once."""
NOTED_AT_ONCE: Final = 1000
"""Conversations that one transaction notes: on SQLite others wait for it."""
MODEL_STEPS: Final = "(name = 'model' or name like '%.model' or name like 'backend.%')"
"""Steps in which a model or somebody's own backend works, as SQL says it."""


class ChangeRow(NamedTuple):
    """A conversation that has changed, as it waits for the feeder."""

    seq: int
    key: ConversationKey
    rewritten: Rewritten


class Standing(NamedTuple):
    """What the inbox has of a conversation."""

    row: InboxRow
    revision: int
    progress: Progress


class FeedSource(Protocol):
    """What the feeder reads; each in a set."""

    async def changes(self, limit: int) -> list[ChangeRow]:
        """The oldest."""

    async def standing(self, keys: Sequence[ConversationKey]) -> list[tuple[InboxRow, int, bytes]]: ...
    async def late(self) -> Mapping[WorkspaceId, str]:
        """Of each workspace: conversations with an id below have not been fed since there is an inbox."""

    async def conversations(self, keys: Sequence[ConversationKey]) -> list[Conversation]: ...
    async def names(self, contacts: Sequence[ContactKey]) -> dict[ContactKey, str | None]: ...
    async def stages(self, keys: Sequence[ConversationKey]) -> dict[ConversationKey, str | None]: ...
    async def tags(self, contacts: Sequence[ContactKey]) -> list[tuple[WorkspaceId, ContactId, str, bytes]]: ...
    async def escalations(self, keys: Sequence[ConversationKey]) -> list[Escalation]: ...
    async def spending(
        self, spans: Sequence[tuple[WorkspaceId, ConversationId, str]]
    ) -> list[tuple[ConversationKey, Spending]]:
        """From a day on."""

    async def events_after(self, spans: Sequence[Numbered], limit: int) -> list[EventRow]: ...
    async def events_at(self, places: Sequence[Numbered]) -> list[EventRow]: ...
    async def rows_after(self, spans: Sequence[Numbered], limit: int) -> list[OutboundRow]: ...
    async def rows_at(self, places: Sequence[Numbered]) -> list[OutboundRow]: ...
    async def aims(self, wanted: Sequence[Aim]) -> dict[Aim, tuple[Source, int]]:
        """Where messages stand that the provider knows by these ids."""

    async def turns(self, places: Sequence[Numbered]) -> list[TurnRow]: ...
    async def times(self, places: Sequence[Numbered]) -> dict[Numbered, TurnTimes]: ...


@dataclass(frozen=True, slots=True)
class Entered:
    """A text's place in the index, and its words."""

    id: int
    source: Source
    seq: int
    at: float
    words: Sequence[str]


@dataclass(frozen=True, slots=True)
class Ready:
    """A conversation that is ready to be written; `changes`: what that does away with."""

    fed: Fed
    entries: Sequence[Entered]
    changes: Sequence[int]


@dataclass(frozen=True, slots=True)
class Batch:
    """What one go has read. `gone`: changes of conversations that are not there, or cannot be read."""

    ready: Sequence[Ready] = ()
    gone: Sequence[int] = ()
    read: int = 0


class FeedRows(Protocol):
    """What is read and written inside the one transaction."""

    async def add_changes(self, changes: Sequence[tuple[ConversationKey, Rewritten]], now: float) -> None: ...
    async def drop_changes(self, seqs: Sequence[int]) -> None: ...
    async def next_seqs(self, counts: Mapping[WorkspaceId, int]) -> dict[WorkspaceId, int]:
        """Draw so many numbers of each workspace, the last ones; held until the end, so that they are seen in order."""

    async def revisions(self, keys: Sequence[ConversationKey]) -> dict[ConversationKey, int]:
        """Of rows that are there, locked."""

    async def put_inbox(self, rows: Sequence[tuple[InboxRow, int, bytes, int]]) -> None:
        """Insert or replace: row, revision, progress, and how many more count as seen. What was seen stays."""

    async def put_tags(self, rows: Sequence[InboxRow]) -> None:
        """These tags, and no others."""

    async def drop_entries(self, places: Sequence[tuple[WorkspaceId, ConversationId, Source, int]]) -> None: ...
    async def forget_words(self, keys: Sequence[ConversationKey]) -> None:
        """No message of these can be found any more."""

    async def add_entries(self, rows: Sequence[tuple[WorkspaceId, ConversationId, Entered]]) -> None: ...
    async def add_figures(self, figures: Mapping[tuple[WorkspaceId, Counted], int]) -> None: ...


class InboxFeeding(Protocol):
    """The part of the store that the feeder needs."""

    changes: Changes
    """What this process has committed and not noted yet."""

    async def flush_changes(self, now: float) -> int:
        """Write which conversations this process has committed something to; how many."""

    async def feed_inbox(self, limit: int, now: float) -> int:
        """Feed up to `limit` conversations that have changed; how many changes were read."""

    async def note_lately(self, since: float, now: float, limit: int) -> int:
        """Note conversations in which something was said since, or which were handed over, and of which the inbox may
        not know it: the newest `limit` of each; how many."""

    async def fed_until(self) -> float | None:
        """When the newest message was said that lists show; None: they show none."""

    async def note_lapsed(self, now: float, limit: int) -> int:
        """Note conversations whose mode has ended by itself; how many."""

    async def backfill(self, now: float, limit: int) -> int:
        """Note conversations from before there was an inbox, the newest first; how many: 0 once that is over."""

    async def forget_previews(self, before: float, limit: int) -> int:
        """Forget words of messages from before an instant that lists show still, and what finds them; how many."""


async def gathered(source: FeedSource, directory: Directory, limit: int, now: float) -> Batch:
    """Read what has changed, and make of it what is to be written."""
    seqs: dict[ConversationKey, list[ChangeRow]] = {}
    for change in await source.changes(limit * AHEAD):
        if len(seqs) < limit or change.key in seqs:
            seqs.setdefault(change.key, []).append(change)
    if not seqs:
        return Batch()
    materials = await _materials(source, seqs)
    ready: list[Ready] = []
    gone = [change.seq for key in seqs.keys() - materials.keys() for change in seqs[key]]
    for key, material in materials.items():
        mine = [change.seq for change in seqs[key]]
        try:
            made = _ready(material, directory, mine, now)
            if _is_new(made.fed, material, seqs[key]):
                ready.append(made)
            else:
                gone += mine
        except Exception:  # noqa: BLE001 - one that cannot be read must not hold up all others
            _log.exception("a conversation cannot be shown", conversation=key.id)
            gone += mine
    return Batch(ready, gone, sum(map(len, seqs.values())))


def _is_new(fed: Fed, material: Material, changes: Sequence[ChangeRow]) -> bool:
    """Whether there is anything to write; what was committed is always told, were it only that a message was read."""
    if any(change.rewritten != PERHAPS for change in changes):
        return True
    return fed.row != material.before or fed.progress != material.progress


def _ready(material: Material, directory: Directory, changes: Sequence[int], now: float) -> Ready:
    conversation = material.conversation
    channel = directory.channel(conversation.workspace_id, conversation.channel_id)
    fed = feeding.fed(material, channel, now)
    entries = [_entered(conversation, *text) for text in fed.texts]
    return Ready(fed, [each for each in entries if each.words], () if fed.more else changes)


def _entered(conversation: Conversation, source: Source, seq: int, at: float, text: str) -> Entered:
    workspace_id = conversation.workspace_id
    words = name_words(workspace_id, *text.split("\x1f", 1)) if source == "name" else text_words(workspace_id, text)
    return Entered(entry_id(conversation.id, source, seq, at), source, seq, at, words)


async def _materials(
    source: FeedSource, changes: Mapping[ConversationKey, Sequence[ChangeRow]]
) -> dict[ConversationKey, Material]:
    keys = sorted(changes)
    standing = {row.key: Standing(row, revision, _read(fed)) for row, revision, fed in await source.standing(keys)}
    changed = await source.conversations(keys)
    conversations = {each.key: each for each in changed if not is_simulated(each.channel_id)}
    known = _Known(conversations, standing, changes)
    events, rows = await _said(source, known)
    contacts = sorted({(each.workspace_id, each.contact_id) for each in conversations.values()})
    names, stages = await source.names(contacts), await source.stages(known.keys)
    tags: dict[ContactKey, dict[str, bytes]] = {}
    for workspace_id, contact_id, bot_id, value in await source.tags(contacts):
        tags.setdefault((workspace_id, contact_id), {})[bot_id] = value
    escalations = {each.key: each for each in await source.escalations(known.keys)}
    days = await source.spending([(*key, known.progress(key).day) for key in known.keys])
    spending: dict[ConversationKey, list[Spending]] = {}
    for key, spent in days:
        spending.setdefault(key, []).append(spent)
    notices = await _notices(source, rows)
    aims = await _aims(source, known, events)
    turns, times = await _turns(source, known, events)
    late = await source.late()
    found: dict[ConversationKey, Material] = {}
    for key, conversation in conversations.items():
        contact = (conversation.workspace_id, conversation.contact_id)
        stands = standing.get(key)
        rewritten = {change.rewritten for change in changes[key] if change.rewritten is not None}
        found[key] = Material(
            conversation,
            stands.row if stands else None,
            stands.revision if stands else 0,
            known.progress(key),
            events.get(key, []),
            rows.get(key, []),
            frozenset(each for each in rewritten if each > 0),
            EVERYTHING in rewritten,
            EARLIER in rewritten or conversation.id < late.get(key.workspace_id, ""),
            notices.get(key, {}),
            aims.get(key, {}),
            turns.get(key, {}),
            times.get(key, {}),
            spending.get(key, []),
            names.get(contact),
            stages.get(key),
            tags.get(contact, {}),
            escalations.get(key),
        )
    return found


def _read(fed: bytes) -> Progress:
    return _progress(fed) if fed else Progress()


def _key(workspace_id: str, conversation_id: str) -> ConversationKey:
    return ConversationKey(WorkspaceId(workspace_id), ConversationId(conversation_id))


class _Known:
    """The conversations of a go, and how far each was fed."""

    def __init__(
        self,
        conversations: Mapping[ConversationKey, Conversation],
        standing: Mapping[ConversationKey, Standing],
        changes: Mapping[ConversationKey, Sequence[ChangeRow]],
    ) -> None:
        self.conversations = conversations
        self.keys = sorted(conversations)
        self._standing = standing
        self.rewritten = {
            key: {change.rewritten for change in changes[key] if change.rewritten is not None} for key in self.keys
        }

    def progress(self, key: ConversationKey) -> Progress:
        found = self._standing.get(key)
        return found.progress if found else Progress()

    def again(self, key: ConversationKey, to: int) -> Iterable[int]:
        """The last of what was read before, where all of it may have been erased."""
        return range(max(1, to - READ_AT_ONCE + 1), to + 1) if EVERYTHING in self.rewritten[key] else ()


async def _said(
    source: FeedSource, known: _Known
) -> tuple[dict[ConversationKey, list[EventRow]], dict[ConversationKey, list[OutboundRow]]]:
    """Events and rows, in order: new ones, open ones, those that are looked at again."""
    new_events = await source.events_after([(*key, known.progress(key).events_to) for key in known.keys], READ_AT_ONCE)
    new_rows = await source.rows_after([(*key, known.progress(key).rows_to) for key in known.keys], READ_AT_ONCE)
    events_at: list[Numbered] = []
    rows_at: list[Numbered] = []
    for key in known.keys:
        progress = known.progress(key)
        seqs = {*progress.open, *known.rewritten[key], *known.again(key, progress.events_to)}
        events_at += [(*key, seq) for seq in sorted(seqs) if 0 < seq <= progress.events_to]
        own = {*progress.unsettled, *progress.sent, progress.last_out, *known.again(key, progress.rows_to)}
        rows_at += [(*key, seq) for seq in sorted(own) if 0 < seq <= progress.rows_to]
    events: dict[ConversationKey, list[EventRow]] = {}
    for event in [*(await source.events_at(events_at)), *new_events]:
        events.setdefault(_key(event.workspace_id, event.conversation_id), []).append(event)
    rows: dict[ConversationKey, list[OutboundRow]] = {}
    for row in [*(await source.rows_at(rows_at)), *new_rows]:
        rows.setdefault(row.conversation, []).append(row)
    for each in events.values():
        each.sort(key=_seq)
    for own_rows in rows.values():
        own_rows.sort(key=_seq)
    return events, rows


def _seq(row: EventRow | OutboundRow) -> int:
    return row.seq


async def _notices(
    source: FeedSource, rows: Mapping[ConversationKey, Sequence[OutboundRow]]
) -> dict[ConversationKey, dict[int, str]]:
    """The kinds of events that say what a row sends: an operator's, or what is no part of the conversation."""
    wanted = [(*key, -row.turn_no) for key, each in rows.items() for row in each if row.turn_no < 0]
    found: dict[ConversationKey, dict[int, str]] = {}
    for event in await source.events_at(sorted(set(wanted))):
        if event.kind == "operator" or event.state == "ignored":
            found.setdefault(_key(event.workspace_id, event.conversation_id), {})[event.seq] = event.kind
    return found


async def _aims(
    source: FeedSource, known: _Known, events: Mapping[ConversationKey, Sequence[EventRow]]
) -> dict[ConversationKey, dict[str, tuple[Source, int]]]:
    wanted: list[Aim] = []
    for key, each in events.items():
        channel_id = known.conversations[key].channel_id
        new = [event for event in each if event.kind in ("edited", "deleted")]
        wanted += [(*key, channel_id, aim) for event in new if (aim := feeding.aim_of(event)) is not None]
    found: dict[ConversationKey, dict[str, tuple[Source, int]]] = {}
    for (w, c, _, external_id), place in (await source.aims(wanted)).items():
        found.setdefault(_key(w, c), {})[external_id] = place
    return found


async def _turns(
    source: FeedSource, known: _Known, events: Mapping[ConversationKey, Sequence[EventRow]]
) -> tuple[dict[ConversationKey, dict[int, TurnRow]], dict[ConversationKey, dict[int, TurnTimes]]]:
    """Of turns that have ended since."""
    wanted: set[Numbered] = set()
    for key, each in events.items():
        counted = known.progress(key).turns_to
        ended = (event.turn_no for event in each if event.turn_no is not None and event.settled_at is not None)
        wanted.update((*key, no) for no in ended if no > counted)
    turns: dict[ConversationKey, dict[int, TurnRow]] = {}
    for row in await source.turns(sorted(wanted)):
        turns.setdefault(_key(row.workspace_id, row.conversation_id), {})[row.no] = row
    times: dict[ConversationKey, dict[int, TurnTimes]] = {}
    for (w, c, no), found in (await source.times(sorted(wanted))).items():
        times.setdefault(_key(w, c), {})[no] = found
    return turns, times


async def write(rows: FeedRows, batch: Batch) -> None:
    """Write what was made, but of conversations that somebody else has written since; those come again."""
    counts: dict[WorkspaceId, int] = {}
    for ready in batch.ready:
        workspace_id = ready.fed.row.workspace_id
        counts[workspace_id] = counts.get(workspace_id, 0) + 1
    last = await rows.next_seqs(dict(sorted(counts.items())))
    now_at = await rows.revisions([ready.fed.row.key for ready in batch.ready])
    good = [ready for ready in batch.ready if now_at.get(ready.fed.row.key, 0) == ready.fed.revision]
    put: list[tuple[InboxRow, int, bytes, int]] = []
    for ready in good:
        fed = ready.fed
        workspace_id = fed.row.workspace_id
        counts[workspace_id] -= 1
        row = msgspec.structs.replace(fed.row, seq=last[workspace_id] - counts[workspace_id])
        put.append((row, fed.revision + 1, _body(fed.progress), fed.seen))
    await rows.put_inbox(put)
    await rows.put_tags([each[0] for each in put if each[0].tags or now_at.get(each[0].key)])
    await _write_words(rows, good)
    figures: dict[tuple[WorkspaceId, Counted], int] = {}
    for ready in good:
        for counted, value in ready.fed.figures.items():
            key = (ready.fed.row.workspace_id, counted)
            figures[key] = figures.get(key, 0) + value
    await rows.add_figures(dict(sorted(figures.items())))
    await rows.drop_changes([*batch.gone, *(seq for ready in good for seq in ready.changes)])


async def _write_words(rows: FeedRows, good: Sequence[Ready]) -> None:
    forgotten = [ready.fed.row.key for ready in good if ready.fed.all_dropped]
    if forgotten:
        await rows.forget_words(forgotten)
    dropped = [(*ready.fed.row.key, *place) for ready in good for place in dict.fromkeys(ready.fed.dropped)]
    if dropped:
        await rows.drop_entries(dropped)
    entries = [(*ready.fed.row.key, each) for ready in good for each in ready.entries]
    if entries:
        await rows.add_entries(entries)
