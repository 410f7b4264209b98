"""What a bot's flows begin by the clock, as the command line shows it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from turnkeeper.app.database import existing
from turnkeeper.app.flow_library import FlowFiles
from turnkeeper.app.people import NotThere
from turnkeeper.config.errors import nearest
from turnkeeper.config.flows import FlowKeys
from turnkeeper.engine.clock import SystemClock
from turnkeeper.engine.flows import FixedShelf
from turnkeeper.engine.scheduling import Home, Schedules
from turnkeeper.flows.reading import FlowUnreadable, read
from turnkeeper.flows.schedules import next_after
from turnkeeper.model.flows import ScheduleKey

if TYPE_CHECKING:
    from collections.abc import Collection

    from turnkeeper.config import Settings
    from turnkeeper.flows.model import Flow
    from turnkeeper.store.base import Store


class Coming(NamedTuple):
    """What comes next: `at` by the clock of `zone`, the bot's; `contacts`: for how many now."""

    key: ScheduleKey
    at: float
    zone: str
    contacts: int

    def as_words(self) -> dict[str, Any]:
        """For JSON."""
        told = {name: value for name, value in self.key._asdict().items() if name not in ("workspace_id", "bot_id")}
        return {**told, "next_at": self.at, "time_zone": self.zone, "contacts": self.contacts}


async def coming(settings: Settings, workspace: str, bot: str) -> list[Coming]:
    """The next first. Raises NotThere, ConfigurationError, StoreError."""
    known = [str(each.id) for each in settings.bots.values() if isinstance(each.keys, FlowKeys)]
    if bot not in known:
        raise NotThere(f"there is no bot {bot!r} that is flows. {nearest(bot, known)}")
    channels = [each for each in settings.channels_here if (each.workspace_id, each.bot_id) == (workspace, bot)]
    if not channels:
        raise NotThere(f"bot {bot} has no channel here: nobody can be written to")
    home, clock = (channels[0].workspace_id, channels[0].bot_id), SystemClock()
    async with existing(settings) as store:
        names = FlowFiles(settings, store, clock).chosen()[channels[0].bot_id].names
        times = Schedules(store, FixedShelf(await _published(store, home, names)), channels, clock)
        found = []
        for key in await times.wanted(home):
            zone = times.zone(key)
            at = next_after(key.cron, clock.now(), zone)
            found.append(Coming(key, at, str(zone), await times.count(key)))
    return sorted(found, key=lambda each: (each.at, each.key))


async def _published(store: Store, home: Home, names: Collection[str] | None) -> list[Flow]:
    """What of a bot is published; `names`: those of its files. What cannot be read is left out."""
    found: list[Flow] = []
    for head in await store.published_flows():
        if head.key[:2] != home or head.published is None or (names is not None and head.name not in names):
            continue
        kept = await store.flow_version(head.key, head.published)
        with suppress(FlowUnreadable):
            found += [] if kept is None else [read(kept.document, version=kept.version)]
    return found
