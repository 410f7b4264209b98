"""Asking a provider what became of a send of unknown fate: at once, and again before it would be repeated.

Whatever it says counts before the channel's policy; only where nobody can tell does that decide.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

from turnkeeper.channels.base import ChannelAdapter, ResolvingAdapter
from turnkeeper.engine.calling import Calling, on_behalf
from turnkeeper.model.outbound import Accepted, NotSent, Outbound, Outcome, Rejected, Unknown
from turnkeeper.model.policy import Channel
from turnkeeper.rules import outbox
from turnkeeper.store.base import ClaimedSend

LOOKS = (1.0, 4.0)
"""Seconds before each time that the provider is asked, right after the call whose answer is missing."""
LOOK_LIMIT = 10.0
"""Seconds that one call of a look may take."""
PATIENCE = 5
"""Tries of a row, its sends among them, for which a provider that cannot be asked now is asked again later."""
NOBODY_KNOWS = Unknown("nobody can tell whether it was sent")
NOT_NOW = NotSent("whether it was sent before cannot be asked now")


class Resolving:
    """Asks about sends, where the channel's adapter can."""

    def __init__(self, adapters: Mapping[str, ChannelAdapter[object]], client: Calling) -> None:
        self._adapters = adapters
        self._client = client

    async def before(self, claimed: ClaimedSend, outbound: Outbound) -> Outcome | None:
        """What became of an earlier try of a marked row; None: call (again)."""
        adapter = self._adapter(claimed.channel)
        if adapter is None or not outbox.may_have_been_sent(claimed.row):
            return None
        found = await self._look(adapter, outbound, claimed.channel)
        if isinstance(found, Accepted | Rejected):
            return found
        if isinstance(found, Unknown) and claimed.row.tries < PATIENCE:
            return NOT_NOW
        never = claimed.channel.sends.on_unknown == "never_resend"
        return NOBODY_KNOWS if never and not isinstance(found, NotSent) else None

    async def after(
        self, claimed: ClaimedSend, outbound: Outbound, outcome: Outcome, stopped: asyncio.Event
    ) -> Outcome:
        """The outcome of a call; where that is unknown, what the provider says to it, unless we are stopped."""
        adapter = self._adapter(claimed.channel)
        if adapter is None or not isinstance(outcome, Unknown):
            return outcome
        for wait in LOOKS:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await stopped.wait()
            if stopped.is_set():
                break
            found = await self._look(adapter, outbound, claimed.channel)
            if isinstance(found, Accepted | Rejected | NotSent):
                return found
        return outcome

    def _adapter(self, channel: Channel) -> ResolvingAdapter[Any] | None:
        adapter = self._adapters[channel.kind]
        return cast(ResolvingAdapter[Any], adapter) if hasattr(adapter, "resolve") else None

    async def _look(self, adapter: ResolvingAdapter[Any], outbound: Outbound, channel: Channel) -> Outcome | None:
        calls = on_behalf(channel, adapter.resolve(outbound, channel.config))
        return await self._client.play(calls, timeout=LOOK_LIMIT)
