"""JSON as models write it is read; what is none is told to be none, within bounds."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from turnkeeper.text.broken_json import LONGEST, LONGEST_REPAIRED, read_object
from turnkeeper.text.lenient_json import DEEPEST, TooDeep, read

LONG = "x" * LONGEST


@pytest.mark.parametrize(
    "label, text, expected",
    [
        ("JSON", '{"a": 1}', {"a": 1}),
        ("in a fence", '```json\n{"a": 1}\n```', {"a": 1}),
        ("after another object", '{"b": 2} {"a": 1}', {"a": 1}),
        ("a control character in a string", '{"a": "x\ny"}', {"a": "x\ny"}),
        ("cut off", '{"a": [1, 2', {"a": [1, 2]}),
        ("trailing commas", '{"a": 1,}', {"a": 1}),
        ("words", "no", None),
        ("another shape", '{"b": 1}', None),
        ("too deep to mend", '{"a": ' + '{"a": ' * 150, None),
        ("too deep to read", '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", None),
        ("too long to mend", '{"b": "' + LONG + '", "a": 1', None),
        ("long but whole", '{"b": "' + LONG + '", "a": 1}', {"b": LONG, "a": 1}),
    ],
)
def test_objects(label: str, text: str, expected: dict[str, Any] | None) -> None:
    assert read_object(text, lambda value: "a" in value) == expected


@pytest.mark.parametrize(
    "label, text, expected",
    [
        ("trailing commas", '{"a": [1, 2,], "b": {"c": 3,},}', {"a": [1, 2], "b": {"c": 3}}),
        ("commas that are missing", '{"a": 1\n"b": [1\n"x"]}', {"a": 1, "b": [1, "x"]}),
        ("single quotes", "{'a': 'it', 'b': [\"c\"]}", {"a": "it", "b": ["c"]}),
        ("an apostrophe within them", "{'a': 'it's', 'b': 1}", {"a": "it's", "b": 1}),
        ("typographic quotes", "{“a”: “b”, “c”: 1}", {"a": "b", "c": 1}),
        ("quotes within a string", '{"a": "He said "hi" and "no", then left", "b": 1}',
         {"a": 'He said "hi" and "no", then left', "b": 1}),
        ("line breaks in a string", '{"a": "x\ny"}', {"a": "x\ny"}),
        ("escapes", '{"a": "\\n\\t\\"\\\\\\/\\u0041\\q"}', {"a": '\n\t"\\/Aq'}),
        ("names without quotes", "{a: 1, b_c: x y}", {"a": 1, "b_c": "x y"}),
        ("Python's literals", "{'a': True, 'b': None, 'c': False}", {"a": True, "b": None, "c": False}),
        ("numbers", '{"a": -1.5e3, "b": 007, "c": 12}', {"a": -1500.0, "b": "007", "c": 12}),
        ("comments", '{"a": 1, // one\n /* two */ "b": 2}', {"a": 1, "b": 2}),
        ("cut off in a string", '{"a": "x y', {"a": "x y"}),
        ("cut off in a name", '{"a": 1, "b', {"a": 1}),
        ("cut off after a name", '{"a": 1, "b":', {"a": 1}),
        ("cut off in an escape", '{"a": "x\\', {"a": "x"}),
        ("brackets that do not match", '{"a": [1, 2}, "b": 3', {"a": [1, 2]}),
        ("words after it", '{"a": 1} and more {', {"a": 1}),
        ("a list", "[1, {'a': 2}", [1, {"a": 2}]),
        ("empty", "{", {}),
    ],
)  # fmt: skip
def test_as_it_was_meant(label: str, text: str, expected: Any) -> None:
    assert read(text) == expected


def test_what_is_no_value() -> None:
    with pytest.raises(ValueError, match="no object or list begins here"):
        read("x")
    with pytest.raises(TooDeep):
        read("[" * (DEEPEST + 2))


SMALL = st.integers(-(10**15), 10**15) | st.booleans() | st.none() | st.text("ab c", max_size=8)
PLAIN = st.dictionaries(st.text("abc ", max_size=5), SMALL | st.lists(SMALL, max_size=3), max_size=4)


@settings(max_examples=60)
@given(PLAIN, st.sampled_from([None, 2]), st.booleans())
def test_what_is_right_means_itself(value: dict[str, Any], indent: int | None, ascii_only: bool) -> None:
    assert read(json.dumps(value, indent=indent, ensure_ascii=ascii_only)) == value


@settings(max_examples=60)
@given(PLAIN, st.data())
def test_what_is_cut_off_keeps_what_came_before(value: dict[str, Any], data: st.DataObject) -> None:
    whole = json.dumps(value)
    cut = read(whole[: data.draw(st.integers(1, len(whole)))])
    names = list(value)
    assert list(cut) == names[: len(cut)]
    assert all(cut[name] == value[name] for name in names[: max(0, len(cut) - 1)])


@given(st.text("{}[]\",:'\\/*“”ab1 \n", max_size=80))
def test_it_never_raises_anything_else(text: str) -> None:
    with suppress(TooDeep):
        read("{" + text)


HARD = ["]\n{", "1'", "'”", '"-', '\\true”"', '"', "'", "“", "{", "}", ",", ":", "/*", "//", "\\", " ", '{"a":', "[1,"]


@pytest.mark.parametrize("piece", HARD)
def test_what_is_slow_to_repair_is_not_repaired(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import json_repair

    lengths: list[int] = []

    def repaired(text: str, **_: object) -> object:
        lengths.append(len(text))
        return None

    monkeypatch.setattr(json_repair, "repair_json", repaired)
    for size in (300, LONGEST * 3):
        assert read_object(("{" + piece * size)[:size], lambda value: "nobody has this" in value) is None
    assert all(length <= LONGEST_REPAIRED for length in lengths)
    assert len(lengths) <= 1
