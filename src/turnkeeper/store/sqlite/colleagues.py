"""What colleagues do at conversations, on SQLite."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from msgspec.structs import astuple

from turnkeeper.model.colleagues import Answering, CannedReply, Handover, Note, Watching
from turnkeeper.model.ids import ConversationKey, WorkspaceId
from turnkeeper.store.colleagues import MOST_CANNED
from turnkeeper.store.sqlite.parts import Reads, Runs, fetched
from turnkeeper.store.sqlite.statements import columns, insert

T = TypeVar("T")

_MINE = "workspace_id = ?1 and conversation_id = ?2"
_NEXT = "(select coalesce(max(seq), 0) + 1 from {} where workspace_id = ?1 and conversation_id = ?2)"
_ADD_HANDOVER = f"insert into handover values (?1, ?2, {_NEXT.format('handover')}, ?3, ?4, ?5, ?6, ?7, ?8)"
_RELEASE = f"delete from answering where {_MINE}"
_ANSWERING = f"select {columns(Answering)} from answering where {_MINE}"
_PUT_ANSWERING = insert(
    "answering",
    Answering,
    "on conflict do update set user_id = ?3, name = ?4, since_at = ?5, active_at = ?6",
)
_ADD_NOTE = f"""insert into note values (?1, ?2, {_NEXT.format("note")}, ?3, ?4, ?5, ?6, ?7) on conflict do nothing"""
_NOTE = f"select {columns(Note)} from note where {_MINE} and known_as = ?3"
_DROP_NOTE = f"delete from note where {_MINE} and seq = ?3 and (?4 is null or author_id = ?4) returning 1"
_WATCHING = f"select {columns(Watching)} from watching where {_MINE} and user_id = ?3"
_PUT_WATCHING = insert("watching", Watching, "on conflict do update set name = ?4, doing = ?5, at = ?6")
_FORGET_WATCHING = f"delete from watching where {_MINE} and at < ?3"
_WAS_THERE = f"update answering set active_at = ?4 where {_MINE} and user_id = ?3"
_DROP_WATCHING = f"delete from watching where {_MINE} and user_id = ?3 returning 1"
_WATCHERS = f"select {columns(Watching)} from watching where {_MINE} and at >= ?3 order by name, user_id"
_CANNED = f"select {columns(CannedReply)} from canned_reply where workspace_id = ? order by shortcut, language"
_TAKEN = """select 1 from canned_reply where workspace_id = ?1 and id <> ?2 and shortcut = ?3 and language = ?4
  union all select 1 where not exists (select 1 from canned_reply where workspace_id = ?1 and id = ?2)
  and (select count(*) from canned_reply where workspace_id = ?1) >= ?5"""
_PUT_CANNED = insert(
    "canned_reply",
    CannedReply,
    "on conflict do update set shortcut = ?3, language = ?4, text = ?5, changed_at = ?6, changed_by = ?7",
)
_DROP_CANNED = "delete from canned_reply where workspace_id = ? and id = ? returning 1"


class SqliteColleagueRows(Runs):
    """The ColleagueRows port, over what a transaction gives."""

    async def add_handovers(self, rows: Sequence[Handover]) -> None:
        for row in rows:
            workspace_id, conversation_id, _, *rest = astuple(row)
            self.run(_ADD_HANDOVER, (workspace_id, conversation_id, *rest))
            self.run(_RELEASE, (workspace_id, conversation_id))

    async def answering(self, key: ConversationKey) -> Answering | None:
        found = self.run(_ANSWERING, key)
        return Answering(*found[0]) if found else None

    async def put_answering(self, row: Answering) -> None:
        self.run(_PUT_ANSWERING, astuple(row))

    async def add_note(self, row: Note) -> Note:
        workspace_id, conversation_id, _, *rest = astuple(row)
        self.run(_ADD_NOTE, (workspace_id, conversation_id, *rest))
        return Note(*self.run(_NOTE, (workspace_id, conversation_id, row.known_as))[0])

    async def drop_note(self, key: ConversationKey, seq: int, author_id: str | None) -> bool:
        return bool(self.run(_DROP_NOTE, (*key, seq, author_id)))

    async def watching(self, key: ConversationKey, user_id: str) -> Watching | None:
        found = self.run(_WATCHING, (*key, user_id))
        return Watching(*found[0]) if found else None

    async def put_watching(self, row: Watching, forgotten: float) -> None:
        key = (row.workspace_id, row.conversation_id)
        self.run(_PUT_WATCHING, astuple(row))
        self.run(_FORGET_WATCHING, (*key, forgotten))
        self.run(_WAS_THERE, (*key, row.user_id, row.at))

    async def drop_watching(self, key: ConversationKey, user_id: str) -> bool:
        return bool(self.run(_DROP_WATCHING, (*key, user_id)))


class SqliteColleagues(Reads):
    """What of the ColleagueRecords port needs no script, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[SqliteColleagueRows], Coroutine[Any, Any, T]]) -> T: ...

    async def watchers(self, key: ConversationKey, since: float) -> list[Watching]:
        return [Watching(*row) for row in self._glance(lambda at: fetched(at, _WATCHERS, (*key, since)))]

    async def canned_replies(self, workspace_id: WorkspaceId) -> list[CannedReply]:
        return [CannedReply(*row) for row in await self._read(lambda at: fetched(at, _CANNED, (workspace_id,)))]

    async def put_canned_reply(self, row: CannedReply) -> bool:
        async def put(rows: SqliteColleagueRows) -> bool:
            if rows.run(_TAKEN, (*astuple(row)[:4], MOST_CANNED)):
                return False
            rows.run(_PUT_CANNED, astuple(row))
            return True

        return await self._alone(put)

    async def drop_canned_reply(self, workspace_id: WorkspaceId, known_as: str) -> bool:
        async def drop(rows: SqliteColleagueRows) -> bool:
            return bool(rows.run(_DROP_CANNED, (workspace_id, known_as)))

        return await self._alone(drop)
