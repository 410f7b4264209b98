"""Asking providers to delete what people sent, once it is erased here: each file once, and nobody waits for it.

Where that fails, or the worker dies, the provider's own time limit is what deletes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from turnkeeper.engine.calling import Calling, on_behalf
from turnkeeper.model.ids import ChannelId, WorkspaceId
from turnkeeper.model.policy import Channel, Directory

_log = structlog.get_logger("turnkeeper.erasing")
_AT_ONCE = 4
_WAITING = 1000
"""How many wait for their turn; what comes after those is left to the provider."""
_ASK = 20.0
_BY_ID = "id:"


class Withdrawing:
    """Runs what erasing leaves to be told to providers."""

    def __init__(self, directory: Directory, adapters: Mapping[str, Any], client: Calling) -> None:
        self._directory = directory
        self._adapters = adapters
        self._client = client
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, workspace_id: WorkspaceId, channel_id: ChannelId, sources: Sequence[str]) -> None:
        """Have files deleted; `sources` as MediaRow has them."""
        channel = self._directory.channel(workspace_id, channel_id)
        if channel is None or not hasattr(self._adapters.get(channel.kind), "withdraw"):
            return
        for source in sources:
            if source.startswith(_BY_ID) and len(self._tasks) < _WAITING:
                task = asyncio.create_task(self._withdraw(channel, source.removeprefix(_BY_ID)))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _withdraw(self, channel: Channel, media_id: str) -> None:
        async with self._room:
            try:
                calls = on_behalf(channel, self._adapters[channel.kind].withdraw(media_id, channel.config))
                refused = await self._client.play(calls, timeout=_ASK)
            except Exception as error:  # noqa: BLE001 - nobody waits for it who could be told
                _log.warning("could not ask for a file to be deleted", channel=channel.id, error=type(error).__name__)
                return
        if refused is not None:
            _log.info("the provider did not delete a file", channel=channel.id, code=refused.code)

    def stop(self) -> None:
        """Leave the rest to the providers."""
        for task in list(self._tasks):
            task.cancel()
