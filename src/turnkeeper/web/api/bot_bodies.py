"""What the addresses of bots tell, and how each finds the bot that it is about."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from turnkeeper.model.errors import ConfigurationError
from turnkeeper.web.api.access import Access
from turnkeeper.web.api.backend import Backend
from turnkeeper.web.api.bot_ports import BotSeen, ChangedMeanwhile, Desk, InUse, NotTaken, SettingSeen
from turnkeeper.web.api.refusals import Refusal, Wrong

NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$"
BotName = Annotated[str, Path(pattern=NAME, description="The bot's name.")]
ProviderName = Annotated[str, Path(pattern=NAME, description="The provider's name.")]
Source = Literal["file", "console"]
Name = Annotated[str, Field(pattern=NAME)]
Settings = dict[Annotated[str, Field(max_length=100)], Any]


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


class Today(BaseModel):
    """What came of a bot since midnight UTC. `cost` in US dollars, as far as prices are known."""

    turns: int = 0
    failed: int = 0
    tokens: int = 0
    cost: float = 0.0


class ProblemOfSetting(BaseModel):
    """Why something that was made in the console does not count: the setting, what is wrong with it, what to do."""

    where: str
    problem: str
    mend: str


class BotListed(BaseModel):
    """A bot in the list. `prompt_version`: the published one, 0: the configured prompt, null: it has none. `problems`:
    why it does not answer."""

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
    today: Today
    problems: list[ProblemOfSetting]


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
    """Somebody whom models are asked of. `settings`, `revision`: of what was made in the console."""

    name: str
    kind: str
    source: Source
    settings: list[Setting]
    revision: int | None
    problems: list[ProblemOfSetting]


class MakingBot(BaseModel):
    """A new bot. `settings` as in turnkeeper.toml, without `kind`."""

    model_config = ConfigDict(extra="forbid")
    name: Name
    kind: Annotated[str, Field(max_length=40)]
    settings: Settings = {}


class MakingProvider(BaseModel):
    """A new provider of models. `settings` as in turnkeeper.toml, without `kind`."""

    model_config = ConfigDict(extra="forbid")
    name: Name
    kind: Annotated[str, Field(max_length=40)]
    settings: Settings


class Changing(BaseModel):
    """Settings that are set, and those that are left to their default. A secret that is not named stays. `revision`:
    the one that was read, so that nobody writes over another's change."""

    model_config = ConfigDict(extra="forbid")
    revision: int = Field(ge=1, le=2**31 - 1)
    set: Settings = {}
    unset: list[Annotated[str, Field(max_length=100)]] = Field([], max_length=200)


class Named(BaseModel):
    """What was made, by its name; another than was wanted where that was taken."""

    name: str


def settings_told(settings: Iterable[SettingSeen]) -> list[Setting]:
    """As the API tells them."""
    return [
        Setting(
            name=each.name,
            value=each.value,
            default=each.default,
            given=each.given,
            says=each.says,
            secret=each.secret,
        )
        for each in settings
    ]


def problems_told(wrongs: Iterable[Wrong]) -> list[ProblemOfSetting]:
    """As the API tells them."""
    return [ProblemOfSetting(where=each.where, problem=each.problem, mend=each.mend) for each in wrongs]


@contextmanager
def refusing() -> Iterator[None]:
    """What the desk says no to, as refusals: with the place of each setting, in the words of the file."""
    try:
        yield
    except NotTaken as error:
        said = "; ".join(f"{each.where}: {each.problem}" if each.where else each.problem for each in error.wrongs[:3])
        raise Refusal(422, said, error.wrongs) from None
    except (ChangedMeanwhile, InUse) as error:
        raise Refusal(409, str(error)) from None
    except ConfigurationError as error:
        raise Refusal(503, f"the server's configuration cannot be read: {error}") from None


def desk_of(behind: Backend) -> Desk:
    """What the pages of bots work with; raises Refusal where a server has none."""
    if behind.desk is None:
        raise Refusal(404, "this server tells nothing of bots")
    return behind.desk


async def asked_bot(behind: Backend, access: Access, bot: str) -> BotSeen:
    """The bot of that name in the workspace; raises Refusal."""
    with refusing():
        found = await desk_of(behind).bots.bots(access.workspace_id)
    for each in found:
        if each.id == bot:
            return each
    raise Refusal(404, f"there is no bot {bot} in this workspace")
