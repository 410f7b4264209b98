"""Only what was declared is kept, as what it was declared."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.rules.facts import LONGEST, checked, schema

DECLARED = {"budget": "number", "allergies": "text", "visit": "date", "vegan": "boolean", "size": ("S", "M", "L")}


@pytest.mark.parametrize(
    "label, given_, kept",
    [
        ("a number", {"budget": 200}, {"budget": 200}),
        ("one with a fraction", {"budget": 19.5}, {"budget": 19.5}),
        ("one in words", {"budget": " 200 "}, {"budget": 200}),
        ("a text", {"allergies": " nuts "}, {"allergies": "nuts"}),
        ("a date", {"visit": "2026-12-24"}, {"visit": "2026-12-24"}),
        ("a date in short", {"visit": "20261224"}, {"visit": "2026-12-24"}),
        ("a boolean", {"vegan": False}, {"vegan": False}),
        ("one in words", {"vegan": "True"}, {"vegan": True}),
        ("a choice", {"size": "m"}, {"size": "M"}),
        ("forgetting", {"budget": None, "size": None}, {"budget": None, "size": None}),
        ("nothing", {}, {}),
    ],
)
def test_what_is_kept(label: str, given_: dict[str, Any], kept: dict[str, Any]) -> None:
    assert checked(DECLARED, given_) == (kept, ())


@pytest.mark.parametrize(
    "label, given_, problem",
    [
        ("a name that nobody declared", {"admin": True}, "'admin' is not kept; there are: budget, allergies, visit"),
        ("one of the program's own", {"_backend_user_id": "1"}, "'_backend_user_id' is not kept"),
        ("no number", {"budget": "about 200"}, "budget: a number is needed, without a unit"),
        ("a boolean is no number", {"budget": True}, "budget: a number is needed"),
        ("no finite number", {"budget": float("inf")}, "budget: a number is needed"),
        ("none at all", {"budget": float("nan")}, "budget: a number is needed"),
        ("no text", {"allergies": 3}, "allergies: a text is needed"),
        ("an empty text", {"allergies": " "}, "allergies: the text is empty; null forgets"),
        ("too long", {"allergies": "x" * (LONGEST + 1)}, f"allergies: longer than {LONGEST} characters"),
        ("no date", {"visit": "tomorrow"}, "visit: a date is needed, as YYYY-MM-DD"),
        ("no boolean", {"vegan": "yes"}, "vegan: true or false is needed"),
        ("none of the choices", {"size": "XL"}, "size: one of S, M, L is needed"),
        ("a list", {"size": ["S"]}, "size: one of S, M, L is needed"),
    ],
)
def test_what_is_not(label: str, given_: dict[str, Any], problem: str) -> None:
    kept, problems = checked(DECLARED, {**given_, "vegan": given_.get("vegan", True)})
    assert [each.startswith(problem) for each in problems] == [True]
    assert kept == ({} if "vegan" in given_ else {"vegan": True})


def test_the_schema_names_each_and_lets_it_be_forgotten() -> None:
    told = schema(DECLARED)
    assert list(told["properties"]) == list(DECLARED)
    assert told["properties"]["size"] == {"anyOf": [{"type": "string", "enum": ["S", "M", "L"]}, {"type": "null"}]}
    assert told["additionalProperties"] is False


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3),
)


@given(st.dictionaries(st.sampled_from([*DECLARED, "other"]), JSON))
def test_nothing_but_the_declared_is_ever_kept(given_: dict[str, Any]) -> None:
    kept, problems = checked(DECLARED, given_)
    assert set(kept) <= set(DECLARED)
    assert len(kept) + len(problems) == len(given_)
    for value in kept.values():
        assert value is None or isinstance(value, str | int | float)
