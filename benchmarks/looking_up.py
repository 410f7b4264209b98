"""Looking a question up among 10,000 passages on both stores, and what it takes to put them there.

Beside it the plain way on the same database: its own stemming and its own ranking over the same texts. Words are made
up and as frequent as in a language (Zipf); a question is eight words of one passage, three of them frequent ones.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import apsw
import asyncpg

from benchmarks.report import Line, at_most, missing, percentile, told
from benchmarks.servers import Missing, Places
from turnkeeper import app
from turnkeeper.engine.searching import Searcher
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.knowledge import BaseKey, DocumentRow, Paragraph, Passage, Readable
from turnkeeper.rules import vectors
from turnkeeper.store.knowledge import Vector
from turnkeeper.testing.events import Channels
from turnkeeper.text.passages import passages

_BASE = BaseKey(WorkspaceId("default"), "help")
_PASSAGES = 10_000
_IN_A_DOCUMENT = 10
_WORDS = 20_000
_LONG = 90
"""Words of a passage."""
_DIMENSIONS = 1_536
_RNG = random.Random(5)


@dataclass(slots=True)
class Corpus:
    """Documents, and questions with the passage that each was made from."""

    documents: list[tuple[str, list[str]]]
    questions: list[tuple[str, str, int]]


def run(places: Places, *, quick: bool) -> Iterator[Line]:
    """Every line of this benchmark."""
    corpus = _corpus(_PASSAGES // 10 if quick else _PASSAGES, 50 if quick else 300)
    best: dict[str, list[tuple[str, int] | None]] = {}
    for kind in ("sqlite", "postgres"):
        try:
            url = places.database(kind)
        except Missing as error:
            yield missing("lookup", f"{kind}: a question", str(error))
            continue
        lines, best[kind] = asyncio.run(_measured(kind, url, corpus))
        yield from lines
    if len(best) == 2:
        same = sum(one == other for one, other in zip(*best.values(), strict=True)) / len(corpus.questions)
        yield told("lookup", "questions with the same best passage on both", f"{same:.1%}", share=same)
    yield from _vectors(_PASSAGES // 10 if quick else _PASSAGES)


async def _measured(kind: str, url: str, corpus: Corpus) -> tuple[list[Line], list[tuple[str, int] | None]]:
    store = app.open_store(url, Channels())
    await store.open()
    try:
        await store.migrate()
        count = sum(len(texts) for _, texts in corpus.documents)
        cut, cutting = _cut(corpus)
        began = time.perf_counter()
        for row, each in cut:
            await store.put_document(row, each)
        kept = time.perf_counter() - began
        plain = await (_plain_sqlite if kind == "sqlite" else _plain_postgres)(url, corpus)
        ours, theirs, best = await _side_by_side(Searcher(store), plain, corpus)
    finally:
        await store.close()
    right = sum(found == (key, n) for found, (_, key, n) in zip(best, corpus.questions, strict=True))
    ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
    shown = f"{count / (cutting + kept):,.0f} passages a second"
    p95, of_plain = percentile(sorted(ours), 0.95) * 1000, median(theirs) * 1000
    name = f"{kind}: a question among {count:,} passages"
    return [
        told("lookup", f"{kind}: cut, make words of and keep", shown, cut=count / cutting, kept=count / kept),
        at_most("lookup", f"{name}, median", median(ours) * 1000, 30, "ms"),
        told("lookup", f"{name}, 95 of 100", f"{p95:.3g} ms", milliseconds=p95),
        told("lookup", f"{kind}: the plain query alone, median", f"{of_plain:.3g} ms", milliseconds=of_plain),
        at_most("lookup", f"{kind}: ours to it", ratio, 10, ratio=ratio),
        told("lookup", f"{kind}: the passage that was meant is the best", f"{right / len(best):.0%}"),
    ], best


async def _side_by_side(
    searcher: Searcher, plain: Callable[[str], Awaitable[None]], corpus: Corpus
) -> tuple[list[float], list[float], list[tuple[str, int] | None]]:
    ours, theirs, best = [], [], []
    for question, _, _ in corpus.questions:
        began = time.perf_counter()
        found = (await searcher.search([_BASE], question)).found
        between = time.perf_counter()
        await plain(question)
        theirs.append(time.perf_counter() - between)
        ours.append(between - began)
        best.append((found[0].passage.key, found[0].passage.n) if found else None)
    return ours, theirs, best


def _corpus(count: int, questions: int) -> Corpus:
    words = ["".join(_RNG.choices("abcdefghijklmnoprstuvw", k=_RNG.randint(4, 9))) for _ in range(_WORDS)]
    shares = [1 / (place + 2) for place in range(_WORDS)]
    texts = [_RNG.choices(words, shares, k=_LONG) for _ in range(count)]
    documents = [
        (f"{at:05}.md", [" ".join(each) for each in texts[at : at + _IN_A_DOCUMENT]])
        for at in range(0, count, _IN_A_DOCUMENT)
    ]
    frequent = frozenset(words[:200])
    asked = []
    for _ in range(questions):
        place = _RNG.randrange(count)
        rare = [word for word in texts[place] if word not in frequent]
        question = [*_RNG.sample(rare, min(5, len(rare))), *_RNG.choices(words[:200], k=3)]
        _RNG.shuffle(question)
        asked.append((" ".join(question), documents[place // _IN_A_DOCUMENT][0], place % _IN_A_DOCUMENT + 1))
    return Corpus(documents, asked)


def _cut(corpus: Corpus) -> tuple[list[tuple[DocumentRow, list[Passage]]], float]:
    """The passages, each text one, and the seconds that this took."""
    began = time.perf_counter()
    found = []
    for key, texts in corpus.documents:
        sections = tuple(Paragraph(text, (f"Section {at}",)) for at, text in enumerate(texts))
        each = list(passages(Readable("Title", sections)))
        found.append((DocumentRow(*_BASE, key, "Title", "folder", "d", "kept", None, 1, len(each), 0.0), each))
    return found, time.perf_counter() - began


async def _plain_sqlite(url: str, corpus: Corpus) -> Callable[[str], Awaitable[None]]:
    path = Path(url.removeprefix(app.SQLITE)).with_suffix(".plain")
    connection = apsw.Connection(str(path))
    connection.execute("create virtual table plain using fts5(words, tokenize = 'porter unicode61')")
    with connection:
        connection.executemany(
            "insert into plain values (?)", ((text,) for _, texts in corpus.documents for text in texts)
        )
    sql = "select rowid, words from plain where plain match ? order by rank limit 5"

    async def ask(question: str) -> None:
        wanted = " OR ".join(question.split())
        await asyncio.to_thread(lambda: connection.execute(sql, (wanted,)).fetchall())

    return ask


async def _plain_postgres(url: str, corpus: Corpus) -> Callable[[str], Awaitable[None]]:
    connection = await asyncpg.connect(url)
    await connection.execute("create table plain (id serial, words text, found tsvector)")
    await connection.executemany(
        "insert into plain (words, found) values ($1, to_tsvector('english', $1))",
        [(text,) for _, texts in corpus.documents for text in texts],
    )
    await connection.execute("create index on plain using gin (found)")
    await connection.execute("vacuum analyze")
    sql = """select id, words from plain, to_tsquery('english', $1) as asked where found @@ asked
      order by ts_rank(found, asked) desc limit 5"""

    async def ask(question: str) -> None:
        await connection.fetch(sql, " | ".join(question.split()))

    return ask


def _vectors(count: int) -> Iterator[Line]:
    """Comparing a question's vector with all of a base."""
    made = [[_RNG.gauss(0, 1) for _ in range(_DIMENSIONS)] for _ in range(100)]
    kept = [Vector(at, "", vectors.signs_of(made[at % 100]), vectors.packed(made[at % 100])) for at in range(count)]
    signs = [(each.id, int.from_bytes(each.signs, "big")) for each in kept]
    asked = int.from_bytes(vectors.signs_of(made[7]), "big")
    nearest, took = _timed(lambda: vectors.nearest(signs, asked, 100))
    wanted = vectors.unpacked(vectors.packed(made[7]))
    _, compared = _timed(lambda: [vectors.likeness(vectors.unpacked(kept[id_].vector), wanted) for id_ in nearest])
    name = f"{count:,} vectors of {_DIMENSIONS:,} numbers"
    yield at_most("lookup", f"{name}: the nearest 100 by signs", took, 20, "ms")
    yield told("lookup", "and those by all numbers", f"{compared:.3g} ms", milliseconds=compared)
    memory = sum(len(each.signs) for each in kept) / 1024**2
    yield told("lookup", "memory of the signs", f"{memory:.1f} MB", megabytes=memory)


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What it gave, and its milliseconds of processor: the median of seven."""
    found: list[float] = []
    for _ in range(7):
        began = time.process_time()
        result = work()
        found.append((time.process_time() - began) * 1000)
    return result, median(found)
