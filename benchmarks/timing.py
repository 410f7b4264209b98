"""100,000 timers that are due within a minute, over 25 channels: how late their turns are committed, and what it takes.

Each is a turn of its own that says something; the provider takes it in this process. A turn's lateness is from the
timer's instant until its commit is durable. Memory is the worker's own (not the
pages of the database's file that it has mapped), between the first timer and the last.

    python -m benchmarks.timing URL COUNT SECONDS       (one store, in a process of its own; prints JSON)
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import uvloop

from benchmarks.flatness import SETTLE, TIDY, execute
from benchmarks.ours_in_process import CHANNEL, Provider, events
from benchmarks.report import Line, at_most, missing, percentile, told
from benchmarks.servers import ROOT, Missing, Places
from benchmarks.waiting import resident
from turnkeeper import app
from turnkeeper.app.garbage import settle
from turnkeeper.engine.answer import Answer, Work
from turnkeeper.engine.clock import SystemClock
from turnkeeper.engine.wakeups import LocalWakeups
from turnkeeper.engine.worker import Worker
from turnkeeper.model.conversation import TimerRow
from turnkeeper.model.events import Inbound
from turnkeeper.model.ids import ChannelId, ConversationKey, WorkspaceId
from turnkeeper.model.policy import Channel
from turnkeeper.model.subscriptions import Subscription
from turnkeeper.store.base import Arrival, Dispatch, Intake, Store, TurnCommit

OURS = {"sqlite": "SQLite FULL", "postgres": "PostgreSQL"}
_CHANNELS = 25
_COUNT, _SECONDS = 100_000, 60.0
_WRITTEN_AT_ONCE = 500
_AHEAD = 3.0
"""Seconds between the end of the preparations and the first timer."""
_PATIENCE = 120.0
_LIMIT = 400.0


def run(places: Places, *, quick: bool) -> Iterator[Line]:
    """Every line of this benchmark."""
    count, seconds = (_COUNT // 10, _SECONDS / 10) if quick else (_COUNT, _SECONDS)
    for kind, label in OURS.items():
        try:
            found = _one(places.database(kind), count, seconds)
        except Missing as gone:
            yield missing("timing", label, str(gone))
            continue
        yield at_most("timing", f"{label}: {count:,} timers, half are committed within", found["p50"], 1, "s", **found)
        yield at_most("timing", f"{label}: 99 of 100", found["p99"], 2, "s")
        yield at_most("timing", f"{label}: not answered, or twice", found["wrong"], 0)
        yield at_most("timing", f"{label}: memory gained for each timer", found["bytes"], 100, "B")
        shown = f"{found['before']:.0f} to {found['after']:.0f} MB"
        yield told("timing", f"{label}: memory, from the first timer to the last", shown)


def _one(url: str, count: int, seconds: float) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.timing", url, str(count), str(seconds)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, timeout=_LIMIT)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


class ManyChannels:
    """The Directory of a configuration with so many channels."""

    def __init__(self) -> None:
        self.all = [replace(CHANNEL, id=ChannelId(f"shop{n}")) for n in range(_CHANNELS)]
        self._by_id = {channel.id: channel for channel in self.all}

    def channel(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> Channel | None:
        """The channel of that name."""
        return self._by_id.get(channel_id) if workspace_id == CHANNEL.workspace_id else None

    def wanting(self, workspace_id: WorkspaceId, event: str) -> tuple[Subscription, ...]:  # noqa: ARG002 - the port's
        """Nobody is told."""
        return ()


class Reminder:
    """Says what it is told to remind of."""

    version = "1"

    async def answer(self, work: Work) -> Answer:
        """One turn."""
        return Answer([f"It is time for {(event.details or {})['data']}." for event in work.events])


class Watched:
    """The store, noting how late commits are durable; in room that is there before, since memory is measured."""

    def __init__(self, store: Store, due: Sequence[tuple[ConversationKey, float]]) -> None:
        self._store = store
        self._places = {key: place for place, (key, _) in enumerate(due)}
        self.late = array("d", (-at for _, at in due))
        self.commits = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def commit(self, commit: TurnCommit) -> Dispatch:
        """The store's own, noted."""
        dispatch = await self._store.commit(commit)
        self.late[self._places[commit.run.key]] += time.time()
        self.commits += 1
        return dispatch


async def _people(
    url: str, store: Store, channels: list[Channel], count: int
) -> list[tuple[ConversationKey, ChannelId]]:
    """So many conversations, each with a message that was answered before."""
    said = events(count, count)
    for start in range(0, count, _WRITTEN_AT_ONCE):
        chunk = enumerate(said[start : start + _WRITTEN_AT_ONCE], start)
        now = time.time()
        await store.take(Intake([Arrival(channels[n % _CHANNELS], event, now) for n, event in chunk]))
    await execute(url, *SETTLE, TIDY[url.partition(":")[0].removesuffix("ql")])
    return [(found.key, found.channel_id) for found in await store.recent(count)]


async def _set(
    store: Any, people: list[tuple[ConversationKey, ChannelId]], seconds: float
) -> list[tuple[ConversationKey, float]]:
    """A timer for each, spread evenly; when each is due."""
    due: list[tuple[ConversationKey, float]] = []
    rows: list[TimerRow] = []
    body = msgspec.json.encode(Inbound(kind="timer", details={"name": "alarm", "data": "tea"}))
    first = time.time() + _AHEAD + len(people) / 50_000
    for place, (key, channel_id) in enumerate(people):
        due.append((key, first + place * seconds / len(people)))
        rows.append(TimerRow(*key, "1.0", channel_id, due[-1][1], follow_up=False, body=body, name="alarm"))
    for start in range(0, len(rows), _WRITTEN_AT_ONCE):
        chunk = rows[start : start + _WRITTEN_AT_ONCE]
        await store._alone(lambda at, chunk=chunk: at.add_timers(chunk))
    return due


async def _measure(url: str, count: int, seconds: float) -> dict[str, float]:
    directory = ManyChannels()
    plain = app.open_store(url, directory)
    await plain.open()
    await plain.migrate()
    due = await _set(plain, await _people(url, plain, directory.all, count), seconds)
    store = Watched(plain, due)
    provider = Provider()
    worker = Worker(
        store,  # type: ignore[arg-type] - the store but for one method
        {"whatsapp_cloud": app.adapter("whatsapp_cloud")},
        {"assistant": Reminder()},
        provider,
        LocalWakeups(),
        SystemClock(),
        make_heart_store=lambda: app.open_store(url, directory),
    )
    await worker.start()
    settle()
    await asyncio.sleep(max(0.0, due[0][1] - time.time()))
    before = resident("RssAnon")
    async with asyncio.timeout(seconds + _PATIENCE):
        await provider.until(count)
    after = resident("RssAnon")
    await worker.drain(5.0)
    states = (await plain.ledger()).states
    await plain.close()
    late = sorted(store.late)
    return {
        "p50": percentile(late, 0.5),
        "p99": percentile(late, 0.99),
        "worst": late[-1],
        "wrong": float(abs(store.commits - count) + abs(2 * count - states["answered"])),
        "bytes": (after - before) * 1024 / count,
        "before": before / 1024,
        "after": after / 1024,
    }


if __name__ == "__main__":
    print(json.dumps(uvloop.run(_measure(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))), flush=True)
