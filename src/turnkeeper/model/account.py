"""What is known of a channel's account with its provider, where that may be logged out or cut off at any time."""

from __future__ import annotations

import msgspec

from turnkeeper.model.ids import ChannelId, WorkspaceId


class AccountState(msgspec.Struct, frozen=True):
    """One channel's row; the order of the fields is the order of the columns. Instants are unix seconds (UTC).

    `status` in the provider's word, as of `told_at`; `works`: whether it can send and receive. `since_at`: when the
    last event came before something may have been missed; None: nothing was. `look_at`: when a worker looks next.
    `known_at`: since when the channel is known; what is older was never missed.
    """

    workspace_id: WorkspaceId
    channel_id: ChannelId
    status: str
    works: bool
    told_at: float
    known_at: float
    since_at: float | None = None
    look_at: float | None = None
