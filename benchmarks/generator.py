"""The load: prepared requests over connections that stay open, in a process of its own.

    python -m benchmarks.generator FILE LENGTH FIRST PORT CONCURRENCY SECONDS

Prints JSON: answered, seconds, statuses, and the latencies' percentiles in milliseconds. Nothing but bytes is
handled on the way: requests are slices of a file, and answers are looked at only as far as their status.
"""

from __future__ import annotations

import asyncio
import json
import mmap
import sys
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import cast

import uvloop

from benchmarks.report import percentile


class Load:
    """What all connections share: the requests that are left, and what was measured."""

    def __init__(self, data: mmap.mmap, length: int, first: int) -> None:
        self._data = data
        self._length = length
        self._next = first * length
        self.latencies: list[float] = []
        self.statuses: Counter[bytes] = Counter()
        self.stop_at = 0.0
        self.open = 0
        self.done = asyncio.Event()

    def next(self) -> bytes | None:
        """The next request; None when the time or the requests are over."""
        start = self._next
        if perf_counter() >= self.stop_at or start + self._length > len(self._data):
            return None
        self._next = start + self._length
        return self._data[start : self._next]


class Connection(asyncio.Protocol):
    """One request after the other; the next leaves when the answer to the last is whole."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._sent_at = 0.0
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)
        self._load.open += 1
        self._send()

    def _send(self) -> None:
        request = self._load.next()
        if request is None:
            self._transport.close()
            return
        self._sent_at = perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Wait for the end of an answer."""
        heard = self._heard + data if self._heard else data
        head = heard.find(b"\r\n\r\n")
        if head < 0 or len(heard) < head + 4 + _content_length(heard, head):
            self._heard = heard
            return
        self._heard = b""
        self._load.latencies.append(perf_counter() - self._sent_at)
        self._load.statuses[heard[9:12]] += 1
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - a lost one shows in the count
        """The last one turns off the light."""
        self._load.open -= 1
        if not self._load.open:
            self._load.done.set()


def _content_length(heard: bytes, head: int) -> int:
    start = heard.lower().find(b"content-length:", 0, head)
    if start < 0:
        return 0
    return int(heard[start + 15 : heard.index(b"\r\n", start)])


async def generate(file: Path, length: int, first: int, port: int, concurrency: int, seconds: float) -> str:
    """Run the load; the figures as JSON."""
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        load = Load(data, length, first)
        began = perf_counter()
        load.stop_at = began + seconds
        loop = asyncio.get_running_loop()
        for _ in range(concurrency):
            await loop.create_connection(lambda: Connection(load), "127.0.0.1", port)
        await load.done.wait()
        took = perf_counter() - began
    ordered = sorted(load.latencies)
    shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    found: dict[str, object] = {name: percentile(ordered, share) * 1000 for name, share in shares.items()}
    found |= {"answered": len(ordered), "seconds": took}
    found["statuses"] = {status.decode(): count for status, count in load.statuses.items()}
    return json.dumps(found)


def main(file: str, length: str, first: str, port: str, concurrency: str, seconds: str) -> None:
    """Run as a program."""
    print(
        uvloop.run(generate(Path(file), int(length), int(first), int(port), int(concurrency), float(seconds))),
        flush=True,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
