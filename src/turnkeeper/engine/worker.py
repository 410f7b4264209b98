"""The dispatcher: claims what is due, runs it, and stops what it has lost.

Woken by whoever commits (in process, over a socket, or by the database); a slow poll is only the safety net.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import structlog

from turnkeeper.channels.base import ChannelAdapter
from turnkeeper.engine.answer import Bot
from turnkeeper.engine.calling import Calling
from turnkeeper.engine.clock import Clock
from turnkeeper.engine.due import SLOT, DueTimes
from turnkeeper.engine.erasing import Erasing
from turnkeeper.engine.lease import Heart, HeartThread, Lease
from turnkeeper.engine.media import FileKeeper
from turnkeeper.engine.outbox import Sender
from turnkeeper.engine.turns import TurnRunner
from turnkeeper.engine.uploads import Uploads
from turnkeeper.engine.wakeups import Wakeups
from turnkeeper.engine.watching import Watch
from turnkeeper.model.errors import Fenced, StoreUnavailable
from turnkeeper.model.ids import ConversationId, ConversationKey, WorkerId
from turnkeeper.rules.retry import Outage, outage
from turnkeeper.store.base import Claimed, ClaimedTurn, Store
from turnkeeper.store.runs import Run, Wake
from turnkeeper.store.workers import Beat

_log = structlog.get_logger("turnkeeper.worker")
CLAIM_LIMIT = 256
SAFETY_POLL = 1.0
LOOK_AGAIN = 0.05
"""Seconds: what the safety net finds to be due is often the first of many."""
TIMER_BATCH = 200
LAST_SENDS = 5.0
"""Seconds that bots and calls under way are given at a stop; after that a call's fate is unknown."""
_SUSPICION = 30


class Worker:
    """One event loop's share of the conversations.

    `make_heart_store`: a second store for the heart's own thread; without it the heart beats in this loop
    (simulations). `capacity`: conversations in hand at once. `files`: without it turns have none. `erasing`: is told
    when a turn is over of which nothing is kept.
    """

    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, ChannelAdapter[object]],
        bots: Mapping[str, Bot],
        client: Calling,
        wakeups: Wakeups,
        clock: Clock,
        *,
        lease: float = 3.0,
        capacity: int = 12_000,
        make_heart_store: Callable[[], Store] | None = None,
        rng: random.Random | None = None,
        name: Callable[[], str] | None = None,
        watch: Watch | None = None,
        files: FileKeeper | None = None,
        erasing: Erasing | None = None,
    ) -> None:
        self._store = store
        self._erasing = erasing
        self._watch = watch or Watch(clock)
        self._wakeups = wakeups
        self._clock = clock
        self._capacity = capacity
        self._lease = Lease(clock, lease, name) if name else Lease(clock, lease)
        rng = rng or random.Random()  # noqa: S311 - spreads retries, guards nothing
        uploads = None if files is None else Uploads(files)
        self._sender = Sender(store, adapters, client, self._lease, clock, rng, self._watch, uploads)
        self._runner = TurnRunner(
            store, adapters, bots, client, self._sender, clock, rng, self._give_up, self._watch, files
        )
        self._versions = {bot_id: bot.version for bot_id, bot in bots.items()}
        self._make_heart_store = make_heart_store
        self._heart: HeartThread | asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._runs: dict[ConversationKey, tuple[Run, asyncio.Task[None]]] = {}
        self._due = DueTimes()
        self._awake = asyncio.Event()
        self._claiming = False
        self._asking = False
        self._suspicion = 0
        self._found_due = math.inf
        self._stopping = False
        self._dispatching: asyncio.Task[None] | None = None
        self._over: Outage | None = None
        self._answered_at = self.ticked_at = clock.monotonic()

    @property
    def worker_id(self) -> WorkerId:
        """Who this worker is now."""
        return self._lease.worker_id

    @property
    def running(self) -> int:
        """Conversations in hand."""
        return len(self._runs)

    async def start(self) -> None:
        """Register, and begin to claim."""
        self._loop = asyncio.get_running_loop()
        await self._store.register(self._lease.worker_id, self._clock.now())
        await self._wakeups.start(self.woken)
        if self._make_heart_store is not None:
            self._heart = HeartThread(self._make_heart_store, self._lease, self, self._clock)
            self._heart.start()
        else:
            self._heart = asyncio.create_task(Heart(self._store, self._lease, self, self._clock).run())
        self._dispatching = asyncio.create_task(self._dispatch())

    def woken(self, wakes: Sequence[Wake]) -> None:
        """Conversations moved: claim what is due, stop what was lost."""
        for wake in wakes:
            if wake.fenced == self._lease.worker_id:
                key = ConversationKey(wake.workspace_id, ConversationId(wake.conversation_id))
                self._stop_run(key, before=wake.epoch)
            if wake.due_at is not None:
                self._push(wake.due_at)

    def _push(self, due_at: float) -> None:
        """Remember when something is due."""
        if due_at <= self._clock.now() or self._due.put(due_at):
            self._awake.set()

    def _stop_run(self, key: ConversationKey, before: int) -> None:
        held = self._runs.get(key)
        if held is not None and held[0].epoch < before:
            held[1].cancel()

    async def _dispatch(self) -> None:
        poll_at = self._clock.monotonic() + SAFETY_POLL
        while not self._stopping:
            self._awake.clear()
            self.ticked_at = self._clock.monotonic()
            try:
                full = await self._claim()
                if self._clock.monotonic() >= poll_at or self._clock.now() >= self._found_due:
                    poll_at = self._clock.monotonic() + SAFETY_POLL
                    if await self._poll():
                        full, poll_at = True, self._clock.monotonic()
            except StoreUnavailable as error:
                _log.warning("cannot claim", error=str(error))
                await self._pause()
                continue
            except Exception:  # noqa: BLE001 - a worker that claims no more would look alive for ever
                _log.exception("claiming ended with an error of our own")
                await self._pause()
                continue
            if not full:
                await self._sleep(poll_at)

    async def _pause(self) -> None:
        """After a claim that failed: what it may have claimed all the same is asked for at the next beat."""
        self._suspicion = 0
        await asyncio.sleep(SAFETY_POLL)

    async def _claim(self) -> bool:
        """Claim what is due; whether there may be more."""
        room = min(CLAIM_LIMIT, self._capacity - len(self._runs))
        if room <= 0:
            return False
        now = self._clock.now()
        self._due.drop(now)
        self._claiming = True
        try:
            if self._asking:
                return False
            asked_at = self._ask(now)
            with self._watch.asking("claim"):
                claimed = await self._store.claim(self._lease.worker_id, room, now, self._versions, self._over)
            self._answered_at = asked_at
            for item in claimed:
                self._begin(item, now)
        finally:
            self._claiming = False
        return len(claimed) >= room

    def _ask(self, now: float) -> float:
        """Before the store is asked: see whether it was away until now. The monotonic time."""
        asked_at = self._clock.monotonic()
        self._over = outage(silent=asked_at - self._answered_at, now=now) or self._over
        return asked_at

    async def _poll(self) -> bool:
        """The safety net: what no wake-up told of, and timers. Whether timers fired: then there may be more."""
        asked_at = self._ask(self._clock.now())
        due = await self._store.next_due()
        self._answered_at = asked_at
        now = self._clock.now()
        self._found_due = math.inf if due is None else max(due, now + LOOK_AGAIN)
        if due is None:
            return False
        if due > now:
            self._push(due)
            return False
        self._awake.set()
        fired = await self._store.fire_timers(now, TIMER_BATCH)
        self.woken(fired)
        return bool(fired)

    async def _sleep(self, until: float) -> None:
        """Until the next conversation is due, someone wakes us, or the safety poll."""
        wait = until - self._clock.monotonic()
        wait = min(wait, min(self._due.first, self._found_due) - self._clock.now())
        if wait <= 0 or self._awake.is_set() or self._loop is None:
            await asyncio.sleep(0)
            return
        timer = self._loop.call_later(max(wait, SLOT / 2), self._awake.set)
        await self._awake.wait()
        timer.cancel()

    def _begin(self, claimed: Claimed, asked_at: float) -> None:
        key = claimed.run.key
        self._stop_run(key, before=claimed.run.epoch)
        task = asyncio.create_task(self._run(claimed, asked_at))
        self._runs[key] = (claimed.run, task)
        task.add_done_callback(lambda _: self._ended(key, claimed.run))

    def _ended(self, key: ConversationKey, run: Run) -> None:
        held = self._runs.get(key)
        if held is not None and held[0] == run:
            del self._runs[key]
        if len(self._runs) == self._capacity - 1:
            self._awake.set()

    async def _run(self, claimed: Claimed, asked_at: float) -> None:
        try:
            if isinstance(claimed, ClaimedTurn):
                due = await self._runner.run(claimed, asked_at)
            else:
                due = await self._sender.send(claimed)
            if due is not None:
                self._push(due)
        except Fenced:
            _log.info("conversation was lost to someone else", conversation=claimed.run.key.id)
        except asyncio.CancelledError:
            _log.info("run was stopped", conversation=claimed.run.key.id)
        except Exception:  # noqa: BLE001 - the heartbeat lets the conversation go
            self._suspicion = 0
            _log.exception("run ended with an error of our own", conversation=claimed.run.key.id)
        else:
            if self._erasing is not None and claimed.channel.turns.erases:
                self._erasing.soon()

    def _give_up(self, run: Run) -> None:
        """A bot that cannot be stopped keeps its task, not the conversation: the next beat lets that go."""
        held = self._runs.get(run.key)
        if held is not None and held[0] == run:
            del self._runs[run.key]
            self._suspicion = 0
            _log.error("a turn that does not end was given up", conversation=run.key.id)

    def held(self) -> frozenset[ConversationKey] | None:
        """For the heart: told only while no claim's answer can be on its way; nothing is claimed meanwhile."""
        self._suspicion -= 1
        if self._suspicion > 0:
            return None
        self._asking = True  # first this, then the look: the dispatcher does it the other way round
        if self._claiming:
            self._asking = False
            return None
        self._suspicion = _SUSPICION
        return frozenset(self._runs)

    def reborn(self, worker_id: WorkerId) -> None:  # noqa: ARG002 - the lease has it
        """Declared dead: whatever ran belongs to others now."""
        self._from_heart(self._stop_all)

    def beaten(self, beat: Beat | None) -> None:
        """Claim again; what was freed is due."""
        asked, self._asking = self._asking, False
        if asked or (beat is not None and beat.released):
            self._from_heart(self._awake.set)

    def _from_heart(self, call: Callable[[], None]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)

    def _stop_all(self) -> None:
        for _, task in list(self._runs.values()):
            task.cancel()
        self._awake.set()

    async def drain(self, limit: float) -> int:
        """Stop claiming, finish what can be finished in `limit` seconds, hand the rest over; how many were."""
        self._stopping = True
        self._awake.set()
        if self._dispatching is not None:
            await asyncio.gather(self._dispatching, return_exceptions=True)
        self._runner.stop()
        runs = {task: run for run, task in self._runs.values()}
        if runs:
            await asyncio.wait(runs, timeout=limit)
        late = {task: run for task, run in runs.items() if not task.done()}
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=LAST_SENDS)
        if self._sender.under_way:
            await asyncio.wait(self._sender.under_way, timeout=LAST_SENDS)
        return await self._sign_off(list(late.values()))

    async def _sign_off(self, late: Sequence[Run]) -> int:
        """Handing over on purpose does not count as a crash of the turn."""
        handed_over = 0
        try:
            for run in late:
                with suppress(Fenced):
                    await self._store.release(run, self._clock.now())
                    handed_over += 1
            await self._stop_heart()  # a beat after it would find the worker gone, and make another
            handed_over += await self._store.retire(self._lease.worker_id, self._clock.now())
        except StoreUnavailable as error:
            _log.warning("could not sign off; others take over when the lease ends", error=str(error))
        await self._stop_heart()
        await self._wakeups.close()
        return handed_over

    async def _stop_heart(self) -> None:
        if isinstance(self._heart, HeartThread):
            await self._heart.stop()
        elif self._heart is not None:
            self._heart.cancel()
            await asyncio.gather(self._heart, return_exceptions=True)
        self._heart = None

    def kill(self) -> None:
        """End without a word, as `kill -9` does (simulations)."""
        self._stopping = True
        self._runner.stop()
        tasks = [self._dispatching, self._heart if isinstance(self._heart, asyncio.Task) else None]
        for task in [*tasks, *(task for _, task in self._runs.values()), *self._sender.under_way]:
            if task is not None:
                task.cancel()
