"""What answers in a worker: its bots, and what they ask and are told with."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from turnkeeper import app
from turnkeeper.app import payments
from turnkeeper.app.models import opened
from turnkeeper.app.prompts import open_prompts
from turnkeeper.app.voice import Transcribers
from turnkeeper.config.flows import FlowKeys

if TYPE_CHECKING:
    from turnkeeper.app.flow_library import FollowedFlows
    from turnkeeper.app.models import Minds
    from turnkeeper.bots.paying import Paying
    from turnkeeper.config import BotSettings, Settings
    from turnkeeper.engine.answer import Bot
    from turnkeeper.engine.clock import SystemClock
    from turnkeeper.engine.http import Client
    from turnkeeper.engine.payments import Merchant
    from turnkeeper.engine.prompts import Prompts
    from turnkeeper.engine.scheduling import Schedules
    from turnkeeper.engine.watching import Watch
    from turnkeeper.store.base import Store


@dataclass(frozen=True, slots=True)
class Answering:
    """The bots, and what they answer with; `prompts` and `flows` follow what is published while they do."""

    prompts: Prompts
    flows: FollowedFlows | None
    minds: Minds
    transcribers: Transcribers
    merchants: Mapping[str, Merchant]
    bots: Mapping[str, Bot]
    paying: Callable[[BotSettings], Paying | None]

    @classmethod
    def opened(cls, settings: Settings, store: Store, client: Client, clock: SystemClock, watch: Watch) -> Answering:
        """Raises ConfigurationError for a bot that cannot be made."""
        prompts = open_prompts(settings, store)
        flows = _flows(settings, store, clock)
        minds = opened(settings, clock, prompts, store, watch)
        transcribers = Transcribers(settings, clock.now, client, watch=watch)
        merchants = payments.merchants(settings)
        paying = payments.paying(merchants, settings, client)
        shelf = flows.shelf if flows is not None else None
        bots = app.load_bots(settings, client, minds, transcribers.of, paying, shelf)
        return cls(prompts, flows, minds, transcribers, merchants, bots, paying)

    async def look(self) -> None:
        """Know what is published before the first turn."""
        await self.prompts.look()
        if self.flows is not None:
            await self.flows.look()

    def upkeep(self, settings: Settings, store: Store, clock: SystemClock) -> Iterator[Coroutine[Any, Any, None]]:
        """What goes on beside the turns."""
        yield self.minds.load()
        yield self.prompts.run()
        if self.flows is not None:
            yield self.flows.run()
            yield _schedules(settings, store, self.flows, clock).run()


def _flows(settings: Settings, store: Store, clock: SystemClock) -> FollowedFlows | None:
    """What bots that are flows go by; None where there is none, which imports nothing of it."""
    if not any(isinstance(bot.keys, FlowKeys) for bot in settings.bots.values()):
        return None
    from turnkeeper.app.flow_library import FollowedFlows

    return FollowedFlows(settings, store, clock)


def _schedules(settings: Settings, store: Store, flows: FollowedFlows, clock: SystemClock) -> Schedules:
    from turnkeeper.engine.scheduling import Schedules

    drawn = [each for each in settings.channels_here if isinstance(settings.bots[each.bot_id].keys, FlowKeys)]
    return Schedules(store, flows.shelf, drawn, clock)
