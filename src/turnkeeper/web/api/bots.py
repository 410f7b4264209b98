"""Bots: which there are, how they are set, how they fare."""

from collections.abc import Sequence

from fastapi import APIRouter

from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.store.agents import PromptMark
from turnkeeper.store.base import Store
from turnkeeper.web.api.access import Reads
from turnkeeper.web.api.backend import Behind
from turnkeeper.web.api.bot_bodies import (
    BotListed,
    BotName,
    BotPage,
    BotTold,
    FailedTurn,
    Flows,
    ProviderTold,
    Setting,
    asked_bot,
    desk_of,
)
from turnkeeper.web.api.bot_ports import BotSeen

router = APIRouter(tags=["bots"])
_FAILURES = 10


@router.get("/bots")
async def list_bots(access: Reads, behind: Behind) -> BotPage:
    """All bots of the workspace, by name."""
    found = await desk_of(behind).bots.bots(access.workspace_id)
    marks = await behind.store.prompt_states(access.workspace_id)
    return BotPage(items=[await _listed(behind.store, access.workspace_id, each, marks) for each in found])


@router.get("/bots/{bot}")
async def read_bot(bot: BotName, access: Reads, behind: Behind) -> BotTold:
    """One bot, with its settings as they count and its last failures."""
    seen = await asked_bot(behind, access, bot)
    marks = await behind.store.prompt_states(access.workspace_id)
    listed = await _listed(behind.store, access.workspace_id, seen, marks)
    failures = await behind.store.failed_turns(access.workspace_id, BotId(seen.id), _FAILURES)
    return BotTold(
        **listed.model_dump(),
        settings=[
            Setting(
                name=each.name,
                value=each.value,
                default=each.default,
                given=each.given,
                says=each.says,
                secret=each.secret,
            )
            for each in seen.settings
        ],
        failures=[
            FailedTurn(conversation=each.conversation_id, turn=each.no, started_at=each.started_at) for each in failures
        ],
        revision=seen.revision,
    )


@router.get("/providers")
async def list_providers(access: Reads, behind: Behind) -> list[ProviderTold]:
    """Whose models the bots of the workspace may ask."""
    found = await desk_of(behind).bots.providers(access.workspace_id)
    return [ProviderTold(name=each.name, kind=each.kind, source=each.source) for each in found]


async def _listed(store: Store, workspace_id: WorkspaceId, seen: BotSeen, marks: Sequence[PromptMark]) -> BotListed:
    versions = [each for each in marks if each.bot_id == seen.id]
    published = next((each.version for each in versions if each.state == "published"), 0)
    failed = await store.failed_turns(workspace_id, seen.id, 1)
    return BotListed(
        id=seen.id,
        kind=seen.kind,
        source=seen.source,
        channels=list(seen.channels),
        models=list(seen.models),
        knowledge=list(seen.knowledge),
        prompt_version=None if seen.prompt is None else published,
        has_draft=bool(versions) and versions[0].state == "draft",
        flows=await _flows(store, workspace_id, seen) if seen.kind == "flow" else None,
        last_failed_at=failed[0].started_at if failed else None,
        problems=len(seen.problems),
    )


async def _flows(store: Store, workspace_id: WorkspaceId, seen: BotSeen) -> Flows:
    found = await store.flows(workspace_id, seen.id)
    return Flows(drawn=len(found), published=sum(each.published is not None for each in found))
