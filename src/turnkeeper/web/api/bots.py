"""Bots: which there are, how they are set, how they fare; and making the console's own.

What turnkeeper.toml declares is read-only here. Settings are written as there, and refused in the same words.
"""

from collections.abc import Sequence

from fastapi import APIRouter, Response

from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.model.inbox import Figure
from turnkeeper.store.agents import PromptMark
from turnkeeper.store.base import Store
from turnkeeper.web.api.access import Access, Administers, Reads
from turnkeeper.web.api.backend import Backend, Behind
from turnkeeper.web.api.bot_bodies import (
    BotListed,
    BotName,
    BotPage,
    BotTold,
    Changing,
    FailedTurn,
    Flows,
    MakingBot,
    MakingProvider,
    Named,
    ProviderName,
    ProviderTold,
    Today,
    asked_bot,
    desk_of,
    problems_told,
    refusing,
    settings_told,
)
from turnkeeper.web.api.bot_ports import BotSeen, Made, ProviderSeen
from turnkeeper.web.api.refusals import Refusal

router = APIRouter(tags=["bots"])
_FAILURES = 10
_DAY = 86_400.0
_OF_FILE = "stands in turnkeeper.toml: whoever runs the server changes it there"


@router.get("/bots")
async def list_bots(access: Reads, behind: Behind) -> BotPage:
    """All bots of the workspace, by name."""
    with refusing():
        found = await desk_of(behind).bots.bots(access.workspace_id)
    known = await _Known.of(behind, access.workspace_id)
    return BotPage(items=[await known.listed(each) for each in found])


@router.post("/bots", status_code=201)
async def create_bot(body: MakingBot, access: Administers, behind: Behind) -> Named:
    """Make a bot of the kind `agent`, `flow` or `remote`; the channels that name it answer with it within seconds."""
    thing = Made(access.workspace_id, "bot", body.name)
    with refusing():
        made = await desk_of(behind).bots.make(thing, {**body.settings, "kind": body.kind}, access.who)
    await access.note("bot.created", made, {"kind": body.kind})
    return Named(name=made)


@router.get("/bots/{bot_id}")
async def read_bot(bot_id: BotName, access: Reads, behind: Behind) -> BotTold:
    """One bot, with its settings as they count and its last failures."""
    seen = await asked_bot(behind, access, bot_id)
    listed = await (await _Known.of(behind, access.workspace_id)).listed(seen)
    failures = await behind.store.failed_turns(access.workspace_id, BotId(seen.id), _FAILURES)
    return BotTold(
        **listed.model_dump(),
        settings=settings_told(seen.settings),
        failures=[
            FailedTurn(conversation=each.conversation_id, turn=each.no, started_at=each.started_at) for each in failures
        ],
        revision=seen.revision,
    )


@router.patch("/bots/{bot_id}", status_code=204)
async def change_bot(bot_id: BotName, body: Changing, access: Administers, behind: Behind) -> Response:
    """Change settings of a bot that was made in the console."""
    seen = await asked_bot(behind, access, bot_id)
    if seen.source == "file":
        raise Refusal(409, f"{bot_id} {_OF_FILE}")
    return await _changed(behind, access, Made(access.workspace_id, "bot", bot_id), body)


@router.delete("/bots/{bot_id}", status_code=204)
async def delete_bot(bot_id: BotName, access: Administers, behind: Behind) -> Response:
    """Delete a bot that was made in the console and that no channel names."""
    seen = await asked_bot(behind, access, bot_id)
    if seen.source == "file":
        raise Refusal(409, f"{bot_id} {_OF_FILE}")
    return await _dropped(behind, access, Made(access.workspace_id, "bot", bot_id))


@router.get("/providers")
async def list_providers(access: Reads, behind: Behind) -> list[ProviderTold]:
    """Whose models the bots of the workspace may ask. Their keys are never told."""
    with refusing():
        found = await desk_of(behind).bots.providers(access.workspace_id)
    return [
        ProviderTold(
            name=each.name,
            kind=each.kind,
            source=each.source,
            settings=settings_told(each.settings),
            revision=each.revision,
            problems=problems_told(each.problems),
        )
        for each in found
    ]


@router.post("/providers", status_code=201)
async def create_provider(body: MakingProvider, access: Administers, behind: Behind) -> Named:
    """Add a provider with a key of the workspace's own."""
    thing = Made(access.workspace_id, "provider", body.name)
    with refusing():
        made = await desk_of(behind).bots.make(thing, {**body.settings, "kind": body.kind}, access.who)
    await access.note("provider.created", made, {"kind": body.kind})
    return Named(name=made)


@router.patch("/providers/{provider}", status_code=204)
async def change_provider(provider: ProviderName, body: Changing, access: Administers, behind: Behind) -> Response:
    """Change a provider that was made in the console; a new key is in effect within seconds."""
    await _asked_provider(behind, access, provider)
    return await _changed(behind, access, Made(access.workspace_id, "provider", provider), body)


@router.delete("/providers/{provider}", status_code=204)
async def delete_provider(provider: ProviderName, access: Administers, behind: Behind) -> Response:
    """Delete a provider that was made in the console and that nothing names."""
    await _asked_provider(behind, access, provider)
    return await _dropped(behind, access, Made(access.workspace_id, "provider", provider))


async def _asked_provider(behind: Backend, access: Access, name: str) -> ProviderSeen:
    """One that the console made."""
    with refusing():
        found = await desk_of(behind).bots.providers(access.workspace_id)
    for each in found:
        if each.name == name:
            if each.source == "file":
                raise Refusal(409, f"{name} {_OF_FILE}")
            return each
    raise Refusal(404, f"there is no provider {name} in this workspace")


async def _changed(behind: Backend, access: Access, thing: Made, body: Changing) -> Response:
    with refusing():
        await desk_of(behind).bots.change(thing, body.revision, body.set, body.unset, access.who)
    await access.note(f"{thing.kind}.changed", thing.name, {"settings": sorted({*body.set, *body.unset})})
    return Response(status_code=204)


async def _dropped(behind: Backend, access: Access, thing: Made) -> Response:
    with refusing():
        await desk_of(behind).bots.drop(thing)
    await access.note(f"{thing.kind}.deleted", thing.name)
    return Response(status_code=204)


class _Known:
    """What is known of all bots of a workspace at once."""

    def __init__(
        self, store: Store, workspace_id: WorkspaceId, marks: Sequence[PromptMark], figures: Sequence[Figure]
    ) -> None:
        self._store = store
        self._workspace_id = workspace_id
        self._marks = marks
        self._figures = {(each.group, each.name): each.value for each in figures}

    @classmethod
    async def of(cls, behind: Backend, workspace_id: WorkspaceId) -> "_Known":
        """Prompts as they stand, and what came of today (UTC)."""
        now = behind.now()
        figures = await behind.store.figures(workspace_id, now - now % _DAY, now + 1, by="bot")
        return cls(behind.store, workspace_id, await behind.store.prompt_states(workspace_id), figures)

    async def listed(self, seen: BotSeen) -> BotListed:
        """One bot."""
        versions = [each for each in self._marks if each.bot_id == seen.id]
        published = next((each.version for each in versions if each.state == "published"), 0)
        failed = await self._store.failed_turns(self._workspace_id, seen.id, 1)
        return BotListed(
            id=seen.id,
            kind=seen.kind,
            source=seen.source,
            channels=list(seen.channels),
            models=list(seen.models),
            knowledge=list(seen.knowledge),
            prompt_version=None if seen.prompt is None else published,
            has_draft=bool(versions) and versions[0].state == "draft",
            flows=await self._flows(seen) if seen.kind == "flow" else None,
            last_failed_at=failed[0].started_at if failed else None,
            today=self._today(seen.id),
            problems=problems_told(seen.problems),
        )

    async def _flows(self, seen: BotSeen) -> Flows:
        found = await self._store.flows(self._workspace_id, seen.id)
        return Flows(drawn=len(found), published=sum(each.published is not None for each in found))

    def _today(self, bot: BotId) -> Today:
        turns = sum(value for (group, name), value in self._figures.items() if group == bot and _is_turn(name))
        failed, tokens, micros = (self._figures.get((bot, name), 0) for name in ("turn.failed", "tokens", "micros"))
        return Today(turns=turns, failed=failed, tokens=tokens, cost=micros / 1e6)


def _is_turn(name: str) -> bool:
    return name.startswith("turn.")
