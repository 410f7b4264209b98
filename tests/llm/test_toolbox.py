"""Tools: what goes back to the model, and that an effect happens once however often it is asked for."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.llm.journal import Attempt, Crash, Notebook
from turnkeeper.llm.calls import ToolReply
from turnkeeper.llm.toolbox import (
    LONGEST_RESULT,
    NotBegun,
    Toolbox,
    ToolContext,
    ToolRefused,
    WrongArguments,
    read_arguments,
    result_text,
)
from turnkeeper.llm.tools.builtin import Handover
from turnkeeper.llm.tools.functions import FunctionTool, tool
from turnkeeper.model.llm import ToolCall, ToolResult, ToolSpec
from turnkeeper.testing.virtual_time import run


def looked(tools: list[Any], calls: list[tuple[str, str]], steps: Attempt | None = None) -> list[ToolResult]:
    """What calls come to, one after the other."""

    async def main() -> list[ToolResult]:
        toolbox = Toolbox([each if hasattr(each, "spec") else FunctionTool(each) for each in tools])
        journal = steps or Notebook().attempt()
        return [(await toolbox.run(ToolCall(str(n), *call), journal, 20.0))[0] for n, call in enumerate(calls)]

    return run(main())


@tool
async def add(first: int, second: int = 1) -> int:
    """Add two numbers."""
    return first + second


@tool
async def breaks() -> None:
    """Break."""
    raise ValueError("the password is hunter2")


@tool
async def refuses(day: str) -> None:
    """Refuse."""
    raise ToolRefused(f"{day} is in the past")


@tool
async def sleeps() -> None:
    """Sleep."""
    await asyncio.sleep(1_000)


@tool
async def unkept() -> Any:
    """Give something that is no JSON."""
    return object()


@tool
async def long() -> str:
    """Say much."""
    return "x" * (LONGEST_RESULT + 5)


RESULTS = [
    ("a result", add, '{"first": 2, "second": 3}', "5", False),
    ("a default", add, '{"first": 2}', "3", False),
    ("a number in quotes", add, '{"first": "2"}', "3", False),
    ("a slip in the JSON", add, "{'first': 2, second: 3,}", "5", False),
    ("no JSON", add, "please add", "Nothing was done: the arguments are not a JSON object", True),
    ("a list", add, "[1, 2]", "Nothing was done: the arguments are not a JSON object", True),
    ("nothing", add, "", "Nothing was done: first: Field required", True),
    ("a word", add, '{"first": "two"}',
     "Nothing was done: first: Input should be a valid integer, unable to parse string as an integer", True),
    ("a truth value", add, '{"first": true}', "Nothing was done: first: a number is needed", True),
    ("one too many", add, '{"first": 1, "url": "http://x"}', "Nothing was done: url: Extra inputs are not permitted",
     True),
    ("too long", add, '{"first": "' + "1" * 20_000 + '"}',
     "Nothing was done: the arguments are longer than 20000 characters", True),
    ("an exception", breaks, "{}", "breaks failed (ValueError).", True),
    ("a refusal", refuses, '{"day": "Monday"}', "Nothing was done: Monday is in the past", True),
    ("a stall", sleeps, "{}", "sleeps did not answer within 20 s.", True),
    ("no JSON comes back", unkept, "{}", "unkept failed (TypeError).", True),
    ("much", long, "{}", "x" * LONGEST_RESULT + "\n[cut: 5 more characters]", False),
]  # fmt: skip


def test_a_call_that_would_end_too_late_is_not_made() -> None:
    async def main() -> list[ToolResult]:
        toolbox = Toolbox([FunctionTool(add), Till()], now=lambda: 100.0)
        asked = [ToolCall("0", "add", '{"first": 1}'), ToolCall("1", *charge(5))]
        return [(await toolbox.run(call, Notebook().attempt(), 20.0, 100.5))[0] for call in asked]

    assert [result.content for result in run(main())] == ["Nothing was done: there was no time left"] * 2


@pytest.mark.parametrize(("label", "function", "written", "content", "failed"), RESULTS, ids=[r[0] for r in RESULTS])
def test_what_goes_back_to_the_model(label: str, function: Any, written: str, content: str, failed: bool) -> None:
    name = function.__name__
    assert looked([function], [(name, written)]) == [ToolResult("0", name, content, failed)]


def test_a_tool_that_there_is_not() -> None:
    (result,) = looked([add, breaks], [("drop_tables", "{}")])
    assert (result.content, result.failed) == ("There is no tool 'drop_tables'. There are: add, breaks.", True)


def test_what_an_exception_says_is_for_the_trace() -> None:
    notebook = Notebook()
    looked([breaks], [("breaks", "{}")], notebook.attempt())
    (ran,) = notebook.results("tool.breaks")
    assert ran["reply"]["told"] == "ValueError: the password is hunter2"


def test_the_same_call_is_run_once() -> None:
    notebook = Notebook()
    first, second = looked([add], [("add", '{"first":1,"second":2}'), ("add", '{"second":2, "first":1}')],
                           notebook.attempt())  # fmt: skip
    assert first.content == "3"
    assert second.content == "[You have asked for this before in this turn. The result is the same:]\n3"
    assert notebook.ran == ["tool.add"]


def test_two_tools_of_a_name_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="'add' names two tools"):
        Toolbox([FunctionTool(add), FunctionTool(add)])


# Effects


class Till:
    """A tool that charges."""

    effect = True

    def __init__(self, *, fails: bool = False, limit: int = 100, repeatable: bool = True) -> None:
        self.repeatable = repeatable
        self.charged: list[tuple[int, str]] = []
        self._fails = fails
        self._limit = limit
        self.spec = ToolSpec("charge", "Charge.", {"type": "object"})

    def check(self, arguments: Mapping[str, Any]) -> None:
        if not isinstance(arguments.get("amount"), int):
            raise WrongArguments("amount: a number is needed")

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolReply:
        if arguments["amount"] > self._limit:
            raise ToolRefused("too much")
        self.charged.append((arguments["amount"], context.key))
        if self._fails:
            raise ConnectionError("the till is gone")
        return ToolReply(f"charged {arguments['amount']}")


def charge(amount: object) -> tuple[str, str]:
    return "charge", f'{{"amount": {amount}}}'


ALREADY = '[This was already done in this turn, with {"amount":5}, and is not done again. Its result was:]\ncharged 5'


def test_an_effect_happens_once_in_a_turn() -> None:
    till = Till()
    results = looked([till], [charge(5), charge(7)])
    assert [result.content for result in results] == ["charged 5", ALREADY]
    assert [amount for amount, _ in till.charged] == [5]


def test_also_when_another_attempt_asks_for_something_else() -> None:
    till, notebook = Till(), Notebook()
    looked([till], [charge(5)], notebook.attempt(1))
    assert looked([till], [charge(7)], notebook.attempt(2))[0].content == ALREADY
    assert looked([till], [charge(5)], notebook.attempt(3))[0].content == "charged 5"
    assert [amount for amount, _ in till.charged] == [5]


def test_one_that_was_cut_off_is_tried_again_as_it_was_and_under_its_key() -> None:
    till, notebook = Till(), Notebook()
    with pytest.raises(Crash):
        looked([till], [charge(5)], notebook.attempt(1, crash_in="tool.charge"))
    assert looked([till], [charge(7)], notebook.attempt(2))[0].content == ALREADY
    (first, key), (again, same_key) = till.charged
    assert (first, again) == (5, 5)
    assert key == same_key != ""


def test_but_not_if_a_second_try_might_do_it_twice() -> None:
    till, notebook = Till(repeatable=False), Notebook()
    with pytest.raises(Crash):
        looked([till], [charge(5)], notebook.attempt(1, crash_in="tool.charge"))
    again, other = looked([till], [charge(5), charge(7)], notebook.attempt(2))
    assert again.failed
    assert again.content.startswith("This was begun before and cut off. Nobody knows whether it has happened")
    assert again.content in other.content
    assert len(till.charged) == 1


def test_wrong_arguments_use_nothing_up() -> None:
    till, notebook = Till(), Notebook()
    results = looked([till], [charge('"much"'), charge(5)], notebook.attempt())
    assert [result.content for result in results] == ["Nothing was done: amount: a number is needed", "charged 5"]
    assert notebook.ran == ["tool.charge.arguments", "tool.charge"]


def test_neither_does_a_refusal_in_any_attempt() -> None:
    till, notebook = Till(limit=6), Notebook()
    looked([till], [charge(7)], notebook.attempt(1))
    results = looked([till], [charge(8), charge(5), charge(6)], notebook.attempt(2))
    assert [result.content for result in results] == [
        "Nothing was done: too much",
        "charged 5",
        ALREADY,
    ]
    assert [amount for amount, _ in till.charged] == [5]


def test_what_is_equal_to_nothing_is_refused_once() -> None:
    """NaN is not equal to itself, not even when it is read again."""

    class Sold(Till):
        def check(self, arguments: Mapping[str, Any]) -> None: ...

        async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolReply:  # noqa: ARG002
            self.charged.append((0, context.key))
            if len(self.charged) > 3:
                raise SystemExit("asked again and again")
            raise ToolRefused("sold out")

    till = Sold()
    (result,) = looked([till], [charge("NaN")])
    assert (result.content, len(till.charged)) == ("Nothing was done: sold out", 1)


def test_one_that_failed_may_have_happened_and_is_not_tried_again() -> None:
    till = Till(fails=True)
    first, second = looked([till], [charge(5), charge(7)])
    assert first.content == "charge failed (ConnectionError). It may have happened all the same."
    assert (second.failed, len(till.charged)) == (True, 1)


class Line(Till):
    """A till whose line is down for so many calls; `at` is the time, a second more with each."""

    def __init__(self, *, down: int, repeatable: bool = True) -> None:
        super().__init__(repeatable=repeatable)
        self.down = down
        self.at = 100.0

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolReply:
        self.down -= 1
        if self.down >= 0:
            raise NotBegun("the line is down") from ConnectionRefusedError(111)
        return await super().call(arguments, context)

    def now(self) -> float:
        self.at += 1.0
        return self.at

    def asked(self, amounts: list[int], steps: Attempt, asked_at: float) -> list[tuple[str, str]]:
        """What each call comes to, and whether it was asked for before."""

        async def main() -> list[tuple[str, str]]:
            toolbox = Toolbox([self], now=self.now)
            calls = [ToolCall(str(amount), *charge(amount)) for amount in amounts]
            ran = [await toolbox.run(call, steps, 20.0, asked_at=asked_at) for call in calls]
            return [(result.content, times) for result, times, _ in ran]

        return run(main())


DOWN = "Nothing was done: the line is down"


def test_one_that_did_not_begin_may_be_asked_for_once_more() -> None:
    line, notebook = Line(down=1), Notebook()
    assert line.asked([5, 5, 7], notebook.attempt(), 100.0) == [(DOWN, "new"), ("charged 5", "again"), (ALREADY, "new")]
    assert notebook.results("tool.charge")[0]["reply"]["told"] == "the line is down (ConnectionRefusedError(111))"
    circling = Line(down=9).asked([5, 5, 5], Notebook().attempt(), 100.0)
    assert circling[:2] == [(DOWN, "new"), (DOWN, "again")]
    assert circling[2][1] == "too_often"


def test_whoever_takes_over_reads_that_it_did_not_begin_and_another_attempt_tries_it() -> None:
    line, notebook = Line(down=1), Notebook()
    assert line.asked([5], notebook.attempt(1), 100.0) == [(DOWN, "new")]
    assert line.asked([5], notebook.attempt(1), 100.0) == [(DOWN, "new")]
    assert line.charged == []
    assert line.asked([5], notebook.attempt(2), 200.0) == [("charged 5", "new")]
    assert [amount for amount, _ in line.charged] == [5]


def test_a_clock_that_goes_back_does_not_make_it_try_for_ever() -> None:
    assert Line(down=9).asked([5], Notebook().attempt(), 900.0) == [(DOWN, "new")]


def test_a_second_try_that_does_not_begin_says_nothing_of_the_first() -> None:
    line, notebook = Line(down=0), Notebook()
    with pytest.raises(Crash):
        line.asked([5], notebook.attempt(1, crash_in="tool.charge"), 100.0)
    line.down = 1
    (again, _), (other, _) = line.asked([5, 7], notebook.attempt(2), 200.0)
    assert again == "charge failed: the line is down. It may have happened all the same."
    assert again in other
    assert [amount for amount, _ in line.charged] == [5]


def test_a_person_who_is_asked_for_is_kept_with_the_turn() -> None:
    notebook = Notebook()
    (result,) = looked([Handover()], [("handover", '{"reason": " wants a refund "}')], notebook.attempt())
    assert not result.failed
    assert notebook.results("tool.handover")[0]["reply"]["handover"] == "wants a refund"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    max_leaves=8,
)


@settings(max_examples=40)
@given(st.text('{}[]":,\\ aä1.-n', max_size=60))
def test_whatever_a_model_writes_is_arguments_or_refused(written: str) -> None:
    with contextlib.suppress(WrongArguments):
        assert isinstance(read_arguments(written), dict)


@settings(max_examples=40)
@given(JSON)
def test_whatever_a_tool_returns_as_json_is_words(value: Any) -> None:
    assert isinstance(result_text(value), str)


def test_an_effect_of_one_question_is_known_to_the_next_of_the_turn() -> None:
    async def main() -> list[str]:
        till, effects = Till(), dict[str, Any]()
        steps = Notebook().attempt()
        boxes = [Toolbox([till], effects=effects) for _ in range(2)]
        asked = [ToolCall(str(amount), *charge(amount)) for amount in (5, 7)]
        return [(await box.run(call, steps, 20.0))[0].content for box, call in zip(boxes, asked, strict=True)]

    assert run(main()) == ["charged 5", ALREADY]
