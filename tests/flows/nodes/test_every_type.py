"""No type of node without its table; every exit taken by a case; nothing odd raises."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.support.flow_cases import HOSTILE, NOW, Case, data_of
from turnkeeper.flows.nodes import TYPES
from turnkeeper.flows.nodes.base import Here, Leave
from turnkeeper.flows.signals import (
    CallAnswered,
    Failed,
    GivenBack,
    ModelAnswered,
    PaymentTold,
    Place,
    Replied,
    Sent,
    Signal,
    Started,
    TimedOut,
)

TABLES = {file.stem.removeprefix("test_") for file in Path(__file__).parent.glob("test_*.py")} - {"every_type"}
DEEP: Any = []
for _ in range(500):
    DEEP = [DEEP]
WIDE = [[["x" * 10] * 100] * 100] * 100
ODD: list[Any] = [
    None,
    True,
    float("nan"),
    float("inf"),
    -0.0,
    10**400,
    "",
    HOSTILE,
    "9" * 5000,
    "²:00",
    DEEP,
    WIDE,
    {},
    {"": {"": 0}},
]
SIGNALS: list[Signal] = [
    Replied(),
    Replied(HOSTILE),
    Replied("\ud800"),
    Replied(choice=HOSTILE),
    Replied(label=HOSTILE),
    Replied("9" * 5000),
    Replied(place=Place(float("nan"), 1e300)),
    Replied(files=(Sent("??"),)),
    Replied(phone=HOSTILE),
    Started("event"),
    TimedOut(-1),
    GivenBack(),
    Failed(0, HOSTILE),
    PaymentTold(0, ""),
    PaymentTold(0, "opened", HOSTILE),
    *(CallAnswered(0, value, status) for value in ODD for status in (-1, 0, 200, 999)),
    *(ModelAnswered(0, HOSTILE, HOSTILE, {"n": value, "day": value, HOSTILE: value}) for value in ODD),
]


def cases_of(type_: str) -> list[Case]:
    found: list[Case] = import_module(f"tests.flows.nodes.test_{type_}").CASES
    return found


def test_each_type_has_its_table_and_each_table_its_type() -> None:
    assert set(TYPES) == TABLES
    for type_ in TYPES:
        table = import_module(f"tests.flows.nodes.test_{type_}")
        assert table.CASES, type_
        assert any(problems == [] for _, _, problems in table.WRONG), type_
        assert table.test_moves.pytestmark[0].args[1] is table.CASES, type_
        assert table.test_problems.pytestmark[0].args[1] is table.WRONG, type_


NEVER = {("ask", "cancel"), ("flow", "next")}
"""Exits that the flow takes, not the node: by a word that cancels, when the other flow is over."""


@pytest.mark.parametrize("type_", TYPES)
def test_every_exit_is_taken_by_a_case(type_: str) -> None:
    cases = cases_of(type_)
    moves = [(case, move) for case in cases if isinstance(move := case.move(type_), Leave)]
    taken = {move.by for _, move in moves}
    for case, move in moves:
        exits = data_of(type_, case.data).exits()
        assert move.by in exits or not exits, case.label
    fixed = set.intersection(*(set(data_of(type_, case.data).exits()) for case in cases if case.expected is not None))
    assert {exit_ for exit_ in fixed if (type_, exit_) not in NEVER} <= taken


@pytest.mark.parametrize("type_", TYPES)
def test_nothing_odd_raises(type_: str) -> None:
    for case in {repr(case.data): case for case in cases_of(type_)}.values():
        spot = case.spot(type_)
        data = spot.flow.nodes["n"].data
        for value in ODD:
            names = {*data.reads(), *("x", "n", "price")}
            here = Here(NOW.replace(year=9990), {"name": value, "country": value, "language": value})
            odd = Case(
                "", case.data, None, None, {name.partition(".")[0]: value for name in names}, here=here, memo=value
            )
            data.enter(odd.spot(type_))
        for signal in SIGNALS:
            data.hear(case.spot(type_), signal)
        for signal in SIGNALS[:6]:
            data.hear(Case("", case.data, None, signal, here=here, memo=DEEP).spot(type_), signal)


def test_every_type_answers_what_it_is_asked() -> None:
    assert {kind: sorted(data.__abstractmethods__) for kind, data in TYPES.items() if data.__abstractmethods__} == {}
