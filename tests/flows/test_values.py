"""Values as they are written, looked up, typed; and marks, which are filled in once."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from turnkeeper.flows.values import filled, looked_up, number, put, typed_number, values_of, written
from turnkeeper.flows.variables import MOST, kept, plain_json, size


@pytest.mark.parametrize(
    "text, expected",
    [
        ("0", 0),
        ("12", 12),
        ("-3", -3),
        ("+3", 3),
        ("−3", -3),
        (" 7 ", 7),
        ("1.5", 1.5),
        ("1,5", 1.5),
        (".5", 0.5),
        ("0.125", 0.125),
        ("0,500", 0.5),
        ("1.200", 1200),
        ("1,200", 1200),
        ("1 200", 1200),
        ("1\u202f200", 1200),
        ("1'200", 1200),
        ("1’200", 1200),
        ("1,200.5", 1200.5),
        ("1.200,50", 1200.5),
        ("1.234.567", 1234567),
        ("1,234,567.89", 1234567.89),
        ("1 234,5", 1234.5),
        ("12.50", 12.5),
        ("1,00,000", 100000),
        ("12,34,567.50", 1234567.5),
        ("١٢", 12),
        ("१२", 12),
        ("１２", 12),
        ("١٢٫٥", 12.5),
        ("١٬٢٠٠", 1200),
        ("0012", 12),
        ("-1,200", -1200),
        ("", None),
        ("a", None),
        ("1a", None),
        ("1,2,3", None),
        ("1.2.3", None),
        ("--1", None),
        ("1-2", None),
        ("²", None),
        ("½", None),
        ("1e5", None),
        ("inf", None),
        ("nan", None),
        ("0x1", None),
        ("9" * 41, None),
        (",", None),
        ("1,,000", None),
        ("1.", None),
    ],
)
def test_typed_numbers(text: str, expected: float | None) -> None:
    assert typed_number(text) == expected


@pytest.mark.parametrize(
    "value, expected",
    [
        (3, 3),
        (3.5, 3.5),
        ("3", 3),
        (True, None),
        (None, None),
        ([3], None),
        ({}, None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        ("9" * 5000, None),
    ],
)
def test_numbers(value: Any, expected: float | None) -> None:
    assert number(value) == expected


@pytest.mark.parametrize(
    "value, expected",
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (3, "3"),
        (3.0, "3"),
        (-0.0, "0"),
        (0.1 + 0.2, "0.3"),
        (1e-12, "0"),
        (1e20, "1e+20"),
        (float("nan"), "nan"),
        ("x" * 9000, "x" * 4096),
        ([1, "a", None], "1, a, "),
        ({"a": 1, "b": [2]}, "a: 1, b: 2"),
        (10**400, ""),
        ([[[[[[[[[[1]]]]]]]]]], "…"),
        ([0] * 100, ", ".join("0" * 50)),
    ],
)
def test_written(value: Any, expected: str) -> None:
    assert written(value) == expected


@pytest.mark.parametrize(
    "path, expected",
    [
        ("a", 1),
        ("b.c.1", 3),
        ("b.c.2", None),
        ("b.c.-1", None),
        ("b.c.²", None),
        ("b.x", None),
        ("a.b", None),
        ("", None),
        (".", None),
        ("b..c", None),
        ("d.e.f.g.h.i.j.k", {"l": 9}),
        ("d.e.f.g.h.i.j.k.l", None),
        ("t.0", None),
    ],
)
def test_looked_up(path: str, expected: Any) -> None:
    deep: Any = 9
    for key in "lkjihgfe":
        deep = {key: deep}
    assert looked_up({"a": 1, "b": {"c": [2, 3]}, "d": deep, "t": "text"}, path) == expected


DATA = {"a": "A", "b": "{{a}}", "c": "}} {{a|x}} {{", "n": {"x": 3.0}}


@pytest.mark.parametrize(
    "text, expected",
    [
        ("{{a}}", "A"),
        ("{{ a }}", "A"),
        ("{{a|x}}", "A"),
        ("{{z|friend}}", "friend"),
        ("{{z}}", ""),
        ("{{z|}}", ""),
        ("{{n.x}}", "3"),
        ("{{b}}", "{{a}}"),
        ("{{c}}", "}} {{a|x}} {{"),
        ("{{{a}}}", "{A}"),
        ("{{a}}{{a}}", "AA"),
        ("{{a b}}", "{{a b}}"),
        ("{{}}", "{{}}"),
        ("{{1}}", "{{1}}"),
        ("{{a", "{{a"),
        ("{ {a}}", "{ {a}}"),
        ("{{z|{{a}}}}", "{{z|A}}"),
        ("no marks", "no marks"),
    ],
)
def test_marks(text: str, expected: str) -> None:
    assert filled(text, DATA) == expected
    assert put(text, values_of(text, DATA)) == expected


def test_marks_without_a_value_stand_as_they_are() -> None:
    assert put("{{a}} {{b}}", {"a": "1"}, lambda value: f"<{value}>") == "<1> {{b}}"
    assert put("{{a}}", {}) == "{{a}}"


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="{}ab| .", max_size=30), st.text(alphabet="{}ab| .", max_size=30))
def test_marks_are_never_filled_in_twice(text: str, value: str) -> None:
    once = filled(text, {"a": "\x00", "b": "\x01"})
    assert (
        filled(text, {"a": value, "b": value}) == once.replace("\x00", value).replace("\x01", value)
        or not value.strip()
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
)


@settings(max_examples=40, deadline=None)
@given(JSON)
def test_what_is_kept_is_plain_json(value: Any) -> None:
    plain = plain_json(value)
    assert plain_json(plain) == plain
    assert isinstance(written(plain), str)


@pytest.mark.parametrize(
    "value, expected",
    [
        (b"x", "eA=="),
        ("\ud800", "?"),
        ({1: 2}, {"1": 2}),
        ((1, 2), [1, 2]),
        (float("inf"), None),
        (object(), "(object)"),
        ({(1, 2): 3}, "(dict)"),
    ],
)
def test_odd_values_become_plain(value: Any, expected: Any) -> None:
    assert plain_json(value) == expected


def test_nothing_set_copies_nothing() -> None:
    before = {"a": [1]}
    assert kept(before, {})[0] is before


@pytest.mark.parametrize(
    "label, value, first",
    [
        ("a text", "x" * 100_000, "xxx"),
        ("a wide text", "漢" * 50_000, "漢漢漢"),
        ("quotes", '"' * 60_000, '"""'),
        ("a list", ["x" * 100] * 1000, ["x" * 100] * 3),
        ("a table", {f"k{n}": "x" * 100 for n in range(1000)}, None),
    ],
)
def test_what_is_too_large_is_cut(label: str, value: Any, first: Any) -> None:
    variables, cut = kept({"before": "stays"}, {"big": value, "small": 1})
    assert cut == ["big"]
    assert size(variables) <= MOST
    assert size(variables) > MOST * 0.9
    assert (variables["before"], variables["small"]) == ("stays", 1)
    assert first is None or variables["big"][:3] == first
    assert type(variables["big"]) is type(value)


def test_waiting_flows_take_room_too() -> None:
    others = [{"a": "x" * 40_000}, {"b": "x" * 20_000}]
    variables, cut = kept({}, {"c": "y" * 10_000}, others)
    assert cut == ["c"]
    assert 5000 < len(variables["c"]) < 6000
    assert kept({}, {"c": "y" * 10_000}, [{"a": "x" * 70_000}]) == ({}, ["c"])
    assert kept({}, {"c": {"a": "y" * 70_000}}) == ({"c": None}, ["c"])


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.text(max_size=8), JSON, max_size=4), st.integers(0, MOST + 100))
def test_never_more_than_there_is_room_for(sets: dict[str, Any], taken: int) -> None:
    variables, cut = kept({"old": "x"}, sets, [{"a": "x" * taken}] if taken else [])
    assert (
        size(variables) + taken <= MOST
        or not (sets.keys() & variables.keys())
        or variables == {"old": "x"}
        or taken > MOST - 200
    )
    assert set(cut) <= set(sets)


def test_what_is_written_over_takes_no_room() -> None:
    variables, cut = kept({"big": "x" * 60_000, "small": 1}, {"big": "y" * 70_000})
    assert cut == ["big"]
    assert MOST - 100 < size(variables) <= MOST
    assert variables["big"].startswith("y")
    assert kept({"big": "x" * 60_000}, {"big": {"a": "y" * 70_000}}) == ({"big": None}, ["big"])
