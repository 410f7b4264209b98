"""One conversation as it is read on a screen, on SQLite."""

from __future__ import annotations

import apsw
from msgspec.structs import replace

from turnkeeper.model.agents import Fact
from turnkeeper.model.colleagues import Answering, Handover, Note, Watching
from turnkeeper.model.consent import Consent
from turnkeeper.model.conversation import Conversation, EventRow, OutboundRow, TimerRow
from turnkeeper.model.ids import ConversationKey
from turnkeeper.model.subscriptions import Escalation
from turnkeeper.store.sqlite import reading
from turnkeeper.store.sqlite.parts import Reads, fetched
from turnkeeper.store.sqlite.statements import columns
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

_MINE = "workspace_id = ?1 and conversation_id = ?2"
_LATEST = "order by seq desc limit ?4"
_EVENTS = (
    f"select {columns(EventRow)} from event where {_MINE} and seq < ?3 and not coalesce({UNSEEN}, false) {_LATEST}"
)
_ROWS = f"select {columns(OutboundRow)} from outbound where {_MINE} and seq < ?3 {_LATEST}"
_NOTES = f"select {columns(Note)} from note where {_MINE} and seq < ?3 {_LATEST}"
_HANDOVERS = f"select {columns(Handover)} from handover where {_MINE} and seq < ?3 {_LATEST}"
_EVENT = f"select {columns(EventRow)} from event where {_MINE} and seq = ?3"
_ROW = f"select {columns(OutboundRow)} from outbound where {_MINE} and seq = ?3"
_CONVERSATION = f"select {columns(Conversation)} from conversation where workspace_id = ? and id = ?"
_FILE = """select m.state, m.key, m.filename, m.reason, f.mime, f.size from media m
  left join file f on f.workspace_id = m.workspace_id and f.key = m.key
  where m.workspace_id = ? and m.channel_id = ? and m.source = ?"""
_NAME = "select name from contact where workspace_id = ? and id = ?"
_ADDRESSES = f"select value from address where {_MINE} order by value"
_FACTS = f"select {columns(Fact)} from fact where workspace_id = ? and contact_id = ? order by bot_id, name"
_CONSENTS = f"select {columns(Consent)} from consent where workspace_id = ? and contact_id = ? order by purpose"
_TIMERS = f"select {columns(TimerRow)} from timer where {_MINE} order by due_at limit {TIMERS_SHOWN}"
_ESCALATION = f"select {columns(Escalation)} from escalation where {_MINE}"
_STAGE = f"select stage from session where {_MINE}"
_ANSWERING = f"select {columns(Answering)} from answering where {_MINE}"
_WATCHING = f"select {columns(Watching)} from watching where {_MINE} and at >= ?3 order by name, user_id"


class SqliteThread(Reads):
    """The ThreadRecords port, over what the store gives."""

    async def header(self, key: ConversationKey, since: float) -> Header | None:
        return await self._read(lambda at: _header(at, key, since))

    async def thread(self, key: ConversationKey, before: Cursor, limit: int) -> ThreadPage:
        return await self._read(lambda at: _thread(at, key, before, limit))

    async def message(self, key: ConversationKey, entry: str) -> Entry | None:
        named = read_entry(entry)
        return None if named is None else await self._read(lambda at: _message(at, key, *named))


def _header(at: apsw.Connection, key: ConversationKey, since: float) -> Header | None:
    found = fetched(at, _CONVERSATION, key)
    if not found:
        return None
    conversation = Conversation(*found[0])
    contact = (key.workspace_id, conversation.contact_id)
    names, stages = fetched(at, _NAME, contact), fetched(at, _STAGE, key)
    escalations, answering = fetched(at, _ESCALATION, key), fetched(at, _ANSWERING, key)
    consents = [Consent(*row) for row in fetched(at, _CONSENTS, contact)]
    timers = [TimerRow(*row) for row in fetched(at, _TIMERS, key)]
    return Header(
        conversation,
        names[0][0] if names else None,
        [row[0] for row in fetched(at, _ADDRESSES, key)],
        [Fact(*row) for row in fetched(at, _FACTS, contact)],
        [replace(each, granted=bool(each.granted)) for each in consents],
        [replace(each, follow_up=bool(each.follow_up)) for each in timers],
        Escalation(*escalations[0]) if escalations else None,
        stages[0][0] if stages else None,
        Answering(*answering[0]) if answering else None,
        [Watching(*row) for row in fetched(at, _WATCHING, (*key, since))],
    )


def _thread(at: apsw.Connection, key: ConversationKey, before: Cursor, limit: int) -> ThreadPage:
    lists = (
        [EventRow(*row) for row in fetched(at, _EVENTS, (*key, before.events, limit + 1))],
        [OutboundRow(*row) for row in fetched(at, _ROWS, (*key, before.rows, limit + 1))],
        [Note(*row) for row in fetched(at, _NOTES, (*key, before.notes, limit + 1))],
        [Handover(*row) for row in fetched(at, _HANDOVERS, (*key, before.handovers, limit + 1))],
    )
    taken, rest = newest(lists, before, limit)
    return ThreadPage(entries(taken, _details(at, key, wanted(taken))), rest)


def _message(at: apsw.Connection, key: ConversationKey, kind: str, seq: int) -> Entry | None:
    found = fetched(at, _EVENT if kind == "in" else _ROW, (*key, seq))
    if not found:
        return None
    taken = [EventRow(*found[0]) if kind == "in" else OutboundRow(*found[0])]
    return entries(taken, _details(at, key, wanted(taken)))[0]


def _details(at: apsw.Connection, key: ConversationKey, asked: Wanted) -> Details:
    events = {seq: EventRow(*row) for seq in asked.events for row in fetched(at, _EVENT, (*key, seq))}
    channels = fetched(at, _CONVERSATION, key) if asked.files or asked.quoted else []
    if not channels:
        return Details(events, {}, {})
    channel_id = Conversation(*channels[0]).channel_id
    files = {
        source: SeenFile(*row)
        for source in asked.files
        for row in fetched(at, _FILE, (key.workspace_id, channel_id, source))
    }
    lines = reading.quoted(at, key, channel_id, asked.quoted)
    quoted = {
        known_as: Quoted("operator" if line.role == "person" else line.role, line.text)
        for known_as, line in lines.items()
    }
    return Details(events, files, quoted)
