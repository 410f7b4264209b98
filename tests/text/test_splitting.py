"""Text in parts: each fits, nothing but white space at a cut is lost, and the cut is where a reader would make it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.text.splitting import split

WORDS = st.text(st.sampled_from("ab. \n\t*`é😀"), max_size=120)


@given(text=st.one_of(WORDS, st.text(max_size=80)), limit=st.integers(1, 40))
def test_every_part_fits_and_only_white_space_is_lost(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(0 < len(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@given(text=st.text(max_size=80), limit=st.integers(1, 40))
def test_what_fits_is_one_part_as_it_was(text: str, limit: int) -> None:
    stripped = text.strip()
    if 0 < len(stripped) <= limit:
        assert split(text, limit) == [stripped]


@given(text=WORDS, limit=st.integers(1, 40))
def test_no_part_begins_or_ends_with_white_space(text: str, limit: int) -> None:
    assert all(part == part.strip() for part in split(text, limit))


@given(words=st.lists(st.text(st.sampled_from("abc"), min_size=1, max_size=5), max_size=30), limit=st.integers(12, 40))
def test_no_short_word_is_cut(words: list[str], limit: int) -> None:
    assert " ".join(split(" ".join(words), limit)).split() == words


@pytest.mark.parametrize(
    "label, text, limit, parts",
    [
        ("nothing", "", 10, []),
        ("white space", " \n\t ", 10, []),
        ("it fits exactly", "0123456789", 10, ["0123456789"]),
        ("one too many", "0123456789a", 10, ["0123456789", "a"]),
        ("paragraphs first", "first one.\n\nsecond one. third", 20, ["first one.", "second one. third"]),
        ("then lines", "first line\nsecond line here", 20, ["first line", "second line here"]),
        ("then sentences", "It is here. It came today at noon", 20, ["It is here.", "It came today at", "noon"]),
        ("then words", "one two three four", 10, ["one two", "three four"]),
        ("a boundary at the limit", "12345 6789 x", 10, ["12345 6789", "x"]),
        ("not at a boundary that leaves a part half empty", "a. bcdefghijklmnop", 10, ["a. bcdefgh", "ijklmnop"]),
        ("a word without end", "a" * 25, 10, ["a" * 10, "a" * 10, "a" * 5]),
        ("one character each", "abc", 1, ["a", "b", "c"]),
        ("a sentence that ends at the limit", "123456789. next", 10, ["123456789.", "next"]),
    ],
)
def test_where_it_cuts(label: str, text: str, limit: int, parts: list[str]) -> None:
    assert split(text, limit) == parts
