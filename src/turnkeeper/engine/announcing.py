"""Telling others what happened here: each subscription on its own, several conversations at a time, each in order.

What is told is at hand durably; whoever is told it twice (a worker died before it could note the answer) knows it by
its id. A subscriber that is slow or away delays nobody but itself.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal, NamedTuple, Protocol

import msgspec
import structlog

from turnkeeper.engine.clock import Clock
from turnkeeper.engine.figures import Figures
from turnkeeper.model.errors import StoreError
from turnkeeper.model.subscriptions import Announcement, Subscription
from turnkeeper.rules.announcing import again_at
from turnkeeper.store.announcements import AnnouncementRecords, Settled
from turnkeeper.store.base import Store
from turnkeeper.store.lines import Line

_log = structlog.get_logger("turnkeeper.announcing")
EVERY = 0.5
"""Seconds between two looks for what nobody told of."""
LEASE = 30.0
"""Seconds after which another worker tells what this one took and has not settled; longer than any try."""
LONGEST_TRY = 20.0
AT_ONCE = 16
"""Conversations of one subscription that are told of at a time."""
KEPT = 8 * 86_400.0
"""Seconds for which it is known what was told."""
_FORGET_EVERY = 600.0
_FORGET_BATCH = 500
_LINES = 6
_AFTER_ERROR = 1.0


class Told(NamedTuple):
    """What came of telling: `later` may work at another time, `refused` is never told again; `reason` for people."""

    outcome: Literal["sent", "later", "refused"]
    reason: str = ""


class Notice(NamedTuple):
    """What is told: `id` is the same for every try; `payload` is the whole of it, as JSON has it."""

    id: str
    event: str
    payload: Mapping[str, Any]


class Teller(Protocol):
    """A way to tell somebody."""

    async def tell(self, notice: Notice) -> Told:
        """Tell it. Whatever it raises counts as `later`."""


class Announcing:
    """Tells subscribers. `tellers`: each with its way; `public_url`: where people find the conversations."""

    def __init__(
        self,
        store: Store,
        tellers: Sequence[tuple[Subscription, Teller]],
        clock: Clock,
        *,
        public_url: str = "",
        figures: Figures | None = None,
        rng: random.Random | None = None,
        lease: float = LEASE,
        every: float = EVERY,
    ) -> None:
        self._store = store
        self._tellers = tellers
        self._clock = clock
        self._public_url = public_url.rstrip("/")
        self._figures = figures
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._lease = lease
        self._every = every

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for subscription, teller in self._tellers:
                group.create_task(self._serve(subscription, teller))
            if self._tellers:
                group.create_task(forget_old(self._store, self._clock))

    async def _serve(self, subscription: Subscription, teller: Teller) -> None:
        """Whatever goes wrong here, it goes on."""
        under_way: set[asyncio.Task[None]] = set()
        settled = asyncio.Event()

        def over(task: asyncio.Task[None]) -> None:
            under_way.discard(task)
            settled.set()

        try:
            while True:
                settled.clear()
                try:
                    for each in await self._due(subscription, AT_ONCE - len(under_way)):
                        task = asyncio.create_task(self._tell(subscription, teller, each))
                        under_way.add(task)
                        task.add_done_callback(over)
                except StoreError as error:
                    _log.warning("cannot look for what is to be told", subscription=subscription.name, error=str(error))
                    await asyncio.sleep(_AFTER_ERROR)
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._every):
                        await settled.wait()
        finally:
            for task in under_way:
                task.cancel()

    async def _due(self, subscription: Subscription, room: int) -> list[Announcement]:
        """What is due, taken; a look that finds nothing writes nothing."""
        now = self._clock.now()
        mine = (subscription.workspace_id, subscription.name)
        due = await self._store.next_announcement(*mine) if room > 0 else None
        if due is None or due > now:
            return []
        return await self._store.take_announcements(*mine, now, now + self._lease, room)

    async def _tell(self, subscription: Subscription, teller: Teller, announcement: Announcement) -> None:
        try:
            async with asyncio.timeout(LONGEST_TRY):
                notice = await self._notice(subscription, announcement)
                told = await teller.tell(notice)
        except TimeoutError:
            told = Told("later", f"not done within {LONGEST_TRY:g} s")
        except Exception as error:  # noqa: BLE001 - one that cannot be told must not end the others
            _log.exception("telling failed", subscription=subscription.name, event_name=announcement.event)
            told = Told("later", type(error).__name__)
        with suppress(StoreError):  # else it is told again once the lease is over
            await self._settle(subscription, announcement, told)

    async def _settle(self, subscription: Subscription, announcement: Announcement, told: Told) -> None:
        now = self._clock.now()
        reason = told.reason or None
        again = None
        if told.outcome == "later":
            jitter = self._rng.random()
            again = again_at(created_at=announcement.created_at, tries=announcement.tries, now=now, jitter=jitter)
        state: Literal["waiting", "sent", "failed"] = "sent" if told.outcome == "sent" else "failed"
        if again is None and state == "failed":
            _log.error("not told", subscription=subscription.name, event_name=announcement.event, reason=reason)
        outcome = "later" if again is not None else state
        if self._figures is not None:
            self._figures.announced(subscription.name, outcome)
        await self._store.settle_announcement(
            Settled(announcement, "waiting" if again is not None else state, now, again, reason)
        )

    async def _notice(self, subscription: Subscription, announcement: Announcement) -> Notice:
        id_ = f"{announcement.workspace_id}-{announcement.seq}"
        kept = msgspec.json.decode(announcement.body)
        payload: dict[str, Any] = {
            "id": id_,
            "event": announcement.event,
            "at": round(announcement.created_at, 3),
            "workspace": announcement.workspace_id,
            "conversation": announcement.conversation_id,
            **kept,
        }
        if announcement.event == "conversation.escalated":
            data = payload["data"] = dict(payload["data"])
            if subscription.texts:
                data["lines"] = [_line(each) for each in await self._store.history(announcement.key, _LINES)]
            if self._public_url:
                data["url"] = f"{self._public_url}/conversations/{announcement.conversation_id}"
        return Notice(id_, announcement.event, payload)


async def forget_old(store: AnnouncementRecords, clock: Clock) -> None:
    """Forget what was told long ago, and what nobody wants to know any more."""
    while True:
        forgotten = 0
        with suppress(StoreError):
            forgotten = await store.forget_announcements(clock.now() - KEPT, _FORGET_BATCH)
        await asyncio.sleep(_AFTER_ERROR if forgotten >= _FORGET_BATCH else _FORGET_EVERY)


def _line(line: Line) -> dict[str, str]:
    return {"role": line.role, "text": line.text}
