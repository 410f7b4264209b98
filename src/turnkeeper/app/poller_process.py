"""The polling process: asks providers that cannot reach us for events. It runs no turn, and a bot cannot delay it.

It is there only where a channel asks. Of several machines' one at a time asks for a channel; the others stand by.
"""

import asyncio
from pathlib import Path

from turnkeeper import app
from turnkeeper.app.configuration import follow
from turnkeeper.app.line import Line
from turnkeeper.app.telemetry import Telemetry
from turnkeeper.config import Settings
from turnkeeper.engine.clock import SystemClock
from turnkeeper.engine.feeding import note_changes
from turnkeeper.engine.http import Client
from turnkeeper.engine.patience import until_stored
from turnkeeper.engine.polling import Asked, Poller
from turnkeeper.engine.wakeups import Wakeups
from turnkeeper.store.base import Store


async def run_poller(settings: Settings, line: Line, runtime: Path, name: str, telemetry: Telemetry) -> None:
    """Ask until SIGTERM. What was not kept by then is told again after the next start."""
    store = app.open_store(settings.database_url, settings.directory())
    clock = SystemClock()
    client = Client()
    wakeups = app.open_wakeups(store, runtime, name)
    line.ready()
    tick = asyncio.create_task(line.tick())
    polling = asyncio.create_task(_poll(settings, store, client, wakeups, clock, telemetry))
    watching = asyncio.create_task(follow(settings, store, line))
    await asyncio.wait({polling, stopped := asyncio.create_task(line.stopped())}, return_when=asyncio.FIRST_COMPLETED)
    for task in (polling, watching, tick, stopped):
        task.cancel()
    ended = await asyncio.gather(polling, watching, tick, stopped, return_exceptions=True)
    await wakeups.close()
    await client.close()
    await store.close()
    if isinstance(ended[0], Exception):
        raise ended[0]


async def _poll(
    settings: Settings, store: Store, client: Client, wakeups: Wakeups, clock: SystemClock, telemetry: Telemetry
) -> None:
    await until_stored(store.open, clock)
    await wakeups.start(None)
    pollers = [
        Poller(
            Asked(each.channel, app.adapter(each.channel.kind), each.account_ids),
            store,
            client,
            wakeups,
            clock,
            telemetry.spans,
        )
        for each in settings.polled
    ]
    await asyncio.gather(note_changes(store, clock), *(poller.run() for poller in pollers))
