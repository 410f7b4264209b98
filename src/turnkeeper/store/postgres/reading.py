"""Questions that change nothing, and retention: what operators see, what bots remember."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from turnkeeper.model.agents import day_of
from turnkeeper.model.conversation import Conversation, EventRow, OutboundRow, StepRow, TurnRow
from turnkeeper.model.ids import ChannelId, ConversationKey, WorkspaceId
from turnkeeper.model.media import MediaRow
from turnkeeper.store import story
from turnkeeper.store.base import Ledger, Moment
from turnkeeper.store.channels import ChannelStanding, Traffic
from turnkeeper.store.ledger import DUPLICATE, MEDIA_REFUSED, summed
from turnkeeper.store.lines import Line
from turnkeeper.store.postgres import statements as sql
from turnkeeper.store.postgres.payments import payments_of
from turnkeeper.store.postgres.rows import PostgresRows
from turnkeeper.store.postgres.statements import columns
from turnkeeper.store.workers import Vitals

if TYPE_CHECKING:
    import asyncpg

    from turnkeeper.store.postgres.pooled import PooledConnection

_LOOKS = 4
"""How many rows retention looks at for each one that it may delete, so that its cost stays bounded."""

_WHOLE_TABLES = "set local enable_seqscan = on; set local enable_hashjoin = on; set local statement_timeout = '120s'"


async def next_due(connection: PooledConnection) -> float | None:
    """When the next conversation or timer is due."""
    at = await connection.fetchval(
        """select least((select min(due_at) from conversation where due_at is not null),
          (select min(due_at) from timer))"""
    )
    return None if at is None else float(at)


async def vitals(connection: PooledConnection, now: float, since: float) -> Vitals:
    """Live workers, due conversations, and the database's clock."""
    row = await connection.fetchrow(
        """select (select count(*) from worker where not dead and beat_at >= $1),
          (select count(*) from conversation where due_at <= $2),
          extract(epoch from clock_timestamp())::float8,
          (select min(due_at) from conversation where due_at <= $2)""",
        since,
        now,
    )
    return Vitals(*row) if row is not None else Vitals(0, 0)


async def refused_credentials(connection: PooledConnection) -> dict[tuple[WorkspaceId, ChannelId], str]:
    """With which credentials channels were refused."""
    found = await connection.fetch("select workspace_id, channel_id, credentials from channel_refusal")
    return {(row[0], row[1]): row[2] for row in found}


async def paused_channels(connection: PooledConnection) -> list[tuple[WorkspaceId, ChannelId, str, float]]:
    """Channels that are stopped."""
    found = await connection.fetch(
        "select workspace_id, channel_id, reason, paused_at from channel_pause order by paused_at"
    )
    return [(row[0], row[1], row[2], row[3]) for row in found]


async def traffic(connection: PooledConnection) -> list[Traffic]:
    """What there is of each channel."""
    sql = """select workspace_id, channel_id, count(*), max(contact_at), sum(unsent) from conversation
      group by 1, 2 order by 1, 2"""
    return [Traffic(*row) for row in await connection.fetch(sql)]


_LATEST = 1_000
"""Conversations of a stopped channel, the latest, in which what waits to be sent is counted: they are not due."""
_STANDINGS = f"""with waiting as (
    select channel_id, sum(unsent)::bigint as unsent, (count(*) filter (where unsent = 0))::bigint as waiting
    from conversation where workspace_id = $1 and (due_at is not null or owner is not null) group by channel_id
  )
  select k.id, case when p.reason is null then coalesce(w.unsent, 0) else coalesce((
      select sum(c.unsent)::bigint from (
        select conversation_id from inbox i where i.workspace_id = $1 and i.channel_id = k.id
        order by i.last_at desc limit {_LATEST}
      ) i join conversation c on c.workspace_id = $1 and c.id = i.conversation_id), 0) end,
    coalesce(w.waiting, 0),
    (select max(i.last_at) from inbox i where i.workspace_id = $1 and i.channel_id = k.id),
    p.reason, p.paused_at, a.status, coalesce(a.works, true), a.told_at, s.synced_at, s.problem
  from unnest($2::text[]) with ordinality as k(id, no)
  left join waiting w on w.channel_id = k.id
  left join channel_pause p on p.workspace_id = $1 and p.channel_id = k.id
  left join account_state a on a.workspace_id = $1 and a.channel_id = k.id
  left join template_sync s on s.workspace_id = $1 and s.channel_id = k.id
  order by k.no"""


async def channel_standings(
    connection: PooledConnection, workspace_id: WorkspaceId, channels: Sequence[ChannelId]
) -> list[ChannelStanding]:
    """How some channels stand."""
    return [ChannelStanding(*row) for row in await connection.fetch(_STANDINGS, workspace_id, list(channels))]


async def _newest(
    connection: PooledConnection, table: str, row: type[msgspec.Struct], order: str, key: ConversationKey, limit: int
) -> list[Any]:
    found = await connection.fetch(
        f"select {columns(row)} from {table} where workspace_id = $1 and conversation_id = $2"
        f" order by {order} desc limit $3",
        *key,
        limit,
    )
    return [row(*values) for values in reversed(found)]


async def history(connection: PooledConnection, key: ConversationKey, limit: int, since: float | None) -> list[Line]:
    """The last lines that were said."""
    events = await _newest(connection, "event", EventRow, "seq", key, 2 * limit)
    rows = await _newest(connection, "outbound", OutboundRow, "seq", key, 2 * limit)
    return story.history(events, rows, limit, since)


async def quoted(
    connection: PooledConnection, key: ConversationKey, channel_id: ChannelId, external_ids: Sequence[str]
) -> dict[str, Line]:
    """Messages by the provider's ids."""
    wanted = sorted(set(external_ids))
    here = [(key.workspace_id, channel_id, external_id) for external_id in wanted]
    sent = [OutboundRow(*row) for row in await connection.fetch(sql.EXTERNAL, *zip(*here, strict=True))]
    rows = [row for row in sent if row.conversation_id == key.id]
    others = sorted(set(wanted) - {str(row.external_id) for row in rows})
    heard = await connection.fetch(sql.BY_EXTERNAL, *key, others) if others else []
    notices = [(*key, -row.turn_no) for row in rows if row.turn_no < 0]
    behind = await connection.fetch(sql.NUMBERED, *zip(*notices, strict=True)) if notices else []
    operators = [event.seq for event in (EventRow(*row) for row in behind) if event.kind == "operator"]
    return story.quoted(rows, operators, [EventRow(*row) for row in heard])


_REFUSED = rf"""select {columns(MediaRow)} from media where (workspace_id || e'\x1f' || conversation_id) = $1
  and state = 'refused' order by at desc limit $2"""


async def moments(connection: PooledConnection, key: ConversationKey, limit: int) -> list[Moment]:
    """What happened lately, from one snapshot."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        events = await _newest(connection, "event", EventRow, "seq", key, limit)
        turns = await _newest(connection, "turn", TurnRow, "no", key, limit)
        steps = await _newest(connection, "step", StepRow, "turn_no", key, limit)
        rows = await _newest(connection, "outbound", OutboundRow, "seq", key, limit)
        refused = await connection.fetch(_REFUSED, f"{key.workspace_id}\x1f{key.id}", limit)
        paid = await payments_of(connection, key)
    files = [MediaRow(*row) for row in refused]
    return story.moments(events, turns[::-1], steps[::-1], rows, files, paid[:limit])


async def recent(connection: PooledConnection, limit: int) -> list[Conversation]:
    """The conversations that were heard last."""
    found = await connection.fetch(
        f"select {columns(Conversation)} from conversation order by contact_at desc nulls last limit $1", limit
    )
    return [Conversation(*row) for row in found]


async def find(
    connection: PooledConnection, workspace_id: WorkspaceId, channel_id: ChannelId, address: str
) -> Conversation | None:
    """The conversation of an address."""
    found = await connection.fetchrow(
        f"""select {columns(Conversation, "c")} from address a
        join conversation c on c.workspace_id = a.workspace_id and c.id = a.conversation_id
        where a.workspace_id = $1 and a.channel_id = $2 and a.value = $3""",
        workspace_id,
        channel_id,
        address,
    )
    return Conversation(*found) if found is not None else None


async def ledger(connection: PooledConnection) -> Ledger:
    """How many events stand where, from one snapshot."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute(_WHOLE_TABLES)
        return await counted(connection)


async def counted(connection: PooledConnection | asyncpg.Connection[asyncpg.Record]) -> Ledger:
    """The same, in a transaction that sees one snapshot."""
    states = await connection.fetch(
        """select state, coalesce(reason, ''), count(*) from event group by 1, 2
        union all select state, '', count(*) from stray group by 1
        union all select 'media_refused', reason, count(*) from media where state = 'refused' group by 2
        union all select state, reason, sum(events)::bigint from ledger_archive group by 1, 2"""
    )
    duplicates = await connection.fetchval(
        """select ((select coalesce(sum(duplicates), 0) from conversation)
          + (select coalesce(sum(deliveries - 1), 0) from stray))::bigint"""
    )
    return summed([(row[0], row[1], row[2]) for row in states], duplicates)


_TURN_IS_OVER = """old.state <> 'running' and not exists (select from event e
  where e.workspace_id = old.workspace_id and e.conversation_id = old.conversation_id
  and e.seq between old.seq_from and old.seq_to and e.turn_no = old.no and e.settled_at is null)"""
_STEP_IS_OVER = """not exists (select from turn t
  where t.workspace_id = old.workspace_id and t.conversation_id = old.conversation_id
  and t.no = old.turn_no and t.state = 'running')"""


_FORGET_SUMMARIES = """delete from summary s using unnest($1::text[], $2::text[]) as k(w, c)
  where s.workspace_id = k.w and s.conversation_id = k.c and not exists (
    select from event e where e.workspace_id = k.w and e.conversation_id = k.c
  ) returning 1"""


async def retain(rows: PostgresRows, before: float, limit: int) -> int:
    """Forget settled rows from before an instant, oldest first; the ledger keeps their sums."""
    listed = "r.workspace_id, r.channel_id, r.state, coalesce(r.reason, ''), r.conversation_id"
    gone = await _forget(rows, "event", "received_at", "settled_at is not null", before, limit, listed)
    listed = "r.workspace_id, r.channel_id, r.state, r.deliveries"
    strays = await _forget(rows, "stray", "received_at", "true", before, limit, listed)
    listed = "r.workspace_id, r.channel_id, r.state, r.reason"
    files = await _forget(rows, "media", "at", "true", before, limit, listed)
    sums = Counter((row[0], row[1], row[2], row[3]) for row in gone)
    sums.update((row[0], row[1], MEDIA_REFUSED, row[3]) for row in files if row[2] == "refused")
    sums.update((row[0], row[1], row[2], "") for row in strays)
    for workspace_id, channel_id, _, deliveries in strays:
        sums[workspace_id, channel_id, DUPLICATE, ""] += deliveries - 1
    for key in sorted(sums):
        await rows.run(
            """insert into ledger_archive values ($1, $2, $3, $4, $5)
            on conflict (workspace_id, channel_id, state, reason)
            do update set events = ledger_archive.events + excluded.events""",
            *key,
            sums[key],
        )
    count = len(gone) + len(strays) + len(files)
    conversations = sorted({(row[0], row[4]) for row in gone})
    if conversations:
        count += len(await rows.run(_FORGET_SUMMARIES, *zip(*conversations, strict=True)))
    count += len(await _forget(rows, "spend", "day", "true", day_of(before), limit, "1"))
    for table, age, condition in (
        ("outbound", "created_at", "settled_at is not null"),
        ("turn", "started_at", _TURN_IS_OVER),
        ("step", "began_at", _STEP_IS_OVER),
        ("session_before", "saved_at", "true"),
        ("rehearsal", "asked_at", "true"),
        ("early_report", "received_at", "true"),
        ("upload", "valid_until", "true"),
        ("note", "at", "true"),
        ("handover", "at", "true"),
    ):
        count += len(await _forget(rows, table, age, condition, before, limit, "1"))
    return count


async def _forget(
    rows: PostgresRows, table: str, age: str, condition: str, before: float | str, limit: int, returning: str
) -> list[Any]:
    """Only the oldest are looked at; those that a transaction holds at this moment are left to the next time."""
    oldest = f"select ctid, * from {table} where {age} < $1 order by {age} limit {limit * _LOOKS}"
    found = f"select ctid from ({oldest}) old where {condition} limit {limit}"
    locked = f"select ctid from {table} old where ctid = any(array({found})) and {condition} for update skip locked"
    return await rows.run(f"delete from {table} r where r.ctid = any(array({locked})) returning {returning}", before)
