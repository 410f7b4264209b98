"""Flows that begin by the clock: when a time of theirs comes, each contact with the tag gets a timer.

One worker of all machines looks. Contacts are gone through in pages; how far it is, is kept with the timers that were
set, so whoever takes over goes on there, and nobody gets two. Of several times that have come the newest counts, and
none that is more than an hour old. Everybody's own time is looked up each hour, for the hour that begins. A timer is as
any other: it spares the quiet hours, and is dropped after a STOP and when it comes too late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Final, Protocol

import msgspec
import structlog
from msgspec.structs import replace

from turnkeeper.engine.clock import Clock
from turnkeeper.engine.flows import Shelf
from turnkeeper.engine.local_time import FACT, zone_named, zone_of
from turnkeeper.engine.solely import while_ours
from turnkeeper.flows import schedules
from turnkeeper.flows.nodes.start import Trigger
from turnkeeper.flows.schedules import HOUR, BadSchedule
from turnkeeper.flows.state import FlowState
from turnkeeper.flows.triggers import triggers_of
from turnkeeper.model.conversation import TimerRow
from turnkeeper.model.errors import StoreError
from turnkeeper.model.events import Inbound
from turnkeeper.model.flows import SCHEDULE, TAGS, Schedule, ScheduleKey, Tagged
from turnkeeper.model.ids import BotId, ChannelId, WorkspaceId
from turnkeeper.model.policy import Channel
from turnkeeper.rules.quiet_hours import next_allowed
from turnkeeper.store.schedules import ScheduleRecords
from turnkeeper.store.workers import Sole

_log = structlog.get_logger("turnkeeper.flows")
TASK: Final = "schedules"
EVERY: Final = 10.0
"""Seconds between two looks for flows that have other times now."""
LATE: Final = 3600.0
"""Seconds after which a time is over."""
PAGE: Final = 500
"""Contacts that are looked at in one go."""
PAUSE: Final = 0.2
"""Seconds between two pages: others want the database too."""
_TRY_EVERY: Final = 10.0

Home = tuple[WorkspaceId, BotId]


class ScheduleStore(ScheduleRecords, Protocol):
    """What this needs of the store."""

    async def sole(self, task: str) -> Sole | None:
        """Be the only process that does a task."""


class Schedules:
    """The times of all flows of bots on some channels. `shelf`: where the flows come from."""

    def __init__(
        self,
        store: ScheduleStore,
        shelf: Shelf,
        channels: Iterable[Channel],
        clock: Clock,
        *,
        every: float = EVERY,
        pause: float = PAUSE,
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._channels = {(each.workspace_id, each.id): each for each in channels if each.elsewhere is None}
        self._homes: dict[Home, Channel] = {}
        for channel in self._channels.values():
            self._homes.setdefault((channel.workspace_id, channel.bot_id), channel)
        self._clock = clock
        self._every = every
        self._pause = pause
        self._wanted: dict[Home, tuple[Mapping[str, int], frozenset[ScheduleKey]]] = {}

    async def run(self) -> None:
        """Look for ever, whenever it is this process's task."""
        while self._homes:
            try:
                sole = await self._store.sole(TASK)
                if sole is not None:
                    await while_ours(sole, self._looking())
            except StoreError as error:
                _log.warning("cannot look for times", error=str(error))
            except Exception:  # noqa: BLE001 - whoever looks no more would leave every flow unbegun
                _log.exception("looking for times ended with an error of our own")
            await asyncio.sleep(_TRY_EVERY)

    async def _looking(self) -> None:
        while True:
            next_at = await self.look()
            await asyncio.sleep(max(0.0, min(self._every, next_at - self._clock.now())))

    async def look(self) -> float:
        """Do what is due; when the next time comes, or when to look again. Raises StoreError.

        Of a bot without flows nothing is known: they may not have been read yet. A time that nobody wants any more is
        forgotten when it comes."""
        there = [home for home in self._homes if self._shelf.now(*home)]
        wanted = {key for home in there for key in await self.wanted(home)}
        kept = {each.key: each for each in await self._store.schedules() if each.key[:2] in there}
        now = self._clock.now()
        for key in sorted(key for key in kept.keys() - wanted if kept[key].due_at <= now):
            await self._store.drop_schedule(key)
        for key in sorted(wanted - kept.keys()):
            kept[key] = Schedule(*key, due_at=self.next_after(key, now))
            await self._store.add_schedule(kept[key])
        next_at = now + self._every
        for key in sorted(wanted):
            due_at = kept[key].due_at
            next_at = min(next_at, await self._come(kept[key]) if due_at <= now else due_at)
        return next_at

    async def wanted(self, home: Home) -> frozenset[ScheduleKey]:
        """The times of a bot's published flows; those that cannot be read are left out, said in the log."""
        versions = self._shelf.now(*home)
        known = self._wanted.get(home)
        if known is not None and known[0] == versions:
            return known[1]
        opened = await self._shelf.open(*home, versions, FlowState())
        found = frozenset(
            ScheduleKey(*home, name, each.cron, each.tag, each.local)
            for name, flow in opened.published.items()
            for each in _schedules(name, triggers_of(flow))
        )
        self._wanted[home] = (versions, found)
        return found

    def next_after(self, key: ScheduleKey, at: float) -> float:
        """When contacts are gone through for it next."""
        if key.local:
            return schedules.next_hour(key.cron, at)
        return schedules.next_after(key.cron, at, self.zone(key))

    def zone(self, key: ScheduleKey) -> tzinfo:
        """The bot's."""
        return zone_named(self._homes[key.workspace_id, key.bot_id].turns.quiet_hours.time_zone) or UTC

    async def _come(self, kept: Schedule) -> float:
        """A time has come; when the next one does."""
        now = self._clock.now()
        counts = self._counts(kept, now)
        if counts != kept.due_at:
            told = {"bot": kept.bot_id, "flow": kept.flow, "cron": kept.cron, "due_at": kept.due_at}
            _log.warning("a time of a flow is over: it came too late", **told)
        if counts is not None:
            return await self._go_through(kept, kept if counts == kept.due_at else _moved(kept, counts))
        after = _moved(kept, self.next_after(kept.key, now))
        await self._store.move_schedule(kept, after, ())
        return after.due_at

    def _counts(self, kept: Schedule, now: float) -> float | None:
        """Which time counts of those that have come since; None: none any more."""
        if kept.local:
            return max(kept.due_at, (now - LATE) // HOUR * HOUR)
        newest = schedules.newest(kept.cron, max(kept.due_at, now - LATE), now, self.zone(kept.key))
        return newest if newest is not None else kept.due_at if now - kept.due_at <= LATE else None

    async def _go_through(self, kept: Schedule, at: Schedule) -> float:
        """All pages from where it is; when the next time comes. Another worker that does the same ends it."""
        count = 0
        while True:
            page = await self._store.tagged(at.workspace_id, at.bot_id, at.tag, at.reached, PAGE)
            timers = [timer for each in page.contacts for timer in self._timers(at, each)]
            count += len(timers)
            next_at = at.due_at if page.last else self.next_after(at.key, at.due_at)
            after = replace(at, due_at=next_at, reached=page.last)
            if not await self._store.move_schedule(kept, after, timers):
                return self._clock.now()
            if not page.last:
                if count or not at.local:
                    _log.info("a time of a flow has come", bot=at.bot_id, flow=at.flow, cron=at.cron, contacts=count)
                return next_at
            kept = at = after
            await asyncio.sleep(self._pause)

    async def comes_to(self, known: Mapping[str, object], addresses: Sequence[str]) -> float | None:
        """When something begins next for somebody of whom this is known; None: nothing does."""
        tags = known.get(TAGS)
        times = [
            schedules.next_after(
                key.cron, self._clock.now(), zone_of(known, addresses, str(zone)) if key.local else zone
            )
            for home in self._homes
            for key in await self.wanted(home)
            for zone in (self.zone(key),)
            if isinstance(tags, list) and key.tag in tags
        ]
        return min(times, default=None)

    async def count(self, key: ScheduleKey) -> int:
        """For how many contacts it is now. Raises StoreError."""
        count, after = 0, ""
        while True:
            page = await self._store.tagged(key.workspace_id, key.bot_id, key.tag, after, PAGE)
            count += sum(self._channel(key, each) is not None for each in page.contacts)
            if not page.last:
                return count
            after = page.last

    def _channel(self, key: ScheduleKey, contact: Tagged) -> Channel | None:
        """Where a contact is told. Nobody is after a STOP, and another bot may have the channel now."""
        channel = self._channels.get((key.workspace_id, contact.channel_id))
        return channel if channel is not None and channel.bot_id == key.bot_id and not contact.opted_out else None

    def _timers(self, schedule: Schedule, contact: Tagged) -> Iterator[TimerRow]:
        """Of one contact."""
        channel = self._channel(schedule.key, contact)
        if channel is None:
            return
        hours, addresses = channel.turns.quiet_hours, contact.addresses.split("\n")
        zone = zone_of({FACT: _told(contact.time_zone)}, addresses, hours.time_zone)
        times = [schedule.due_at]
        if schedule.local:
            times = schedules.times_in_hour(schedule.cron, schedule.due_at, zone)
        for at in dict.fromkeys(next_allowed(each, hours, zone) for each in times):
            if at + LATE > self._clock.now():
                yield timer_of(schedule.key, contact, at)


def _moved(schedule: Schedule, due_at: float) -> Schedule:
    return replace(schedule, due_at=due_at, reached="")


def timer_of(key: ScheduleKey, contact: Tagged, at: float) -> TimerRow:
    """The timer of a contact. Times that were put off to the same morning are one."""
    known_as = f"{SCHEDULE}{key.flow} {key.cron} {key.tag} {at:.0f}"
    name = f"{SCHEDULE}{key.flow}"
    event = Inbound(
        kind="timer",
        addresses=tuple(contact.addresses.split("\n")),
        dedup_key=f"timer:{contact.conversation_id}:{known_as}",
        details={
            "name": name,
            "data": {"cron": key.cron, "tag": key.tag},
            "due_at": at,
            "too_late_at": at + LATE,
        },
    )
    return TimerRow(
        key.workspace_id,
        contact.conversation_id,
        known_as,
        ChannelId(contact.channel_id),
        at,
        follow_up=False,
        body=msgspec.json.encode(event),
        name=name,
        too_late_at=at + LATE,
    )


def _schedules(flow: str, triggers: Sequence[Trigger]) -> Iterator[Trigger]:
    for trigger in triggers:
        if trigger.kind != "schedule":
            continue
        try:
            schedules.next_after(trigger.cron, 0.0, UTC)
            if not trigger.tag:
                raise BadSchedule("it names no tag")
        except BadSchedule as error:
            _log.warning("a time of a flow cannot be read", flow=flow, why=str(error))
        else:
            yield trigger


def _told(fact: bytes | None) -> object:
    try:
        return None if fact is None else msgspec.json.decode(fact)
    except msgspec.DecodeError:
        return None
