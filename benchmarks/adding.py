"""What a turn costs beyond the window and the model: from the webhook's first byte to the provider's.

Real processes and real HTTP on an idle server, window 0, a bot that answers at once. Client and provider share
this process and its monotonic clock; one message at a time, with a pause between two.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from time import perf_counter

import uvloop

from benchmarks import traffic
from benchmarks.loopback import provider
from benchmarks.report import Line, at_most, missing, percentile, told
from benchmarks.servers import Missing, Places, turnkeeper

OURS = {"sqlite": "SQLite FULL", "postgres": "PostgreSQL"}
_PEOPLE = 50
_PAUSE = 0.02
_PATIENCE = 10.0
_WARM = 20


def run(places: Places, *, quick: bool) -> Iterator[Line]:
    """Every line of this benchmark."""
    messages = 60 if quick else 300
    for kind, label in OURS.items():
        try:
            database = places.database(kind)
        except Missing as gone:
            yield missing("added", label, str(gone))
            continue
        waits = sorted(uvloop.run(_measure(places, database, messages)))
        for name, share, goal in (("p50", 0.5, 10.0), ("p99", 0.99, 30.0)):
            value = percentile(waits, share) * 1000
            if kind == "sqlite":
                yield at_most("added", f"{label}, {name}", value, goal, "ms")
            else:
                yield told("added", f"{label}, {name}", f"{value:.3g} ms", milliseconds=value)


async def _measure(places: Places, database: str, messages: int) -> list[float]:
    async with provider() as (base, arrived):
        starting = turnkeeper(places.folder, database, window=0.0, api_base=base)
        served = await asyncio.to_thread(starting.__enter__)
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            waits: list[float] = []
            for request in traffic.requests(messages + _WARM, _PEOPLE):
                began = perf_counter()
                writer.write(request)
                await reader.readuntil(b"OK")
                async with asyncio.timeout(_PATIENCE):
                    came_at, _ = await arrived.get()
                waits.append(came_at - began)
                await asyncio.sleep(_PAUSE)
            writer.close()
            return waits[_WARM:]
        finally:
            starting.__exit__(None, None, None)
