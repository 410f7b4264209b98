"""The process that follows the folders of documents. It runs no turn; the files are read by a child of its own.

It is there only where a base has a folder or vectors. Of several machines' one at a time follows a base.
"""

import asyncio

from turnkeeper import app
from turnkeeper.app.configuration import follow
from turnkeeper.app.library import Providers, shelves
from turnkeeper.app.line import Line
from turnkeeper.config import Settings
from turnkeeper.engine.clock import SystemClock
from turnkeeper.engine.patience import until_stored
from turnkeeper.engine.shelving import Librarian
from turnkeeper.knowledge.apart import ReaderProcess
from turnkeeper.store.base import Store


async def run_librarian(settings: Settings, line: Line) -> None:
    """Follow the folders until SIGTERM. What was not kept by then is read after the next start."""
    store = app.open_store(settings.database_url, settings.directory())
    line.ready()
    tick = asyncio.create_task(line.tick())
    following = asyncio.create_task(_follow(settings, store))
    watching = asyncio.create_task(follow(settings, store, line))
    await asyncio.wait({following, stopped := asyncio.create_task(line.stopped())}, return_when=asyncio.FIRST_COMPLETED)
    for task in (following, watching, tick, stopped):
        task.cancel()
    ended = await asyncio.gather(following, watching, tick, stopped, return_exceptions=True)
    await store.close()
    if isinstance(ended[0], Exception):
        raise ended[0]


async def _follow(settings: Settings, store: Store) -> None:
    clock = SystemClock()
    await until_stored(store.open, clock)
    reader, providers = ReaderProcess(), Providers(settings)
    found = shelves(settings, providers.find)
    try:
        await asyncio.gather(*(Librarian(store, reader, shelf, clock).run() for shelf in found))
    finally:
        await reader.close()
        await providers.close()
