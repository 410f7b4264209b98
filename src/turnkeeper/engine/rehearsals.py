"""Turns that wait to be run again are taken one at a time, by whichever worker looks first; each within its time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
from msgspec.structs import replace

from turnkeeper.engine.clock import Clock
from turnkeeper.model.errors import BotError, StoreError, TurnkeeperError
from turnkeeper.model.traces import Rehearsal
from turnkeeper.store.traces import TraceRecords

_log = structlog.get_logger("turnkeeper.rehearsals")
EVERY = 1.0
"""Seconds between two looks."""
LIMIT = 120.0
"""Seconds that one may take."""
_LATE = 30.0
_TOLD_EVERY = 0.5

Tell = Callable[[str], None]
Rehearse = Callable[[Rehearsal, Tell], Awaitable[bytes]]
"""Run it; its result as JSON. Raises CannotRehearse, and what the store raises."""


class CannotRehearse(BotError):
    """It cannot be run again; the words say why, and what to do."""


class Rehearsals:
    """What a worker does of them."""

    def __init__(self, store: TraceRecords, clock: Clock, rehearse: Rehearse) -> None:
        self._store = store
        self._clock = clock
        self._rehearse = rehearse

    async def run(self) -> None:
        """Look every second, for ever."""
        while True:
            await asyncio.sleep(EVERY)
            with suppress(StoreError):
                while await self.look():
                    pass

    async def look(self) -> bool:
        """Run the next one, if one waits. Raises StoreError."""
        now = self._clock.now()
        taken = await self._store.take_rehearsal(now, now - LIMIT - _LATE)
        if taken is None:
            return False
        await self._store.tell_rehearsal(await self._ended(taken))
        return True

    async def _ended(self, taken: Rehearsal) -> Rehearsal:
        doing = _Doing(self._store, taken)
        telling = asyncio.create_task(doing.tell())
        try:
            async with asyncio.timeout(LIMIT):
                result = await self._rehearse(taken, doing.does)
        except TimeoutError:
            return self._failed(taken, f"it took longer than {LIMIT:.0f} s")
        except CannotRehearse as error:
            return self._failed(taken, str(error))
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - whoever runs no more would leave all the others waiting
            _log.exception("a rehearsal ended with an error of our own", conversation=taken.conversation_id)
            ours = str(error) if isinstance(error, TurnkeeperError) else "an error of the server's own, see its log"
            return self._failed(taken, ours)
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
        return replace(taken, state="done", progress="", ended_at=self._clock.now(), result=result)

    def _failed(self, taken: Rehearsal, why: str) -> Rehearsal:
        return replace(taken, state="failed", progress=why[:2_000], ended_at=self._clock.now())


class _Doing:
    """What it does now, told a few times a second at most."""

    def __init__(self, store: TraceRecords, taken: Rehearsal) -> None:
        self._store = store
        self._taken = taken
        self._now = ""

    def does(self, what: str) -> None:
        self._now = what

    async def tell(self) -> None:
        told = ""
        while True:
            await asyncio.sleep(_TOLD_EVERY)
            if self._now != told:
                told = self._now
                with suppress(StoreError):
                    await self._store.tell_rehearsal(replace(self._taken, progress=told[:200]))
