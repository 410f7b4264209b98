"""What a store keeps for agents, and what it tells of their turns. Every method is one transaction.

Facts are written with the turn that learned them, what was spent with the step that spent it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from turnkeeper.model.agents import Fact, PromptState, PromptVersion, Spent, Summary
from turnkeeper.model.conversation import Conversation
from turnkeeper.model.ids import BotId, ContactId, ConversationKey, WorkspaceId
from turnkeeper.model.traces import WholeTurn


class PromptMark(NamedTuple):
    """How a version of a prompt stands."""

    bot_id: BotId
    version: int
    state: PromptState


class AgentRecords(Protocol):
    """The part of the store that agents need besides the engine's."""

    async def contact_name(self, workspace_id: WorkspaceId, contact_id: ContactId) -> str | None:
        """What the provider called a contact when they wrote first."""

    async def facts(self, workspace_id: WorkspaceId, contact_id: ContactId, bot_id: BotId | None = None) -> list[Fact]:
        """What is known of a contact, by name; without `bot_id` by every bot."""

    async def forget_facts(
        self, workspace_id: WorkspaceId, contact_id: ContactId, bot_id: BotId | None = None, name: str | None = None
    ) -> int:
        """Erase facts; how many there were."""

    async def summary(self, key: ConversationKey) -> Summary | None:
        """The conversation's summary. An empty one: the conversation was erased then."""

    async def keep_summary(self, summary: Summary, before: float | None) -> bool:
        """Replace the summary that reached up to `before` (None: there was none); False: somebody else did. May be
        repeated when its answer was lost."""

    async def add_spend(self, key: ConversationKey, day: str, spent: Spent) -> None:
        """Add what models took outside any step. Counted twice if it is repeated."""

    async def spent(self, key: ConversationKey, day: str) -> Spent:
        """What a conversation has taken in a day, in steps and outside them."""

    async def conversation(self, key: ConversationKey) -> Conversation | None:
        """A conversation by its id."""

    async def whole_turn(self, key: ConversationKey, no: int | None = None) -> WholeTurn | None:
        """One turn of a conversation; the newest without `no`."""

    async def prompts(self, workspace_id: WorkspaceId, bot_id: BotId) -> list[PromptVersion]:
        """Every version, the newest first."""

    async def prompt_states(self, workspace_id: WorkspaceId) -> list[PromptMark]:
        """Every version of every bot of a workspace, without its words; of each bot the newest first."""

    async def published_prompts(self) -> Sequence[PromptVersion]:
        """The published version of every bot that has one, over all workspaces: what workers ask for every 2 s."""

    async def draft_prompt(
        self, workspace_id: WorkspaceId, bot_id: BotId, text: str, note: str, now: float
    ) -> PromptVersion:
        """Keep a new version as a draft."""

    async def change_draft(self, before: PromptVersion, text: str, note: str, now: float) -> PromptVersion | None:
        """Replace a draft by another under its number; None: it is not as it was any more."""

    async def publish_prompt(
        self, workspace_id: WorkspaceId, bot_id: BotId, version: int | None, now: float
    ) -> PromptVersion | None:
        """Publish a version instead of the one that was; `version` None: publish none, back to the configured one.

        Returns what is published now; raises LookupError for a version that there is not."""
