"""10,000 conversations that wait for a model at once, in one worker: what each costs, and that none starves.

python -m benchmarks.waiting URL COUNT       (one store, in a process of its own; prints JSON)
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import uvloop

from benchmarks.report import Line, at_most, missing, told
from benchmarks.servers import ROOT, Missing, Places

OURS = {"sqlite": "SQLite FULL", "postgres": "PostgreSQL"}
_COUNT = 10_000
_LIMIT = 120.0
_THINKS = 1.0
"""Seconds that the model takes once all of them wait."""


def run(places: Places, *, quick: bool) -> Iterator[Line]:
    """Every line of this benchmark."""
    count = _COUNT // 5 if quick else _COUNT
    for kind, label in OURS.items():
        try:
            found = _one(places.database(kind), count)
        except Missing as gone:
            yield missing("waiting", label, str(gone))
            continue
        yield at_most("waiting", f"{label}: memory for each of {count:,}", found["kilobytes"], 20, "kB")
        yield at_most("waiting", f"{label}: not answered", found["unanswered"], 0)
        shown = f"{found['to_model']:.2f} s, {found['to_send']:.2f} s"
        yield told("waiting", f"{label}: longest wait to the model, and after it", shown, **found)


def _one(url: str, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.waiting", url, str(count)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, timeout=_LIMIT)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def resident(which: str = "VmRSS") -> int:
    """This process's memory in kilobytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(which))


async def _measure(url: str, count: int) -> dict[str, float]:
    from benchmarks.ours_in_process import events, running

    think = asyncio.Event()
    all_wait = asyncio.Event()
    began: dict[str, float] = {}

    async def model(text: str) -> str:
        began[text] = time.perf_counter()
        if len(began) == count:
            all_wait.set()
        await think.wait()
        return "told: " + text

    arriving = events(count, count)
    async with running(url, model) as ours:
        await asyncio.sleep(0.2)
        before = resident()
        accepted: dict[str, float] = {}

        async def one(number: int) -> None:
            accepted[str(arriving[number].text)] = time.perf_counter()
            await ours.accept(arriving[number])

        for start in range(0, count, 64):
            await asyncio.gather(*(one(number) for number in range(start, min(count, start + 64))))
        await all_wait.wait()
        after = resident()
        await asyncio.sleep(_THINKS)
        released = time.perf_counter()
        think.set()
        await ours.provider.until(count)
        sent = time.perf_counter()
        while ours.worker.running:  # noqa: ASYNC110 - the last outcomes are still being stored
            await asyncio.sleep(0.01)
        states = (await ours.store.ledger()).states
    return {
        "kilobytes": (after - before) / count,
        "unanswered": count - states.get("answered", 0),
        "to_model": max(began[text] - at for text, at in accepted.items()),
        "to_send": sent - released,
    }


if __name__ == "__main__":
    print(json.dumps(uvloop.run(_measure(sys.argv[1], int(sys.argv[2])))), flush=True)
