"""Looking questions up in bases: words by the database's index, meaning by vectors where a model makes them.

A model that is away takes nothing but its part: the words are searched all the same, and that is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import structlog

from turnkeeper.model.knowledge import BaseKey, FoundPassage, Postings, Ranked
from turnkeeper.rules import relevance, vectors
from turnkeeper.store.knowledge import KnowledgeRecords
from turnkeeper.text.words import asked as asked_in

LONGEST_QUESTION = 4_000
"""Characters of a question that are read."""
_NEAR = 100
"""Passages that are compared by all numbers of their vectors."""
_ASK_WITHIN = 5.0
_log = structlog.get_logger("turnkeeper.knowledge")


class Embedder(Protocol):
    """A model that makes vectors of texts."""

    @property
    def name(self) -> str:
        """As the configuration names it."""

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """A vector for each text; raises whatever it likes."""


class Search(NamedTuple):
    """What was found, the best first. `told`: why there is less than there could be."""

    found: tuple[Ranked, ...] = ()
    told: tuple[str, ...] = ()


class Searcher:
    """The bases of a store, to search in. `embedders`: of those bases that have one."""

    def __init__(self, store: KnowledgeRecords, embedders: Mapping[BaseKey, Embedder] | None = None) -> None:
        self._store = store
        self._embedders = embedders or {}
        self._signs: dict[BaseKey, tuple[int, list[tuple[int, int]]]] = {}

    async def search(self, bases: Sequence[BaseKey], question: str, most: int = 5) -> Search:
        """The passages that answer a question best. Raises StoreError."""
        question = question[:LONGEST_QUESTION]
        searches = [await self._search(base, question, most) for base in bases]
        found = [each for search in searches for each in search.found]
        if len(searches) > 1:
            found.sort(key=lambda each: -each.score)
        return Search(tuple(found[:most]), tuple(told for search in searches for told in search.told))

    async def _search(self, base: BaseKey, question: str, most: int) -> Search:
        asked = asked_in(question)
        forms = list(dict.fromkeys(form for word in asked for form in word))
        postings = await self._store.postings(base, forms, relevance.COMMON + 1)
        if not postings.passages:
            return Search()
        ids = dict.fromkeys(relevance.candidates(asked, postings))
        ids.update(dict.fromkeys(await self._held(base, relevance.common(asked, postings))))
        ranked = relevance.ranked(asked, postings, await self._store.passages(base, list(ids)) if ids else [])
        embedder = self._embedders.get(base)
        if embedder is None:
            return Search(tuple(ranked[:most]))
        try:
            async with asyncio.timeout(_ASK_WITHIN):
                (meant,) = await embedder.embed([question])
        except Exception as error:  # noqa: BLE001 - somebody else's server
            _log.warning("searched by words alone", base=base.base, model=embedder.name, error=type(error).__name__)
            return Search(tuple(ranked[:most]), (f"{embedder.name} made no vector: {type(error).__name__}",))
        near = await self._near(base, embedder, postings, meant)
        return Search(tuple(_together(ranked, near, relevance.ranked(asked, postings, near), meant)[:most]))

    async def _held(self, base: BaseKey, words: Sequence[Sequence[str]]) -> list[int]:
        """Passages that hold all of some common words; of the rarer half of them, where there are none, and so on."""
        found: list[int] = []
        while words and not found:
            found = await self._store.holding(base, words, relevance.HELD)
            words = words[: len(words) // 2]
        return found

    async def _near(
        self, base: BaseKey, embedder: Embedder, postings: Postings, meant: Sequence[float]
    ) -> list[FoundPassage]:
        """The passages whose vectors are nearest."""
        changes, signs = self._signs.get(base, (-1, []))
        if changes != postings.changes:
            kept = await self._store.signs(base, embedder.name)
            signs = [(id_, int.from_bytes(bits, "big")) for id_, bits in kept]
            self._signs[base] = (postings.changes, signs)
        wanted = int.from_bytes(vectors.signs_of(meant), "big")
        ids = await asyncio.to_thread(vectors.nearest, signs, wanted, _NEAR)
        return await self._store.passages(base, ids, vectors=True) if ids else []


def _together(
    ranked: Sequence[Ranked], near: Sequence[FoundPassage], scored: Sequence[Ranked], meant: Sequence[float]
) -> list[Ranked]:
    """What holds the words and what means the same, in one order."""
    wanted = vectors.unpacked(vectors.packed(meant))
    likeness = {each.id: vectors.likeness(vectors.unpacked(each.vector or b""), wanted) for each in near}
    by_meaning = sorted(likeness, key=lambda id_: -likeness[id_])
    known = {each.id: Ranked(each, 0.0, 0.0) for each in near}
    known.update({each.passage.id: each for each in (*scored, *ranked)})
    order = relevance.fused([[each.passage.id for each in ranked[:_NEAR]], by_meaning])
    return [known[id_] for id_ in order]
