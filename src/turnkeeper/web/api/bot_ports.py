"""What the pages of bots are given by the app: bots and bases as they are configured, and changing the console's own.

Whoever answers here knows the configuration; the routers know the store. All is asked for one workspace.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from turnkeeper.engine.documents import Intake
from turnkeeper.engine.searching import Search
from turnkeeper.model.errors import TurnkeeperError
from turnkeeper.model.ids import BotId, ChannelId, WorkspaceId
from turnkeeper.model.knowledge import BaseKey
from turnkeeper.web.api.refusals import Wrong

Source = Literal["file", "console"]
"""Where something is configured: in turnkeeper.toml, which is read-only here, or in the console."""


class NotTaken(TurnkeeperError):
    """What was to be configured will not do; `wrongs` by the place of each key."""

    def __init__(self, wrongs: Sequence[Wrong]) -> None:
        super().__init__("; ".join(f"{each.where}: {each.problem}" for each in wrongs))
        self.wrongs = tuple(wrongs)


class ChangedMeanwhile(TurnkeeperError):
    """Somebody else changed it, or deleted it."""


class InUse(TurnkeeperError):
    """Something else names it, and would not work without it."""


@dataclass(frozen=True, slots=True)
class SettingSeen:
    """One setting as it counts. Values as they are written in a configuration; a secret is only whether there is one.
    `given`: it was set, else `value` is the default."""

    name: str
    value: Any
    default: Any
    given: bool
    says: str
    secret: bool = False


@dataclass(frozen=True, slots=True)
class BotSeen:
    """A bot as it is configured. `channels`: those of the workspace. `prompt`: the configured one; None: it has none.
    `prompt_file`: the prompt is a file that is followed. `variables`: what a prompt may name. `revision`: of what the
    console made."""

    id: BotId
    kind: str
    source: Source
    channels: tuple[ChannelId, ...]
    settings: tuple[SettingSeen, ...]
    models: tuple[str, ...] = ()
    knowledge: tuple[str, ...] = ()
    prompt: str | None = None
    prompt_file: bool = False
    variables: tuple[str, ...] = ()
    revision: int | None = None
    problems: tuple[Wrong, ...] = ()


@dataclass(frozen=True, slots=True)
class ProviderSeen:
    """Somebody whom models are asked of."""

    name: str
    kind: str
    source: Source
    settings: tuple[SettingSeen, ...] = ()
    revision: int | None = None
    problems: tuple[Wrong, ...] = ()


@dataclass(frozen=True, slots=True)
class BaseSeen:
    """A base of documents. `folder`: whether it follows one; `used_by`: bots of the workspace."""

    key: BaseKey
    source: Source
    folder: str
    embeddings: str
    used_by: tuple[BotId, ...]
    revision: int | None = None
    problems: tuple[Wrong, ...] = ()


class Made(NamedTuple):
    """Something that the console made, or is to make."""

    workspace_id: WorkspaceId
    kind: Literal["bot", "provider", "knowledge"]
    name: str


class BotDesk(Protocol):
    """Who knows what is configured in a workspace."""

    async def bots(self, workspace_id: WorkspaceId) -> Sequence[BotSeen]:
        """By name."""

    async def providers(self, workspace_id: WorkspaceId) -> Sequence[ProviderSeen]:
        """Whose models bots of the workspace may ask, by name."""

    async def bases(self, workspace_id: WorkspaceId) -> Sequence[BaseSeen]:
        """By name."""

    async def make(self, thing: Made, table: Mapping[str, Any], by: str) -> str:
        """Make something of the console's own; its name, which has something added where the one that is wanted is
        taken. Raises NotTaken."""

    async def change(self, thing: Made, revision: int, given: Mapping[str, Any], unset: Sequence[str], by: str) -> None:
        """Set keys, and leave others to their default. Raises NotTaken, ChangedMeanwhile."""

    async def drop(self, thing: Made) -> None:
        """Delete it. Raises InUse, ChangedMeanwhile."""


class Searching(Protocol):
    """Who looks things up."""

    async def search(self, bases: Sequence[BaseKey], question: str, most: int) -> Search:
        """The passages that answer a question best. Raises StoreError."""


@dataclass(frozen=True, slots=True)
class Desk:
    """All that the pages of bots work with beside the store."""

    bots: BotDesk
    intake: Intake
    searcher: Searching
