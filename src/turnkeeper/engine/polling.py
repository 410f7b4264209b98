"""Asking providers for events, where they cannot reach us: one process of all machines asks for each channel.

What came is told to be kept (by the next offset) only once it is; a crash before that brings it again, as webhooks
come again, and the same keys tell that it has been here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import structlog

from turnkeeper.channels.base import ChannelAdapter, Polled
from turnkeeper.engine.calling import Calling, on_behalf
from turnkeeper.engine.clock import Clock
from turnkeeper.engine.patience import until_stored
from turnkeeper.engine.solely import HOLD_EVERY, while_ours
from turnkeeper.engine.sorting import sorted_out
from turnkeeper.engine.taking import taken_all
from turnkeeper.engine.wakeups import Wakeups
from turnkeeper.model.errors import StoreError
from turnkeeper.model.events import Received
from turnkeeper.model.outbound import NotSent, Rejected
from turnkeeper.model.policy import Channel
from turnkeeper.rules.retry import backoff
from turnkeeper.store.base import Arrival, Store
from turnkeeper.store.workers import Sole

_log = structlog.get_logger("turnkeeper.polling")
TRY_EVERY = 3.0
"""Seconds until a process that does not ask looks whether it is to."""
_CALL_LIMIT = 60.0
"""Seconds for a call that names no limit of its own."""
_LONGEST_BACKOFF = 30.0
_AFTER_REFUSAL = 20.0
"""Seconds until a provider that wants somebody to do something is asked whether it was done."""


class Traced(Protocol):
    """Makes spans of what was taken."""

    def accepted(self, arrivals: Sequence[Arrival], began_at: float, ended_at: float, *, all_new: bool) -> None:
        """These came together; instants are unix seconds."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A channel that is asked for events; `account_ids` are its items'."""

    channel: Channel
    adapter: ChannelAdapter[Any]
    account_ids: tuple[str, ...]


class Poller:
    """Asks for one channel's events, for ever."""

    def __init__(
        self, asked: Asked, store: Store, client: Calling, wakeups: Wakeups, clock: Clock, traced: Traced | None = None
    ) -> None:
        self._channel = asked.channel
        self._adapter: Any = asked.adapter
        self._own = dict.fromkeys(asked.account_ids, asked.channel)
        self._store = store
        self._client = client
        self._wakeups = wakeups
        self._clock = clock
        self._traced = traced
        self._trouble = ""
        """What went wrong last, as it was told."""

    async def run(self) -> None:
        """Ask whenever it is this process's task."""
        task = f"polling {self._channel.workspace_id} {self._channel.id}"
        while True:
            try:
                sole = await self._store.sole(task)
                if sole is not None:
                    await self._ask_while_held(sole)
            except StoreError as error:
                self._told("the store is away", error=str(error))
            except Exception:  # noqa: BLE001 - a channel that nobody asks for is deaf
                _log.exception("polling ended with an error of our own", channel=self._channel.id)
            await asyncio.sleep(TRY_EVERY)

    async def _ask_while_held(self, sole: Sole) -> None:
        _log.info("updates are fetched here", channel=self._channel.id)
        if not await while_ours(sole, self._ask()):
            _log.warning("another process may fetch updates now", channel=self._channel.id)

    async def _ask(self) -> None:
        offset: int | None = None
        failures = 0
        while True:
            began_at = self._clock.monotonic()
            calls = on_behalf(self._channel, self._adapter.poll(offset, self._channel.config))
            polled = await self._client.play(calls, timeout=_CALL_LIMIT)
            if isinstance(polled, Polled):
                self._well()
                failures = 0
                if polled.received:
                    await until_stored(partial(self._take, polled.received), self._clock)
                elif self._clock.monotonic() - began_at < 1.0:
                    await asyncio.sleep(1.0)  # whoever answers nothing at once does not wait for us
                offset = polled.offset
            else:
                failures += 1
                if isinstance(polled, Rejected):  # perhaps only because another process took over
                    await asyncio.sleep(HOLD_EVERY + 1.0)
                await asyncio.sleep(self._wait(polled, failures))

    def _wait(self, refused: NotSent | Rejected, failures: int) -> float:
        """Seconds until it is asked again; tells the operator."""
        if isinstance(refused, Rejected):
            self._told("updates cannot be fetched until somebody mends this", error=refused.reason)
            return _AFTER_REFUSAL
        self._told("updates cannot be fetched now", error=refused.reason)
        if refused.retry_after is not None:
            return refused.retry_after
        return backoff(failures, jitter=self._clock.monotonic() % 1.0, base=0.5, cap=_LONGEST_BACKOFF)

    async def _take(self, received: Sequence[Received]) -> None:
        began_at = self._clock.now()
        intake = sorted_out(received, self._own, self._channel, began_at)
        taken = await taken_all(self._store, [intake])
        if taken.wakes:
            self._wakeups.publish(taken.wakes)
        if self._traced is not None:
            self._traced.accepted(intake.arrivals, began_at, self._clock.now(), all_new=not taken.duplicates)

    def _told(self, what: str, error: str) -> None:
        """Once for as long as it stays the same."""
        if self._trouble != error:
            self._trouble = error
            _log.error(what, channel=self._channel.id, error=error)

    def _well(self) -> None:
        if self._trouble:
            self._trouble = ""
            _log.warning("updates are fetched again", channel=self._channel.id)
