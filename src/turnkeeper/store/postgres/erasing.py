"""The rows of erasing, on PostgreSQL.

Whoever erases holds the conversation's mark, not the conversation: who marks it meanwhile waits for the mark alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import astuple

from turnkeeper.model.conversation import Conversation
from turnkeeper.model.ids import BotId, ContactId, ConversationId, ConversationKey, WorkspaceId
from turnkeeper.store.erasing import NO_CONTENT, NO_EVENT, TRACE, Erasure, KeptMedia
from turnkeeper.store.postgres.feeding import BLANK, FORGET_WORDS
from turnkeeper.store.postgres.parts import Runs
from turnkeeper.store.postgres.statements import columns
from turnkeeper.store.story import AWAITS

_MINE = "workspace_id = $1 and conversation_id = $2"
_MARK = """insert into erasure select k.w, k.c, 0, 0, 0, 0 from unnest($1::text[], $2::text[]) as k(w, c)
  on conflict (workspace_id, conversation_id) do update set due_at = 0
  where erasure.due_at is null or erasure.due_at > 0"""
_DUE = "select workspace_id, conversation_id from erasure where due_at <= $1 order by due_at limit $2"
_TAKE = f"select {columns(Erasure)} from erasure where {_MINE} for update skip locked"
_CONVERSATION = f"select {columns(Conversation)} from conversation where workspace_id = $1 and id = $2"
_PUT = f"update erasure set events_to = $3, rows_to = $4, turns_to = $5, due_at = $6 where {_MINE}"
_RANGE = "seq > $3 and seq <= $4"
_OPEN = f"(settled_at is null or coalesce(reason, '') = '{AWAITS}' and received_at >= $5)"
_EVENTS = f"update event set body = $6 where {_MINE} and {_RANGE} and not {_OPEN} and body <> $6"
_EVENT_LEFT = f"select min(seq) from event where {_MINE} and {_RANGE} and {_OPEN}"
_UNSETTLED = "(settled_at is null or turn_no + 0 > $5)"
_ROWS = f"update outbound set content = $6, reason = null where {_MINE} and {_RANGE} and not {_UNSETTLED}"
_ROW_LEFT = f"select min(seq) from outbound where {_MINE} and {_RANGE} and {_UNSETTLED}"
_TURNS = f"update turn set trace = $5 where {_MINE} and no > $3 and no <= $4"
_STEPS = f"delete from step where {_MINE} and turn_no <= $3"
_BEFORES = f"delete from session_before where {_MINE} and turn_no <= $3"
_REHEARSALS = f"delete from rehearsal where {_MINE} and turn_no <= $3"
_SESSION = f"delete from session where {_MINE} and saved_at <= $3"
_SESSION_LEFT = f"select saved_at from session where {_MINE}"
_FACTS = "delete from fact where workspace_id = $1 and contact_id = $2 and bot_id = $3"
_SUMMARY = f"update summary set text = '', up_to = $3, made_at = $3 where {_MINE} and text <> ''"
_MEDIA = r"workspace_id || e'\x1f' || {} = $1::text || e'\x1f' || $2::text"
_KEPT = rf"""select m.channel_id, m.source, m.key,
    (select needed_at from file f where f.workspace_id = m.workspace_id and f.key = m.key),
    (select committed_at from turn where {_MINE} and no = $3),
    (select turn_no from conversation where workspace_id = $1 and id = $2)
  from media m where m.workspace_id || e'\x1f' || m.conversation_id = $1::text || e'\x1f' || $2::text
  and m.turn_no <= $3 and m.state = 'kept'"""
_MOVE = "update media set turn_no = $4 where workspace_id = $1 and channel_id = $2 and source = $3"
_DROP = "delete from media where workspace_id = $1 and channel_id = $2 and source = $3"
_REFUSED = r"""update media set key = null, filename = null, detail = null
  where workspace_id || e'\x1f' || conversation_id = $1::text || e'\x1f' || $2::text and turn_no <= $3
  and state = 'refused' and (filename is not null or detail is not null)"""
_FREE = r"""update file set needed_at = 0 where workspace_id = $1 and key = $2 and needed_at + 0 <= $3
  and not exists (select from media m
    where m.workspace_id || e'\x1f' || m.key = $1::text || e'\x1f' || $2::text and m.key is not null
    and m.state = 'kept') returning key"""


class PostgresErasing(Runs):
    """The ErasingRows port, over what a transaction gives."""

    async def mark_erasures(self, keys: Sequence[ConversationKey]) -> None:
        if keys:
            await self.run(_MARK, *zip(*sorted(keys), strict=True))

    async def due_erasures(self, now: float, limit: int) -> list[ConversationKey]:
        return [
            ConversationKey(WorkspaceId(row[0]), ConversationId(row[1])) for row in await self.run(_DUE, now, limit)
        ]

    async def take_erasure(self, key: ConversationKey) -> tuple[Erasure, Conversation] | None:
        found = await self.run(_TAKE, *key)
        conversation = await self.run(_CONVERSATION, *key) if found else []
        return (Erasure(*found[0]), Conversation(*conversation[0])) if conversation else None

    async def put_erasure(self, row: Erasure) -> None:
        await self.run(_PUT, *astuple(row))

    async def erase_events(self, key: ConversationKey, after: int, to: int, awaited_since: float) -> int | None:
        await self.run(_EVENTS, *key, after, to, awaited_since, NO_EVENT)
        for statement in (FORGET_WORDS, f"{BLANK} and preview <> ''"):
            await self.run(statement, *key)
        return _number(await self.run(_EVENT_LEFT, *key, after, to, awaited_since))

    async def erase_outbound(self, key: ConversationKey, after: int, to: int, over: int) -> int | None:
        await self.run(_ROWS, *key, after, to, over, NO_CONTENT)
        return _number(await self.run(_ROW_LEFT, *key, after, to, over))

    async def erase_turns(self, key: ConversationKey, after: int, to: int) -> None:
        await self.run(_TURNS, *key, after, to, TRACE)
        await self.run(_STEPS, *key, to)
        await self.run(_BEFORES, *key, to)
        await self.run(_REHEARSALS, *key, to)

    async def erase_memory(self, key: ConversationKey, contact_id: ContactId, bot_id: BotId, now: float) -> None:
        await self.run(_FACTS, key.workspace_id, contact_id, bot_id)
        await self.run(_SUMMARY, *key, now)

    async def erase_session(self, key: ConversationKey, to: float) -> float | None:
        await self.run(_SESSION, *key, to)
        left = await self.run(_SESSION_LEFT, *key)
        return float(left[0][0]) if left else None

    async def kept_media(self, key: ConversationKey, to: int) -> list[KeptMedia]:
        return [KeptMedia(*row) for row in await self.run(_KEPT, *key, to)]

    async def move_media(self, key: ConversationKey, source: KeptMedia) -> None:
        await self.run(_MOVE, key.workspace_id, source.channel_id, source.source, source.newest)

    async def drop_media(self, key: ConversationKey, sources: Sequence[KeptMedia], to: int) -> None:
        for each in sorted(sources):
            await self.run(_DROP, key.workspace_id, each.channel_id, each.source)
        await self.run(_REFUSED, *key, to)

    async def free_files(self, workspace_id: WorkspaceId, keys: Sequence[str], before: float) -> list[str]:
        return [str(row[0]) for key in sorted(keys) for row in await self.run(_FREE, workspace_id, key, before)]


def _number(found: list[Any]) -> int | None:
    return None if found[0][0] is None else int(found[0][0])
