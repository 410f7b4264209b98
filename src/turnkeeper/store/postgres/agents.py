"""The rows of agents, on PostgreSQL."""

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
from turnkeeper.store.postgres.characters import without_nul
from turnkeeper.store.postgres.statements import columns
from turnkeeper.store.postgres.tenant import Tenants
from turnkeeper.store.postgres.turns import conversation_of, snapped_turn

if TYPE_CHECKING:
    from turnkeeper.store.postgres.rows import PostgresRows

T = TypeVar("T")

_NAME = "select name from contact where workspace_id = $1 and id = $2"
_FACTS = f"""select {columns(Fact)} from fact
  where workspace_id = $1 and contact_id = $2 and ($3::text is null or bot_id = $3) order by name, bot_id"""
_FORGET = """delete from fact where workspace_id = $1 and contact_id = $2
  and ($3::text is null or bot_id = $3) and ($4::text is null or name = $4) returning 1"""
_SUMMARY = f"select {columns(Summary)} from summary where workspace_id = $1 and conversation_id = $2"
_FIRST_SUMMARY = f"""insert into summary ({columns(Summary)}) values ($1, $2, $3, $4, $5)
  on conflict (workspace_id, conversation_id) do nothing returning 1"""
_NEXT_SUMMARY = """update summary set text = $3, up_to = $4, made_at = $5
  where workspace_id = $1 and conversation_id = $2 and up_to = $6 returning 1"""
_SPENT = "select tokens, micros from spend where workspace_id = $1 and conversation_id = $2 and day = $3"
_PROMPTS = f"""select {columns(PromptVersion)} from prompt where workspace_id = $1 and bot_id = $2
  order by version desc"""
_MARKS = "select bot_id, version, state from prompt where workspace_id = $1 order by bot_id, version desc"
_PUBLISHED = f"""select {columns(PromptVersion)} from prompt where state = 'published'
  order by workspace_id, bot_id"""
# The lock is on the bot, which has no row of its own.
_LOCK = "select pg_advisory_xact_lock(hashtextextended(concat_ws('|', 'prompt', $1::text, $2::text), 0))"
_DRAFT = f"""insert into prompt ({columns(PromptVersion)})
  select $1::text, $2::text, 1 + coalesce(max(version), 0), $3::text, 'draft', $4::double precision, null, $5::text
  from prompt where workspace_id = $1 and bot_id = $2 returning {columns(PromptVersion)}"""
_CHANGE = f"""update prompt set text = $5, note = $6, created_at = $7 where workspace_id = $1 and bot_id = $2
  and version = $3 and created_at = $4 and state = 'draft' returning {columns(PromptVersion)}"""
_FAILED = """select conversation_id, no, started_at from turn
  where workspace_id = $1 and bot_id = $2 and state = 'failed' order by started_at desc limit $3"""
_RETIRE = """update prompt set state = 'retired'
  where workspace_id = $1 and bot_id = $2 and state = 'published' and version is distinct from $3::integer"""
_PUBLISH = f"""update prompt set state = 'published',
    published_at = case when state = 'published' then published_at else $4::double precision end
  where workspace_id = $1 and bot_id = $2 and version = $3 returning {columns(PromptVersion)}"""
_THERE = "select 1 from prompt where workspace_id = $1 and bot_id = $2 and version = $3"


class PostgresAgents(Tenants):
    """The AgentRecords and BotRecords ports, over what the store gives."""

    @abstractmethod
    async def _alone(self, script: Callable[[PostgresRows], Coroutine[Any, Any, T]]) -> T: ...

    async def contact_name(self, workspace_id: WorkspaceId, contact_id: ContactId) -> str | None:
        found: str | None = await self._read(lambda at: at.fetchval(_NAME, workspace_id, contact_id))
        return found

    async def facts(self, workspace_id: WorkspaceId, contact_id: ContactId, bot_id: BotId | None = None) -> list[Fact]:
        found = await self._read(lambda at: at.fetch(_FACTS, workspace_id, contact_id, bot_id))
        return [Fact(*row) for row in found]

    async def forget_facts(
        self, workspace_id: WorkspaceId, contact_id: ContactId, bot_id: BotId | None = None, name: str | None = None
    ) -> int:
        async def forget(rows: PostgresRows) -> int:
            return len(await rows.run(_FORGET, workspace_id, contact_id, bot_id, without_nul(name)))

        return await self._alone(forget)

    async def summary(self, key: ConversationKey) -> Summary | None:
        found = await self._read(lambda at: at.fetchrow(_SUMMARY, *key))
        return None if found is None else Summary(*found)

    async def keep_summary(self, summary: Summary, before: float | None) -> bool:
        told = without_nul(summary)

        async def keep(rows: PostgresRows) -> bool:
            if before is None:
                kept = await rows.run(_FIRST_SUMMARY, *astuple(told))
            else:
                kept = await rows.run(_NEXT_SUMMARY, *astuple(told), before)
            if kept:
                return True
            there = await rows.run(_SUMMARY, told.workspace_id, told.conversation_id)
            return bool(there) and Summary(*there[0]) == told

        return await self._alone(keep)

    async def spent(self, key: ConversationKey, day: str) -> Spent:
        found = await self._read(lambda at: at.fetchrow(_SPENT, *key, day))
        return Spent() if found is None else Spent(*found)

    async def conversation(self, key: ConversationKey) -> Conversation | None:
        return await self._read(lambda at: conversation_of(at, key))

    async def whole_turn(self, key: ConversationKey, no: int | None = None) -> WholeTurn | None:
        return await self._read(lambda at: snapped_turn(at, key, no))

    async def prompts(self, workspace_id: WorkspaceId, bot_id: BotId) -> list[PromptVersion]:
        found = await self._as_tenant(workspace_id, lambda at: at.fetch(_PROMPTS, workspace_id, bot_id))
        return [PromptVersion(*row) for row in found]

    async def prompt_states(self, workspace_id: WorkspaceId) -> list[PromptMark]:
        return [
            PromptMark(*row) for row in await self._as_tenant(workspace_id, lambda at: at.fetch(_MARKS, workspace_id))
        ]

    async def published_prompts(self) -> Sequence[PromptVersion]:
        return [PromptVersion(*row) for row in await self._read(lambda at: at.fetch(_PUBLISHED))]

    async def draft_prompt(
        self, workspace_id: WorkspaceId, bot_id: BotId, text: str, note: str, now: float
    ) -> PromptVersion:
        told = without_nul((text, note))

        async def draft(rows: PostgresRows) -> PromptVersion:
            await rows.run(_LOCK, workspace_id, bot_id)
            return PromptVersion(*(await rows.run(_DRAFT, workspace_id, bot_id, told[0], now, told[1]))[0])

        return await self._alone(draft)

    async def change_draft(self, before: PromptVersion, text: str, note: str, now: float) -> PromptVersion | None:
        key = (before.workspace_id, before.bot_id, before.version, before.created_at)
        told = without_nul((text, note))

        async def change(rows: PostgresRows) -> PromptVersion | None:
            found = await rows.run(_CHANGE, *key, *told, now)
            return PromptVersion(*found[0]) if found else None

        return await self._alone(change)

    async def failed_turns(self, workspace_id: WorkspaceId, bot_id: BotId, limit: int) -> list[FailedTurn]:
        found = await self._as_tenant(workspace_id, lambda at: at.fetch(_FAILED, workspace_id, bot_id, limit))
        return [FailedTurn(*row) for row in found]

    async def publish_prompt(
        self, workspace_id: WorkspaceId, bot_id: BotId, version: int | None, now: float
    ) -> PromptVersion | None:
        async def publish(rows: PostgresRows) -> PromptVersion | None:
            await rows.run(_LOCK, workspace_id, bot_id)
            if version is not None and not await rows.run(_THERE, workspace_id, bot_id, version):
                return None
            await rows.run(_RETIRE, workspace_id, bot_id, version)
            if version is None:
                return None
            return PromptVersion(*(await rows.run(_PUBLISH, workspace_id, bot_id, version, now))[0])

        published = await self._alone(publish)
        if published is None and version is not None:
            raise LookupError(f"bot {bot_id!r} has no version {version} of its prompt")
        return published
