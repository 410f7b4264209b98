"""Documents that are no flow: every problem, with its place; and what is read and written back."""

import json
from typing import Any

import pytest

from turnkeeper.flows.model import Fallback, Position
from turnkeeper.flows.nodes import TYPES
from turnkeeper.flows.reading import DEEPEST, LARGEST, MOST_EDGES, MOST_NODES, FlowUnreadable, document_of, read

NODES: list[dict[str, Any]] = [
    {"id": "s", "type": "start"},
    {
        "id": "m",
        "type": "message",
        "position": {"x": 3, "y": 4.5},
        "width": 80,
        "data": {"label": "Greets", "text": "Hi"},
    },
]
EDGES: list[dict[str, Any]] = [{"id": "e1", "source": "s", "target": "m", "animated": True}]
GOOD: dict[str, Any] = {"format": 1, "name": "main", "nodes": NODES, "edges": EDGES, "viewport": {"zoom": 1}}


def node(**more: Any) -> dict[str, Any]:
    return {**GOOD, "nodes": [*NODES, more]}


def edge(**more: Any) -> dict[str, Any]:
    return {**GOOD, "edges": [*EDGES, more]}


KNOWN = f"Known: {', '.join(sorted(TYPES))}."
DEEP: Any = "x"
for _ in range(DEEPEST + 2):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "label, raw, expected",
    [
        ("nothing", " \n", [":there is nothing in it"]),
        (
            "no JSON in the third line",
            '{"name": "é",\n "nodes": [],\n  "é": ,}',
            [":it is not JSON: invalid character (line 3, column 8)"],
        ),
        ("no JSON", "{", [":it is not JSON: Input data was truncated"]),
        ("no text", b"\xff{}", None),
        ("a lone half of a character", b'{"name": "\\ud800"}', None),
        ("not a table", "[]", [":a flow is a table with nodes and edges"]),
        ("too large", " " * (LARGEST + 1), [f":the document is larger than {LARGEST} bytes"]),
        ("too deep for anything", "[" * 100_000, None),
        (
            "too deep",
            node(id="x", type="http", data={"url": "u", "body": DEEP}),
            [f":the document is nested more than {DEEPEST} deep"],
        ),
        ("a format to come", {**GOOD, "format": 2}, [":format 2 is not known here (1 to 1 are)"]),
        ("no format", {**GOOD, "format": "1"}, [":format '1' is not known here (1 to 1 are)"]),
        ("not even a number", {**GOOD, "format": True}, [":format True is not known here (1 to 1 are)"]),
        ("no nodes", {"name": "x"}, [f":nodes are a list of at most {MOST_NODES}"]),
        (
            "too many nodes",
            {**GOOD, "nodes": [{}] * (MOST_NODES + 1), "edges": []},
            [f":nodes are a list of at most {MOST_NODES}"],
        ),
        ("too many edges", {**GOOD, "edges": [{}] * (MOST_EDGES + 1)}, [f":edges are a list of at most {MOST_EDGES}"]),
        ("edges that are none", {**GOOD, "edges": {"a": 1}}, [f":edges are a list of at most {MOST_EDGES}"]),
        (
            "a node that is none",
            {**GOOD, "nodes": [*NODES, 3, {"type": "end"}, {"id": ""}]},
            ["node 3:has no id", "node 4:has no id", "node 5:has no id"],
        ),
        ("an endless id", node(id="x" * 300, type="end"), ["node 3:its id is longer than 200 characters"]),
        ("one id twice", node(id="m", type="end"), ["m:two nodes have this id"]),
        ("no type", node(id="x"), ["x:None is not a type of node"]),
        ("a type of others", node(id="x", type="prompt"), ["x:'prompt' is not a type of node"]),
        ("an odd type", node(id="x", type=["a"]), ["x:['a'] is not a type of node"]),
        ("no data", node(id="x", type="end", data=3), ["x:its data is no table"]),
        (
            "everything wrong in a node",
            node(id="x", type="ask", data={"wants": "money", "tries": "3", "colour": 1}),
            [
                (
                    "x:ask: there is no field 'colour': text, wants, save, retry, tries, least, most, "
                    "month_first, country, buttons, list, files, seconds"
                ),
                "x:ask: text is missing",
                "x:ask: wants: 'money' is none of choice, date, email, location, media, number, phone, text",
                "x:ask: tries: takes a whole number, not a text",
            ],
        ),
        ("no fields", node(id="x", type="stage"), ["x:stage: stage is missing"]),
        (
            "deep inside",
            node(id="x", type="ask", data={"text": "x", "buttons": [{"id": "a"}]}),
            ["x:ask: buttons[0]: title is missing"],
        ),
        (
            "edges of a node that is wrong are not",
            {
                "nodes": [*NODES, {"id": "x", "type": "ask"}],
                "edges": [*EDGES, {"source": "m", "target": "x"}, {"source": "x", "target": "m"}],
            },
            ["x:ask: text is missing"],
        ),
        ("an edge that is none", {**GOOD, "edges": [*EDGES, 3]}, ["edge 2:is no table"]),
        ("from nowhere", edge(id="b", source="x", target="m"), ["edge b:there is no node 'x'"]),
        ("to nowhere", edge(source="m", target="x"), ["edge e2:there is no node 'x'"]),
        ("to an odd place", edge(id=7, source="m", target=["x"]), ["edge e2:there is no node ''"]),
        ("an exit of others", edge(id="b", source="m", target="s", sourceHandle="yes"), ["edge b:m has no exit 'yes'"]),
        ("an unknown setting", {**GOOD, "colour": 1}, [":'colour' is not a setting of a flow"]),
        (
            "settings that are wrong",
            {**GOOD, "name": 3, "language": None, "priority": "high"},
            [
                ":name: takes a text, not a whole number",
                ":language: takes a text, not null",
                ":priority: takes a whole number, not a text",
            ],
        ),
        (
            "a fallback of others",
            {**GOOD, "fallback": {"where": "x"}},
            [":fallback: there is no field 'where'"],
        ),
        (
            "a word of others",
            {**GOOD, "words": [{"words": ["x"], "does": "jump"}]},
            [":words[0].does: 'jump' is none of cancel, go, help, person"],
        ),
        (
            "all at once",
            {"nodes": [{"id": "x", "type": "?"}], "edges": [{"source": "a", "target": "b"}], "x": 1},
            ["x:'?' is not a type of node", "edge e1:there is no node 'a'", ":'x' is not a setting of a flow"],
        ),
    ],
)
def test_every_problem_has_its_place(label: str, raw: Any, expected: list[str] | None) -> None:
    with pytest.raises(FlowUnreadable) as caught:
        read(raw)
    found = [f"{each.where}:{each.what}" for each in caught.value.problems]
    assert found
    assert all(found)
    if expected is not None:
        assert found == expected
        assert all(line.partition(":")[2] in str(caught.value) for line in expected)


def test_what_to_do_is_said() -> None:
    with pytest.raises(FlowUnreadable) as caught:
        read(node(id="x", type="prompt"))
    assert caught.value.problems[0].mend == KNOWN
    with pytest.raises(FlowUnreadable) as caught:
        read(edge(source="m", target="s", sourceHandle="yes"))
    assert caught.value.problems[0].mend == "Its exits: next."


@pytest.mark.parametrize(
    "raw",
    [GOOD, json.dumps(GOOD), json.dumps(GOOD).encode(), {**GOOD, "format": 1}],
    ids=["table", "text", "bytes", "format"],
)
def test_read_and_written_back(raw: Any) -> None:
    flow = read(raw, version=4)
    assert (flow.name, flow.version, flow.first) == ("main", 4, "s")
    assert (flow.nodes["m"].name, flow.nodes["m"].position) == ("Greets", Position(3, 4.5))
    assert flow.nodes["s"].name == "s"
    assert document_of(flow) == {
        "format": 1,
        "name": "main",
        "language": "en",
        "nodes": [
            {"id": "s", "type": "start", "position": {"x": 0.0, "y": 0.0}, "data": {}},
            {"id": "m", "type": "message", "position": {"x": 3.0, "y": 4.5}, "data": {"label": "Greets", "text": "Hi"}},
        ],
        "edges": [{"id": "e1", "source": "s", "target": "m"}],
    }
    assert read(document_of(flow), version=4) == flow


def test_settings_are_kept() -> None:
    said = {
        "languages": ["id"],
        "fallback": {"node": "m", "text": {"en": "?"}},
        "variables": {"a": "b"},
        "priority": 3,
        "words": [{"words": ["x"], "does": "help", "text": "y"}],
    }
    flow = read({**GOOD, **said})
    assert flow.fallback == Fallback("m", text={"en": "?"})
    written = document_of(flow)
    assert {name: written[name] for name in said} == said


def test_places_that_are_none_do_not_matter() -> None:
    assert read(node(id="x", type="end", position={"x": "left"}, data={"label": 7})).nodes["x"].position == Position()


def test_of_several_edges_the_first_counts() -> None:
    flow = read({**GOOD, "edges": [*EDGES, {"source": "s", "target": "s"}]})
    assert flow.leads_to("s", "next") == "m"
    assert flow.leads_to("m", "next") is None
