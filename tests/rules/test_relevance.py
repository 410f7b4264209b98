"""Which passage answers: the order by what is asked, and when nothing does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.model.knowledge import FoundPassage, Postings
from turnkeeper.rules import relevance
from turnkeeper.rules.vectors import likeness, nearest, packed, signs_of, unpacked


def passage(id_: int, terms: str, head: int = 0) -> FoundPassage:
    return FoundPassage(id_, f"{id_:03}", "", 1, "", None, "", terms, head, terms.count(" ") + 1)


def asked(words: str) -> list[tuple[str, ...]]:
    return [tuple(word.split("|")) for word in words.split()]


def postings(shelf: list[FoundPassage], words: str) -> Postings:
    forms = {form for word in asked(words) for form in word}
    held = {
        form: [each.id for each in shelf if form in each.terms.replace("|", " ").split(" ")][: relevance.COMMON + 1]
        for form in forms
    }
    return Postings(len(shelf), sum(each.length for each in shelf), 1, held)


def order(shelf: list[FoundPassage], words: str) -> list[int]:
    found = postings(shelf, words)
    ids = relevance.candidates(asked(words), found)
    return [each.passage.id for each in relevance.ranked(asked(words), found, [p for p in shelf if p.id in ids])]


# label, the question, the passages with how many of their words are headings', the order of those found
ORDERS = [
    ("more of the question", "red shoes", [("red hat", 0), ("red shoes", 0), ("blue hat", 0)], [2, 1]),
    ("the rarer word", "red shoes", [("red a", 0), ("shoes b", 0), ("red c", 0), ("red d", 0)], [2, 1, 3, 4]),
    ("shorter", "red", [("red a b c d e f g", 0), ("red a", 0)], [2, 1]),
    ("in a heading", "red", [("a b red", 0), ("red b a", 1)], [2, 1]),
    ("in the order that was asked", "a b", [("b x a", 0), ("x a b", 0)], [2, 1]),
    ("as it was written", "paying|pay", [("pays|pay", 0), ("paying|pay", 0)], [2, 1]),
    ("a stem is enough", "paying|pay", [("pays|pay", 0), ("play", 0)], [1]),
    ("equal ones by their names", "red", [("red", 0), ("red", 0)], [1, 2]),
    ("nothing", "red", [("blue", 0)], []),
]


@pytest.mark.parametrize("label, words, texts, expected", ORDERS, ids=[row[0] for row in ORDERS])
def test_the_order(label: str, words: str, texts: list[tuple[str, int]], expected: list[int]) -> None:
    shelf = [passage(at, terms, head) for at, (terms, head) in enumerate(texts, 1)]
    assert order(shelf, words) == expected


@pytest.mark.parametrize(
    "label, words, expected",
    [
        ("all of it", "refund card", True),
        ("the most of it", "refund card capital", True),
        ("a little of it", "capital france refund", False),
        ("none of it", "capital france", False),
    ],
)
def test_when_a_passage_may_stand_as_the_answer(label: str, words: str, expected: bool) -> None:
    shelf = [passage(1, "we refund to your card"), *(passage(n, f"filler{n} card") for n in range(2, 5))]
    found = postings(shelf, words)
    best = next(iter(relevance.ranked(asked(words), found, shelf)), None)
    assert relevance.answers(best.covered if best else 0.0) is expected


def test_a_word_that_many_hold_finds_none_by_itself() -> None:
    shelf = [passage(n, "price of" if n != 70 else "price of rare") for n in range(1, relevance.COMMON + 3)]
    found = postings(shelf, "price rare")
    assert relevance.candidates(asked("price rare"), found) == [70]
    assert relevance.common(asked("price rare"), found) == [("price",)]
    assert relevance.candidates(asked("price"), found) == []


def test_no_more_are_ranked_than_the_bound() -> None:
    shelf = [passage(n, "price") for n in range(1, 400)]
    assert relevance.candidates(asked("price"), postings(shelf, "price")) == list(range(1, relevance.MOST + 1))


def test_orders_in_one() -> None:
    assert relevance.fused([[1, 2, 3], [3, 1]]) == [1, 3, 2]
    assert relevance.fused([[], [4]]) == [4]


def test_vectors_are_compared() -> None:
    vectors = {1: (3.0, 0.1, -2.0), 2: (-1.0, 4.0, 0.5), 3: (2.0, -0.5, -2.0)}
    signs = [(id_, int.from_bytes(signs_of(each), "big")) for id_, each in vectors.items()]
    wanted = int.from_bytes(signs_of((1.0, -1.0, -1.0)), "big")
    assert nearest(signs, wanted, 2) == [3, 1]
    assert likeness(unpacked(packed((3.0, 4.0))), unpacked(packed((6.0, 8.0)))) == pytest.approx(1)
    assert likeness(unpacked(packed((1.0, 0.0))), unpacked(packed((0.0, 2.0)))) == pytest.approx(0)
    assert likeness(unpacked(b""), unpacked(packed((1.0,)))) == -1


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=40))
def test_a_vector_keeps_its_direction(vector: list[float]) -> None:
    again = unpacked(packed(vector))
    assert len(again) == len(vector)
    assert all((one > 0) == (other > 0) or abs(one) < 1e-30 for one, other in zip(vector, again, strict=True))
