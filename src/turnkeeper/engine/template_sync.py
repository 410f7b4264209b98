"""Asking providers for their templates: when a channel is new, every hour, and soon after a webhook told of one.

Any worker asks, one at a time for each channel. What cannot be asked is kept as the channel's problem, and asked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import structlog

from turnkeeper.channels.base import ChannelAdapter
from turnkeeper.engine.calling import Calling, on_behalf
from turnkeeper.engine.clock import Clock
from turnkeeper.model.errors import StoreError
from turnkeeper.model.outbound import NotSent, Rejected
from turnkeeper.model.policy import Channel
from turnkeeper.model.templates import FoundTemplate, TemplateRow, TemplateSync
from turnkeeper.store.channels import ChannelKey
from turnkeeper.store.templates import TemplateRecords

_log = structlog.get_logger("turnkeeper.templates")
LOOK = 5.0
"""Seconds between two questions to the store whether a channel is due."""
EVERY = 3600.0
"""Seconds between two lists of a channel's templates."""
AGAIN = 300.0
"""Seconds after which a provider is asked again that could not be asked, where it names no time itself."""
LEASE = 120.0
"""Seconds after which another worker asks, if nothing was heard of this one."""
_LIMIT = 90.0
"""Seconds that a whole list may take."""
_LONGEST_PROBLEM = 500
_ALWAYS = 1e12
"""An instant after all at which anything is due."""


def has_templates(adapter: ChannelAdapter[Any]) -> bool:
    """Whether a kind's provider has templates that can be asked for."""
    return hasattr(adapter, "templates")


def row_of(channel: Channel, found: FoundTemplate, now: float) -> TemplateRow:
    """A template as it is kept."""
    told = found.definition
    return TemplateRow(
        channel.workspace_id,
        channel.id,
        told.name,
        told.language,
        found.external_id,
        told.status,
        told.category,
        found.quality,
        found.reason,
        msgspec.json.encode(told),
        now,
    )


class TemplateSyncing:
    """Asks for what is due, for ever."""

    def __init__(
        self,
        store: TemplateRecords,
        adapters: Mapping[str, ChannelAdapter[Any]],
        channels: Sequence[Channel],
        client: Calling,
        clock: Clock,
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._channels: dict[ChannelKey, Channel] = {
            (each.workspace_id, each.id): each for each in channels if has_templates(adapters[each.kind])
        }
        self._client = client
        self._clock = clock

    async def run(self) -> None:
        """Ask now and then, as long as there is a channel that has templates."""
        while self._channels:
            try:
                await self.look()
            except StoreError:
                pass
            except Exception:  # noqa: BLE001 - whoever asks no more would leave what is known to grow old
                _log.exception("asking for templates ended with an error of our own")
            await asyncio.sleep(LOOK)

    async def look(self) -> int:
        """Ask for the templates of the channels that are due; how many were."""
        now = self._clock.now()
        due = await self._store.templates_due(list(self._channels), now, now + LEASE)
        for each in due:
            await self._sync(each)
        return len(due)

    async def now(self, channel: Channel) -> None:
        """Ask for a channel's at once, whenever it is due."""
        now = self._clock.now()
        for each in await self._store.templates_due([(channel.workspace_id, channel.id)], _ALWAYS, now + LEASE):
            await self._sync(each)

    async def _sync(self, due: TemplateSync) -> None:
        channel = self._channels[due.workspace_id, due.channel_id]
        adapter: Any = self._adapters[channel.kind]
        try:
            async with asyncio.timeout(_LIMIT):
                calls = on_behalf(channel, adapter.templates(channel.config))
                found = await self._client.play(calls, timeout=_LIMIT)
        except TimeoutError:
            found = NotSent("the list of templates took too long")
        now = self._clock.now()
        if isinstance(found, NotSent | Rejected):
            wait = found.retry_after if isinstance(found, NotSent) and found.retry_after else AGAIN
            _log.warning("templates cannot be asked for", channel=channel.id, code=found.code)
            await self._store.templates_not_had(due, found.reason[:_LONGEST_PROBLEM], now + wait)
            return
        rows = {(each.name, each.language): each for each in (row_of(channel, one, now) for one in found)}
        await self._store.put_templates(due, list(rows.values()), now, now + EVERY)
