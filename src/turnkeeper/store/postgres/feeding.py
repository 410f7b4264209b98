"""Feeding the inbox, on PostgreSQL: each question for all conversations at once, then one transaction."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from turnkeeper.model.conversation import Conversation, EventRow, OutboundRow, TurnRow
from turnkeeper.model.feeding import Counted, Spending, TurnTimes
from turnkeeper.model.ids import ContactId, ConversationId, ConversationKey, WorkspaceId
from turnkeeper.model.inbox import InboxRow, Source
from turnkeeper.model.policy import Directory
from turnkeeper.model.subscriptions import Escalation
from turnkeeper.store.changes import EARLIER, PERHAPS, Rewritten
from turnkeeper.store.feeding import (
    MODEL_STEPS,
    NOTED_AT_ONCE,
    Aim,
    Batch,
    ChangeRow,
    ContactKey,
    Entered,
    Numbered,
    gathered,
    write,
)
from turnkeeper.store.postgres import statements as sql
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.inbox import row_of
from turnkeeper.store.postgres.parts import Reads, Runs
from turnkeeper.store.postgres.statements import columns

if TYPE_CHECKING:
    from turnkeeper.store.postgres.pooled import PooledConnection

T = TypeVar("T")

_FIELDS = InboxRow.__struct_fields__
_PAIR = "unnest($1::text[], $2::text[]) as k(w, c)"
_NUMBERED = "unnest($1::text[], $2::text[], $3::bigint[]) as k(w, c, no)"
_MINE = "r.workspace_id = k.w and r.conversation_id = k.c"
_BESIDE_MINE = r"r.workspace_id || e'\x1f' || r.conversation_id = k.w || e'\x1f' || k.c"


def _each(listed: str, table: str, named: str = _PAIR, found: str = _MINE, order: str = "") -> str:
    """For every key its rows, `r`."""
    return f"""select {listed} from {named}
  cross join lateral (select * from {table} r where {found} {order} offset 0) r"""


_CHANGES = "select seq, workspace_id, conversation_id, rewritten from change order by seq limit $1"
_STANDING = _each(f"{', '.join(f'r.{field}' for field in _FIELDS)}, r.revision, r.fed", "inbox")
_LATE = "select workspace_id, conversation_id from backfill"
_CONVERSATIONS = _each(columns(Conversation, "r"), "conversation", found="r.workspace_id = k.w and r.id = k.c")
_NAMES = _each("r.workspace_id, r.id, r.name", "contact", found="r.workspace_id = k.w and r.id = k.c")
_STAGES = _each("r.workspace_id, r.conversation_id, r.stage", "session")
_TAGS = _each(
    "r.workspace_id, r.contact_id, r.bot_id, r.value",
    "fact",
    found="r.workspace_id = k.w and r.contact_id = k.c and r.name || '' = 'tags'",
)
_ESCALATIONS = _each(columns(Escalation, "r"), "escalation")
_SPENT = _each(
    "r.workspace_id, r.conversation_id, r.day, r.tokens, r.micros",
    "spend",
    "unnest($1::text[], $2::text[], $3::text[]) as k(w, c, day)",
    f"{_MINE} and r.day >= k.day",
)
_LIMITED = "order by r.seq limit $4"
_EVENTS = _each(columns(EventRow, "r"), "event", _NUMBERED, f"{_MINE} and r.seq > k.no", _LIMITED)
_EVENT = _each(columns(EventRow, "r"), "event", _NUMBERED, f"{_MINE} and r.seq = k.no")
_ROWS = _each(columns(OutboundRow, "r"), "outbound", _NUMBERED, f"{_MINE} and r.seq > k.no", _LIMITED)
_ROW = _each(columns(OutboundRow, "r"), "outbound", _NUMBERED, f"{_MINE} and r.seq = k.no")
_TIMES = f"""select k.w, k.c, k.no, s.said_at, s.accepted_at, m.seconds from {_NUMBERED}
  cross join lateral (select min(r.created_at) as said_at, min(r.accepted_at) as accepted_at from outbound r
    where {_BESIDE_MINE} and r.turn_no = k.no) s
  cross join lateral (select coalesce(sum(r.done_at - r.began_at), 0.0) as seconds from step r
    where {_MINE} and r.turn_no = k.no and {MODEL_STEPS}) m"""
_ADD_CHANGES = """insert into change (workspace_id, conversation_id, rewritten, at)
  select w, c, rewritten, $4 from unnest($1::text[], $2::text[], $3::bigint[]) as k(w, c, rewritten)"""
_DROP_CHANGES = "delete from change where seq = any($1::bigint[])"
_NEXT = """insert into inbox_seq_of values ($1, $2)
  on conflict (workspace_id) do update set seq = inbox_seq_of.seq + excluded.seq returning seq"""
_REVISIONS = f"""select r.workspace_id, r.conversation_id, r.revision from {_PAIR}
  cross join lateral (select * from inbox r where {_MINE} for update) r"""
_KEPT = ("workspace_id", "conversation_id", "seen_count")
_PUT = f"""insert into inbox ({", ".join(_FIELDS)}, revision, fed)
  values ({", ".join(f"${n + 1}" for n in range(len(_FIELDS) + 2))})
  on conflict (workspace_id, conversation_id) do update set
  {", ".join(f"{field} = excluded.{field}" for field in (*_FIELDS, "revision", "fed") if field not in _KEPT)},
  seen_count = least(inbox.seen_count + excluded.seen_count, excluded.contact_count)"""
_DROP_TAGS = f"delete from inbox_tag r using {_PAIR} where {_BESIDE_MINE}"
_ADD_TAGS = """insert into inbox_tag select * from
  unnest($1::text[], $2::text[], $3::double precision[], $4::text[]) on conflict do nothing"""
_DROP_ENTRIES = f"""delete from search_entry r
  using unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) as k(w, c, source, no)
  where {_BESIDE_MINE} and r.source = k.source and r.seq = k.no"""
_FORGET_WORDS = f"delete from search_entry r using {_PAIR} where {_BESIDE_MINE} and r.source <> 'name'"
_ADD_ENTRY = """insert into search_entry values ($1, $2, $3, $4, $5, $6, array_to_tsvector($7::text[]))
  on conflict do nothing"""
_ADD_FIGURES = """insert into figure select * from
  unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[])
  on conflict (workspace_id, hour, channel_id, bot_id, name) do update set value = figure.value + excluded.value"""
_LATELY = """select distinct workspace_id, conversation_id from (
    (select workspace_id, conversation_id from event where received_at >= $1 order by received_at desc limit $2)
    union all
    (select workspace_id, conversation_id from outbound where created_at >= $1 order by created_at desc limit $2)
    union all
    (select workspace_id, conversation_id from handover where at >= $1 order by at desc limit $2)
  ) said"""
_FED_UNTIL = "select max(last_at) from inbox where preview <> ''"
_LAPSED = "select workspace_id, conversation_id from inbox where mode_until <= $1 order by mode_until limit $2"
_EARLIER = "select id from conversation where workspace_id = $1 and id < $2 order by id desc limit $3"
_MOVE = "update backfill set conversation_id = $2 where workspace_id = $1"
_FILLED = "delete from backfill where workspace_id = $1"
_OLD_PREVIEWS = """update inbox set preview = '' where ctid = any(array(
    select ctid from inbox where last_at < $1 and preview <> '' order by last_at limit $2)) returning 1"""
_OLD_WORDS = """delete from search_entry where ctid = any(array(
    select ctid from search_entry where at > 0 and at < $1 order by at limit $2)) returning 1"""
FORGET_WORDS = r"""delete from search_entry
  where workspace_id || e'\x1f' || conversation_id = $1::text || e'\x1f' || $2::text and source <> 'name'"""
"""What a conversation's messages were found by goes."""
BLANK = "update inbox set preview = '', revision = revision + 1 where workspace_id = $1 and conversation_id = $2"
"""Whatever is being made of it now does not count."""


class PostgresFeedRows(Runs):
    """The FeedRows port, over what a transaction gives."""

    @abstractmethod
    async def many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None: ...

    async def add_changes(self, changes: Sequence[tuple[ConversationKey, Rewritten]], now: float) -> None:
        if changes:
            await self.run(_ADD_CHANGES, *_columns((*key, rewritten) for key, rewritten in changes), now)

    async def drop_changes(self, seqs: Sequence[int]) -> None:
        await self.run(_DROP_CHANGES, list(seqs))

    async def next_seqs(self, counts: Mapping[WorkspaceId, int]) -> dict[WorkspaceId, int]:
        return {workspace_id: int((await self.run(_NEXT, workspace_id, n))[0][0]) for workspace_id, n in counts.items()}

    async def revisions(self, keys: Sequence[ConversationKey]) -> dict[ConversationKey, int]:
        found = await self.run(_REVISIONS, *_columns(sorted(keys))) if keys else []
        return {ConversationKey(row[0], row[1]): row[2] for row in found}

    async def put_inbox(self, rows: Sequence[tuple[InboxRow, int, bytes, int]]) -> None:
        seen_at = _FIELDS.index("seen_count")
        values: list[list[Any]] = []
        for row, revision, progress, seen in rows:
            value = [getattr(without_nul(row), field) for field in _FIELDS]
            value[seen_at] = seen
            values.append([*value, revision, progress])
        await self.many(_PUT, values)

    async def put_tags(self, rows: Sequence[InboxRow]) -> None:
        if rows:
            await self.run(_DROP_TAGS, *_columns(row.key for row in rows))
        tags = [(row.workspace_id, tag, row.last_at, row.conversation_id) for row in rows for tag in row.tags]
        if tags:
            await self.run(_ADD_TAGS, *without_nul(_columns(tags)))

    async def drop_entries(self, places: Sequence[tuple[WorkspaceId, ConversationId, Source, int]]) -> None:
        await self.run(_DROP_ENTRIES, *_columns(places))

    async def forget_words(self, keys: Sequence[ConversationKey]) -> None:
        await self.run(_FORGET_WORDS, *_columns(keys))

    async def add_entries(self, rows: Sequence[tuple[WorkspaceId, ConversationId, Entered]]) -> None:
        await self.many(
            _ADD_ENTRY, [(w, each.id, c, each.source, each.seq, each.at, list(each.words)) for w, c, each in rows]
        )

    async def add_figures(self, figures: Mapping[tuple[WorkspaceId, Counted], int]) -> None:
        if figures:
            listed = _columns((w, *counted, value) for (w, counted), value in figures.items())
            await self.run(_ADD_FIGURES, *without_nul(listed))


class PostgresFeeding(Reads):
    """The InboxFeeding port, over what the store gives; `flush_changes` is the scripted half's."""

    _directory: Directory

    @abstractmethod
    async def _alone(self, script: Callable[[PostgresFeedRows], Coroutine[Any, Any, T]]) -> T: ...

    async def feed_inbox(self, limit: int, now: float) -> int:
        batch: Batch = await self._read(lambda at: gathered(_Source(at), self._directory, limit, now))
        if batch.read:
            await self._alone(lambda rows: write(rows, batch))
        return batch.read

    async def note_lately(self, since: float, now: float, limit: int) -> int:
        return await self._noted(await self._read(lambda at: at.fetch(_LATELY, since, limit)), PERHAPS, now)

    async def fed_until(self) -> float | None:
        found: float | None = await self._read(lambda at: at.fetchval(_FED_UNTIL))
        return found

    async def note_lapsed(self, now: float, limit: int) -> int:
        return await self._noted(await self._read(lambda at: at.fetch(_LAPSED, now, limit)), None, now)

    async def _noted(self, found: Sequence[Any], how: Rewritten, now: float) -> int:
        keys = [ConversationKey(row[0], row[1]) for row in found]
        for n in range(0, len(keys), NOTED_AT_ONCE):
            part = [(key, how) for key in keys[n : n + NOTED_AT_ONCE]]
            await self._alone(partial(_added, part, now))
        return len(keys)

    async def backfill(self, now: float, limit: int) -> int:
        async def fill(rows: PostgresFeedRows) -> int:
            open_ = await rows.run(f"{_LATE} limit 1 for update")
            if not open_:
                return 0
            workspace_id, reached = open_[0]
            ids = [row[0] for row in await rows.run(_EARLIER, workspace_id, reached, limit)]
            await rows.add_changes([(ConversationKey(workspace_id, each), EARLIER) for each in ids], now)
            if ids:
                await rows.run(_MOVE, workspace_id, ids[-1])
            else:
                await rows.run(_FILLED, workspace_id)
            return max(1, len(ids))

        return await self._alone(fill)

    async def forget_previews(self, before: float, limit: int) -> int:
        async def forget(rows: PostgresFeedRows) -> int:
            words = await rows.run(_OLD_WORDS, before, limit)
            return len(words) + len(await rows.run(_OLD_PREVIEWS, before, limit))

        return await self._alone(forget)


async def _added(changes: Sequence[tuple[ConversationKey, Rewritten]], now: float, rows: PostgresFeedRows) -> None:
    await rows.add_changes(changes, now)


class _Source:
    """The FeedSource port on one connection."""

    def __init__(self, connection: PooledConnection) -> None:
        self._at = connection

    async def _keyed(self, statement: str, keys: Iterable[Sequence[Any]], *more: Any) -> list[Any]:
        listed = _columns(keys)
        return await self._at.fetch(statement, *listed, *more) if listed else []

    async def changes(self, limit: int) -> list[ChangeRow]:
        found = await self._at.fetch(_CHANGES, limit)
        return [ChangeRow(row[0], ConversationKey(row[1], row[2]), row[3]) for row in found]

    async def standing(self, keys: Sequence[ConversationKey]) -> list[tuple[InboxRow, int, bytes]]:
        return [(row_of(tuple(row)[:-2]), row[-2], row[-1]) for row in await self._keyed(_STANDING, keys)]

    async def late(self) -> Mapping[WorkspaceId, str]:
        return {row[0]: row[1] for row in await self._at.fetch(_LATE)}

    async def conversations(self, keys: Sequence[ConversationKey]) -> list[Conversation]:
        return [Conversation(*row) for row in await self._keyed(_CONVERSATIONS, keys)]

    async def names(self, contacts: Sequence[ContactKey]) -> dict[ContactKey, str | None]:
        return {(row[0], row[1]): row[2] for row in await self._keyed(_NAMES, contacts)}

    async def stages(self, keys: Sequence[ConversationKey]) -> dict[ConversationKey, str | None]:
        return {ConversationKey(row[0], row[1]): row[2] for row in await self._keyed(_STAGES, keys)}

    async def tags(self, contacts: Sequence[ContactKey]) -> list[tuple[WorkspaceId, ContactId, str, bytes]]:
        return [(row[0], row[1], row[2], row[3]) for row in await self._keyed(_TAGS, contacts)]

    async def escalations(self, keys: Sequence[ConversationKey]) -> list[Escalation]:
        return [Escalation(*row) for row in await self._keyed(_ESCALATIONS, keys)]

    async def spending(
        self, spans: Sequence[tuple[WorkspaceId, ConversationId, str]]
    ) -> list[tuple[ConversationKey, Spending]]:
        found = await self._keyed(_SPENT, spans)
        return [(ConversationKey(row[0], row[1]), Spending(row[2], row[3], row[4])) for row in found]

    async def events_after(self, spans: Sequence[Numbered], limit: int) -> list[EventRow]:
        return [EventRow(*row) for row in await self._keyed(_EVENTS, spans, limit)]

    async def events_at(self, places: Sequence[Numbered]) -> list[EventRow]:
        return [EventRow(*row) for row in await self._keyed(_EVENT, places)]

    async def rows_after(self, spans: Sequence[Numbered], limit: int) -> list[OutboundRow]:
        return [OutboundRow(*row) for row in await self._keyed(_ROWS, spans, limit)]

    async def rows_at(self, places: Sequence[Numbered]) -> list[OutboundRow]:
        return [OutboundRow(*row) for row in await self._keyed(_ROW, places)]

    async def aims(self, wanted: Sequence[Aim]) -> dict[Aim, tuple[Source, int]]:
        found: dict[Aim, tuple[Source, int]] = {}
        sent = await self._keyed(sql.EXTERNAL, [(w, channel, id_) for w, _, channel, id_ in wanted])
        ours = {(row.workspace_id, row.conversation_id, row.external_id): row.seq for row in map(_outbound, sent)}
        for aim in wanted:
            w, c, _, external_id = aim
            if (w, c, external_id) in ours:
                found[aim] = ("out", ours[w, c, external_id])
            for row in await self._at.fetch(sql.BY_EXTERNAL, w, c, [external_id]):
                found[aim] = ("in", row[2])
        return found

    async def turns(self, places: Sequence[Numbered]) -> list[TurnRow]:
        return [TurnRow(*row) for row in await self._keyed(sql.TURNS, places)]

    async def times(self, places: Sequence[Numbered]) -> dict[Numbered, TurnTimes]:
        return {(row[0], row[1], row[2]): TurnTimes(*tuple(row)[3:]) for row in await self._keyed(_TIMES, places)}


def _outbound(row: Any) -> OutboundRow:
    return OutboundRow(*row)


def _columns(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """One list a column; none for no rows."""
    return [list(column) for column in zip(*rows, strict=True)]
