"""The rows of agents, on SQLite."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import astuple

from turnkeeper.model.agents import Fact, PromptVersion, Spent, Summary
from turnkeeper.model.conversation import Conversation
from turnkeeper.model.ids import BotId, ContactId, ConversationKey, WorkspaceId
from turnkeeper.model.traces import WholeTurn
from turnkeeper.store.agents import PromptMark
from turnkeeper.store.bots import FailedTurn
from turnkeeper.store.sqlite.parts import Reads, fetched
from turnkeeper.store.sqlite.statements import columns, insert
from turnkeeper.store.sqlite.turns import conversation_of, snapped_turn

if TYPE_CHECKING:
    from turnkeeper.store.sqlite.rows import SqliteRows

T = TypeVar("T")

_NAME = "select name from contact where workspace_id = ? and id = ?"
_FACTS = f"""select {columns(Fact)} from fact
  where workspace_id = ?1 and contact_id = ?2 and (?3 is null or bot_id = ?3) order by name, bot_id"""
_FORGET = """delete from fact where workspace_id = ?1 and contact_id = ?2 and (?3 is null or bot_id = ?3)
  and (?4 is null or name = ?4) returning 1"""
_SUMMARY = f"select {columns(Summary)} from summary where workspace_id = ? and conversation_id = ?"
_FIRST_SUMMARY = insert("summary", Summary, "on conflict do nothing returning 1")
_NEXT_SUMMARY = """update summary set text = ?3, up_to = ?4, made_at = ?5
  where workspace_id = ?1 and conversation_id = ?2 and up_to = ?6 returning 1"""
_SPENT = "select tokens, micros from spend where workspace_id = ? and conversation_id = ? and day = ?"
_PROMPTS = f"""select {columns(PromptVersion)} from prompt where workspace_id = ? and bot_id = ?
  order by version desc"""
_MARKS = "select bot_id, version, state from prompt where workspace_id = ? order by bot_id, version desc"
_PUBLISHED = f"""select {columns(PromptVersion)} from prompt where state = 'published'
  order by workspace_id, bot_id"""
_DRAFT = f"""insert into prompt ({columns(PromptVersion)})
  select ?1, ?2, 1 + coalesce(max(version), 0), ?3, 'draft', ?4, null, ?5
  from prompt where workspace_id = ?1 and bot_id = ?2 returning {columns(PromptVersion)}"""
_CHANGE = f"""update prompt set text = ?5, note = ?6, created_at = ?7 where workspace_id = ?1 and bot_id = ?2
  and version = ?3 and created_at = ?4 and state = 'draft' returning {columns(PromptVersion)}"""
_FAILED = """select conversation_id, no, started_at from turn
  where workspace_id = ? and bot_id = ? and state = 'failed' order by started_at desc limit ?"""
_RETIRE = """update prompt set state = 'retired'
  where workspace_id = ?1 and bot_id = ?2 and state = 'published' and version is not ?3"""
_PUBLISH = f"""update prompt set state = 'published', published_at = iif(state = 'published', published_at, ?4)
  where workspace_id = ?1 and bot_id = ?2 and version = ?3 returning {columns(PromptVersion)}"""
_THERE = "select 1 from prompt where workspace_id = ? and bot_id = ? and version = ?"


class SqliteAgents(Reads):
    """The AgentRecords and BotRecords ports, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[SqliteRows], Coroutine[Any, Any, T]]) -> T: ...

    async def contact_name(self, workspace_id: WorkspaceId, contact_id: ContactId) -> str | None:
        found: list[tuple[str | None]] = self._glance(lambda at: fetched(at, _NAME, (workspace_id, contact_id)))
        return found[0][0] if found else None

    async def facts(self, workspace_id: WorkspaceId, contact_id: ContactId, bot_id: BotId | None = None) -> list[Fact]:
        asked = (workspace_id, contact_id, bot_id)
        return [Fact(*row) for row in self._glance(lambda at: fetched(at, _FACTS, asked))]

    async def forget_facts(
        self, workspace_id: WorkspaceId, contact_id: ContactId, bot_id: BotId | None = None, name: str | None = None
    ) -> int:
        async def forget(rows: SqliteRows) -> int:
            return len(rows.run(_FORGET, (workspace_id, contact_id, bot_id, name)))

        return await self._alone(forget)

    async def summary(self, key: ConversationKey) -> Summary | None:
        found = self._glance(lambda at: fetched(at, _SUMMARY, key))
        return Summary(*found[0]) if found else None

    async def keep_summary(self, summary: Summary, before: float | None) -> bool:
        async def keep(rows: SqliteRows) -> bool:
            if before is None:
                kept = rows.run(_FIRST_SUMMARY, astuple(summary))
            else:
                kept = rows.run(_NEXT_SUMMARY, (*astuple(summary), before))
            if kept:
                return True
            there = rows.run(_SUMMARY, (summary.workspace_id, summary.conversation_id))
            return bool(there) and Summary(*there[0]) == summary

        return await self._alone(keep)

    async def spent(self, key: ConversationKey, day: str) -> Spent:
        found = self._glance(lambda at: fetched(at, _SPENT, (*key, day)))
        return Spent(*found[0]) if found else Spent()

    async def conversation(self, key: ConversationKey) -> Conversation | None:
        return self._glance(lambda at: conversation_of(at, key))

    async def whole_turn(self, key: ConversationKey, no: int | None = None) -> WholeTurn | None:
        return await self._read(lambda at: snapped_turn(at, key, no))

    async def prompts(self, workspace_id: WorkspaceId, bot_id: BotId) -> list[PromptVersion]:
        found = await self._read(lambda at: fetched(at, _PROMPTS, (workspace_id, bot_id)))
        return [PromptVersion(*row) for row in found]

    async def prompt_states(self, workspace_id: WorkspaceId) -> list[PromptMark]:
        return [PromptMark(*row) for row in await self._read(lambda at: fetched(at, _MARKS, (workspace_id,)))]

    async def published_prompts(self) -> Sequence[PromptVersion]:
        return [PromptVersion(*row) for row in self._glance(lambda at: fetched(at, _PUBLISHED))]

    async def draft_prompt(
        self, workspace_id: WorkspaceId, bot_id: BotId, text: str, note: str, now: float
    ) -> PromptVersion:
        async def draft(rows: SqliteRows) -> PromptVersion:
            return PromptVersion(*rows.run(_DRAFT, (workspace_id, bot_id, text, now, note))[0])

        return await self._alone(draft)

    async def change_draft(self, before: PromptVersion, text: str, note: str, now: float) -> PromptVersion | None:
        key = (before.workspace_id, before.bot_id, before.version, before.created_at)

        async def change(rows: SqliteRows) -> PromptVersion | None:
            found = rows.run(_CHANGE, (*key, text, note, now))
            return PromptVersion(*found[0]) if found else None

        return await self._alone(change)

    async def failed_turns(self, workspace_id: WorkspaceId, bot_id: BotId, limit: int) -> list[FailedTurn]:
        asked = (workspace_id, bot_id, limit)
        return [FailedTurn(*row) for row in await self._read(lambda at: fetched(at, _FAILED, asked))]

    async def publish_prompt(
        self, workspace_id: WorkspaceId, bot_id: BotId, version: int | None, now: float
    ) -> PromptVersion | None:
        async def publish(rows: SqliteRows) -> PromptVersion | None:
            if version is not None and not rows.run(_THERE, (workspace_id, bot_id, version)):
                return None
            rows.run(_RETIRE, (workspace_id, bot_id, version))
            if version is None:
                return None
            return PromptVersion(*rows.run(_PUBLISH, (workspace_id, bot_id, version, now))[0])

        published = await self._alone(publish)
        if published is None and version is not None:
            raise LookupError(f"bot {bot_id!r} has no version {version} of its prompt")
        return published
