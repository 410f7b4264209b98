"""Whether accepts and claims cost more with 1,000,000 stored messages than with 1,000.

The small database has 1,000 conversations of one message. The deep one has 1,000 of 1,000: a long history. The wide
one has 50,000 of 20: there, a load of random conversations also changes more pages. All that is stored is settled.
Each gets the same load in turns: messages for 1,000 conversations chosen at random, then for a few hot ones.

    python -m benchmarks.flatness SMALL_URL DEEP_URL WIDE_URL ROUNDS       (one store, prints JSON)
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import TypeVar

import uvloop

from benchmarks.ours_in_process import CHANNEL, OneChannel, read
from benchmarks.report import Line, at_most, missing, told
from benchmarks.servers import ROOT, Missing, Places
from benchmarks.traffic import body
from turnkeeper.app import open_store
from turnkeeper.model.ids import WorkerId
from turnkeeper.store.base import Arrival, Intake, Store

T = TypeVar("T")
OURS = {"sqlite": "SQLite FULL", "postgres": "PostgreSQL"}
_SIZES = {"small": (1_000, 1), "deep": (1_000, 1_000), "wide": (50_000, 20)}
_LARGE = {"deep": "long histories", "wide": "many conversations"}
_TOUCHED = {"random": 1_000, "hot": 10}
_MESSAGES = 2_000
_LANES = 64
_LIMIT = 300.0
_WORKER = WorkerId("the-benchmarks-own")

_BUSY = "owner is not null or turn_at is not null or turn_state <> 'none'"
SETTLE = [
    "update event set state = 'answered', settled_at = received_at where state in ('waiting', 'running')"
    f" and (workspace_id, conversation_id) in (select workspace_id, id from conversation where {_BUSY})",
    "update conversation set owner = null, turn_state = 'none', turn_first_at = null, first_at = null, last_at = null,"
    f" turn_at = null, resume_at = null, due_at = null, done_to = in_last where {_BUSY}",
]
_COPIED = "channel_id, {digest}, external_id, kind, from_me, body, received_at, state, reason, turn_no, settled_at"
# ruff: noqa: ISC004 - the statements are long
_FILL = {
    "sqlite": (
        "with recursive more (seq) as (select 2 union all select seq + 1 from more where seq < {each})"
        " insert into event select workspace_id, conversation_id, more.seq, "
        + _COPIED.format(digest="randomblob(16)")
        + " from event cross join more order by conversation_id",
        "update conversation set in_last = {each}, done_to = {each}",
    ),
    "postgres": (
        "insert into event select workspace_id, conversation_id, more.seq, "
        + _COPIED.format(digest="decode(md5(random()::text || conversation_id || more.seq), 'hex')")
        + " from event cross join generate_series(2, {each}) as more (seq)",
        "update conversation set in_last = {each}, done_to = {each}",
    ),
}
TIDY = {"sqlite": "pragma wal_checkpoint(truncate)", "postgres": "vacuum analyze"}


def run(places: Places, *, quick: bool) -> Iterator[Line]:
    """Every line of this benchmark."""
    rounds = 3 if quick else 11
    for kind, label in OURS.items():
        try:
            found = _one([places.database(kind) for _ in _SIZES], rounds)
        except Missing as gone:
            yield missing("flat", label, str(gone))
            continue
        for which, what in itertools.product(_TOUCHED, ("accept", "claim")):
            costs = {size: found[f"{size} {which} {what}"] for size in _SIZES}
            shown = ", ".join(f"{median(each):.0f}" for each in costs.values())
            yield told("flat", f"{label}: {what}, {which}: 1,000; 1,000,000; wide", f"{shown} us")
            for size, name in _LARGE.items():
                times = median(costs[size]) / median(costs["small"])
                yield at_most("flat", f"{label}: {what}, {which}, {name}", times, 1.2, "x")


def _one(urls: list[str], rounds: int) -> dict[str, list[float]]:
    command = [sys.executable, "-m", "benchmarks.flatness", *urls, str(rounds)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, timeout=_LIMIT)
    found: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return found


async def execute(url: str, *statements: str) -> None:
    """Statements past the store, each in a transaction of its own."""
    if url.startswith("sqlite"):
        import apsw

        file = apsw.Connection(url.removeprefix("sqlite:///"))
        for statement in statements:
            file.execute(statement).fetchall()
        file.close()
        return
    import asyncpg

    connection = await asyncpg.connect(url)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


@dataclass(slots=True)
class _Stored:
    """A database in which so much is stored, and the store on it."""

    url: str
    conversations: int
    each: int
    store: Store = field(init=False)
    number: int = 0
    rng: random.Random = field(default_factory=lambda: random.Random(1))

    async def fill(self) -> None:
        """Conversations through the store, what they said before in bulk."""
        self.store = open_store(self.url, OneChannel())
        await self.store.open()
        await self.store.migrate()
        await self.store.register(_WORKER, time.time())
        await self.accept(list(range(self.conversations)))
        kind = "sqlite" if self.url.startswith("sqlite") else "postgres"
        fill = [statement.format(each=self.each) for statement in _FILL[kind]] if self.each > 1 else []
        await execute(self.url, *SETTLE, *fill, TIDY[kind])

    async def accept(self, people: list[int]) -> float:
        """A message from each; seconds for one."""
        said_at = int(time.time())
        bodies = [body(self.number + place, person, said_at) for place, person in enumerate(people)]
        self.number += len(people)
        intakes = [Intake([Arrival(CHANNEL, event, time.time())]) for each in bodies for event in read(each)]
        left = iter(intakes)

        async def lane() -> None:
            for intake in left:
                await self.store.take(intake)

        began = time.perf_counter()
        await asyncio.gather(*(lane() for _ in range(_LANES)))
        return (time.perf_counter() - began) / len(people)

    async def claim(self) -> float:
        """Claim all that is due; seconds for one conversation."""
        claimed = 0
        began = time.perf_counter()
        while got := await self.store.claim(_WORKER, 256, time.time() + 60.0, {}):
            claimed += len(got)
        return (time.perf_counter() - began) / max(1, claimed)


def _rotated(items: list[T], by: int) -> list[T]:
    """So that none is always the first."""
    by %= len(items)
    return items[by:] + items[:by]


async def _measure(urls: dict[str, str], rounds: int) -> dict[str, list[float]]:
    stored = {size: _Stored(urls[size], *_SIZES[size]) for size in _SIZES}
    for each in stored.values():
        await each.fill()
    found: dict[str, list[float]] = {}
    for place in range(rounds + 1):
        for which, touched in _TOUCHED.items():
            for size, each in _rotated(list(stored.items()), place):
                people = each.rng.sample(range(each.conversations), touched)
                load = [people[n % touched] for n in range(_MESSAGES)]
                costs = {"accept": await each.accept(load), "claim": await each.claim()}
                await execute(each.url, *SETTLE)
                for what, cost in costs.items():
                    if place:  # the first is the warming-up
                        found.setdefault(f"{size} {which} {what}", []).append(cost * 1e6)
    for each in stored.values():
        await each.store.close()
    return found


if __name__ == "__main__":
    print(
        json.dumps(uvloop.run(_measure(dict(zip(_SIZES, sys.argv[1:-1], strict=True)), int(sys.argv[-1])))), flush=True
    )
