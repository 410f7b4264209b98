"""JSON as models write it is read; what is none is told to be none, within bounds."""

from typing import Any

import pytest

from turnkeeper.text.broken_json import LONGEST, read_object


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
        ("too deep to repair", '{"a": ' + '{"a": ' * 50, None),
        ("too deep to read", '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", None),
        ("too long to repair", '{"b": "' + "x" * LONGEST + '", "a": 1', None),
        ("long but whole", '{"b": "' + "x" * LONGEST + '", "a": 1}', {"b": "x" * LONGEST, "a": 1}),
    ],
)  # fmt: skip
def test_objects(label: str, text: str, expected: dict[str, Any] | None) -> None:
    assert read_object(text, lambda value: "a" in value) == expected
