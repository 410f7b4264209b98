"""Any flow, any signals: decided the same way again, within bounds, and nobody loses their place."""

from collections import Counter
from dataclasses import replace
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.flow_cases import HERE
from tests.support.flow_documents import ANSWERS, SIGNALS, documents, mutated
from turnkeeper.flows.checking import check
from turnkeeper.flows.decide import Decision, decide, new_turn, start
from turnkeeper.flows.effects import AskModel, AskPayment, CallHttp, Effect, Ended, Extract, Sleep, UseTool
from turnkeeper.flows.model import Book
from turnkeeper.flows.reading import FlowUnreadable, document_of, read
from turnkeeper.flows.signals import ANSWERS as ANSWERING
from turnkeeper.flows.signals import Failed, Started
from turnkeeper.flows.state import FlowState
from turnkeeper.flows.variables import MOST
from turnkeeper.flows.walking import DEEPEST, MOST_STEPS, MOST_VISITS

AWAITED = {
    "AskModel": "model",
    "Extract": "model",
    "CallHttp": "call",
    "UseTool": "call",
    "AskPayment": "payment",
    "Sleep": "time",
}
FEW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def through_json(state: FlowState) -> FlowState:
    return msgspec.json.decode(msgspec.json.encode(state), type=FlowState)


def asked(effects: tuple[Effect, ...]) -> list[Any]:
    return [each for each in effects if isinstance(each, AskModel | CallHttp | UseTool | Extract | AskPayment | Sleep)]


def sound(before: FlowState, decision: Decision, inside: Counter[tuple[str, str]]) -> None:
    """What is so after every decision."""
    state = decision.state
    assert through_json(state) == state
    assert bool(state.at) == bool(state.awaits)
    ended = [each for each in decision.effects if isinstance(each, Ended)]
    assert len(ended) <= 1
    if ended:
        assert decision.effects[-1] == ended[0]
        assert not state.at
        assert not state.stack
    assert state.call >= before.call
    for each in asked(decision.effects):
        assert each.call == state.call, "only what is awaited is asked for"
        assert AWAITED[type(each).__name__] in state.awaits
    assert len(state.stack) <= DEEPEST
    assert state.steps <= MOST_STEPS + 1
    assert all(times <= MOST_VISITS + 1 for times in state.visits.values())
    variables = [state.variables, *(frame.variables for frame in state.stack)]
    assert sum(len(msgspec.json.encode(each)) for each in variables) <= MOST + 100
    for passage in decision.passed:
        inside[passage.flow, passage.node] += 1 if passage.by is None else -1
        assert inside[passage.flow, passage.node] >= 0
    standing = Counter((frame.flow, frame.node) for frame in state.stack if not frame.again)
    if state.at:
        standing[state.flow, state.at] += 1
    assert +inside == standing, "whatever is entered is left once"


@FEW
@given(documents(), documents("other"), st.lists(st.tuples(SIGNALS, st.booleans(), st.booleans()), max_size=8))
def test_any_flow_and_any_signals(main: Any, other: Any, signals: list[tuple[Any, bool, bool]]) -> None:
    book: Book = {"main": read(main, version=1), "other": read(other, version=2)}
    inside: Counter[tuple[str, str]] = Counter()
    decision = start(book, "main", Started("called"), HERE)
    sound(FlowState(), decision, inside)
    state = decision.state
    for signal, timely, within in signals:
        if isinstance(signal, Started):
            inside.clear()
            state = FlowState(call=state.call)
            decision = start(book, "main", signal, HERE, state)
        else:
            if isinstance(signal, ANSWERING):
                signal = replace(signal, call=state.call if timely else state.call - 1)
            state = through_json(state if within else new_turn(state))
            decision = decide(book, state, signal, HERE)
            assert decision == decide(book, through_json(state), signal, HERE)
            if isinstance(signal, ANSWERING) and not timely:
                assert decision.state == state
                assert decision.effects == ()
        sound(state, decision, inside)
        state = decision.state


@FEW
@given(documents(), ANSWERS, st.integers(-3, 3))
def test_answers_to_other_calls_change_nothing(document: Any, answer: Any, off: int) -> None:
    book = {"main": read(document)}
    state = start(book, "main", Started("called"), HERE).state
    decision = decide(book, state, replace(answer, call=state.call + (off or 4)), HERE)
    assert (decision.state, decision.effects, decision.passed) == (state, (), ())


@FEW
@given(documents())
def test_a_document_read_and_written_is_the_same(document: Any) -> None:
    flow = read(document, version=3)
    written = document_of(flow)
    again = read(msgspec.json.encode(written), version=3)
    assert again == flow
    assert document_of(again) == written
    assert written == msgspec.json.decode(msgspec.json.encode(written))


@FEW
@given(mutated(), st.lists(SIGNALS, max_size=3))
def test_what_is_odd_is_read_or_told(document: Any, signals: list[Any]) -> None:
    try:
        flow = read(document)
    except FlowUnreadable as error:
        told = error.problems
    else:
        told = None
    if told is not None:
        assert [problem.what for problem in told if problem.what]
        return
    check(flow)
    book = {flow.name: flow}
    state = start(book, flow.name, Started("called"), HERE).state
    for signal in signals:
        if not isinstance(signal, Started):
            state = decide(book, through_json(state), signal, HERE).state


@FEW
@given(documents())
def test_what_is_checked_as_right_never_loops_without_waiting(document: Any) -> None:
    """Circles are found before anybody is in them: what has none ends or waits in every turn."""
    flow = read(document)
    if any(problem.level == "error" for problem in check(flow)) or any(
        each for node in flow.nodes.values() for each in node.data.calls()
    ):
        return
    state = FlowState()
    decision = start({flow.name: flow}, flow.name, Started("called"), HERE)
    for _ in range(4):
        assert Ended("looped") not in decision.effects
        state = new_turn(decision.state)
        if "model" in state.awaits or "call" in state.awaits:
            decision = decide({flow.name: flow}, state, Failed(state.call), HERE)
