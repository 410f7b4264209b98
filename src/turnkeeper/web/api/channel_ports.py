"""What the pages of channels are given by the app: channels as they are configured, changing the console's own, and
errands to their providers, for which the web process makes no call itself."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from turnkeeper.model.errors import TurnkeeperError
from turnkeeper.model.ids import ChannelId, WorkspaceId
from turnkeeper.web.api.bot_ports import SettingSeen, Source
from turnkeeper.web.api.refusals import Wrong

Errand = Literal["check", "connect", "pair", "code", "test"]
Can = Literal["connect", "pair", "code", "templates", "health"]


@dataclass(frozen=True, slots=True)
class ChannelSeen:
    """A channel as it is configured. `webhook`: its address, or path where this server does not know its own, without
    the secret that may end it; None: events are fetched. `applied`: this server works with what is shown.
    `credentials`: a digest of what its provider knows us by."""

    id: ChannelId
    kind: str
    source: Source
    bot: str
    account: str = ""
    environment: str | None = None
    webhook: str | None = None
    settings: tuple[SettingSeen, ...] = ()
    revision: int | None = None
    applied: bool = True
    problems: tuple[Wrong, ...] = ()
    can: tuple[Can, ...] = ()
    credentials: str = ""


@dataclass(frozen=True, slots=True)
class FieldSeen:
    """One key of a kind's form; see `config.forms`."""

    key: str
    shape: str
    help: str
    required: bool
    asked: bool
    made: bool
    example: str
    default: str | float | bool | None
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KindSeen:
    """A kind of channel, and what its form asks for."""

    kind: str
    says: str
    fields: tuple[FieldSeen, ...]
    can: tuple[Can, ...]


class TooMany(TurnkeeperError):
    """As many errands are under way as there may be."""


class ChannelDesk(Protocol):
    """Channels as they are configured now. Making and changing raise NotTaken, ChangedMeanwhile, InUse."""

    def kinds(self) -> Sequence[KindSeen]:
        """What a channel may be of."""

    async def channels(self, workspace_id: WorkspaceId) -> Sequence[ChannelSeen]:
        """Those of a workspace, by name."""

    async def make(self, workspace_id: WorkspaceId, wanted: str, table: Mapping[str, Any], by: str) -> str:
        """Make one; its name, which is another than is wanted where that is taken."""

    async def change(
        self,
        workspace_id: WorkspaceId,
        name: str,
        revision: int,
        given: Mapping[str, Any],
        unset: Sequence[str],
        by: str,
    ) -> None:
        """Change settings of one that was made in the console. A secret that is not given stays."""

    async def drop(self, workspace_id: WorkspaceId, name: str) -> None:
        """Delete one that was made in the console; what was said there stays."""

    async def tried(
        self, workspace_id: WorkspaceId, name: str, given: Mapping[str, Any], unset: Sequence[str], *, new: bool
    ) -> Mapping[str, Any]:
        """The table as it would be, with the secrets that are kept. Raises NotTaken for one that will not do."""

    def errand(
        self,
        workspace_id: WorkspaceId,
        name: str,
        do: Errand,
        table: Mapping[str, Any] | None = None,
        **asked: Any,
    ) -> AsyncIterator[bytes]:
        """What a provider tells, line by line (JSON). `table`: what is tried instead of what counts. Raises TooMany."""
