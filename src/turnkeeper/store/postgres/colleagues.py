"""What colleagues do at conversations, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import astuple

from turnkeeper.model.colleagues import Answering, CannedReply, Handover, Note, Watching
from turnkeeper.model.ids import ConversationKey, WorkspaceId
from turnkeeper.store.colleagues import MOST_CANNED
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.parts import Runs
from turnkeeper.store.postgres.statements import columns
from turnkeeper.store.postgres.tenant import Tenants

if TYPE_CHECKING:
    from turnkeeper.store.postgres.pooled import PooledConnection

_MINE = "workspace_id = $1 and conversation_id = $2"
_NEXT = "(select coalesce(max(seq), 0) + 1 from {} where workspace_id = $1 and conversation_id = $2)"
_ADD_HANDOVER = f"""insert into handover ({columns(Handover)})
  values ($1, $2, {_NEXT.format("handover")}, $3, $4, $5, $6, $7, $8)"""
_RELEASE = f"delete from answering where {_MINE}"
_ANSWERING = f"select {columns(Answering)} from answering where {_MINE}"
_PUT_ANSWERING = f"""insert into answering ({columns(Answering)}) values ($1, $2, $3, $4, $5, $6)
  on conflict (workspace_id, conversation_id) do update
  set user_id = $3, name = $4, since_at = $5, active_at = $6"""
_NOTE = rf"""select {columns(Note)} from note
  where (workspace_id || e'\x1f' || conversation_id) = $1::text || e'\x1f' || $2::text and known_as = $3"""
_ADD_NOTE = f"""insert into note ({columns(Note)}) values ($1, $2, {_NEXT.format("note")}, $3, $4, $5, $6, $7)
  returning {columns(Note)}"""
_DROP_NOTE = f"delete from note where {_MINE} and seq = $3 and ($4::text is null or author_id = $4) returning 1"
_WATCHING = f"select {columns(Watching)} from watching where {_MINE} and user_id = $3"
_PUT_WATCHING = f"""insert into watching ({columns(Watching)}) values ($1, $2, $3, $4, $5, $6)
  on conflict (workspace_id, conversation_id, user_id) do update set name = $4, doing = $5, at = $6"""
_FORGET_WATCHING = f"delete from watching where {_MINE} and at < $3"
_WAS_THERE = f"update answering set active_at = $4 where {_MINE} and user_id = $3"
_DROP_WATCHING = f"delete from watching where {_MINE} and user_id = $3 returning 1"
_WATCHERS = f"select {columns(Watching)} from watching where {_MINE} and at >= $3 order by name, user_id"
_CANNED = f"select {columns(CannedReply)} from canned_reply where workspace_id = $1 order by shortcut, language"
_ONE_AT_A_TIME = "select pg_advisory_xact_lock(hashtextextended('canned_reply' || $1::text, 0))"
_TAKEN = """select 1 from canned_reply where workspace_id = $1 and id <> $2 and shortcut = $3 and language = $4
  union all select 1 where not exists (select from canned_reply where workspace_id = $1 and id = $2)
  and (select count(*) from canned_reply where workspace_id = $1) >= $5"""
_PUT_CANNED = f"""insert into canned_reply ({columns(CannedReply)}) values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (workspace_id, id) do update
  set shortcut = $3, language = $4, text = $5, changed_at = $6, changed_by = $7"""
_DROP_CANNED = "delete from canned_reply where workspace_id = $1 and id = $2 returning 1"


class PostgresColleagueRows(Runs):
    """The ColleagueRows port, over what a transaction gives."""

    async def add_handovers(self, rows: Sequence[Handover]) -> None:
        for row in rows:
            workspace_id, conversation_id, _, *rest = astuple(without_nul(row))
            await self.run(_ADD_HANDOVER, workspace_id, conversation_id, *rest)
            await self.run(_RELEASE, workspace_id, conversation_id)

    async def answering(self, key: ConversationKey) -> Answering | None:
        found = await self.run(_ANSWERING, *key)
        return Answering(*found[0]) if found else None

    async def put_answering(self, row: Answering) -> None:
        await self.run(_PUT_ANSWERING, *astuple(without_nul(row)))

    async def add_note(self, row: Note) -> Note:
        workspace_id, conversation_id, _, known_as, *rest = astuple(without_nul(row))
        found = await self.run(_NOTE, workspace_id, conversation_id, known_as)
        if not found:
            found = await self.run(_ADD_NOTE, workspace_id, conversation_id, known_as, *rest)
        return Note(*found[0])

    async def drop_note(self, key: ConversationKey, seq: int, author_id: str | None) -> bool:
        return bool(await self.run(_DROP_NOTE, *key, seq, author_id))

    async def watching(self, key: ConversationKey, user_id: str) -> Watching | None:
        found = await self.run(_WATCHING, *without_nul((*key, user_id)))
        return Watching(*found[0]) if found else None

    async def put_watching(self, row: Watching, forgotten: float) -> None:
        given = without_nul(row)
        key = (given.workspace_id, given.conversation_id)
        await self.run(_PUT_WATCHING, *astuple(given))
        await self.run(_FORGET_WATCHING, *key, forgotten)
        await self.run(_WAS_THERE, *key, given.user_id, given.at)

    async def drop_watching(self, key: ConversationKey, user_id: str) -> bool:
        return bool(await self.run(_DROP_WATCHING, *without_nul((*key, user_id))))


class PostgresColleagues(Tenants):
    """What of the ColleagueRecords port needs no script, over what the store gives."""

    async def watchers(self, key: ConversationKey, since: float) -> list[Watching]:
        asked = (*without_nul(key), since)
        found = await self._as_tenant(key.workspace_id, lambda at: at.fetch(_WATCHERS, *asked))
        return [Watching(*row) for row in found]

    async def canned_replies(self, workspace_id: WorkspaceId) -> list[CannedReply]:
        found = await self._as_tenant(workspace_id, lambda at: at.fetch(_CANNED, workspace_id))
        return [CannedReply(*row) for row in found]

    async def put_canned_reply(self, row: CannedReply) -> bool:
        given = astuple(without_nul(row))

        async def put(at: PooledConnection) -> bool:
            await at.execute(_ONE_AT_A_TIME, given[0])
            if await at.fetch(_TAKEN, *given[:4], MOST_CANNED):
                return False
            await at.execute(_PUT_CANNED, *given)
            return True

        return await self._as_tenant(row.workspace_id, put)

    async def drop_canned_reply(self, workspace_id: WorkspaceId, known_as: str) -> bool:
        asked = (workspace_id, without_nul(known_as))
        return bool(await self._as_tenant(workspace_id, lambda at: at.fetch(_DROP_CANNED, *asked)))
