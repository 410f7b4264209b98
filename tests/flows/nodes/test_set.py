"""The table of `set`."""

from tests.support.flow_cases import HOSTILE, Case, Wrong, table_of
from turnkeeper.flows.effects import KeepField, Tag
from turnkeeper.flows.nodes.base import Leave
from turnkeeper.flows.signals import Replied

CASES = [
    Case(
        "values as they are",
        {"variables": {"a": 1, "b": None, "c": [True]}},
        Leave(sets={"a": 1, "b": None, "c": [True]}),
    ),
    Case("a text with marks", {"variables": {"a": "to {{contact.city}}"}}, Leave(sets={"a": "to Kota"})),
    Case("one mark keeps its kind", {"variables": {"a": " {{n}} "}}, Leave(sets={"a": 3}), variables={"n": 3}),
    Case("a mark of nothing", {"variables": {"a": "{{n|none}}", "b": "{{n}}"}}, Leave(sets={"a": "none", "b": ""})),
    Case(
        "marks deep inside",
        {"variables": {"a": {"b": ["{{n}}", "{{n}}!"]}}},
        Leave(sets={"a": {"b": [3, "3!"]}}),
        variables={"n": 3},
    ),
    Case(
        "a hostile value",
        {"variables": {"a": "{{x}}", "b": "<{{x}}>"}},
        Leave(sets={"a": HOSTILE, "b": f"<{HOSTILE}>"}),
        variables={"x": HOSTILE},
    ),
    Case("in what was said", {"variables": {"a": "{{message}}"}}, Leave(sets={"a": "hi"}), reply=Replied("hi")),
    Case("a counter", {"add": {"n": 1}}, Leave(sets={"n": 4}), variables={"n": 3}),
    Case("from nothing", {"add": {"n": 1, "m": -2.5}}, Leave(sets={"n": 1, "m": -2.5})),
    Case(
        "numbers that were typed, or stand elsewhere",
        {"add": {"a": "{{b}}", "c": "{{none}}"}},
        Leave(sets={"a": 5.5, "c": 7}),
        variables={"a": "3", "b": "2.5", "c": 7},
    ),
    Case("no dust", {"add": {"a": 0.2}}, Leave(sets={"a": 0.3}), variables={"a": 0.1}),
    Case(
        "what is no number",
        {"add": {"a": 1, "b": 1, "c": 1, "d": "{{x}}"}},
        Leave(sets={"a": 1, "b": 1, "c": 1, "d": 0}),
        variables={"a": HOSTILE, "b": [2], "c": True, "x": HOSTILE},
    ),
    Case("never endless", {"add": {"a": 1e300, "b": -1e300}}, Leave(sets={"a": 10**15, "b": -(10**15)})),
    Case(
        "the contact",
        {"contact": {"city": "{{x}}", "old": None, "odd": "{{y}}"}},
        Leave(effects=(KeepField("city", "Bar"), KeepField("old", None), KeepField("odd", None))),
        variables={"x": "Bar", "y": float("inf")},
    ),
    Case(
        "tags",
        {"tag": ["vip", "{{x}}", "{{none}}"], "untag": ["new"]},
        Leave(effects=(Tag("vip"), Tag("x" * 100), Tag("new", on=False))),
        variables={"x": "x" * 200},
    ),
    Case("hears nothing", {"tag": ["a"]}, None, Replied("x")),
]
WRONG: list[Wrong] = [
    ("right", {"variables": {"a": 1}, "contact": {"b": 2}, "tag": ["c"]}, []),
    ("nothing", {}, ["it sets nothing"]),
    (
        "no name",
        {"variables": {"a b": 1}},
        ["'a b' is not a name: use letters, digits and underscores, a letter first"],
    ),
    ("no field", {"contact": {"1": 1}}, ["'1' is not a name: use letters, digits and underscores, a letter first"]),
    ("a sum", {"add": {"a": 1, "b": "{{c}}"}}, []),
    (
        "no sum",
        {"variables": {"a": 1}, "add": {"a": 1, "b": "much", "1": 1}},
        [
            "'1' is not a name: use letters, digits and underscores, a letter first",
            "'a' is set and added to: do one of them",
            "'much' is no number to add to 'b'",
        ],
    ),
    ("no tag", {"untag": [" "]}, ["a tag has no name"]),
]

test_moves, test_problems = table_of("set", CASES, WRONG)
