"""Which passages answer a question: chosen from the index's postings, then ranked one by one, alike on every store.

Ranked by BM25 with a bonus for what stands in headings and for words that follow each other as they were asked.
Of a word's forms the best counts. `COMMON` bounds what is read of the index: a word that more passages hold finds none
by itself, as long as a rarer one does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    weight = weights(asked, postings)
    whole = sum(weight)
    places = _places(asked)
    usual = postings.words / postings.passages if postings.passages else 1.0
    scored = (_scored(passage, weight, places, usual or 1.0, whole) for passage in found)
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


def _places(asked: Sequence[Forms]) -> Mapping[str, list[tuple[int, bool]]]:
    """For each form the words of the question that it may stand for, and whether it is the word as it was written."""
    found: dict[str, list[tuple[int, bool]]] = {}
    for at, forms in enumerate(asked):
        for nth, form in enumerate(forms):
            found.setdefault(form, []).append((at, nth == 0))
    return found


def _scored(
    passage: FoundPassage,
    weight: Sequence[float],
    places: Mapping[str, list[tuple[int, bool]]],
    usual: float,
    whole: float,
) -> Ranked:
    often: dict[int, float] = {}
    as_written: set[int] = set()
    following: set[int] = set()
    before: set[int] = set()
    for place, forms in enumerate(passage.terms.split(" ")):
        here: set[int] = set()
        for nth, form in enumerate(forms.split("|")):
            for at, plain in places.get(form, ()):
                here.add(at)
                if plain and nth == 0:
                    as_written.add(at)
        for at in here:
            often[at] = often.get(at, 0.0) + (_IN_HEAD if place < passage.head else 1.0)
            if at - 1 in before:
                following.add(at)
        before = here
    size = _K1 * (1 - _B + _B * passage.length / usual)
    score = 0.0
    for at, count in often.items():
        exact = 1.0 if at in as_written else _STEM_ONLY
        score += exact * weight[at] * count * (_K1 + 1) / (count + size)
    score += _FOLLOWING * sum(min(weight[at], weight[at - 1]) for at in sorted(following))
    return Ranked(passage, score, sum(weight[at] for at in sorted(often)) / whole if whole else 0.0)
