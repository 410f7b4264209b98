"""One conversation as it is read on a screen, on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnkeeper.model.agents import Fact
from turnkeeper.model.colleagues import Answering, Handover, Note, Watching
from turnkeeper.model.consent import Consent
from turnkeeper.model.conversation import Conversation, EventRow, OutboundRow, TimerRow
from turnkeeper.model.ids import ConversationId, ConversationKey
from turnkeeper.model.subscriptions import Escalation
from turnkeeper.store.postgres import reading
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.statements import columns
from turnkeeper.store.postgres.tenant import Tenants
from turnkeeper.store.thread import (
    TIMERS_SHOWN,
    UNSEEN,
    Cursor,
    Details,
    Entry,
    Header,
    Quoted,
    SeenFile,
    ThreadPage,
    Wanted,
    entries,
    newest,
    read_entry,
    wanted,
)

if TYPE_CHECKING:
    from turnkeeper.store.postgres.pooled import PooledConnection

_MINE = "workspace_id = $1 and conversation_id = $2"
_LATEST = "order by seq desc limit $4"
_EVENTS = (
    f"select {columns(EventRow)} from event where {_MINE} and seq < $3 and not coalesce({UNSEEN}, false) {_LATEST}"
)
_ROWS = f"select {columns(OutboundRow)} from outbound where {_MINE} and seq < $3 {_LATEST}"
_NOTES = f"select {columns(Note)} from note where {_MINE} and seq < $3 {_LATEST}"
_HANDOVERS = f"select {columns(Handover)} from handover where {_MINE} and seq < $3 {_LATEST}"
_SEVERAL = f"select {columns(EventRow)} from event where {_MINE} and seq = any($3::bigint[])"
_EVENT = f"select {columns(EventRow)} from event where {_MINE} and seq = $3"
_ROW = f"select {columns(OutboundRow)} from outbound where {_MINE} and seq = $3"
_CONVERSATION = f"select {columns(Conversation)} from conversation where workspace_id = $1 and id = $2"
_CHANNEL = "select channel_id from conversation where workspace_id = $1 and id = $2"
_FILES = """select m.source, m.state, m.key, m.filename, m.reason, f.mime, f.size from media m
  left join file f on f.workspace_id = m.workspace_id and f.key = m.key
  where m.workspace_id = $1 and m.channel_id = $2 and m.source = any($3::text[])"""
_NAME = "select name from contact where workspace_id = $1 and id = $2"
_ADDRESSES = r"""select value from address
  where (workspace_id || e'\x1f' || conversation_id) = $1::text || e'\x1f' || $2::text order by value"""
_FACTS = f"select {columns(Fact)} from fact where workspace_id = $1 and contact_id = $2 order by bot_id, name"
_CONSENTS = f"select {columns(Consent)} from consent where workspace_id = $1 and contact_id = $2 order by purpose"
_TIMERS = f"select {columns(TimerRow)} from timer where {_MINE} order by due_at limit {TIMERS_SHOWN}"
_ESCALATION = f"select {columns(Escalation)} from escalation where {_MINE}"
_STAGE = f"select stage from session where {_MINE}"
_ANSWERING = f"select {columns(Answering)} from answering where {_MINE}"
_WATCHING = f"select {columns(Watching)} from watching where {_MINE} and at >= $3 order by name, user_id"


class PostgresThread(Tenants):
    """The ThreadRecords port, over what the store gives."""

    async def header(self, key: ConversationKey, since: float) -> Header | None:
        named = _kept(key)
        return await self._as_tenant(named.workspace_id, lambda at: _header(at, named, since))

    async def thread(self, key: ConversationKey, before: Cursor, limit: int) -> ThreadPage:
        named = _kept(key)
        return await self._as_tenant(named.workspace_id, lambda at: _thread(at, named, before, limit))

    async def message(self, key: ConversationKey, entry: str) -> Entry | None:
        named, what = _kept(key), read_entry(entry)
        return (
            None if what is None else await self._as_tenant(named.workspace_id, lambda at: _message(at, named, *what))
        )


def _kept(key: ConversationKey) -> ConversationKey:
    return ConversationKey(key.workspace_id, ConversationId(without_nul(key.id)))


async def _header(at: PooledConnection, key: ConversationKey, since: float) -> Header | None:
    found = await at.fetchrow(_CONVERSATION, *key)
    if found is None:
        return None
    conversation = Conversation(*found)
    contact = (key.workspace_id, conversation.contact_id)
    escalation, answering = await at.fetchrow(_ESCALATION, *key), await at.fetchrow(_ANSWERING, *key)
    return Header(
        conversation,
        await at.fetchval(_NAME, *contact),
        [row[0] for row in await at.fetch(_ADDRESSES, *key)],
        [Fact(*row) for row in await at.fetch(_FACTS, *contact)],
        [Consent(*row) for row in await at.fetch(_CONSENTS, *contact)],
        [TimerRow(*row) for row in await at.fetch(_TIMERS, *key)],
        None if escalation is None else Escalation(*escalation),
        await at.fetchval(_STAGE, *key),
        None if answering is None else Answering(*answering),
        [Watching(*row) for row in await at.fetch(_WATCHING, *key, since)],
    )


async def _thread(at: PooledConnection, key: ConversationKey, before: Cursor, limit: int) -> ThreadPage:
    lists = (
        [EventRow(*row) for row in await at.fetch(_EVENTS, *key, before.events, limit + 1)],
        [OutboundRow(*row) for row in await at.fetch(_ROWS, *key, before.rows, limit + 1)],
        [Note(*row) for row in await at.fetch(_NOTES, *key, before.notes, limit + 1)],
        [Handover(*row) for row in await at.fetch(_HANDOVERS, *key, before.handovers, limit + 1)],
    )
    taken, rest = newest(lists, before, limit)
    return ThreadPage(entries(taken, await _details(at, key, wanted(taken))), rest)


async def _message(at: PooledConnection, key: ConversationKey, kind: str, seq: int) -> Entry | None:
    found = await at.fetchrow(_EVENT if kind == "in" else _ROW, *key, seq)
    if found is None:
        return None
    taken = [EventRow(*found) if kind == "in" else OutboundRow(*found)]
    return entries(taken, await _details(at, key, wanted(taken)))[0]


async def _details(at: PooledConnection, key: ConversationKey, asked: Wanted) -> Details:
    events = await at.fetch(_SEVERAL, *key, asked.events) if asked.events else []
    causes = {row["seq"]: EventRow(*row) for row in events}
    channel_id = await at.fetchval(_CHANNEL, *key) if asked.files or asked.quoted else None
    if channel_id is None:
        return Details(causes, {}, {})
    found = await at.fetch(_FILES, key.workspace_id, channel_id, asked.files) if asked.files else []
    lines = await reading.quoted(at, key, channel_id, asked.quoted) if asked.quoted else {}
    quoted = {
        known_as: Quoted("operator" if line.role == "person" else line.role, line.text)
        for known_as, line in lines.items()
    }
    return Details(causes, {row[0]: SeenFile(*row[1:]) for row in found}, quoted)
