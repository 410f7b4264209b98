"""What the addresses of bots tell, and how each finds the bot that it is about."""

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel

from turnkeeper.web.api.access import Access
from turnkeeper.web.api.backend import Backend
from turnkeeper.web.api.bot_ports import BotSeen, Desk
from turnkeeper.web.api.refusals import Refusal

NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$"
BotName = Annotated[str, Path(pattern=NAME, description="The bot's name.")]
Source = Literal["file", "console"]


class Setting(BaseModel):
    """A setting as it counts, written as in a configuration. `given`: somebody set it, else it is the default.
    `secret`: `value` only says whether there is one."""

    name: str
    value: Any
    default: Any
    given: bool
    says: str
    secret: bool


class FailedTurn(BaseModel):
    """A turn that was given up; its trace says why."""

    conversation: str
    turn: int
    started_at: float


class Flows(BaseModel):
    """How many of a bot's flows there are, and how many people can begin."""

    drawn: int
    published: int


class BotListed(BaseModel):
    """A bot in the list. `prompt_version`: the published one, 0: the configured prompt, null: it has none. `today`:
    since midnight UTC."""

    id: str
    kind: str
    source: Source
    channels: list[str]
    models: list[str]
    knowledge: list[str]
    prompt_version: int | None
    has_draft: bool
    flows: Flows | None
    last_failed_at: float | None
    problems: int


class BotPage(BaseModel):
    """All bots of the workspace."""

    items: list[BotListed]
    next: str | None = None


class BotTold(BotListed):
    """A bot with its settings and its last failures. `revision`: of what was made in the console."""

    settings: list[Setting]
    failures: list[FailedTurn]
    revision: int | None


class ProviderTold(BaseModel):
    """Somebody whom models are asked of."""

    name: str
    kind: str
    source: Source


def desk_of(behind: Backend) -> Desk:
    """What the pages of bots work with; raises Refusal where a server has none."""
    if behind.desk is None:
        raise Refusal(404, "this server tells nothing of bots")
    return behind.desk


async def asked_bot(behind: Backend, access: Access, bot: str) -> BotSeen:
    """The bot of that name in the workspace; raises Refusal."""
    for each in await desk_of(behind).bots.bots(access.workspace_id):
        if each.id == bot:
            return each
    raise Refusal(404, f"there is no bot {bot} in this workspace")
