"""Which passages answer a question: chosen from the index's postings, then ranked one by one, alike on every store.

Ranked by BM25 with a bonus for what stands in headings and for words that follow each other as they were asked.
Of a word's forms the best counts. `COMMON` bounds what is read of the index: a word that more passages hold finds none
by itself, as long as a rarer one does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log
from typing import Final

from turnkeeper.model.knowledge import Forms, FoundPassage, Postings, Ranked

COMMON: Final = 500
"""Passages of a form that are listed at most."""
MOST: Final = 200
"""Passages that are ranked for their rare words."""
HELD: Final = 300
"""And for holding all the common ones."""
ENOUGH: Final = 0.5
"""The share of what was asked of which a passage holds more if it is to stand as the answer by itself."""

_K1: Final = 1.2
_B: Final = 0.75
_IN_HEAD: Final = 2.0
_STEM_ONLY: Final = 0.9
_FOLLOWING: Final = 0.35


def weights(asked: Sequence[Forms], postings: Postings) -> list[float]:
    """How much each word of a question says: the rarer, the more. One that no passage holds says as much as one that
    a single passage does: people have words of their own for things."""
    everything = max(postings.passages, 1)
    held = [min(max(len(_holders(forms, postings)), 1), everything) for forms in asked]
    return [log(1 + (everything - count + 0.5) / (count + 0.5)) for count in held]


def candidates(asked: Sequence[Forms], postings: Postings, most: int = MOST) -> list[int]:
    """The passages that hold the rare words of a question, those that hold the most of them first."""
    scores: dict[int, float] = {}
    for forms, weight in zip(asked, weights(asked, postings), strict=True):
        if not _is_common(forms, postings):
            for id_ in _holders(forms, postings):
                scores[id_] = scores.get(id_, 0.0) + weight
    return sorted(scores, key=lambda id_: (-scores[id_], id_))[:most]


def common(asked: Sequence[Forms], postings: Postings) -> list[Forms]:
    """The words of a question that many passages hold, the rarest first."""
    pairs = zip(weights(asked, postings), asked, strict=True)
    found = [(weight, forms) for weight, forms in pairs if _is_common(forms, postings)]
    return [forms for _, forms in sorted(found, key=lambda each: -each[0])]


def _holders(forms: Forms, postings: Postings) -> set[int]:
    return {id_ for form in forms for id_ in postings.found.get(form, ())}


def _is_common(forms: Forms, postings: Postings) -> bool:
    return any(len(postings.found.get(form, ())) > COMMON for form in forms)


def ranked(asked: Sequence[Forms], postings: Postings, found: Iterable[FoundPassage]) -> list[Ranked]:
    """The passages that hold anything of a question, the best first."""
    question = _Question(asked, postings)
    scored = (question.scored(passage) for passage in found)
    return sorted((each for each in scored if each.score > 0), key=_order)


def answers(covered: float) -> bool:
    """Whether a passage may stand as the answer by itself: it holds the most of what says something."""
    return covered > ENOUGH


def fused(lists: Sequence[Sequence[int]]) -> list[int]:
    """Several orders in one: what is near the front in more than one of them comes first (reciprocal ranks)."""
    scores: dict[int, float] = {}
    for order in lists:
        for place, id_ in enumerate(order):
            scores[id_] = scores.get(id_, 0.0) + 1 / (60 + place)
    return sorted(scores, key=lambda id_: -scores[id_])


def _order(each: Ranked) -> tuple[float, str, int]:
    return (-round(each.score, 9), each.passage.key, each.passage.n)


class _Question:
    """A question, as passages are held against it one by one."""

    def __init__(self, asked: Sequence[Forms], postings: Postings) -> None:
        self._weights = weights(asked, postings)
        self._whole = sum(self._weights)
        self._usual = postings.words / postings.passages if postings.words else 1.0
        self._places: dict[str, list[tuple[int, bool]]] = {}
        """For each form the words of the question that it may stand for, and whether it is the word as written."""
        for at, forms in enumerate(asked):
            for nth, form in enumerate(forms):
                self._places.setdefault(form, []).append((at, nth == 0))
        self._known: dict[str, tuple[tuple[int, bool], ...]] = {}
        """The same for words as they are kept, as they are met: most are met again, in other passages."""

    def scored(self, passage: FoundPassage) -> Ranked:
        """How well a passage answers."""
        often: dict[int, float] = {}
        as_written: set[int] = set()
        following: set[int] = set()
        before: tuple[tuple[int, bool], ...] = ()
        known = self._known
        for place, word in enumerate(passage.terms.split(" ")):
            meant = known.get(word)
            if meant is None:
                meant = known[word] = self._meant(word)
            if meant:
                for at, plain in meant:
                    often[at] = often.get(at, 0.0) + (_IN_HEAD if place < passage.head else 1.0)
                    if plain:
                        as_written.add(at)
                following.update(at for at, _ in meant if any(at - 1 == other for other, _ in before))
            before = meant
        return self._summed(passage, often, as_written, following)

    def _meant(self, word: str) -> tuple[tuple[int, bool], ...]:
        """The words of the question that one of a passage may stand for, and whether both are as they were written."""
        found: dict[int, bool] = {}
        for nth, form in enumerate(word.split("|")):
            for at, plain in self._places.get(form, ()):
                found[at] = found.get(at, False) or (plain and nth == 0)
        return tuple(found.items())

    def _summed(
        self, passage: FoundPassage, often: dict[int, float], as_written: set[int], following: set[int]
    ) -> Ranked:
        weight = self._weights
        size = _K1 * (1 - _B + _B * passage.length / self._usual)
        score = covered = 0.0
        for at in sorted(often):
            exact = 1.0 if at in as_written else _STEM_ONLY
            score += exact * weight[at] * often[at] * (_K1 + 1) / (often[at] + size)
            covered += weight[at]
        score += _FOLLOWING * sum(min(weight[at], weight[at - 1]) for at in sorted(following))
        return Ranked(passage, score, covered / self._whole if self._whole else 0.0)
