"""From a webhook's first byte to the event that tells an open console of it, on a running server.

Real processes and real HTTP; client and reader share this process and its monotonic clock; one message at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from time import perf_counter

import uvloop

from benchmarks import traffic
from benchmarks.adding import OURS
from benchmarks.report import Line, at_most, missing, percentile
from benchmarks.servers import Missing, Places, turnkeeper

_TOKEN = "a-token-of-the-benchmark-that-is-long-enough"
_MORE = f'[api_tokens.console]\ntoken = "{_TOKEN}"\nscopes = ["read"]\n'
_PEOPLE = 50
_PAUSE = 0.3
_PATIENCE = 20.0
_WARM = 5


def run(places: Places, *, quick: bool) -> Iterator[Line]:
    """Every line of this benchmark."""
    messages = 40 if quick else 200
    for kind, label in OURS.items():
        try:
            database = places.database(kind)
        except Missing as gone:
            yield missing("live", label, str(gone))
            continue
        waits = sorted(uvloop.run(_measure(places, database, messages)))
        for name, share, goal in (("p50", 0.5, 300.0), ("p95", 0.95, 500.0)):
            yield at_most("live", f"{label}, {name}", percentile(waits, share) * 1000, goal, "ms")


async def _measure(places: Places, database: str, messages: int) -> list[float]:
    starting = turnkeeper(places.folder, database, window=60.0, more=_MORE)
    served = await asyncio.to_thread(starting.__enter__)
    try:
        following, asking = await asyncio.open_connection("127.0.0.1", served.port)
        asking.write(
            b"GET /api/v1/live HTTP/1.1\r\nHost: bot.example.com\r\nAuthorization: Bearer %s\r\n\r\n" % _TOKEN.encode()
        )
        async with asyncio.timeout(_PATIENCE):
            await following.readuntil(b"event: hello")
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        waits: list[float] = []
        for request in traffic.requests(messages + _WARM, _PEOPLE):
            number = request.rpartition(b"order number ")[2][:9]
            began = perf_counter()
            writer.write(request)
            await reader.readuntil(b"OK")
            async with asyncio.timeout(_PATIENCE):
                await following.readuntil(b"order number " + number)
            waits.append(perf_counter() - began)
            await asyncio.sleep(_PAUSE)
        for each in (writer, asking):
            each.close()
        return waits[_WARM:]
    finally:
        starting.__exit__(None, None, None)
