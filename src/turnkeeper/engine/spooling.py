"""Accepting while the database is away: into the local spool, and from there, in order, into the store.

While the spool holds anything, webhooks are accepted only through it, so that nobody's later message overtakes an
earlier one. One drainer moves entries on; it repeats whatever it is not sure of, since every take may be repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog

from turnkeeper.engine.taking import Taking, taken_all
from turnkeeper.model.errors import StoreError, StoreUnavailable
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.policy import Directory
from turnkeeper.rules import spool as rule
from turnkeeper.rules.retry import backoff
from turnkeeper.store.base import Intake, Taken
from turnkeeper.store.spool import Spool, SpoolEntry, decode, encode

_log = structlog.get_logger("turnkeeper.spool")
_LATER = Taken(0, 0, [])
"""What is told of a webhook in the spool: its events are counted when the store has them."""
_LONGEST_WAIT = 1.0
_OPEN_AGAIN = 0.2
_LONGEST_AFTER_ERROR = 30.0


class Spooling:
    """`take` of a store that may be away.

    `keeps` False (the setting `refuse`): nothing new goes into the spool; what an earlier start left there is
    moved on. `home`: the workspace that gets what cannot be read. `patience`: seconds for the store's answer.
    """

    def __init__(
        self,
        store: Taking,
        spool: Spool,
        directory: Directory,
        home: WorkspaceId,
        *,
        keeps: bool = True,
        limit: int = rule.LARGEST_SPOOL,
        patience: float = rule.SLOWEST_TAKE,
    ) -> None:
        self._store = store
        self._spool = spool
        self._directory = directory
        self._home = home
        self._keeps = keeps
        self._limit = limit
        self._patience = patience
        self._size = 0
        self._on_taken: Callable[[Taken], None] = lambda _: None
        self._filled = asyncio.Event()
        self._draining: asyncio.Task[None] | None = None
        self._opening: asyncio.Task[None] | None = None
        self._since: dict[asyncio.Task[object], float] = {}
        self._late: set[asyncio.Task[object]] = set()
        self._sweep: asyncio.TimerHandle | None = None
        self.length = 0
        """Entries that wait, those on their way to the disk among them."""

    @property
    def accepts(self) -> bool:
        """Whether a webhook that came now would be kept although the store is away."""
        return self._keeps and self._size < self._limit and self._opening is None

    async def open(self) -> None:
        """Find what waits; raises StoreUnavailable."""
        await self._spool.open()
        self.length, self._size = self._spool.count, self._spool.size

    def open_later(self) -> None:
        """Open once whoever has it lets it go; until then everything goes to the store alone."""
        self._opening = asyncio.create_task(self._open_when_free())

    async def _open_when_free(self) -> None:
        while True:
            with suppress(StoreUnavailable):
                await self.open()
                break
            await asyncio.sleep(_OPEN_AGAIN)
        self._opening = None
        if self.length:
            self._filled.set()

    def drain(self, on_taken: Callable[[Taken], None]) -> None:
        """Begin to empty the spool, for ever. `on_taken` hears what became of entries."""
        self._on_taken = on_taken
        if self.length:
            _log.warning("webhooks wait in the spool", entries=self.length)
            self._filled.set()
        self._draining = asyncio.create_task(self._drain())

    async def close(self) -> None:
        """Stop; what waits is moved on after the next start."""
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)
        if self._draining is not None:
            self._draining.cancel()
            await asyncio.gather(self._draining, return_exceptions=True)
        if self._sweep is not None:
            self._sweep.cancel()
        await self._spool.close()

    async def take(self, intake: Intake) -> Taken:
        """Into the store, or behind what waits already. Raises StoreUnavailable where the spool is full or closed."""
        if not self.length:
            try:
                return await self._answered(intake)
            except StoreUnavailable as error:
                if not self._keeps:
                    raise
                if not self.length:
                    _log.warning("the store is away; webhooks go into the spool", error=str(error))
        return await self._add(intake)

    async def _answered(self, intake: Intake) -> Taken:
        """The store's answer within `patience`. One sweep looks for those that are late: see `web.bodies`."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None
        self._since[task] = loop.time()
        if self._sweep is None:
            self._sweep = loop.call_later(self._patience / 8, self._end_late, loop)
        try:
            return await self._store.take(intake)
        except asyncio.CancelledError:
            if task not in self._late:
                raise
            task.uncancel()
            raise StoreUnavailable(f"the store did not answer within {self._patience:g} s") from None
        finally:
            del self._since[task]
            self._late.discard(task)

    def _end_late(self, loop: asyncio.AbstractEventLoop) -> None:
        before = loop.time() - self._patience
        for task, since in self._since.items():
            if since <= before and task not in self._late:
                self._late.add(task)
                task.cancel()
        self._sweep = None
        if self._since:
            self._sweep = loop.call_later(self._patience / 8, self._end_late, loop)

    async def _add(self, intake: Intake) -> Taken:
        body = encode(intake)
        size = len(body)
        where = rule.place(waiting=self.length, away=True, held=self._size, size=size, limit=self._limit)
        if not self._keeps or where != "spool":
            raise StoreUnavailable("the store is away, and the spool takes no more")
        self.length += 1
        self._size += size
        adding = asyncio.ensure_future(self._spool.add(body))
        adding.add_done_callback(lambda done: self._added(done, size))
        await asyncio.shield(adding)
        return _LATER

    def _added(self, done: asyncio.Future[None], size: int) -> None:
        """Whoever waited may be gone by now; the count must be right all the same."""
        if done.cancelled() or done.exception() is not None:
            self.length -= 1
            self._size -= size
        self._filled.set()

    async def _drain(self) -> None:
        failures = 0
        while True:
            await self._filled.wait()
            try:
                await self._move_on()
                failures = 0
                continue
            except StoreError as error:
                longest = _LONGEST_WAIT
                if not failures:
                    _log.warning("the spool waits for the store", entries=self.length, error=str(error))
            except Exception:  # noqa: BLE001 - a drainer that ends would keep everything back for ever
                longest = _LONGEST_AFTER_ERROR
                if not failures:
                    _log.exception("the spool could not be moved on", entries=self.length)
            failures += 1
            jitter = asyncio.get_running_loop().time() % 1.0
            await asyncio.sleep(backoff(failures, jitter=jitter, base=0.1, cap=longest))

    async def _move_on(self) -> None:
        """Move the oldest entries into the store, then forget them; a crash in between only repeats this."""
        self._filled.clear()
        try:
            entries = await self._spool.first()
            if not entries:
                return
            taken = await taken_all(self._store, [decode(each.body, self._directory, self._home) for each in entries])
            await self._spool.drop(entries)
        except BaseException:
            self._filled.set()
            raise
        self._forget(entries)
        self._on_taken(taken)

    def _forget(self, entries: Sequence[SpoolEntry]) -> None:
        self.length -= len(entries)
        self._size -= sum(len(each.body) for each in entries)
        if self.length:
            self._filled.set()
        else:
            _log.warning("the spool is empty again")
