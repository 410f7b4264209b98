"""The typing indicator: shown when a turn starts, refreshed until the answer is out, always stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import structlog

from turnkeeper.channels.base import ChannelAdapter
from turnkeeper.engine.calling import Calling
from turnkeeper.store.base import ClaimedTurn

_log = structlog.get_logger("turnkeeper.typing")
_CALL_LIMIT = 5.0


@asynccontextmanager
async def typing(
    claimed: ClaimedTurn, adapters: Mapping[str, ChannelAdapter[object]], client: Calling
) -> AsyncIterator[None]:
    """Show that an answer is being written, for as long as the block runs."""
    adapter = adapters[claimed.channel.kind]
    message_id = _answered(claimed)
    if adapter.capabilities.typing_refresh is None or message_id is None:
        yield
        return
    showing = asyncio.create_task(_show(claimed, adapter, message_id, client))
    try:
        yield
    finally:
        showing.cancel()


def _answered(claimed: ClaimedTurn) -> str | None:
    """The newest message of the contact that the turn answers."""
    written = [event for event in claimed.events if not event.from_me and event.kind != "reaction"]
    ids = [event.external_id for event in written if event.external_id]
    return ids[-1] if ids else None


async def _show(claimed: ClaimedTurn, adapter: ChannelAdapter[object], message_id: str, client: Calling) -> None:
    refresh = adapter.capabilities.typing_refresh or 0.0
    addresses = tuple(claimed.conversation.addresses.split("\n"))
    loop = asyncio.get_running_loop()
    began = next_at = loop.time()
    while next_at - began < adapter.capabilities.typing_longest:
        try:
            await client.play(adapter.typing(addresses, message_id, claimed.channel.config), timeout=_CALL_LIMIT)
        except Exception as error:  # noqa: BLE001 - an indicator never costs anyone an answer
            _log.info("typing could not be shown", channel=claimed.channel.id, error=type(error).__name__)
        next_at = max(next_at + refresh, loop.time())  # by the clock: a slow call must not let it lapse
        await asyncio.sleep(next_at - loop.time())
