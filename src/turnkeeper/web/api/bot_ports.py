"""What the pages of bots are given by the app: bots and bases as they are configured, and changing the console's own.

Whoever answers here knows the configuration; the routers know the store. All is asked for one workspace.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from turnkeeper.engine.documents import Intake
from turnkeeper.engine.searching import Searcher
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
    document: Mapping[str, Any] | None = None
    problems: tuple[Wrong, ...] = ()


@dataclass(frozen=True, slots=True)
class ProviderSeen:
    """Somebody whom models are asked of."""

    name: str
    kind: str
    source: Source
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class BaseSeen:
    """A base of documents. `folder`: whether it follows one; `used_by`: bots of the workspace."""

    key: BaseKey
    source: Source
    folder: str
    embeddings: str
    used_by: tuple[BotId, ...]
    revision: int | None = None


Section = Literal["bots", "providers", "knowledge"]


class BotDesk(Protocol):
    """Who knows what is configured in a workspace."""

    async def bots(self, workspace_id: WorkspaceId) -> Sequence[BotSeen]:
        """By name."""

    async def providers(self, workspace_id: WorkspaceId) -> Sequence[ProviderSeen]:
        """Whose models bots of the workspace may ask, by name."""

    async def bases(self, workspace_id: WorkspaceId) -> Sequence[BaseSeen]:
        """By name."""


@dataclass(frozen=True, slots=True)
class Desk:
    """All that the pages of bots work with beside the store."""

    bots: BotDesk
    intake: Intake
    searcher: Searcher
