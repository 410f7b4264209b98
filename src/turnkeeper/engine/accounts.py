"""Looking after accounts that may be logged out: is it back? And what came while we, or it, could hear nothing?

Any worker looks, one at a time for each channel. What was missed is taken as webhooks are, so what has been here
counts as a duplicate, and a worker that dies in the middle costs nothing: another one reads it all again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from turnkeeper.channels.base import ChannelAdapter
from turnkeeper.engine.calling import Calling, on_behalf
from turnkeeper.engine.clock import Clock
from turnkeeper.engine.sorting import sorted_out
from turnkeeper.engine.taking import taken_all
from turnkeeper.engine.wakeups import Wakeups
from turnkeeper.model.account import AccountState
from turnkeeper.model.errors import StoreError
from turnkeeper.model.events import Received, SessionStatus
from turnkeeper.model.outbound import NotSent
from turnkeeper.model.policy import Channel
from turnkeeper.rules import account
from turnkeeper.store.base import Intake, SessionReport, Store
from turnkeeper.store.channels import ChannelKey

_log = structlog.get_logger("turnkeeper.accounts")
EVERY = 1.0
"""Seconds between two questions to the store whether an account is to be looked at."""
LEASE = 120.0
"""Seconds after which another worker looks, if nothing was heard of this one's look."""
_LIMIT = 100.0
"""Seconds that a look may take."""
_CALL_LIMIT = 30.0
_AWAY = 20.0
"""Seconds without the store after which providers may have given up telling us (WAHA does after 30)."""
_TOGETHER = 200
"""Events that are taken in one transaction."""


def looks_after(adapter: ChannelAdapter[Any]) -> bool:
    """Whether a kind's accounts may be logged out, or its provider forgets what nobody took."""
    return hasattr(adapter, "session") or hasattr(adapter, "missed")


class Accounts:
    """Looks at what is due, for ever."""

    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, ChannelAdapter[Any]],
        channels: Sequence[Channel],
        client: Calling,
        wakeups: Wakeups,
        clock: Clock,
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._channels: dict[ChannelKey, Channel] = {
            (each.workspace_id, each.id): each for each in channels if looks_after(adapters[each.kind])
        }
        self._client = client
        self._wakeups = wakeups
        self._clock = clock
        self._heard_at = clock.monotonic()
        """The store last answered then."""

    async def run(self) -> None:
        """Look now and then, as long as there is a channel that wants it."""
        while self._channels:
            try:
                if not await self.look():
                    await asyncio.sleep(EVERY)
            except StoreError:
                await asyncio.sleep(EVERY)
            except Exception:  # noqa: BLE001 - whoever looks no more would leave a channel waiting for ever
                _log.exception("looking after accounts ended with an error of our own")
                await asyncio.sleep(EVERY)

    async def look(self) -> int:
        """Look at the accounts that are due; how many were."""
        now, channels = self._clock.now(), list(self._channels)
        silent = self._clock.monotonic() - self._heard_at
        if silent > _AWAY:
            await self._store.been_away(channels, now - silent, now)
        due = await self._store.accounts_due(channels, now, now + LEASE)
        await asyncio.gather(*(self._looked_at(state) for state in due))
        self._heard_at = self._clock.monotonic()
        return len(due)

    async def _looked_at(self, state: AccountState) -> None:
        channel = self._channels[state.workspace_id, state.channel_id]
        try:
            async with asyncio.timeout(_LIMIT):
                done = await self._look_at(state, channel)
        except TimeoutError:
            _log.warning("looking at an account took too long", channel=channel.id)
            done = False
        if not done:
            await self._store.looked_at(state, self._clock.now() + account.LOOK_EVERY)

    async def _look_at(self, state: AccountState, channel: Channel) -> bool:
        """Whether nothing is left to do, or what is left is due anew."""
        adapter: Any = self._adapters[channel.kind]
        if hasattr(adapter, "session"):
            found = await self._client.play(on_behalf(channel, adapter.session(channel.config)), timeout=_CALL_LIMIT)
            if isinstance(found, NotSent):
                return False
            if not (state.works and found.works):
                await self._tell(channel, found)
                return True
        elif not state.works:
            return False
        return await self._catch_up(state, channel)

    async def _tell(self, channel: Channel, found: SessionStatus) -> None:
        """What was asked just now is the newest there is."""
        _log.info("an account was looked at", channel=channel.id, state=found.status, works=found.works)
        now_found = SessionStatus(status=found.status, works=found.works, mend=found.mend)
        await self._store.take(Intake(sessions=[SessionReport(channel, now_found, self._clock.now())]))

    async def _catch_up(self, state: AccountState, channel: Channel) -> bool:
        adapter: Any = self._adapters[channel.kind]
        if state.since_at is not None and hasattr(adapter, "missed"):
            since = account.reads_from(state.since_at, self._clock.now())
            calls = on_behalf(channel, adapter.missed(since, channel.config))
            missed = await self._client.play(calls, timeout=_CALL_LIMIT)
            if isinstance(missed, NotSent):
                _log.warning("what was missed cannot be read now", channel=channel.id)
                return False
            new = await self._taken(missed, channel)
            _log.warning("read what may have been missed", channel=channel.id, events=len(missed), new=new)
        await self._store.looked_at(state, None)
        return True

    async def _taken(self, missed: Sequence[Received], channel: Channel) -> int:
        new = 0
        for start in range(0, len(missed), _TOGETHER):
            part = missed[start : start + _TOGETHER]
            own = {each.account_id: channel for each in part}
            taken = await taken_all(self._store, [sorted_out(part, own, channel, self._clock.now())])
            self._wakeups.publish(taken.wakes)
            new += taken.accepted
        return new
