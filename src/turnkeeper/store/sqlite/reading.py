"""Questions that change nothing, and retention: what operators see, what bots remember."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import apsw

from turnkeeper.model.agents import day_of
from turnkeeper.model.conversation import Conversation, EventRow, OutboundRow, StepRow, TurnRow
from turnkeeper.model.ids import ChannelId, ConversationKey, WorkspaceId
from turnkeeper.model.media import MediaRow
from turnkeeper.store import story
from turnkeeper.store.base import Ledger, Moment
from turnkeeper.store.channels import ChannelStanding, Traffic
from turnkeeper.store.ledger import DUPLICATE, MEDIA_REFUSED, summed
from turnkeeper.store.lines import Line
from turnkeeper.store.sqlite.parts import fetched
from turnkeeper.store.sqlite.payments import payments_of
from turnkeeper.store.sqlite.rows import SqliteRows
from turnkeeper.store.sqlite.statements import BY_EXTERNAL, columns
from turnkeeper.store.workers import Vitals

_SENT = f"""select {columns(OutboundRow)} from outbound
  where workspace_id = ? and channel_id = ? and external_id = ? and conversation_id = ?"""
_OPERATORS = "select 1 from event where workspace_id = ? and conversation_id = ? and seq = ? and kind = 'operator'"
_LOOKS = 4
"""How many rows retention looks at for each one that it may delete, so that its cost stays bounded."""


def next_due(connection: apsw.Connection) -> float | None:
    """When the next conversation or timer is due."""
    sql = """select min(at) from (select min(due_at) as at from conversation where due_at is not null
      union all select min(due_at) from timer)"""
    at = fetched(connection, sql)[0][0]
    return None if at is None else float(at)


def vitals(connection: apsw.Connection, now: float, since: float) -> Vitals:
    """Live workers and due conversations."""
    sql = """select (select count(*) from worker where not dead and beat_at >= ?),
      (select count(*) from conversation where due_at <= ?),
      (select min(due_at) from conversation where due_at is not null)"""
    workers, due, oldest_at = fetched(connection, sql, (since, now))[0]
    return Vitals(workers, due, oldest_due_at=oldest_at if due else None)


def refused_credentials(connection: apsw.Connection) -> dict[tuple[WorkspaceId, ChannelId], str]:
    """With which credentials channels were refused."""
    found = fetched(connection, "select workspace_id, channel_id, credentials from channel_refusal")
    return {(row[0], row[1]): row[2] for row in found}


def paused_channels(connection: apsw.Connection) -> list[tuple[WorkspaceId, ChannelId, str, float]]:
    """Channels that are stopped."""
    found = fetched(connection, "select workspace_id, channel_id, reason, paused_at from channel_pause order by 4")
    return [(row[0], row[1], row[2], row[3]) for row in found]


_LATEST = 1_000
"""Conversations of a stopped channel, the latest, in which what waits to be sent is counted: they are not due."""
_STANDINGS = f"""with waiting as (
    select channel_id, sum(unsent) as unsent, sum(unsent = 0) as waiting
    from conversation where workspace_id = ?1 and (due_at is not null or owner is not null) group by channel_id
  )
  select k.value, case when p.reason is null then coalesce(w.unsent, 0) else coalesce((
      select sum(c.unsent) from (
        select conversation_id from inbox i where i.workspace_id = ?1 and i.channel_id = k.value
        order by i.last_at desc limit {_LATEST}
      ) i join conversation c on c.workspace_id = ?1 and c.id = i.conversation_id), 0) end,
    coalesce(w.waiting, 0),
    (select max(i.last_at) from inbox i where i.workspace_id = ?1 and i.channel_id = k.value),
    p.reason, p.paused_at, a.status, coalesce(a.works, 1), a.told_at, s.synced_at, s.problem
  from json_each(?2) k
  left join waiting w on w.channel_id = k.value
  left join channel_pause p on p.workspace_id = ?1 and p.channel_id = k.value
  left join account_state a on a.workspace_id = ?1 and a.channel_id = k.value
  left join template_sync s on s.workspace_id = ?1 and s.channel_id = k.value
  order by k.key"""


def channel_standings(
    connection: apsw.Connection, workspace_id: WorkspaceId, channels: Sequence[ChannelId]
) -> list[ChannelStanding]:
    """How some channels stand."""
    found = [ChannelStanding(*row) for row in fetched(connection, _STANDINGS, (workspace_id, json.dumps(channels)))]
    return [each._replace(works=bool(each.works)) for each in found]


def traffic(connection: apsw.Connection) -> list[Traffic]:
    """What there is of each channel."""
    sql = """select workspace_id, channel_id, count(*), max(contact_at), sum(unsent) from conversation
      group by 1, 2 order by 1, 2"""
    return [Traffic(*row) for row in fetched(connection, sql)]


def _newest(connection: apsw.Connection, key: ConversationKey, limit: int) -> tuple[list[EventRow], list[OutboundRow]]:
    where = "where workspace_id = ? and conversation_id = ? order by seq desc limit ?"
    events = fetched(connection, f"select {columns(EventRow)} from event {where}", (*key, limit))
    rows = fetched(connection, f"select {columns(OutboundRow)} from outbound {where}", (*key, limit))
    return [EventRow(*row) for row in reversed(events)], [OutboundRow(*row) for row in reversed(rows)]


def history(connection: apsw.Connection, key: ConversationKey, limit: int, since: float | None) -> list[Line]:
    """The last lines that were said."""
    return story.history(*_newest(connection, key, 2 * limit), limit, since)


def quoted(
    connection: apsw.Connection, key: ConversationKey, channel_id: ChannelId, external_ids: Sequence[str]
) -> dict[str, Line]:
    """Messages by the provider's ids."""
    rows: list[OutboundRow] = []
    events: list[EventRow] = []
    for external_id in dict.fromkeys(external_ids):
        found = fetched(connection, _SENT, (key.workspace_id, channel_id, external_id, key.id))
        rows += [OutboundRow(*row) for row in found]
        if not found:
            events += [EventRow(*row) for row in fetched(connection, BY_EXTERNAL, (*key, external_id))]
    notices = [-row.turn_no for row in rows if row.turn_no < 0]
    operators = [seq for seq in notices if fetched(connection, _OPERATORS, (*key, seq))]
    return story.quoted(rows, operators, events)


def moments(connection: apsw.Connection, key: ConversationKey, limit: int) -> list[Moment]:
    """What happened lately."""
    events, rows = _newest(connection, key, limit)
    where = "where workspace_id = ? and conversation_id = ? order by {} desc limit ?"
    turns = fetched(connection, f"select {columns(TurnRow)} from turn {where.format('no')}", (*key, limit))
    steps = fetched(connection, f"select {columns(StepRow)} from step {where.format('turn_no')}", (*key, limit))
    refused = f"""select {columns(MediaRow)} from media where workspace_id = ? and conversation_id = ?
      and state = 'refused' order by at desc limit ?"""
    files = [MediaRow(*row) for row in fetched(connection, refused, (*key, limit))]
    paid = payments_of(connection, key)[:limit]
    return story.moments(events, [TurnRow(*row) for row in turns], [StepRow(*row) for row in steps], rows, files, paid)


def recent(connection: apsw.Connection, limit: int) -> list[Conversation]:
    """The conversations that were heard last."""
    sql = f"select {columns(Conversation)} from conversation order by contact_at desc nulls last limit ?"
    return [Conversation(*row) for row in fetched(connection, sql, (limit,))]


def find(
    connection: apsw.Connection, workspace_id: WorkspaceId, channel_id: ChannelId, address: str
) -> Conversation | None:
    """The conversation of an address."""
    listed = ", ".join(f"c.{field}" for field in Conversation.__struct_fields__)
    sql = f"""select {listed} from address a
      join conversation c on c.workspace_id = a.workspace_id and c.id = a.conversation_id
      where a.workspace_id = ? and a.channel_id = ? and a.value = ?"""
    found = fetched(connection, sql, (workspace_id, channel_id, address))
    return Conversation(*found[0]) if found else None


def ledger(connection: apsw.Connection) -> Ledger:
    """How many events stand where, from one snapshot."""
    counted = """
      select state, coalesce(reason, ''), count(*) from event group by 1, 2
      union all select state, '', count(*) from stray group by 1
      union all select 'media_refused', reason, count(*) from media where state = 'refused' group by 2
      union all select state, reason, sum(events) from ledger_archive group by 1, 2"""
    again = """select (select coalesce(sum(duplicates), 0) from conversation)
      + (select coalesce(sum(deliveries - 1), 0) from stray)"""
    connection.execute("begin")
    try:
        states = fetched(connection, counted)
        duplicates = fetched(connection, again)[0][0]
    finally:
        connection.execute("commit")
    return summed([(row[0], row[1], row[2]) for row in states], duplicates)


_TURN_IS_OVER = """started_at < ? and state <> 'running' and not exists (select 1 from event e
  where e.workspace_id = old.workspace_id and e.conversation_id = old.conversation_id
  and e.seq between old.seq_from and old.seq_to and e.turn_no = old.no and e.settled_at is null)"""
_STEP_IS_OVER = """began_at < ? and not exists (select 1 from turn t
  where t.workspace_id = old.workspace_id and t.conversation_id = old.conversation_id
  and t.no = old.turn_no and t.state = 'running')"""


_FORGET_SUMMARY = """delete from summary where workspace_id = ?1 and conversation_id = ?2 and not exists (
    select 1 from event where workspace_id = ?1 and conversation_id = ?2
  ) returning 1"""


async def retain(rows: SqliteRows, before: float, limit: int) -> int:
    """Forget settled rows from before an instant, oldest first; the ledger keeps their sums."""
    gone = _forget(
        rows,
        "event",
        "received_at < ? and settled_at is not null",
        before,
        limit,
        "workspace_id, channel_id, state, reason, conversation_id",
    )
    strays = _forget(rows, "stray", "received_at < ?", before, limit, "workspace_id, channel_id, state, deliveries")
    files = _forget(rows, "media", "at < ?", before, limit, "workspace_id, channel_id, state, reason")
    sums = Counter((row[0], row[1], row[2], row[3] or "") for row in gone)
    sums.update((row[0], row[1], MEDIA_REFUSED, row[3]) for row in files if row[2] == "refused")
    sums.update((row[0], row[1], row[2], "") for row in strays)
    for workspace_id, channel_id, _, deliveries in strays:
        sums[workspace_id, channel_id, DUPLICATE, ""] += deliveries - 1
    for key, count in sums.items():
        rows.run(
            "insert into ledger_archive values (?, ?, ?, ?, ?)"
            " on conflict do update set events = events + excluded.events",
            (*key, count),
        )
    count = len(gone) + len(strays) + len(files)
    for conversation in {(row[0], row[4]) for row in gone}:
        count += len(rows.run(_FORGET_SUMMARY, conversation))
    count += len(_forget(rows, "spend", "day < ?", day_of(before), limit, "1"))
    for table, condition in (
        ("outbound", "created_at < ? and settled_at is not null"),
        ("turn", _TURN_IS_OVER),
        ("step", _STEP_IS_OVER),
        ("session_before", "saved_at < ?"),
        ("rehearsal", "asked_at < ?"),
        ("early_report", "received_at < ?"),
        ("upload", "valid_until < ?"),
        ("note", "at < ?"),
        ("handover", "at < ?"),
    ):
        count += len(_forget(rows, table, condition, before, limit, "1"))
    return count


def _forget(
    rows: SqliteRows, table: str, condition: str, before: float | str, limit: int, returning: str
) -> list[tuple[Any, ...]]:
    """Rows go in the order in which they were written; only the oldest are looked at."""
    oldest = f"select rowid as r, * from {table} order by rowid limit {limit * _LOOKS}"
    sql = f"""delete from {table} where rowid in (select r from ({oldest}) old where {condition} limit {limit})
      returning {returning}"""
    return rows.run(sql, (before,))
