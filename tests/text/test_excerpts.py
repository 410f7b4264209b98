"""What is searched for, and what is shown of a message where it was found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.text.excerpts import LONGEST, digits, endings, excerpt, forms, wanted


@pytest.mark.parametrize(
    "typed, words, beginning, number",
    [
        ("", (), "", ""),
        ("refund", (), "refund", ""),
        ("refund ", ("refund",), "", ""),
        ("the late ref", ("late",), "ref", ""),
        ("+62 812-345 67", ("62", "812", "345"), "67", "6281234567"),
        ("(0812) 345", ("0812",), "345", "0812345"),
        ("123", (), "123", ""),
        ("۱۲۳۴", (), "1234", "1234"),
        ("room 1234", ("room",), "1234", ""),
        ("!!!", (), "", ""),
    ],
)
def test_what_is_wanted(typed: str, words: tuple[str, ...], beginning: str, number: str) -> None:
    found = wanted(typed)
    assert tuple(each[0] for each in found.words) == words
    assert (found.beginning[:1], found.number) == ((beginning,) if beginning else (), number)
    assert found.is_empty == (not words and not beginning)


@pytest.mark.parametrize(
    "text, asked, shown",
    [
        ("a refund please", "refund", "a [refund] please"),
        ("a\n refund\tplease", "please refund", "a [refund] [please]"),
        ("nothing of it", "refund", "nothing of it"),
        ("x" * 30 + " " + "y " * 40 + "refund", "refund", "…" + "y " * 19 + "[refund]"),
        ("我想要一份退款。", "一份退款", "我想要[一份][退][款]。"),
        ("call +62 812 3456", "3456", "call +62 812 [3456]"),
    ],
)
def test_what_is_shown(text: str, asked: str, shown: str) -> None:
    told, hits = excerpt(text, wanted(asked))
    for start, end in reversed(hits):
        told = f"{told[:start]}[{told[start:end]}]{told[end:]}"
    assert told == shown


@given(st.text(max_size=400), st.text(max_size=60))
def test_hits_are_in_the_excerpt_and_in_order(text: str, asked: str) -> None:
    told, hits = excerpt(text, wanted(asked))
    assert len(told) <= 162
    edges = [0, *(edge for hit in hits for edge in hit), len(told)]
    assert edges == sorted(edges)
    assert all(start < end for start, end in hits)


@given(st.text(max_size=200))
def test_each_word_of_a_text_finds_it(text: str) -> None:
    kept = set(forms(text))
    for asked in text.split():
        sought = wanted(asked)
        assert not sought.beginning or sought.beginning[0] in kept


def test_what_is_kept_has_an_end() -> None:
    assert len(forms(" ".join(f"w{n}" for n in range(10_000)))) <= 1500
    assert forms("a" * LONGEST + " behind") == ["a" * 40]


def test_a_number_is_found_by_its_endings() -> None:
    assert endings("+62 8123") == ["628123", "28123", "8123"]
    assert endings("123") == []
    assert digits("٠٨١٢-x") == "0812"
