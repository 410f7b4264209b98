"""The table of operators over the kinds of values, how conditions are put together, and that none can fail."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from turnkeeper.flows.conditions import DEEPEST, MOST, BadCondition, holds, problems, raw_of, read

DATA = {
    "text": "Hello, Wörld!",
    "n": 12,
    "price": "1.200,50",
    "half": 0.5,
    "yes": True,
    "no": False,
    "none": None,
    "zero": 0,
    "blank": "",
    "list": ["Red", "green", 3],
    "empty": [],
    "table": {"a": {"b": [10, 20]}},
    "clock": "23:15",
    "day": "2026-12-05",
    "emoji": "👍",
    "arabic": "١٢",
    "me": "{{text}}",
}


@pytest.mark.parametrize(
    "field, op, value, expected",
    [
        ("text", "is", "hello world", True),
        ("text", "is", "hello", False),
        ("text", "is_not", "hello", True),
        ("text", "contains", "WORLD", True),
        ("text", "contains", "wörl", True),
        ("text", "contains", "", False),
        ("text", "not_contains", "moon", True),
        ("text", "starts_with", "hello", True),
        ("text", "starts_with", "", False),
        ("text", "ends_with", "world", True),
        ("text", "ends_with", "hello", False),
        ("text", "more", 1, False),
        ("text", "one_of", ["moon", "Hello World"], True),
        ("text", "one_of", [], False),
        ("text", "one_of", "Hello", False),
        ("text", "not_one_of", ["moon"], True),
        ("text", "empty", None, False),
        ("text", "not_empty", None, True),
        ("n", "is", 12, True),
        ("n", "is", "12.0", True),
        ("n", "is", "١٢", True),
        ("n", "is_not", 12, False),
        ("n", "more", 11.5, True),
        ("n", "more", 12, False),
        ("n", "at_least", 12, True),
        ("n", "less", 12, False),
        ("n", "at_most", "12", True),
        ("n", "between", [12, 13], True),
        ("n", "between", [13, 12], False),
        ("n", "between", ["1", "1,000"], True),
        ("n", "contains", 1, True),
        ("n", "one_of", ["12"], True),
        ("price", "more", 1200, True),
        ("price", "is", 1200.5, True),
        ("half", "less", 1, True),
        ("half", "is", "0.5", True),
        ("yes", "is", True, True),
        ("yes", "is", "yes", True),
        ("yes", "more", 0, False),
        ("no", "is", False, True),
        ("no", "empty", None, False),
        ("yes", "is", False, False),
        ("none", "empty", None, True),
        ("none", "is", "", True),
        ("none", "is", "x", False),
        ("none", "is_not", "x", True),
        ("none", "less", 5, False),
        ("none", "contains", "x", False),
        ("none", "between", [0, 5], False),
        ("nowhere", "empty", None, True),
        ("zero", "empty", None, False),
        ("zero", "is", "0", True),
        ("blank", "empty", None, True),
        ("list", "contains", "GREEN", True),
        ("list", "contains", "gre", False),
        ("list", "contains", 3, True),
        ("list", "empty", None, False),
        ("list", "is", "red, green, 3", True),
        ("empty", "empty", None, True),
        ("table.a.b.1", "is", 20, True),
        ("table.a.b.2", "empty", None, True),
        ("table.a.b.x", "empty", None, True),
        ("table.a", "not_empty", None, True),
        ("list.0", "is", "red", True),
        ("list.00000000001", "empty", None, True),
        ("a.b.c.d.e.f.g.h.i", "empty", None, True),
        ("list." + "9" * 5000, "empty", None, True),
        ("clock", "between", ["22:00", "06:00"], True),
        ("clock", "between", ["06:00", "22:00"], False),
        ("clock", "between", ["23:15", "23:16"], True),
        ("clock", "between", ["23:00", "23:15"], False),
        ("clock", "between", ["23:00", "24:00"], True),
        ("clock", "more", "23:14", True),
        ("clock", "more", 5, False),
        ("clock", "between", [1, 99999], False),
        ("n", "between", ["00:00", "24:00"], False),
        ("clock", "more", "²:00", False),
        ("day", "more", "2026-12-04", True),
        ("day", "at_most", "2026-12-05", True),
        ("day", "less", 5, False),
        ("day", "between", ["2026-12-01", "2026-12-31"], True),
        ("day", "more", "2026-99-99", False),
        ("emoji", "is", "👍", True),
        ("emoji", "is", "👎", False),
        ("arabic", "is", 12, True),
        ("arabic", "at_least", 12, True),
        ("text", "is", "{{text}}", True),
        ("n", "more", "{{zero}}", True),
        ("n", "one_of", ["{{arabic}}"], True),
        ("n", "is_not", "{{arabic}}", False),
        ("me", "is", "{{me}}", True),
        ("me", "is", "Hello, Wörld!", False),
        ("n", "between", ["{{zero}}", "{{price}}"], True),
    ],
)
def test_operators(field: str, op: str, value: Any, expected: bool) -> None:
    condition = read({"field": field, "op": op, "value": value})
    assert holds(condition, DATA) is expected


TRUE, FALSE = {"field": "n", "value": 12}, {"field": "n", "value": 1}


@pytest.mark.parametrize(
    "raw, expected",
    [
        ({"all": []}, True),
        ({"any": []}, False),
        ({"all": [TRUE, FALSE]}, False),
        ({"any": [FALSE, TRUE]}, True),
        ({"not": FALSE}, True),
        ({"not": {"all": [TRUE, {"any": [FALSE, {"not": TRUE}]}]}}, True),
    ],
)
def test_put_together(raw: Any, expected: bool) -> None:
    assert holds(read(raw), DATA) is expected
    assert raw_of(read(raw_of(read(raw)))) == raw_of(read(raw))


def nested(deep: int) -> Any:
    raw: Any = TRUE
    for _ in range(deep):
        raw = {"not": raw}
    return raw


@pytest.mark.parametrize(
    "raw, why",
    [
        (3, "a condition is a table with field"),
        ({}, "field is missing"),
        ({"field": 3}, "field: takes a text, not a whole number"),
        ({"field": "n", "op": "matches"}, "op: 'matches' is none of at_least, at_most, between, contains"),
        ({"field": "n", "x": 1}, "there is no field 'x'"),
        ({"all": TRUE}, "all takes a list"),
        ({"any": [3]}, "a condition is a table"),
        ({"all": [], "any": []}, "there is no field 'all'"),
        (nested(DEEPEST + 1), f"at most {DEEPEST} deep"),
    ],
)
def test_what_is_no_condition(raw: Any, why: str) -> None:
    with pytest.raises(BadCondition, match=why):
        read(raw)


@pytest.mark.parametrize(
    "raw, expected",
    [
        (nested(DEEPEST), []),
        ({"field": "contact.city", "op": "empty"}, []),
        ({"field": "n", "op": "more", "value": "{{m}}"}, []),
        ({"field": "n", "op": "between", "value": ["{{m}}", 3]}, []),
        ({"field": "time.clock", "op": "between", "value": ["09:00", "17:00"]}, []),
        ({"field": "n", "op": "one_of", "value": "a"}, ["one_of of n takes a list"]),
        (
            {"field": "n", "op": "between", "value": [1, "09:00"]},
            ["between of n takes two numbers, two days or two times of day"],
        ),
        (
            {"field": "n", "op": "between", "value": [1]},
            ["between of n takes two numbers, two days or two times of day"],
        ),
        (
            {"field": "n", "op": "less", "value": "much"},
            ["less of n takes a number, a day or a time of day, not 'much'"],
        ),
        ({"field": "n", "op": "is"}, ["is of n takes a value"]),
        ({"field": "", "op": "empty"}, ["'' is not a field: write it like contact.city"]),
        ({"field": "{{n}}", "op": "empty"}, ["'{{n}}' is not a field: write it like contact.city"]),
        ({"all": [TRUE] * (MOST + 1)}, [f"it holds {MOST + 1} tests, at most {MOST} are allowed"]),
    ],
)
def test_what_is_wrong_with_one(raw: Any, expected: list[str]) -> None:
    assert list(problems(read(raw))) == expected


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["9" * 400, "²:00", "{{n}}"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
OPS = ["is", "contains", "starts_with", "one_of", "not_one_of", "empty", "more", "at_most", "between", "not_contains"]
TESTS = st.fixed_dictionaries(
    {"field": st.sampled_from(["a", "a.b", "b.0", "", ".", "²"]), "op": st.sampled_from(OPS), "value": JSON}
)
CONDITIONS = st.recursive(
    TESTS,
    lambda inner: (
        st.fixed_dictionaries({"not": inner})
        | st.fixed_dictionaries({"all": st.lists(inner, max_size=3)})
        | st.fixed_dictionaries({"any": st.lists(inner, max_size=3)})
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(CONDITIONS, JSON, JSON)
def test_none_can_fail(raw: Any, a: Any, b: Any) -> None:
    try:
        condition = read(raw)
    except BadCondition:
        return
    data = {"a": a, "b": b}
    assert holds(condition, data) is holds(condition, data)
    assert holds(read({"not": raw_of(condition)}) if _room(raw) else condition, data) in (True, False)
    assert raw_of(read(raw_of(condition))) == raw_of(condition) or "nan" in repr(raw)
    list(problems(condition))


def _room(raw: Any) -> bool:
    try:
        read({"not": raw})
    except BadCondition:
        return False
    return True


@settings(max_examples=30, deadline=None)
@given(TESTS, JSON)
def test_not_is_the_other_way_round(raw: Any, a: Any) -> None:
    assert holds(read({"not": raw}), {"a": a}) is not holds(read(raw), {"a": a})
