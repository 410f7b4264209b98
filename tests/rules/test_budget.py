"""What a turn may take of models and tools."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.model.agents import Spent
from turnkeeper.model.llm import Usage
from turnkeeper.rules.budget import (
    UNUSED,
    Limits,
    Used,
    counts_from,
    day_over,
    repeated,
    time_left,
    tools_over,
    tools_until,
)

NOW = 1_790_000_000.0
PLAIN = Limits(NOW)
CAPPED = Limits(NOW, turn_tokens=1_000, turn_cost=0.5)
DAILY = Limits(NOW, day_tokens=5_000, day_cost=1.0, spent=Spent(4_000, 900_000))

CASES = [
    ("nothing used", PLAIN, UNUSED, 0.0, None),
    ("one round left", PLAIN, Used(rounds=2, calls=11), 0.0, None),
    ("rounds", PLAIN, Used(rounds=3), 0.0, "the cap of 3 tool rounds"),
    ("no tools at all", Limits(NOW, tool_rounds=0), UNUSED, 0.0, "the cap of 0 tool rounds"),
    ("calls", PLAIN, Used(calls=12), 0.0, "the cap of 12 tool calls"),
    ("the same again and again", PLAIN, Used(repeated=True), 0.0, "the same tool call for the third time"),
    ("time for one more", PLAIN, UNUSED, 59.9, None),
    ("time for the answer only", PLAIN, UNUSED, 60.0, "half of the turn's 120 s"),
    ("tokens left", CAPPED, Used(tokens=999), 0.0, None),
    ("tokens", CAPPED, Used(tokens=1_000), 0.0, "the turn's cap of 1000 tokens"),
    ("money left", CAPPED, Used(micros=499_999), 0.0, None),
    ("money", CAPPED, Used(micros=500_000), 0.0, "the turn's cap of $0.5"),
    ("the day, not yet", DAILY, Used(tokens=999, micros=99_999), 0.0, None),
    ("the day's tokens, with the turn's", DAILY, Used(tokens=1_000), 0.0,
     "the conversation's cap of 5000 tokens a day"),
    ("the day's money, with the turn's", DAILY, Used(micros=100_000), 0.0, "the conversation's cap of $1 a day"),
    ("uncapped", PLAIN, Used(tokens=10**9, micros=10**12), 0.0, None),
]  # fmt: skip


@pytest.mark.parametrize(("label", "limits", "used", "after", "expected"), CASES, ids=[row[0] for row in CASES])
def test_why_tools_are_taken_away(label: str, limits: Limits, used: Used, after: float, expected: str | None) -> None:
    assert tools_over(limits, used, since=NOW, now=NOW + after) == expected


def test_a_day_that_was_used_up_before_the_turn() -> None:
    assert day_over(Limits(NOW, day_tokens=10, spent=Spent(10, 0))) == "the conversation's cap of 10 tokens a day"
    assert day_over(Limits(NOW, day_tokens=10, spent=Spent(9, 0))) is None


def test_a_call_without_a_price_is_counted_in_tokens_only() -> None:
    assert UNUSED.plus(Usage(10, 5)).plus(Usage(1, 1, cost=0.000_002)).plus(None) == Used(tokens=17, micros=2)


def test_a_call_is_run_once_told_again_once_and_then_too_often() -> None:
    assert [repeated(times) for times in (1, 2, 3, 4)] == ["new", "again", "too_often", "too_often"]


def test_the_first_attempt_counts_from_when_it_asks_and_a_later_one_from_the_turns_beginning() -> None:
    assert counts_from(Limits(NOW), NOW + 40) == NOW + 40
    assert counts_from(Limits(NOW, attempt=2), NOW + 40) == NOW


TIMES = [
    ("at once", 0.0, 0.0, 0.0, 30.0),
    ("the first, asked again after an interrupt at 18 s", 0.0, 0.0, 18.0, 12.0),
    ("its time is over", 0.0, 0.0, 31.0, -1.0),
    ("the second, after the first took all of its time", 0.0, 30.0, 30.0, 30.0),
    ("the second, after a first that failed at once", 0.0, 0.1, 0.1, 30.0),
    ("the second, asked again after an interrupt at 20 s", 0.0, 0.1, 20.1, 10.0),
    ("after a tool that took long", 50.0, 0.0, 50.0, 30.0),
    ("no more than the turn has", 100.0, 0.0, 100.0, 20.0),
]  # fmt: skip


@pytest.mark.parametrize(("label", "alive", "waited", "now", "expected"), TIMES, ids=[row[0] for row in TIMES])
def test_how_long_a_model_may_take(label: str, alive: float, waited: float, now: float, expected: float) -> None:
    left = time_left(PLAIN, 30.0, since=NOW, alive_at=NOW + alive, waited=waited, now=NOW + now)
    assert left == pytest.approx(expected)


def test_the_last_quarter_is_the_answers() -> None:
    assert tools_until(PLAIN, NOW) == NOW + 90.0


@given(st.lists(st.floats(0, 100), max_size=10), st.floats(1, 60))
def test_attempts_together_never_give_a_model_more_than_its_time(starts: list[float], timeout: float) -> None:
    limits = Limits(NOW, attempt=2, seconds=1e6)
    ends = [
        at + max(0.0, time_left(limits, timeout, since=NOW, alive_at=NOW, waited=0.0, now=NOW + at)) for at in starts
    ]
    assert all(end <= max(at, timeout) + 1e-6 for at, end in zip(starts, ends, strict=True))
