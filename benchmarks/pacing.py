"""Whether a number's limit holds: a thousand answers wait, and two worker processes send them.

Real processes and real HTTP; what counts is when the calls arrive at the provider, on one clock. The answers wait
because the channel is stopped until all of them lie there: how fast turns are taken is measured elsewhere.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import uvloop

from benchmarks import traffic
from benchmarks.loopback import provider
from benchmarks.ours_in_process import CHANNEL, OneChannel
from benchmarks.report import Line, at_least, at_most, missing
from benchmarks.servers import Missing, Places, turnkeeper
from turnkeeper import app
from turnkeeper.store.base import Store

OURS = {"sqlite": "SQLite FULL", "postgres": "PostgreSQL"}
_LIMIT = 80.0
"""Messages a second, the default of `throughput`."""
_WORKERS = 2
_CONNECTIONS = 8
_PATIENCE = 20.0


def run(places: Places, *, quick: bool) -> Iterator[Line]:
    """Every line of this benchmark."""
    people = 400 if quick else 1_000
    for kind, label in OURS.items():
        try:
            database = places.database(kind)
        except Missing as gone:
            yield missing("pacing", label, str(gone))
            continue
        came = uvloop.run(_measure(places, database, people))
        mean = (len(came) - 1) / (came[-1] - came[0])
        yield at_least("pacing", f"{label}, {people:,} sends, on average", mean, _LIMIT * 0.95, f"{mean:.1f}/s")
        yield at_most("pacing", f"{label}, the worst second", _worst(came), _LIMIT * 1.05)


def _worst(came: list[float]) -> float:
    """The most that any window of one second holds."""
    return float(max(bisect_left(came, at + 1.0) - place for place, at in enumerate(came)))


async def _measure(places: Places, database: str, people: int) -> list[float]:
    """When each answer came, in order."""
    async with provider() as (base, arrived), _store(database) as store:
        starting = turnkeeper(places.folder, database, window=0.0, api_base=base, workers=_WORKERS)
        served = await asyncio.to_thread(starting.__enter__)
        try:
            await store.pause_channel(CHANNEL.workspace_id, CHANNEL.id, "the backlog is being made", time.time())
            said_at = int(time.time())
            requests = [traffic.request(traffic.body(n, n, said_at)) for n in range(people)]
            await asyncio.gather(*(_write(served.port, requests[n::_CONNECTIONS]) for n in range(_CONNECTIONS)))
            async with asyncio.timeout(_PATIENCE):
                while (await store.ledger()).states["running"] < people or await store.next_due() is not None:  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
            await asyncio.sleep(1.0)
            await store.resume_channel(CHANNEL.workspace_id, CHANNEL.id, time.time())
            async with asyncio.timeout(people / _LIMIT + _PATIENCE):
                found = [await arrived.get() for _ in range(people)]
        finally:
            starting.__exit__(None, None, None)
    if len({person for _, person in found}) != people:
        raise RuntimeError("somebody got two answers, and somebody none")
    return sorted(at for at, _ in found)


@asynccontextmanager
async def _store(database: str) -> AsyncIterator[Store]:
    """Another process's view of the store."""
    store = app.open_store(database, OneChannel())
    await store.open()
    await store.migrate()
    try:
        yield store
    finally:
        await store.close()


async def _write(port: int, requests: list[bytes]) -> None:
    """One webhook after the other, each once the one before is acknowledged."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        writer.write(request)
        await reader.readuntil(b"OK")
    writer.close()
