"""What is more than a turn can bear is not published; what is read in vain is told of in few words."""

import json
import unicodedata
from itertools import pairwise
from typing import Any

import pytest

from tests.support.flow_cases import HERE, flow_of
from turnkeeper.flows.checking import check
from turnkeeper.flows.decide import start
from turnkeeper.flows.limits import LONGEST_SAID, LONGEST_TEXT, MARKS_IN_NODE, MARKS_IN_TEXT, TESTS_IN_NODE
from turnkeeper.flows.nodes.start import MOST
from turnkeeper.flows.reading import FlowUnreadable, read
from turnkeeper.flows.signals import Replied, Started

START = ("start", {})


def found(*nodes: tuple[str, Any], **settings: Any) -> list[str]:
    several = {"s": START, **{f"n{n}": node for n, node in enumerate(nodes)}}
    names = list(several)
    flow = flow_of(
        several,
        [f"{a}:else -> {b}" if "branches" in several[a][1] else f"{a} -> {b}" for a, b in pairwise(names)],
        **settings,
    )
    return [f"{each.where}: {each.what}" for each in check(flow) if each.level == "error"]


def switch(several: int) -> tuple[str, Any]:
    return (
        "condition",
        {"branches": [{"exit": "x", "when": {"field": "a", "op": "one_of", "value": ["v"] * several}}]},
    )


@pytest.mark.parametrize(
    "label, node, expected",
    [
        ("as much as there may be", ("stage", {"stage": "{{a}}" * MARKS_IN_TEXT}), []),
        (
            "marks in a text",
            ("stage", {"stage": "{{a}}" * (MARKS_IN_TEXT + 1)}),
            ["n0: a text holds 51 marks, at most 50 are allowed"],
        ),
        (
            "marks in JSON",
            ("http", {"url": "https://a.example", "body": {"a": [{"b": "{{a}}"}] * (MARKS_IN_NODE + 1)}}),
            ["n0: its texts hold 501 marks in all, at most 500 are allowed"],
        ),
        (
            "a book as a message",
            ("message", {"text": {"en": "x" * (LONGEST_SAID + 1)}}),
            ["n0: text has 16385 characters, at most 16384 are said"],
        ),
        (
            "a library as a prompt",
            ("ai", {"prompt": "x" * (LONGEST_TEXT + 1)}),
            ["n0: a text of 100001 characters is too long, at most 100000 are allowed"],
        ),
        ("comparisons", switch(TESTS_IN_NODE + 1), ["n0: it makes 301 comparisons, at most 300 are allowed"]),
        (
            "ways",
            ("ai", {"prompt": "x", "ways": [{"exit": str(n), "when": "x"} for n in range(101)]}),
            ["n0: it has 101 ways, a model chooses of at most 100"],
        ),
    ],
)
def test_what_a_node_may_hold(label: str, node: tuple[str, Any], expected: list[str]) -> None:
    assert found(node) == expected, label


def test_what_a_flow_may_hold() -> None:
    assert found(*[switch(TESTS_IN_NODE)] * 17) == [": its conditions make 5100 comparisons, at most 5000 are allowed"]
    assert found(name="x" * 101) == [
        ": the flow's name has 100 characters at most, all of which can be shown",
        "s: its exit 'next' leads nowhere",
    ]
    many = [{"kind": "schedule", "cron": "no"}] * (MOST + 1)
    flow = flow_of({"s": ("start", {"triggers": many}), "e": ("end", {})}, ["s -> e"])
    assert [each.what for each in check(flow)] == ["a flow has at most 100 triggers, and each at most 100 words"]


@pytest.mark.parametrize(
    "label, node, expected",
    [
        ("an id with what no database keeps", {"id": "a\x00", "type": "end"}, "its id holds a character"),
        (
            "an exit that is as long",
            {"id": "a", "type": "split", "data": {"shares": [{"exit": "x" * 201}]}},
            "is no exit: it has 200 characters at most",
        ),
        (
            "an exit that nobody sees",
            {"id": "a", "type": "ai", "data": {"prompt": "x", "ways": [{"exit": "x\n", "when": "x"}]}},
            "'x\\n' is no exit",
        ),
    ],
)
def test_names_that_could_not_be_counted(label: str, node: Any, expected: str) -> None:
    with pytest.raises(FlowUnreadable) as refused:
        read({"name": "x", "nodes": [node], "edges": []})
    assert expected in refused.value.problems[0].what, label


def test_problems_are_told_in_few_words() -> None:
    """A document of 2 MB took 1.6 GB to be refused."""
    shares = [{"exit": f"e{n}", "share": 1} for n in range(5000)]
    fork = {"id": "m", "type": "split", "data": {"shares": shares}}
    edges = [{"id": "x" * 1000, "source": "m", "target": "m", "sourceHandle": "y" * 1000}] * 200
    with pytest.raises(FlowUnreadable) as refused:
        read({"name": "x", "nodes": [fork], "edges": edges})
    assert len(refused.value.problems) == 100
    assert len(json.dumps(refused.value.problems)) < 200_000
    title = read({"name": "x", "nodes": [{"id": "a", "type": "end", "data": {"label": "t" * 999}}], "edges": []})
    assert len(title.nodes["a"].title) == 200


def test_what_is_compared_is_folded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what it takes to fold a long message a hundred conditions took minutes."""
    folded: list[int] = []
    original = unicodedata.normalize

    def normalize(form: Any, text: str) -> str:
        folded.append(len(text))
        return original(form, text)

    monkeypatch.setattr(unicodedata, "normalize", normalize)
    words = [f"no. {n}" for n in range(100)]
    branch = {"exit": "x", "when": {"any": [{"field": "message", "op": "contains", "value": word} for word in words]}}
    nodes = {"s": START, **{f"c{n}": ("condition", {"branches": [branch]}) for n in range(20)}}
    flow = flow_of(nodes, ["s -> c0", *(f"c{n}:else -> c{n + 1}" for n in range(19))])
    start({flow.name: flow}, flow.name, Started("keyword", Replied("é" * 4000)), HERE)
    assert sum(folded) < 20_000
