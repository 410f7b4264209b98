"""Who goes on where when a newer version is published with a mapping."""

from typing import Any

import pytest

from turnkeeper.flows.model import Flow
from turnkeeper.flows.moving import Publications, mapping_problems, moved
from turnkeeper.flows.reading import read
from turnkeeper.flows.state import FlowState, Frame
from turnkeeper.flows.walking import Passage

CASES: list[tuple[str, int, dict[int, dict[int, dict[str, str]]], tuple[int, str]]] = [
    ("nothing is mapped", 2, {}, (1, "ask")),
    ("the node is", 2, {2: {1: {"ask": "name"}}}, (2, "name")),
    ("another node is", 2, {2: {1: {"size": "name"}}}, (1, "ask")),
    ("another version is", 3, {3: {2: {"ask": "name"}}}, (1, "ask")),
    ("through both", 3, {2: {1: {"ask": "name"}}, 3: {2: {"name": "who"}}}, (3, "who")),
    ("past the one between", 3, {3: {1: {"ask": "who"}, 2: {"name": "x"}}}, (3, "who")),
    ("as far as it was mapped", 3, {2: {1: {"ask": "name"}}}, (2, "name")),
    ("gone back to the first", 1, {2: {1: {"ask": "name"}}}, (1, "ask")),
    ("never backwards", 3, {1: {3: {"ask": "name"}}}, (1, "ask")),
]


@pytest.mark.parametrize("label, published, mappings, expected", CASES)
def test_where_somebody_goes_on(
    label: str, published: int, mappings: dict[int, dict[int, dict[str, str]]], expected: tuple[int, str]
) -> None:
    state = FlowState("a", 1, "ask", ("reply",), 7, 1, {"k": 1}, {"v": 2})
    found = moved(state, {"a": Publications(published, mappings)})
    assert (found.state.version, found.state.at) == expected
    kept = (found.state.awaits, found.state.call, found.state.tries, found.state.memo, found.state.variables)
    assert kept == (("reply",), 7, 1, {"k": 1}, {"v": 2})
    assert bool(found.told) == bool(found.passed) == (expected != (1, "ask"))


def test_whoever_is_moved_is_counted_as_gone_from_there() -> None:
    state = FlowState("a", 1, "ask", ("reply",))
    found = moved(state, {"a": Publications(3, {2: {1: {"ask": "name"}}, 3: {2: {"name": "who"}}})})
    assert found.told == (
        "a: moved from ask (version 1) to name (version 2)",
        "a: moved from name (version 2) to who (version 3)",
    )
    assert found.passed == (
        Passage("a", 1, "ask", "moved"),
        Passage("a", 2, "name"),
        Passage("a", 2, "name", "moved"),
        Passage("a", 3, "who"),
    )


def test_flows_that_wait_are_moved_too() -> None:
    state = FlowState("b", 4, "ask", ("reply",), stack=(Frame("a", 1, "call", {"x": 1}, True),))
    found = moved(state, {"a": Publications(2, {2: {1: {"call": "into"}}}), "b": Publications(4, {})})
    assert found.state.stack == (Frame("a", 2, "into", {"x": 1}, True),)
    assert (found.state.version, found.state.at) == (4, "ask")


def test_nobody_is_moved_who_is_in_no_flow() -> None:
    state = FlowState("a", 1)
    assert moved(state, {"a": Publications(2, {2: {1: {"": "name"}}})}) == (state, (), ())


def flow(**nodes: Any) -> Flow:
    drawn = [{"id": name, "type": kind, "data": data} for name, (kind, data) in nodes.items()]
    edges = [{"source": name, "target": "bye", "sourceHandle": "yes"} for name in nodes if name == "choose"]
    return read({"name": "a", "nodes": [*drawn, {"id": "bye", "type": "end", "data": {}}], "edges": edges})


BUTTONS = ("message", {"text": "Sure?", "buttons": [{"id": "yes", "title": "Yes"}]})
OLD = flow(ask=("ask", {"text": "Name?"}), nap=("delay", {"seconds": 60}), choose=BUTTONS)
NEW = flow(
    who=("ask", {"text": "Who?"}), rest=("delay", {"seconds": 9}), say=("message", {"text": "Hi"}), choose=BUTTONS
)
WRONG: list[tuple[str, dict[int, dict[str, str]], list[tuple[str, str]]]] = [
    ("a question to a question", {1: {"ask": "who", "nap": "rest", "choose": "choose"}}, []),
    ("no such version", {9: {"ask": "who"}}, [("", "version 9, which was never published")]),
    ("no such old node", {1: {"gone": "who"}}, [("gone", "version 1 has no such node")]),
    ("no such new node", {1: {"ask": "gone"}}, [("gone", "there is no such node")]),
    ("another type", {1: {"ask": "rest"}}, [("rest", "a node of the type ask")]),
    ("it does not wait", {1: {"choose": "say"}}, [("say", "who wait for what this node does not take")]),
    ("the end of one is the end of the other", {1: {"bye": "bye"}}, []),
]


@pytest.mark.parametrize("label, mapping, expected", WRONG)
def test_what_is_wrong_with_a_mapping(
    label: str, mapping: dict[int, dict[str, str]], expected: list[tuple[str, str]]
) -> None:
    found = list(mapping_problems(mapping, NEW, {1: OLD}))
    assert [each.where for each in found] == [where for where, _ in expected]
    for each, (_, what) in zip(found, expected, strict=True):
        assert what in each.what
        assert each.level == "error"
