"""The inbox's first pages and its search with 1,000,000 conversations, beside 10,000 of the same kind.

The tables are filled in bulk with what the feeder would have made of as many conversations of one message; the rows
that are asked for, and how, are the API's. Words are made up and as frequent as in a language (Zipf).
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import apsw
import asyncpg
import msgspec

from benchmarks.flatness import OURS, TIDY, execute
from benchmarks.report import Line, at_most, missing, percentile, told
from benchmarks.servers import Missing, Places
from turnkeeper import app
from turnkeeper.model.events import Inbound
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.inbox import InboxFilter, InboxRow
from turnkeeper.store.base import Store
from turnkeeper.store.inbox import place_of
from turnkeeper.store.searching import entry_id, name_words, text_words
from turnkeeper.testing.events import Channels

_SHOP = WorkspaceId("default")
_FEW = 10_000
_LONG = 8
"""Words of a message."""
_PAGE = 50
_NOW = 1_790_000_000.0
_CHUNK = 5_000
_GOAL = 50.0
"""Milliseconds: nobody notices."""
_SMALL_TIMES = 0.5
"""Milliseconds below which a ratio says nothing."""
_RNG = random.Random(3)
_WORDS = ["".join(_RNG.choices("abcdefghijklmnoprstuvw", k=_RNG.randint(4, 9))) for _ in range(20_000)]
_SHARES = list(itertools.accumulate(1 / (place + 2) for place in range(len(_WORDS))))
_NAMES = ["".join(_RNG.choices("abcdefghijklmnoprstuvw", k=6)).title() for _ in range(5_000)]

FILTERS: dict[str, dict[str, Any]] = {
    "all": {},
    "a person answers": {"mode": "human"},
    "the bot answers": {"mode": "bot"},
    "a channel": {"channel_id": "channel-7"},
    "a bot": {"bot_id": "bot-2"},
    "a stage": {"stage": "paid"},
    "a tag": {"tag": "vip"},
    "unread": {"unread": True},
    "waiting longest": {"order": "waiting"},
    "window closing": {"closing": (_NOW, _NOW + 3600), "order": "closing"},
    "escalated": {"escalated": True},
    "failed": {"failed": True},
    "a person answers, unread, a channel": {"mode": "human", "unread": True, "channel_id": "channel-0"},
    "the same, none of which there is": {"mode": "human", "unread": True, "channel_id": "channel-7"},
}
_NONE = "the same, none of which there is"
"""All in which a person answers are looked at, a fiftieth of everything."""
_ROW = (*InboxRow.__struct_fields__,)


def run(places: Places, *, quick: bool) -> Iterator[Line]:
    """Every line of this benchmark."""
    many, rounds = (100_000, 15) if quick else (1_000_000, 60)
    for kind, label in OURS.items():
        try:
            urls = {count: places.database(kind) for count in (_FEW, many)}
        except Missing as gone:
            yield missing("inbox", label, str(gone))
            continue
        with asyncio.Runner() as runner:
            lines = _measured(kind, label, urls, rounds)
            while (line := runner.run(anext(lines, None))) is not None:
                yield line


async def _measured(kind: str, label: str, urls: dict[int, str], rounds: int) -> AsyncIterator[Line]:
    stores: dict[int, Store] = {}
    try:
        for count, url in urls.items():
            store = stores[count] = app.open_store(url, Channels())
            await store.open()
            await store.migrate()
            began = time.perf_counter()
            await (_fill_sqlite if kind == "sqlite" else _fill_postgres)(url, count)
            await execute(url, TIDY[kind])
            filled = time.perf_counter() - began
            yield told("inbox", f"{label}: {count:,} filled in", f"{filled:.0f} s", seconds=filled)
        few, many = stores.values()
        for name, wanted in FILTERS.items():
            yield await _line(f"{label}: {name}", few, many, rounds, _Page(InboxFilter(**wanted)))
        deep = await _tenth(many)
        yield await _line(f"{label}: all, a page far behind", few, many, rounds, deep)
        yield await _line(f"{label}: the counts", few, many, rounds, _Counts())
        for name, questions in _questions().items():
            yield await _line(f"{label}: search, {name}", few, many, rounds, _Search(questions))
    finally:
        for store in stores.values():
            await store.close()


class _Page:
    def __init__(self, wanted: InboxFilter, after: Any = None) -> None:
        self._asked = (wanted, after)

    async def ask(self, store: Store, _: int) -> int:
        return len(await store.inbox_page(_SHOP, *self._asked, _PAGE))


class _Counts:
    async def ask(self, store: Store, _: int) -> int:
        return (await store.inbox_counts(_SHOP)).all


class _Search:
    def __init__(self, questions: Sequence[str]) -> None:
        self._questions = questions

    async def ask(self, store: Store, nth: int) -> int:
        question = self._questions[nth % len(self._questions)]
        return len((await store.search(_SHOP, question, InboxFilter(), 20)).hits)


async def _tenth(store: Store) -> _Page:
    wanted, after = InboxFilter(), None
    for _ in range(10):
        page = await store.inbox_page(_SHOP, wanted, after, 100)
        after = place_of(page[-1], wanted)
    return _Page(wanted, after)


async def _line(name: str, few: Store, many: Store, rounds: int, asking: _Page | _Counts | _Search) -> Line:
    """Both in turns, after one round that does not count."""
    times: tuple[list[float], list[float]] = ([], [])
    hits = 0
    for nth in range(rounds + 1):
        for store, found in zip((few, many), times, strict=True):
            began = time.perf_counter()
            hits = await asking.ask(store, nth)
            if nth:
                found.append((time.perf_counter() - began) * 1000)
    p50, p95 = median(times[1]), percentile(sorted(times[1]), 0.95)
    ratio = max(p50, _SMALL_TIMES) / max(median(times[0]), _SMALL_TIMES)
    shown = f"{p50:.3g}, {p95:.3g} ms, {ratio:.2g} x"
    if name.endswith(_NONE):
        return told("inbox", name, shown, p95=p95, p50=p50, ratio=ratio)
    return replace(at_most("inbox", f"{name} ({hits})", p95, _GOAL, "ms", p50=p50, ratio=ratio), value=shown)


def _questions() -> dict[str, list[str]]:
    return {
        "a rare word": [f"{word} " for word in _WORDS[-60:]],
        "a usual word": [f"{word} " for word in _WORDS[:5]],
        "two usual words": [f"{one} {other} " for one, other in itertools.pairwise(_WORDS[:10])],
        "a usual word and a rare one": [f"{_WORDS[3]} {word} " for word in _WORDS[-60:]],
        "a beginning of two letters": [word[:2] for word in _WORDS[:20]],
        "a beginning of four letters": [word[:4] for word in _WORDS[100:160]],
        "a name": _NAMES[:60],
        "the end of a number": [f"{n:05}" for n in range(1000, 9000, 131)],
        "nothing there": [f"zz{word} " for word in _WORDS[:60]],
    }


def _message() -> str:
    return " ".join(_RNG.choices(_WORDS, cum_weights=_SHARES, k=_LONG))


def _row(n: int, text: str) -> tuple[Any, ...]:
    """The n-th conversation; the later, the newer."""
    at = _NOW - 10_000_000 + n * 10.0
    name = f"{_NAMES[n % 5000]} {_NAMES[(n * 7) % 5000]}"
    values = {
        "workspace_id": _SHOP, "conversation_id": f"c{n:09}", "seq": n, "channel_id": f"channel-{n % 40}",
        "bot_id": f"bot-{n % 5}", "contact_id": f"p{n:09}", "name": name, "address": f"+62{n:010}", "last_at": at,
        "last_role": "contact", "last_kind": "text", "last_state": "", "preview": text, "contact_count": 1,
        "seen_count": 0 if n % 20 == 0 else 1, "waiting_since": at if n % 30 == 0 else None,
        "mode": "human" if n % 50 == 0 else "paused" if n % 997 == 0 else "bot", "mode_until": None,
        "stage": "paid" if n % 25 == 0 else "new", "escalated_at": at if n % 400 == 0 else None,
        "escalation": "why" if n % 400 == 0 else None, "window_closes_at": at + 86_400.0,
        "failed_at": at if n % 1000 == 0 else None, "failure": None, "opted_out": False,
        "tags": ("vip",) if n % 100 == 0 else (),
    }  # fmt: skip
    return tuple(values[field] for field in _ROW)


def _entries(row: tuple[Any, ...], text: str) -> list[tuple[int, str, str, int, float, list[str]]]:
    """Of the message and of the name."""
    conversation_id, at = row[1], row[8]
    message = (entry_id(conversation_id, "in", 1, at), conversation_id, "in", 1, at, text_words(_SHOP, text))
    named = name_words(_SHOP, row[6], f"phone:{row[7][1:]}")
    return [message, (entry_id(conversation_id, "name", 0, 0.0), conversation_id, "name", 0, 0.0, named)]


def _event(row: tuple[Any, ...], text: str) -> tuple[Any, ...]:
    body = msgspec.json.encode(Inbound(kind="text", text=text))
    digest = row[1].encode()
    at = row[8]
    return (_SHOP, row[1], 1, row[3], digest, None, "text", False, body, at, "answered", None, 1, at)


def _chunks(count: int) -> Iterator[list[tuple[tuple[Any, ...], str]]]:
    numbers = iter(range(1, count + 1))
    while chunk := list(itertools.islice(numbers, _CHUNK)):
        made = []
        for n in chunk:
            text = _message()
            made.append((_row(n, text), text))
        yield made


async def _fill_sqlite(url: str, count: int) -> None:
    file = apsw.Connection(url.removeprefix("sqlite:///"))
    file.execute("pragma synchronous = off")
    file.execute("pragma cache_size = -500000")
    marks = ", ".join("?" * len(_ROW))
    for made in _chunks(count):
        with file:
            file.executemany(
                f"insert into inbox ({', '.join(_ROW)}) values ({marks})",
                ((*row[:-1], msgspec.json.encode(row[-1]).decode()) for row, _ in made),
            )
            tags = [(_SHOP, tag, row[8], row[1]) for row, _ in made for tag in row[-1]]
            file.executemany("insert into inbox_tag values (?, ?, ?, ?)", tags)
            file.executemany(
                f"insert into event values ({', '.join('?' * 14)})", (_event(row, text) for row, text in made)
            )
            entries = [entry for row, text in made for entry in _entries(row, text)]
            file.executemany(
                "insert or ignore into search_entry values (?, ?, ?, ?, ?, ?)",
                ((id_, _SHOP, *place) for id_, *place, _ in entries),
            )
            file.executemany(
                "insert into search_index (rowid, words) values (?, ?)",
                ((id_, " ".join(words)) for id_, *_, words in entries),
            )
    file.close()


_BESIDE = ("search_entry_words", "inbox_mode", "inbox_channel", "inbox_bot", "inbox_stage", "inbox_contact")


async def _fill_postgres(url: str, count: int) -> None:
    connection = await asyncpg.connect(url)
    made_by = {
        row[0]: row[1]
        for row in await connection.fetch("select indexname, indexdef from pg_indexes where schemaname = 'public'")
        if row[0] in _BESIDE
    }
    for name in made_by:
        await connection.execute(f"drop index {name}")
    await connection.execute("set synchronous_commit = off")
    await connection.execute("set maintenance_work_mem = '1GB'")
    for made in _chunks(count):
        await connection.copy_records_to_table(
            "inbox", records=[(*row[:-1], list(row[-1])) for row, _ in made], columns=_ROW
        )
        tags = [(_SHOP, tag, row[8], row[1]) for row, _ in made for tag in row[-1]]
        await connection.copy_records_to_table("inbox_tag", records=tags)
        await connection.copy_records_to_table("event", records=[_event(row, text) for row, text in made])
        entries = [entry for row, text in made for entry in _entries(row, text)]
        listed = [[id_ for id_, *_ in entries], *([e[place] for e in entries] for place in range(1, 5))]
        await connection.execute(
            """insert into search_entry
            select 'default', id, c, source, seq, at, array_to_tsvector(string_to_array(w, ' '))
            from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::float8[], $6::text[])
              as k(id, c, source, seq, at, w) on conflict do nothing""",
            *listed,
            [" ".join(e[5]) for e in entries],
        )
    for made_as in made_by.values():
        await connection.execute(made_as)
    await connection.close()
