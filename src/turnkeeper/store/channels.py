"""The part of the store port that keeps how each channel and its account stand, apart from what was said there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from turnkeeper.model.account import AccountState
from turnkeeper.model.ids import ChannelId, WorkspaceId

ChannelKey = tuple[WorkspaceId, ChannelId]


class Traffic(NamedTuple):
    """What there is of one channel: conversations, when a contact last wrote, how many messages wait to be sent."""

    workspace_id: WorkspaceId
    channel_id: ChannelId
    conversations: int
    contact_at: float | None
    unsent: int


class ChannelStanding(NamedTuple):
    """How a channel of one workspace stands. `unsent`: messages that wait to be sent (where it is stopped, those of the
    conversations that moved last); `waiting`: conversations in which something is to be answered; `last_at`: when a
    message last came or left."""

    channel_id: ChannelId
    unsent: int = 0
    waiting: int = 0
    last_at: float | None = None
    paused: str | None = None
    paused_at: float | None = None
    account: str | None = None
    """The provider's word for the account's state; None: it has none."""
    works: bool = True
    told_at: float | None = None
    synced_at: float | None = None
    """When its templates were last read."""
    sync_problem: str | None = None


class ChannelRecords(Protocol):
    """Channels that are stopped, accounts that are looked at, and how much there is of each."""

    async def pause_channel(self, workspace_id: WorkspaceId, channel_id: ChannelId, reason: str, now: float) -> bool:
        """Stop sending on a channel; False if it was stopped already."""

    async def resume_channel(self, workspace_id: WorkspaceId, channel_id: ChannelId, now: float) -> bool:
        """Send on it again; False if it was not stopped."""

    async def refused_credentials(self) -> dict[tuple[WorkspaceId, ChannelId], str]:
        """Of channels that a provider's refusal stopped: the digest of the credentials that it refused."""

    async def paused_channels(self) -> list[tuple[WorkspaceId, ChannelId, str, float]]:
        """Channels that are stopped: workspace, channel, reason, since."""

    async def channel_standings(
        self, workspace_id: WorkspaceId, channels: Sequence[ChannelId]
    ) -> list[ChannelStanding]:
        """How some of a workspace's channels stand, in their order. Takes as long as there is work waiting, however
        many conversations there are."""

    async def traffic(self) -> list[Traffic]:
        """Every channel that has conversations, configured or not."""

    async def been_away(self, channels: Sequence[ChannelKey], before: float, now: float) -> None:
        """Note that we heard nothing of some channels for a while before an instant; what they missed is due to be
        read, but for those that are new here."""

    async def accounts_due(self, channels: Sequence[ChannelKey], now: float, until: float) -> list[AccountState]:
        """Those of some channels' accounts that a worker is to look at now; others are given them at `until`."""

    async def looked_at(self, account: AccountState, again_at: float | None) -> None:
        """An account was looked at, as `accounts_due` gave it. None: what it had missed has been taken."""
