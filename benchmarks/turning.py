"""Turns a second: message in to answer sent, window 0, model and provider simulated in process on both sides.

Each side runs in a process of its own, and does the same: notice repeats, keep turns apart, read session and
history, ask the model, send, write session and history. Ours also keeps everything through a crash. Every
person has had one turn before; measured is the second.

    python -m benchmarks.turning SIDE URL TURNS       (one side, prints turns a second)
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from statistics import median

import uvloop

from benchmarks.report import Line, at_least, missing, ratio, spread, told
from benchmarks.servers import ROOT, Missing, Places

OURS = {"sqlite": "SQLite FULL", "postgres": "PostgreSQL"}
_AT_ONCE = 256
_LIMIT = 120.0


def run(places: Places, *, quick: bool) -> Iterator[Line]:
    """Every line of this benchmark."""
    rounds, turns = (1, 2_000) if quick else (5, 3_000)
    found: dict[str, list[float] | Missing] = {}
    for _ in range(rounds):
        for side in ("usual", *OURS):
            rates = found.setdefault(side, [])
            if isinstance(rates, Missing):
                continue
            try:
                url = places.redis() if side == "usual" else places.database(side)
                rates.append(_one(side, url, turns))
            except Missing as gone:
                found[side] = gone
    usual = found["usual"]
    for side, label in (("usual", "Redis lock, session, history"), *OURS.items()):
        rates = found[side]
        if isinstance(rates, Missing):
            yield missing("turns", label, str(rates))
            continue
        yield told("turns", label, f"{spread(rates)}/s", per_second=median(rates))
        if side != "usual" and not isinstance(usual, Missing):
            times = ratio(rates, usual)
            yield at_least("turns", f"{label} : usual pattern (aim 2)", times, 1, f"{times:.2f} x")


def _one(side: str, url: str, turns: int) -> float:
    command = [sys.executable, "-m", "benchmarks.turning", side, url, str(turns)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, timeout=_LIMIT)
    return float(done.stdout.split()[-1])


async def _offer(numbers: range, one: Callable[[int], Awaitable[None]]) -> None:
    """Every message once, so many at a time."""
    left = iter(numbers)

    async def lane() -> None:
        for number in left:
            await one(number)

    await asyncio.gather(*(lane() for _ in range(_AT_ONCE)))


async def _usual(url: str, turns: int) -> float:
    from benchmarks.usual_pattern import Turns, open_redis

    sent = 0

    async def model(text: str, history: list[str]) -> str:  # noqa: ARG001 - a model's
        return "told: " + text

    async def send(contact: str, text: str) -> None:  # noqa: ARG001 - a provider's
        nonlocal sent
        sent += 1

    async with open_redis(url) as store:
        running = Turns(store, model, send, window=0.0)
        working: set[asyncio.Task[None]] = set()

        async def one(number: int) -> None:
            if await store.set(f"seen:{number}", "1", nx=True, ex=300):
                task = asyncio.create_task(running.handle(str(number % turns), str(number), f"message {number}"))
                working.add(task)
                task.add_done_callback(working.discard)

        took = 0.0
        for start in (0, turns):
            began = time.perf_counter()
            await _offer(range(start, start + turns), one)
            while working:
                await asyncio.wait(working)
            took = time.perf_counter() - began
        if sent != 2 * turns:
            raise RuntimeError(f"{sent} turns, not {2 * turns}")
        return turns / took


async def _ours(url: str, turns: int) -> float:
    from benchmarks.ours_in_process import events, running

    async def model(text: str) -> str:
        return "told: " + text

    arriving = events(2 * turns, turns)
    took = 0.0
    async with running(url, model) as ours:
        for start in (0, turns):
            began = time.perf_counter()
            await _offer(range(start, start + turns), lambda number: ours.accept(arriving[number]))
            await ours.provider.until(start + turns)
            while ours.worker.running:  # noqa: ASYNC110 - the last outcomes are still being stored
                await asyncio.sleep(0.001)
            took = time.perf_counter() - began
        if (states := (await ours.store.ledger()).states)["answered"] != 2 * turns:
            raise RuntimeError(f"not every message was answered: {states}")
    return turns / took


def main(side: str, url: str, turns: str) -> None:
    """Run one side."""
    measured = _usual if side == "usual" else _ours
    print(uvloop.run(measured(url, int(turns))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
