"""The typing indicator: shown when a turn starts, refreshed until the answer is out, always stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

import structlog

from turnkeeper.channels.base import ChannelAdapter
from turnkeeper.engine.calling import Calling, on_behalf
from turnkeeper.store.base import ClaimedTurn

_log = structlog.get_logger("turnkeeper.typing")
_CALL_LIMIT = 5.0
_AFTER_WORDS = 1.5
"""Seconds after which it is shown again where something was said: the words have ended it, and the turn goes on."""


class Shown:
    """The indicator of one turn."""

    def __init__(self) -> None:
        self._ended = asyncio.Event()

    def ended(self) -> None:
        """Something was said, which ended it on the person's phone."""
        self._ended.set()

    async def until(self, at: float) -> float:
        """Wait until it is to be shown again, `at` the latest; when that is, by the loop's clock."""
        loop = asyncio.get_running_loop()
        while loop.time() < at:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(at):
                    await self._ended.wait()
                self._ended.clear()
                at = min(at, loop.time() + _AFTER_WORDS)
        return at


@asynccontextmanager
async def typing(
    claimed: ClaimedTurn, adapters: Mapping[str, ChannelAdapter[object]], client: Calling
) -> AsyncIterator[Shown]:
    """Show that an answer is being written, for as long as the block runs."""
    shown = Shown()
    adapter = adapters[claimed.channel.kind]
    message_id = _answered(claimed)
    if adapter.capabilities.typing_refresh is None or message_id is None:
        yield shown
        return
    showing = asyncio.create_task(_show(claimed, adapter, message_id, client, shown))
    try:
        yield shown
    finally:
        showing.cancel()


def _answered(claimed: ClaimedTurn) -> str | None:
    """The newest message of the contact that the turn answers."""
    written = [event for event in claimed.events if not event.from_me and event.kind != "reaction"]
    ids = [event.external_id for event in written if event.external_id]
    return ids[-1] if ids else None


async def _show(
    claimed: ClaimedTurn, adapter: ChannelAdapter[object], message_id: str, client: Calling, shown: Shown
) -> None:
    refresh = adapter.capabilities.typing_refresh or 0.0
    addresses = tuple(claimed.conversation.addresses.split("\n"))
    loop = asyncio.get_running_loop()
    began = next_at = loop.time()
    while next_at - began < adapter.capabilities.typing_longest:
        try:
            calls = on_behalf(claimed.channel, adapter.typing(addresses, message_id, claimed.channel.config))
            await client.play(calls, timeout=_CALL_LIMIT)
        except Exception as error:  # noqa: BLE001 - an indicator never costs anyone an answer
            _log.info("typing could not be shown", channel=claimed.channel.id, error=type(error).__name__)
        next_at = await shown.until(
            max(next_at + refresh, loop.time())
        )  # by the clock: a slow call must not let it lapse
