"""When waiting messages are due: the settings' promise, then the adaptive shortening of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.model.policy import Habit, TurnPolicy
from turnkeeper.rules.turn_start import NEW_BURST_AFTER, after_typing, learn, turn_at

NOW = 1_790_000_000.0
NEW = Habit()
LONE = Habit(bursts=0.05, gap=2.0, seen=20)
BURSTS = Habit(bursts=0.8, gap=2.0, seen=20)
QUICK = Habit(bursts=0.5, gap=0.7, seen=20)
FIXED = TurnPolicy(adaptive=False)

PROMISES = [
    # label, policy, first, last, expected (all seconds after NOW)
    ("quiet after the only message", FIXED, 0, 0, 4),
    ("quiet after the last one", FIXED, 0, 3, 7),
    ("not later than max_wait after the first", FIXED, 0, 13, 15),
    ("someone who never stops is due at max_wait", FIXED, 0, 16, 15),
    ("quiet = 0: at once", TurnPolicy(quiet=0), 0, 3, 3),
    ("gather = false: at once", TurnPolicy(gather=False), 0, 3, 3),
    ("max_wait below quiet", TurnPolicy(adaptive=False, max_wait=1), 0, 0, 1),
    ("a longer quiet", TurnPolicy(adaptive=False, quiet=8), 0, 2, 10),
]


@pytest.mark.parametrize(("label", "policy", "first", "last", "expected"), PROMISES, ids=[row[0] for row in PROMISES])
def test_the_settings(label: str, policy: TurnPolicy, first: float, last: float, expected: float) -> None:
    due = turn_at(policy, first_at=NOW + first, last_at=NOW + last, text="hm", habit=NEW)
    assert due == NOW + expected


def wait(text: str | None, habit: Habit = NEW, policy: TurnPolicy | None = None, since_first: float = 0.0) -> float:
    """Seconds from the last message."""
    return turn_at(policy or TurnPolicy(), first_at=-since_first, last_at=0.0, text=text, habit=habit)


def test_a_question_waits_less_than_a_second_even_from_someone_new() -> None:
    assert wait("Where is my order?") < 1


def test_a_lone_hello_does_not_wait_4_s_and_hardly_at_all_from_who_never_writes_in_pieces() -> None:
    assert wait("hello") < 3
    assert wait("hello", LONE) < 1


def test_an_open_end_waits_the_whole_time() -> None:
    assert wait("i wanted to ask,") == 4


def test_who_writes_in_pieces_is_waited_for() -> None:
    assert wait("hello", BURSTS) > wait("hello") > wait("hello", LONE)


def test_who_writes_quickly_is_waited_for_less() -> None:
    assert wait("order", QUICK) < wait("order")


def test_within_a_burst_more_is_likelier() -> None:
    assert wait("hello", since_first=2) > wait("hello")


def test_without_interrupts_a_wrong_guess_cannot_be_mended_so_it_waits_longer() -> None:
    assert wait("hello", policy=TurnPolicy(overlap="queue")) > wait("hello")


def test_a_short_quiet_is_never_prolonged() -> None:
    assert wait("i wanted to ask,", policy=TurnPolicy(quiet=0.5)) == 0.5


seconds = st.floats(0, 1_000)
texts = st.none() | st.text(max_size=40) | st.sampled_from(["hello", "why?", "but", "ok", "my order,"])
habits = st.builds(Habit, bursts=st.floats(0, 1), gap=st.floats(0, 8), seen=st.integers(0, 10_000))
policies = st.builds(
    TurnPolicy,
    quiet=st.floats(0, 60),
    max_wait=st.floats(0, 120),
    adaptive=st.booleans(),
    overlap=st.sampled_from(["interrupt", "queue", "drop"]),
)


@given(policies, seconds, seconds, texts, habits)
def test_between_the_last_message_and_both_limits(
    policy: TurnPolicy, first: float, more: float, text: str | None, habit: Habit
) -> None:
    last = first + more
    due = turn_at(policy, first_at=first, last_at=last, text=text, habit=habit)
    assert due <= last + policy.quiet
    assert due >= min(last, first + policy.max_wait)
    if policy.quiet > 0:
        assert due <= first + policy.max_wait


@given(seconds, seconds, texts, habits)
def test_adaptive_only_shortens(first: float, more: float, text: str | None, habit: Habit) -> None:
    def due(policy: TurnPolicy) -> float:
        return turn_at(policy, first_at=first, last_at=first + more, text=text, habit=habit)

    assert due(TurnPolicy()) <= due(FIXED)


@given(texts, st.floats(0, 1), st.floats(0, 1), st.floats(0, 8), st.integers(0, 100))
def test_more_bursts_never_shorten_the_wait(text: str | None, one: float, other: float, gap: float, seen: int) -> None:
    low, high = sorted((one, other))
    assert wait(text, Habit(low, gap, seen)) <= wait(text, Habit(high, gap, seen))


TYPING = [
    ("seen typing: quiet from now", TurnPolicy(), 0, 1, 0.5, 4.5),
    ("never past max_wait", TurnPolicy(), 0, 14, 13, 15),
    ("never earlier than it was", TurnPolicy(), 0, 4, -1, 4),
    ("gather = false does not wait", TurnPolicy(gather=False), 0, 0, 3, 0),
]


@pytest.mark.parametrize(("label", "policy", "first", "due", "now", "expected"), TYPING, ids=[row[0] for row in TYPING])
def test_typing(label: str, policy: TurnPolicy, first: float, due: float, now: float, expected: float) -> None:
    assert after_typing(policy, first_at=first, turn_at=due, now=now) == expected


@given(policies, seconds, seconds, seconds)
def test_typing_is_bounded_and_said_twice_changes_nothing(
    policy: TurnPolicy, first: float, due: float, now: float
) -> None:
    once = after_typing(policy, first_at=first, turn_at=due, now=now)
    assert due <= once <= max(due, first + policy.max_wait)
    assert after_typing(policy, first_at=first, turn_at=once, now=now) == once


def test_the_first_message_teaches_nothing() -> None:
    assert learn(NEW, gap=None) == NEW


def test_a_short_gap_teaches_burst_and_pace_a_long_one_the_end_of_one() -> None:
    quick = learn(NEW, gap=1.0)
    assert (quick.bursts > NEW.bursts, quick.gap < NEW.gap, quick.seen) == (True, True, 1)
    later = learn(NEW, gap=3_600.0)
    assert (later.bursts < NEW.bursts, later.gap == NEW.gap, later.seen) == (True, True, 1)
    assert learn(NEW, gap=NEW_BURST_AFTER).bursts < NEW.bursts


def test_a_habit_is_learnt_in_a_few_messages_and_unlearnt_later() -> None:
    habit = NEW
    for _ in range(8):
        habit = learn(habit, gap=600.0)
    assert habit.bursts < 0.1
    for _ in range(1_000):
        habit = learn(habit, gap=600.0)
    for _ in range(40):
        habit = learn(habit, gap=1.0)
    assert habit.bursts > 0.8
    assert habit.gap < 1.2


@given(habits, st.floats(-10, 1e9))
def test_a_habit_stays_in_its_bounds(habit: Habit, gap: float) -> None:
    after = learn(habit, gap=gap)
    assert 0 <= after.bursts <= 1
    assert 0 <= after.gap <= NEW_BURST_AFTER
    assert after.seen == habit.seen + 1
