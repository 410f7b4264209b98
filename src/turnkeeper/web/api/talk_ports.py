"""What the pages of one conversation work with beside the store: its channel, files, and a voice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from turnkeeper.channels.base import ChannelAdapter
from turnkeeper.engine.media import FileKeeper
from turnkeeper.engine.speaking import Speaker
from turnkeeper.model.ids import ChannelId, WorkspaceId
from turnkeeper.model.policy import Channel

_FETCHED_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Talk:
    """`channel` finds a configured channel; `fetching`: so many files are asked of providers at once."""

    channel: Callable[[WorkspaceId, ChannelId], Channel | None]
    adapters: Mapping[str, ChannelAdapter[Any]]
    files: FileKeeper
    speaker: Speaker
    fetching: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_FETCHED_AT_ONCE))
