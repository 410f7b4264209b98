"""A bot's prompt: what is in effect, its versions, a draft that is written on, publishing and going back.

Prompts are a workspace's own: a bot that answers in two has one in each. A published one is in effect within 5 s.
"""

import asyncio
from difflib import SequenceMatcher
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from turnkeeper.model.agents import PromptVersion
from turnkeeper.model.ids import BotId
from turnkeeper.text.prompts import VARIABLE
from turnkeeper.web.api.access import Administers, Reads
from turnkeeper.web.api.backend import Behind
from turnkeeper.web.api.bot_bodies import BotName, asked_bot
from turnkeeper.web.api.bot_ports import BotSeen
from turnkeeper.web.api.refusals import Refusal

router = APIRouter(prefix="/bots/{bot_id}/prompt", tags=["bots"])
CONFIGURED = 0
"""The number of the configured prompt."""
LONGEST = 200_000
"""Characters of a prompt."""
_MOST_LINES = 2_000
Number = Annotated[int, Path(ge=0, le=2**31 - 1, description="A version; 0: the configured prompt.")]


class PromptHead(BaseModel):
    """A version without its text."""

    version: int
    state: Literal["draft", "published", "retired"]
    created_at: float
    published_at: float | None
    note: str
    characters: int


class PromptText(BaseModel):
    """A version with its text. `unknown`: variables in it for which nothing will ever stand."""

    version: int
    state: Literal["draft", "published", "retired", "configured"]
    text: str
    note: str
    created_at: float | None
    unknown: list[str]


class Prompt(BaseModel):
    """A bot's prompt. `now`: what it is told; `draft`: what is written on, if it is newer than any other version."""

    bot: str
    now: PromptText
    draft: PromptText | None
    configured_in: Literal["file", "prompt file", "console"]
    variables: list[str]
    versions: list[PromptHead]


class DraftBody(BaseModel):
    """A draft. `before`: `created_at` of the draft that it was made from, so that nobody writes over another's."""

    text: str = Field(min_length=1, max_length=LONGEST)
    note: str = Field("", max_length=1000)
    before: float | None = None


class PublishBody(BaseModel):
    """`version`: left out, the draft. `note`: instead of the draft's."""

    version: int | None = Field(None, ge=0, le=2**31 - 1)
    note: str | None = Field(None, max_length=1000)


class DiffLine(BaseModel):
    """A line of two versions laid side by side, with its number in each."""

    mark: Literal[" ", "+", "-"]
    text: str
    before: int | None
    after: int | None


class Diff(BaseModel):
    """From one version to another."""

    before: int
    after: int
    lines: list[DiffLine]


async def _agent(bot_id: BotName, access: Reads, behind: Behind) -> BotSeen:
    found = await asked_bot(behind, access, bot_id)
    if found.prompt is None:
        raise Refusal(404, f"{bot_id} has no prompt: it is of the kind {found.kind}")
    return found


Agent = Annotated[BotSeen, Depends(_agent)]


@router.get("")
async def read_prompt(agent: Agent, access: Reads, behind: Behind) -> Prompt:
    """The prompt and its versions, the newest first."""
    versions = await behind.store.prompts(access.workspace_id, BotId(agent.id))
    return _prompt(agent, versions)


@router.get("/versions/{version}")
async def read_prompt_version(agent: Agent, version: Number, access: Reads, behind: Behind) -> PromptText:
    """One version."""
    return _one(agent, await behind.store.prompts(access.workspace_id, agent.id), version)


@router.get("/diff")
async def compare_prompts(
    agent: Agent,
    access: Reads,
    behind: Behind,
    before: Annotated[int, Query(ge=0, le=2**31 - 1)],
    after: Annotated[int, Query(ge=0, le=2**31 - 1)],
) -> Diff:
    """What one version would change of another, line by line."""
    versions = await behind.store.prompts(access.workspace_id, agent.id)
    old, new = _one(agent, versions, before).text, _one(agent, versions, after).text
    lines = await asyncio.to_thread(compared, old.splitlines(), new.splitlines())
    return Diff(before=before, after=after, lines=lines)


@router.put("/draft")
async def write_prompt_draft(agent: Agent, body: DraftBody, access: Administers, behind: Behind) -> PromptText:
    """Keep a draft: a new version, or the one that is written on; nobody is told it before it is published."""
    text = body.text.rstrip("\r\n")
    if not text.strip():
        raise Refusal(422, "the prompt is empty: write what the models are told")
    newest = _draft(await behind.store.prompts(access.workspace_id, agent.id))
    if (None if newest is None else newest.created_at) != body.before:
        raise Refusal(409, "the draft was changed meanwhile: read it again")
    if newest is None:
        kept = await behind.store.draft_prompt(access.workspace_id, agent.id, text, body.note, behind.now())
        return _text(agent, kept)
    changed = await behind.store.change_draft(newest, text, body.note, behind.now())
    if changed is None:
        raise Refusal(409, "the draft was changed meanwhile: read it again")
    return _text(agent, changed)


@router.post("/publish")
async def publish_prompt(agent: Agent, body: PublishBody, access: Administers, behind: Behind) -> Prompt:
    """Put a version into effect: the draft, an older one, or (0) the configured prompt."""
    versions = await behind.store.prompts(access.workspace_id, agent.id)
    draft = _draft(versions)
    number = body.version if body.version is not None else None if draft is None else draft.version
    if number is None:
        raise Refusal(409, "there is no draft to publish: write one, or name a version")
    if number != CONFIGURED:
        _one(agent, versions, number)
    if draft is not None and draft.version == number and body.note is not None and body.note != draft.note:
        draft = await behind.store.change_draft(draft, draft.text, body.note, behind.now())
        if draft is None:
            raise Refusal(409, "the draft was changed meanwhile: read it again")
    wanted = None if number == CONFIGURED else number
    await behind.store.publish_prompt(access.workspace_id, agent.id, wanted, behind.now())
    await access.note("prompt.published", agent.id, {"version": number})
    return _prompt(agent, await behind.store.prompts(access.workspace_id, agent.id))


def _prompt(agent: BotSeen, versions: list[PromptVersion]) -> Prompt:
    published = next((each for each in versions if each.state == "published"), None)
    draft = _draft(versions)
    return Prompt(
        bot=agent.id,
        now=_configured(agent) if published is None else _text(agent, published),
        draft=None if draft is None else _text(agent, draft),
        configured_in="prompt file" if agent.prompt_file else agent.source,
        variables=list(agent.variables),
        versions=[
            PromptHead(
                version=each.version,
                state=each.state,
                created_at=each.created_at,
                published_at=each.published_at,
                note=each.note,
                characters=len(each.text),
            )
            for each in versions
        ],
    )


def _draft(versions: list[PromptVersion]) -> PromptVersion | None:
    """What is written on: the newest version, unless it was published."""
    return versions[0] if versions and versions[0].state == "draft" else None


def _one(agent: BotSeen, versions: list[PromptVersion], number: int) -> PromptText:
    if number == CONFIGURED:
        return _configured(agent)
    found = next((each for each in versions if each.version == number), None)
    if found is None:
        raise Refusal(404, f"{agent.id} has no version {number} of its prompt")
    return _text(agent, found)


def _configured(agent: BotSeen) -> PromptText:
    text = agent.prompt or ""
    unknown = _unknown(agent, text)
    return PromptText(version=CONFIGURED, state="configured", text=text, note="", created_at=None, unknown=unknown)


def _text(agent: BotSeen, version: PromptVersion) -> PromptText:
    return PromptText(
        version=version.version,
        state=version.state,
        text=version.text,
        note=version.note,
        created_at=version.created_at,
        unknown=_unknown(agent, version.text),
    )


def _unknown(agent: BotSeen, text: str) -> list[str]:
    named: dict[str, None] = dict.fromkeys(VARIABLE.findall(text))
    return [name for name in named if name not in agent.variables]


def compared(old: list[str], new: list[str]) -> list[DiffLine]:
    """The lines of both, in order: those that went before those that came.

    Lines that come again and again begin no match (difflib's `autojunk`): a few hundred of them took minutes.
    """
    if len(old) > _MOST_LINES or len(new) > _MOST_LINES:  # a line for each would take minutes
        blocks = [("replace", 0, len(old), 0, len(new))]
    else:
        blocks = list(SequenceMatcher(None, old, new).get_opcodes())
    lines: list[DiffLine] = []
    for what, i, j, k, m in blocks:
        if what == "equal":
            pairs = zip(range(i, j), range(k, m), strict=True)
            lines += [DiffLine(mark=" ", text=old[a], before=a + 1, after=b + 1) for a, b in pairs]
            continue
        lines += [DiffLine(mark="-", text=old[a], before=a + 1, after=None) for a in range(i, j)]
        lines += [DiffLine(mark="+", text=new[b], before=None, after=b + 1) for b in range(k, m)]
    return lines
