"""Keys of choices: found again by where they stand, and nothing else is taken for one."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.model.contents import Buttons, List, Section, Text
from turnkeeper.model.events import Choice
from turnkeeper.rules import choice_keys

A, B, C = Choice("a" * 99, "A"), Choice("b" * 99, "B"), Choice("c" * 99, "C")
BUTTONS = msgspec.json.encode(Buttons("?", (A, B)))
LIST = msgspec.json.encode(List("?", "Show", (Section((A,), "1"), Section((B, C), "2"))))


@given(st.integers(0, 10**12 - 1), st.integers(0, 9999))
def test_a_key_names_its_row_and_is_short(seq: int, place: int) -> None:
    key = choice_keys.key_of(seq, place)
    assert choice_keys.row_of(key) == seq
    assert choice_keys.may_be_key(key)
    assert len(key) < 64


@pytest.mark.parametrize("given_id", ["", "yes", "~#", "~#7", "~#7.x", "~#7.0\n", "~#٧.٠", "~#7.0.1", "x~#7.0"])
def test_what_is_no_key(given_id: str) -> None:
    assert choice_keys.row_of(given_id) is None
    assert choice_keys.looked_up(Choice(given_id, "T"), BUTTONS) == Choice(given_id, "T")


@pytest.mark.parametrize(
    "label, key, content, expected",
    [
        ("a button", "~#7.1", BUTTONS, B),
        ("a row of another section", "~#7.2", LIST, C),
        ("there are not so many", "~#7.3", LIST, Choice("~#7.3", "T")),
        ("nothing to choose", "~#7.0", msgspec.json.encode(Text("x")), Choice("~#7.0", "T")),
    ],
)
def test_it_is_looked_up(label: str, key: str, content: bytes, expected: Choice) -> None:
    assert choice_keys.looked_up(Choice(key, "T"), content) == expected
